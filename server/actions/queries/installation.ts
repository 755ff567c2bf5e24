/** How an installation is doing: for `turno status` and `turno doctor`. */
import type { Core } from '../core.ts'
import { inspectSchema, type SchemaReport } from '../../store/migrate.ts'

/** As actions/processes.ts counts the dead. */
const alive = 15_000

export interface InstallationStatus {
  readonly processes: readonly { readonly host: string; readonly pid: number; readonly version: string; readonly since: number }[]
  readonly agents: { readonly online: number; readonly paused: number; readonly enabled: number }
  readonly chats: { readonly waiting: number; readonly assigned: number; readonly open: number }
  readonly channels: Readonly<Record<string, number>>
  /** Work that is due: more than a few means that no process does it. */
  readonly pending: { readonly inbox: number; readonly outbox: number; readonly timers: number }
}

export async function installationStatus(core: Core): Promise<InstallationStatus> {
  const { db } = core
  const now = await db.now()
  const count = async (sql: string, params: readonly number[] = []): Promise<number> => (await db.get<{ n: number }>(sql, params))?.n ?? 0
  const channels = await db.all<{ status: string; n: number }>(
    'SELECT status, COUNT(*) AS n FROM channels WHERE archivedAt IS NULL GROUP BY status',
  )
  return {
    processes: (
      await db.all<{ host: string; pid: number; version: string; startedAt: number }>(
        'SELECT host, pid, version, startedAt FROM processes WHERE seenAt >= ? ORDER BY startedAt',
        [now - alive],
      )
    ).map(({ startedAt, ...row }) => ({ ...row, since: startedAt })),
    agents: {
      online: await count("SELECT COUNT(*) AS n FROM agents WHERE presence = 'online'"),
      paused: await count("SELECT COUNT(*) AS n FROM agents WHERE presence = 'online' AND pauseId IS NOT NULL"),
      enabled: await count(
        "SELECT COUNT(*) AS n FROM users WHERE archivedAt IS NULL AND enabled = 1 AND (role = 'agent' OR alsoAgent = 1)",
      ),
    },
    chats: {
      waiting: await count('SELECT COUNT(*) AS n FROM distributions WHERE waitingFor IS NOT NULL AND waits = 1'),
      assigned: await count('SELECT COUNT(*) AS n FROM chats WHERE agentId IS NOT NULL'),
      open: await count('SELECT COUNT(*) AS n FROM conversations WHERE openChatId IS NOT NULL'),
    },
    channels: Object.fromEntries(channels.map((row) => [row.status, row.n])),
    pending: {
      inbox: await count('SELECT COUNT(*) AS n FROM inbox_events WHERE pendingLane IS NOT NULL'),
      outbox: await count('SELECT COUNT(*) AS n FROM outbox WHERE pendingChat IS NOT NULL'),
      timers: await count('SELECT COUNT(*) AS n FROM timers WHERE dueAt < ?', [core.clock.now() - 60_000]),
    },
  }
}

export interface DatabaseFacts {
  readonly dialect: 'sqlite' | 'mysql'
  readonly version: string
  /** Of the database itself; the tables say theirs. */
  readonly charset: string | null
  readonly isolation: string | null
  /** This process's clock minus the database's, in ms, half the round trip allowed for. */
  readonly skewMs: number
}

export async function databaseFacts(core: Core): Promise<DatabaseFacts> {
  const { db } = core
  const asked = core.clock.now()
  const theirs = await db.now()
  const skewMs = Math.round((asked + core.clock.now()) / 2 - theirs)
  if (db.dialect === 'sqlite') {
    return {
      dialect: 'sqlite',
      version: (await db.get<{ v: string }>('SELECT sqlite_version() AS v'))?.v ?? '',
      charset: null,
      isolation: null,
      skewMs,
    }
  }
  const select = (isolation: string): Promise<{ v: string; c: string; i: string } | undefined> =>
    db.get(
      `SELECT VERSION() AS v, @@session.${isolation} AS i,
         (SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()) AS c`,
    )
  // MariaDB before 11.1 calls it by its old name.
  const row = await select('transaction_isolation').catch(() => select('tx_isolation'))
  return { dialect: 'mysql', version: row?.v ?? '', charset: row?.c ?? null, isolation: row?.i ?? null, skewMs }
}

export const schemaReport = (core: Core): Promise<SchemaReport> => inspectSchema(core.db)
