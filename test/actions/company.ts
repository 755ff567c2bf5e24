/** A fresh installation for tests of administration: Clínica Andina with its first administrator and queue. */
import { cliActor, rightsOf, type Actor } from '../../server/domain/permissions.ts'
import { install, type Installation, type Installed } from '../../server/actions/install.ts'
import { createUser, type NewUser, type UserView } from '../../server/actions/users.ts'
import type { TestDatabase } from '../databases.ts'
import { testCore, type TestCore } from '../support/core.ts'
import type { BridgeDefinition } from '../../plugins/sdk/index.ts'

export const cli = cliActor('test')
export const supervisor: Actor = {
  kind: 'supervisor',
  id: '01JAAAAAAAAAAAAAAAAAAAAAAA',
  name: 'Rosa Molina',
  rights: rightsOf('supervisor', false),
}
export const agent: Actor = { kind: 'agent', id: '01JBBBBBBBBBBBBBBBBBBBBBBB', name: 'Laura Gómez', rights: rightsOf('agent', true) }

export const andina: Installation = {
  companyName: 'Clínica Andina',
  admin: { username: 'admin', name: 'Administración', password: 'Cóndores y nubes' },
  queue: { name: 'Recepción' },
}

export interface Company extends Installed {
  readonly core: TestCore
}

export async function company(database: TestDatabase, bridges?: readonly BridgeDefinition[]): Promise<Company> {
  const core = testCore(await database.open(), bridges ? { bridges } : {})
  const installed = await install(core, cli, andina)
  core.nudges.length = 0
  return { core, ...installed }
}

let made = 0
/** Another user; a user name is made up where the test does not care. */
export async function addUser(core: TestCore, values: Partial<NewUser> = {}): Promise<UserView> {
  const username = values.username ?? `user${++made}`
  return (await createUser(core, cli, { username, name: `Persona ${username}`, role: 'agent', password: 'Cóndores y nubes', ...values }))
    .user
}

export const eventsOf = (
  core: TestCore,
): Promise<{ type: string; agentId: string | null; queueId: string | null; channelId: string | null; data: Record<string, unknown> }[]> =>
  core.db
    .all<{
      type: string
      agentId: string | null
      queueId: string | null
      channelId: string | null
      data: string
    }>('SELECT type, agentId, queueId, channelId, data FROM event_log ORDER BY id')
    .then((rows) => rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> })))

export const auditOf = async (
  core: TestCore,
  action: string,
): Promise<{ before: unknown; after: unknown; actorName: string; subjectId: string | null }[]> => {
  const rows = await core.db.all<{ before: string | null; after: string | null; actorName: string; subjectId: string | null }>(
    'SELECT `before`, `after`, actorName, subjectId FROM audit WHERE action = ? ORDER BY id',
    [action],
  )
  return rows.map((row) => ({
    ...row,
    before: row.before ? (JSON.parse(row.before) as unknown) : null,
    after: row.after ? (JSON.parse(row.after) as unknown) : null,
  }))
}
