/** Runs a suite on each database: SQLite in a temporary folder always, MariaDB or MySQL when TURNO_TEST_MYSQL_URL names a server. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { Db, Dialect } from '../server/store/db.ts'
import { type DatabaseOptions, openDatabase } from '../server/store/open.ts'

export interface TestDatabase {
  readonly dialect: Dialect
  /** Fresh and empty when the suite starts; for a second process or `turno` itself. Set from `before` on. */
  url: string
  /** Another connection to the suite's database (SQLite commits without waiting for the disk). Closed with the suite. */
  open(options?: Partial<DatabaseOptions>): Promise<Db>
}

export function eachDatabase(suite: (database: TestDatabase) => void): void {
  onDatabase('sqlite', suite)
  if (process.env.TURNO_TEST_MYSQL_URL) onDatabase('mysql', suite)
}

export function onDatabase(dialect: Dialect, suite: (database: TestDatabase) => void): void {
  describe(`on ${dialect}`, () => {
    const opened: Db[] = []
    let drop: () => Promise<void>
    const database: TestDatabase = {
      dialect,
      url: '',
      async open(options = {}) {
        const db = await openDatabase({ url: database.url, synchronous: 'normal', ...options })
        opened.push(db)
        return db
      },
    }
    before(async () => {
      const fresh = await (dialect === 'sqlite' ? freshSqlite() : freshMysql())
      database.url = fresh.url
      drop = fresh.drop
    })
    after(async () => {
      for (const db of opened) await db.close()
      await drop?.()
    })
    suite(database)
  })
}

interface Fresh { url: string; drop: () => Promise<void> }

export async function freshSqlite(): Promise<Fresh> {
  const folder = mkdtempSync(join(tmpdir(), 'turno-test-'))
  return { url: `sqlite:${join(folder, 'turno.db')}`, drop: async () => rmSync(folder, { recursive: true, force: true }) }
}

export async function freshMysql(): Promise<Fresh> {
  const url = new URL(process.env.TURNO_TEST_MYSQL_URL as string)
  url.pathname = `/turno_${randomBytes(6).toString('hex')}`
  const name = url.pathname.slice(1)
  await onServer(url, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
  return { url: url.href, drop: () => onServer(url, `DROP DATABASE IF EXISTS ${name}`) }
}

async function onServer(url: URL, sql: string): Promise<void> {
  const { hostname: host, port, username: user, password } = url
  const connection = await createConnection({ host, port: Number(port), user, password: decodeURIComponent(password) })
  await connection.query(sql)
  await connection.end()
}
