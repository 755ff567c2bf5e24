/** An installation on disk with a loopback line, made through actions, for servers that run as processes of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../config/load.ts'
import type { BridgeDefinition } from '../../plugins/sdk/bridge.ts'
import { loopback, signLoopback, type LoopbackEvent } from '../../plugins/sdk/testkit/loopback.ts'
import { LoopbackNetwork } from '../../plugins/sdk/testkit/loopbackNetwork.ts'
import { createChannel } from '../../server/actions/channels.ts'
import { install } from '../../server/actions/install.ts'
import { addMembers } from '../../server/actions/memberships.ts'
import { createUser } from '../../server/actions/users.ts'
import { setSetting } from '../../server/actions/settings.ts'
import { openCore } from '../../server/appCore.ts'
import { cliActor } from '../../server/domain/permissions.ts'
import { freshMysql, freshSqlite } from '../databases.ts'
import type { Dialect } from '../../server/store/db.ts'

export const password = 'correcto caballo pila grapa'
const appSecret = 'a secret of the endpoint'

export interface InstalledOptions {
  readonly dialect: Dialect
  readonly agents: number
  /** Chats an agent may hold; 0 is unlimited. */
  readonly maxChats: number
  readonly lines?: readonly string[]
  /** What Turno itself says when an agent joins; empty by default, so that only what a test sends is sent. */
  readonly joinMessage?: string
  readonly lineSettings?: Readonly<Record<string, unknown>>
}

export class Installed {
  readonly dataDir: string
  readonly databaseUrl: string
  readonly network: LoopbackNetwork
  readonly queueId: string
  readonly agents: readonly { id: string; username: string }[]
  readonly endpointId: string
  private readonly endings: (() => Promise<void> | void)[]
  private constructor(parts: Pick<Installed, 'dataDir' | 'databaseUrl' | 'network' | 'queueId' | 'agents' | 'endpointId'>, endings: (() => Promise<void> | void)[]) {
    this.dataDir = parts.dataDir
    this.databaseUrl = parts.databaseUrl
    this.network = parts.network
    this.queueId = parts.queueId
    this.agents = parts.agents
    this.endpointId = parts.endpointId
    this.endings = endings
  }

  static async make(options: InstalledOptions): Promise<Installed> {
    const fresh = await (options.dialect === 'sqlite' ? freshSqlite() : freshMysql())
    const dataDir = mkdtempSync(join(tmpdir(), 'turno-installed-'))
    const network = new LoopbackNetwork()
    const served = await network.listen()
    const { config } = loadConfig({ env: { TURNO_DATA: dataDir, TURNO_DATABASE_URL: fresh.url, TURNO_LOG_LEVEL: 'silent' } })
    const opened = await openCore(config, { create: true, bridges: [loopback as BridgeDefinition] })
    const { core } = opened
    const actor = cliActor('test')
    const installed = await install(core, actor, { companyName: 'Clínica Los Almendros', admin: { username: 'admin', name: 'Administración', password }, queue: { name: 'Recepción' } })
    const queueId = installed.queue.id
    await setSetting(core, actor, { scope: 'global', name: 'join.message', value: options.joinMessage ? { es: options.joinMessage } : {} })
    const agents: { id: string; username: string }[] = []
    for (let n = 1; n <= options.agents; n++) {
      const { user } = await createUser(core, actor, { username: `agente${n}`, name: `Agente ${n}`, role: 'agent', maxChats: options.maxChats, password })
      agents.push({ id: user.id, username: user.username })
    }
    await addMembers(core, actor, { queueId, agentIds: agents.map((agent) => agent.id) })
    let endpointId: string | undefined
    for (const line of options.lines ?? ['linea']) {
      const channel = await createChannel(core, actor, {
        name: line, bridge: 'loopback', settings: { account: line, url: served.url, ...options.lineSettings }, destination: { type: 'queue', id: queueId },
        ...(endpointId ? { endpointId } : { secrets: { appSecret } }),
      })
      endpointId ??= (await core.db.get<{ endpointId: string }>('SELECT endpointId FROM channels WHERE id = ?', [channel.id]))?.endpointId
    }
    await opened.close()
    return new Installed({ dataDir, databaseUrl: fresh.url, network, queueId, agents, endpointId: endpointId ?? '' }, [
      () => served.close(), () => rmSync(dataDir, { recursive: true, force: true }), () => fresh.drop(),
    ])
  }

  /** Posts events as the network would; answers the status, or null when nobody answered. */
  async post(baseUrl: string, events: readonly LoopbackEvent[]): Promise<number | null> {
    const { body, headers } = signLoopback(appSecret, events)
    try {
      const response = await fetch(`${baseUrl}/hooks/loopback/${this.endpointId}`, { method: 'POST', body, headers })
      await response.arrayBuffer()
      return response.status
    } catch {
      return null
    }
  }

  async remove(): Promise<void> {
    for (const end of this.endings) await end()
  }
}
