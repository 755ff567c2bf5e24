/** What a database error means to the code that meets it, whatever the dialect. */
import { ConnectionError, ForeignKeyConstraintError, type Sequelize, UniqueConstraintError } from 'sequelize'

interface Cause { errno?: number; code?: string; message?: string; fatal?: boolean; parent?: unknown }

export const isUniqueViolation = (error: unknown): boolean => error instanceof UniqueConstraintError
export const isForeignKeyViolation = (error: unknown): boolean => error instanceof ForeignKeyConstraintError

/** `clash`: rolled back by the database for somebody else's sake, worth another try. `lost`: there is no connection any more. */
export type Failure = 'clash' | 'lost' | 'other'

/** 1020 changed since read, 1205 lock timeout, 1213 deadlock. */
const clashes: ReadonlySet<number | string | undefined> = new Set([1020, 1205, 1213, 'SQLITE_BUSY', 'SQLITE_LOCKED'])
/** 1040 too many connections, 1053 shutdown, 1927 and 3169 killed, 4031 closed for idleness. */
const losses: ReadonlySet<number | string | undefined> = new Set([
  1040, 1053, 1927, 2006, 2013, 3169, 4031, 'PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT',
  'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
])

export function failureOf(error: unknown): Failure {
  const cause = driverError(error)
  if (clashes.has(cause.errno) || clashes.has(cause.code)) return 'clash'
  const unusable = /closed state|connection manager was closed/.test(cause.message ?? '')
  if (losses.has(cause.errno) || losses.has(cause.code) || unusable || error instanceof ConnectionError) return 'lost'
  return 'other'
}

/** Rolls the whole transaction back on the server, so that nothing may follow in it: 1213 deadlock, and what ends a SQLite transaction. */
export const endsTransaction = (error: unknown): boolean => {
  const cause = driverError(error)
  return cause.errno === 1213 || ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_CORRUPT'].includes(cause.code ?? '')
}

function driverError(error: unknown): Cause {
  const cause = (error ?? {}) as Cause
  return (cause.parent as Cause | undefined) ?? cause
}

/** The driver's error as the one that Sequelize throws for it, so that raw SQL and models fail alike. */
export function sequelizeError(sequelize: Sequelize, error: unknown): Error {
  if (!(error instanceof Error) || !('errno' in error || 'errcode' in error)) return error as Error
  const { Query } = (sequelize as unknown as { dialect: { Query: new (...args: unknown[]) => { formatError(error: Error): Error } } }).dialect
  return new Query(null, sequelize, {}).formatError(error)
}
