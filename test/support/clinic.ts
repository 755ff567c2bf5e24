/** The demo's company on disk, with known passwords, for servers that browsers visit. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../config/load.ts'
import { createChannel } from '../../server/actions/channels.ts'
import { install } from '../../server/actions/install.ts'
import { addMembers } from '../../server/actions/memberships.ts'
import { createPauseReason } from '../../server/actions/pauseReasons.ts'
import { createUser } from '../../server/actions/users.ts'
import { openCore } from '../../server/appCore.ts'
import { cliActor } from '../../server/domain/permissions.ts'
import type { Dialect } from '../../server/store/db.ts'
import { freshMysql, freshSqlite } from '../databases.ts'

export const clinicPassword = 'correcto caballo pila grapa'

export interface Clinic {
  readonly dataDir: string
  readonly databaseUrl: string
  /** The widget's public key. */
  readonly widgetKey: string
  remove(): Promise<void>
}

export async function makeClinic(dialect: Dialect): Promise<Clinic> {
  const fresh = await (dialect === 'sqlite' ? freshSqlite() : freshMysql())
  const dataDir = mkdtempSync(join(tmpdir(), 'turno-clinic-'))
  const { config } = loadConfig({ env: { TURNO_DATA: dataDir, TURNO_DATABASE_URL: fresh.url, TURNO_LOG_LEVEL: 'silent' } })
  const opened = await openCore(config, { create: true })
  const { core } = opened
  const actor = cliActor('test')
  const installed = await install(core, actor, {
    companyName: 'Clínica Los Almendros', admin: { username: 'admin', name: 'Administración', password: clinicPassword }, queue: { name: 'Recepción' },
  })
  for (const [username, name] of [['laura', 'Laura Gómez'], ['andres', 'Andrés Pardo'], ['yesenia', 'Yesenia Cárdenas']] as const) {
    const { user } = await createUser(core, actor, { username, name, role: 'agent', password: clinicPassword })
    await addMembers(core, actor, { queueId: installed.queue.id, agentIds: [user.id] })
  }
  await createUser(core, actor, { username: 'rosa', name: 'Rosa Molina', role: 'supervisor', password: clinicPassword })
  await createPauseReason(core, actor, { code: 'almuerzo', name: 'Almuerzo' })
  const channel = await createChannel(core, actor, { name: 'Sitio web', bridge: 'widget', settings: { name: 'Clínica Los Almendros' }, destination: { type: 'queue', id: installed.queue.id } })
  const row = await core.db.get<{ identity: string }>('SELECT identity FROM channels WHERE id = ?', [channel.id])
  await opened.close()
  return {
    dataDir, databaseUrl: fresh.url, widgetKey: row?.identity ?? '',
    async remove() {
      rmSync(dataDir, { recursive: true, force: true })
      await fresh.drop()
    },
  }
}
