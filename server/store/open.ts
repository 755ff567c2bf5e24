import { DomainError } from '../domain/errors.ts'
import type { Log } from '../domain/ports.ts'
import type { Db } from './db.ts'
import { openMysql } from './mysql/open.ts'
import { openSqlite } from './sqlite/open.ts'
import type { Synchronous } from './sqlite/file.ts'

export interface DatabaseOptions {
  /** `sqlite:/path/file.db` or `mysql://user:password@host:port/name` (MariaDB too). */
  url: string
  /** Connections of this process, MySQL only. */
  poolSize?: number
  /** SQLite only. `normal` may lose the last commits of a power cut, never consistency. */
  synchronous?: Synchronous
  log?: Log
}

/** Throws `database_unavailable` if the database cannot be reached or opened. */
export async function openDatabase({ url, poolSize = 8, synchronous = 'full', log }: DatabaseOptions): Promise<Db> {
  const scheme = url.slice(0, url.indexOf(':'))
  if (scheme !== 'sqlite' && scheme !== 'mysql') throw new DomainError('config_invalid', { path: 'database.url', allowed: ['sqlite:', 'mysql:'] })
  let db: Db | undefined
  try {
    db = scheme === 'sqlite' ? await openSqlite(url.slice('sqlite:'.length), synchronous, log) : openMysql({ url, poolSize, log })
    await db.get('SELECT 1 AS one')
    return db
  } catch (error) {
    await db?.close()
    throw error instanceof DomainError ? error : new DomainError('database_unavailable', {}, { cause: error })
  }
}
