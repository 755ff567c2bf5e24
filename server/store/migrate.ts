/** Brings a database to this program's schema, or says why not. */
import { Umzug, type UmzugStorage } from 'umzug'
import { DomainError } from '../domain/errors.ts'
import type { Log } from '../domain/ports.ts'
import type { Db, Queryable, Tx } from './db.ts'
import { migrations as own } from './migrations/index.ts'
import { type Schema, schemaOn } from './schema.ts'

export interface Migration {
  /** `0001-core`: the number orders, the words tell. */
  readonly name: string
  up(schema: Schema): Promise<void>
}

/** `foreign`: not empty and not Turno's. */
export type SchemaState = 'empty' | 'current' | 'older' | 'newer' | 'foreign'
export interface SchemaReport { state: SchemaState; applied: string[]; pending: string[]; unknown: string[] }

const lockName = 'turno_migrate'
const lockPatience = 60

export async function inspectSchema(q: Queryable & { dialect: Db['dialect'] }, migrations: readonly Migration[] = own): Promise<SchemaReport> {
  const tables = new Set(await tableNames(q))
  const names = migrations.map((migration) => migration.name)
  const report = (state: SchemaState, applied: string[] = []): SchemaReport => ({
    state, applied, pending: names.filter((name) => !applied.includes(name)), unknown: applied.filter((name) => !names.includes(name)),
  })
  if (tables.size === 0) return report('empty')
  const applied = tables.has('schema_migrations') ? await appliedNames(q) : null
  if (!applied) return report('foreign')
  const found = report('current', applied)
  return { ...found, state: found.unknown.length ? 'newer' : found.pending.length ? 'older' : 'current' }
}

/** Names of the migrations that are missing. Throws `schema_newer` and `database_not_ours`. */
export async function pending(db: Db, migrations: readonly Migration[] = own): Promise<string[]> {
  return refuseStrange(await inspectSchema(db, migrations)).pending
}

/** For a program that is about to work on the database. Throws `schema_older`, `schema_newer`, `database_not_ours` and `not_installed`. */
export async function requireCurrentSchema(db: Db, migrations: readonly Migration[] = own): Promise<void> {
  const report = refuseStrange(await inspectSchema(db, migrations))
  if (report.state === 'empty') throw new DomainError('not_installed')
  if (report.state === 'older') throw new DomainError('schema_older', { pending: report.pending })
}

/**
 * Applies what is missing and returns its names; of two processes one does and the other then finds nothing to do.
 * On SQLite all or nothing; on MySQL a failure keeps the migrations that were complete.
 */
export async function migrate(db: Db, { migrations = own, log }: { migrations?: readonly Migration[]; log?: Log } = {}): Promise<string[]> {
  return db.transaction((tx) => locked(tx, async () => {
    refuseStrange(await inspectSchema(tx, migrations))
    const ifMissing = 'CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(100) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)'
    await tx.run(tx.dialect === 'mysql' ? `${ifMissing} ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin` : ifMissing)
    const umzug = new Umzug({
      migrations: migrations.map(({ name, up }) => ({ name, up: () => up(schemaOn(tx)) })),
      storage: storageOn(tx),
      logger: undefined,
    })
    umzug.on('migrated', ({ name }) => log?.info('migration applied', { name }))
    return (await umzug.up()).map(({ name }) => name)
  }))
}

function refuseStrange(report: SchemaReport): SchemaReport {
  if (report.state === 'foreign') throw new DomainError('database_not_ours')
  if (report.state === 'newer') throw new DomainError('schema_newer', { unknown: report.unknown })
  return report
}

/** SQLite's transaction is the lock. On MySQL it ends with the first change of the schema, so that a named lock of the connection is needed. */
async function locked<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  if (tx.dialect === 'sqlite') return work()
  const name = "CONCAT(?, '.', DATABASE())"
  const got = await tx.get<{ got: number | null }>(`SELECT GET_LOCK(${name}, ?) AS got`, [lockName, lockPatience])
  if (!got?.got) throw new DomainError('unavailable', { lock: lockName })
  try {
    return await work()
  } finally {
    await tx.get(`SELECT RELEASE_LOCK(${name}) AS freed`, [lockName])
  }
}

function storageOn(tx: Tx): UmzugStorage {
  return {
    executed: async () => await appliedNames(tx) ?? [],
    logMigration: async ({ name }) => { await tx.run('INSERT INTO schema_migrations (name, applied_at) VALUES (?, ?)', [name, Date.now()]) },
    unlogMigration: async ({ name }) => { await tx.run('DELETE FROM schema_migrations WHERE name = ?', [name]) },
  }
}

/** Null where the table of that name is another program's. */
async function appliedNames(q: Queryable): Promise<string[] | null> {
  try {
    const rows = await q.all<{ name: string; applied_at: number }>('SELECT name, applied_at FROM schema_migrations ORDER BY name')
    return rows.map((row) => row.name)
  } catch (error) {
    if (/applied_at|no such column|Unknown column/i.test((error as Error).message)) return null
    throw error
  }
}

async function tableNames(q: Queryable & { dialect: Db['dialect'] }): Promise<string[]> {
  const sql = q.dialect === 'sqlite'
    ? "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    : 'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()'
  return (await q.all<{ name: string }>(sql)).map((row) => row.name)
}
