/**
 * The SQLite engine: built into Node from 22.13 on, and on Node 20 the npm package of the same interface.
 * Only what is used of that interface is declared.
 */
import type { Value } from '../db.ts'

export interface Statement {
  run(...params: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  get(...params: unknown[]): unknown
  all(...params: unknown[]): unknown[]
}

export interface Handle {
  readonly isTransaction: boolean
  prepare(sql: string): Statement
  exec(sql: string): void
  close(): void
}

export type OpenHandle = (path: string, options: { timeout: number }) => Handle

interface Driver { DatabaseSync: new (path: string, options: { timeout: number }) => Handle }

export async function loadDriver(): Promise<OpenHandle> {
  const builtIn = process.getBuiltinModule('node:sqlite') as unknown as Driver | undefined
  const driver = builtIn ?? await import('@photostructure/sqlite') as unknown as Driver
  return (path, options) => new driver.DatabaseSync(path, options)
}

/** sqlite.org/rescode.html; the names are those that Sequelize looks for. */
const codes: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY', 6: 'SQLITE_LOCKED', 8: 'SQLITE_READONLY', 10: 'SQLITE_IOERR', 11: 'SQLITE_CORRUPT', 13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN', 26: 'SQLITE_NOTADB',
  275: 'SQLITE_CONSTRAINT_CHECK', 787: 'SQLITE_CONSTRAINT_FOREIGNKEY', 1299: 'SQLITE_CONSTRAINT_NOTNULL',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY', 1811: 'SQLITE_CONSTRAINT_TRIGGER', 2067: 'SQLITE_CONSTRAINT_UNIQUE',
  2579: 'SQLITE_CONSTRAINT_PRIMARYKEY',
}

/** Gives the driver's error the code and message that node-sqlite3 would give it, which is what Sequelize reads. */
export function namedError(error: unknown, sql: string): Error {
  const failure = error as Error & { errcode?: number; code?: string; sql?: string }
  if (failure.errcode === undefined) return failure
  failure.code = codes[failure.errcode] ?? codes[failure.errcode & 0xff] ?? 'SQLITE_ERROR'
  failure.message = `${failure.code}: ${failure.message}`
  failure.sql = sql
  return failure
}

export const isBusy = (error: unknown): boolean => ['SQLITE_BUSY', 'SQLITE_LOCKED'].includes((error as { code?: string }).code ?? '')

export type Params = readonly Value[] | Readonly<Record<string, unknown>>
