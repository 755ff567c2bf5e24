/**
 * One SQLite file within this process: one handle that writes, under one mutex, and one that reads.
 * WAL lets the reader see the last commit while a transaction is open.
 */
import { mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { type Handle, type OpenHandle, type Params, type Statement, isBusy, namedError } from './driver.ts'
import { Mutex, type Release } from './mutex.ts'

export interface Written { changes: number; lastId: number }
export type Synchronous = 'full' | 'normal'

/** How long the driver itself waits for another process: it blocks the event loop, so hardly at all. */
const driverPatience = 5
/** How long we wait for another process, without blocking. */
const busyPatience = 15_000
const writerPatience = 30_000
const cachedStatements = 500
/** A chain of synchronous statements never lets sockets and timers run by itself: give way after so many ms. */
const longestStretch = 8

const open = new Map<string, SqliteFile>()

/** The same file opened twice in one process shares its handles and its mutex. */
export function openFile(openHandle: OpenHandle, path: string, synchronous: Synchronous): SqliteFile {
  mkdirSync(dirname(path), { recursive: true })
  const key = join(realpathSync(dirname(path)), basename(path))
  let file = open.get(key)
  if (!file) open.set(key, file = new SqliteFile(openHandle, key, synchronous))
  file.users++
  return file
}

export class SqliteFile {
  readonly path: string
  readonly writer = new Mutex(writerPatience)
  users = 0
  readonly #write: Prepared
  readonly #read: Prepared
  #ready: Promise<void> | undefined
  #lastTurn = performance.now()

  constructor(openHandle: OpenHandle, path: string, synchronous: Synchronous) {
    this.path = path
    this.#write = new Prepared(openHandle(path, { timeout: driverPatience }))
    this.#read = new Prepared(openHandle(path, { timeout: driverPatience }))
    this.#write.exec(`PRAGMA synchronous=${synchronous}; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000`)
    this.#read.exec('PRAGMA query_only=ON; PRAGMA cache_size=-32000')
  }

  /** Must be awaited once before anything else. */
  ready(): Promise<void> {
    return this.#ready ??= this.#patiently(() => { this.#write.exec('PRAGMA journal_mode=WAL') })
  }

  async all(sql: string, params: Params): Promise<unknown[]> {
    await this.#giveWay()
    return this.#patiently(() => this.#read.all(sql, params))
  }

  async get(sql: string, params: Params): Promise<unknown> {
    await this.#giveWay()
    return this.#patiently(() => this.#read.get(sql, params))
  }

  /** One write, a transaction of its own. */
  async run(sql: string, params: Params): Promise<Written> {
    const release = await this.writer.acquire(sql)
    try {
      await this.#giveWay()
      return await this.#patiently(() => this.#write.run(sql, params))
    } finally {
      release()
    }
  }

  /** Takes the mutex and the file's write lock. Everything until `commit` or `rollback` goes through `inside`. */
  async begin(label: string): Promise<Release> {
    const release = await this.writer.acquire(label)
    try {
      await this.#giveWay()
      await this.#patiently(() => { this.#write.run('BEGIN IMMEDIATE', []) })
      return release
    } catch (error) {
      release()
      throw error
    }
  }

  get inside(): Prepared {
    return this.#write
  }

  async commit(): Promise<void> {
    await this.#patiently(() => { this.#write.run('COMMIT', []) })
  }

  /** SQLite ends a transaction by itself on a full disk and the like, so that there may be none left. */
  rollback(): void {
    if (this.#write.handle.isTransaction) this.#write.run('ROLLBACK', [])
  }

  close(): void {
    if (--this.users > 0) return
    open.delete(this.path)
    this.#read.handle.close()
    this.#write.handle.close()
  }

  /** Repeats what another process's lock refused, with growing and random waits. */
  async #patiently<T>(attempt: () => T): Promise<T> {
    const deadline = performance.now() + busyPatience
    for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
      try {
        return attempt()
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error
        await delay(wait * (0.5 + Math.random()))
      }
    }
  }

  async #giveWay(): Promise<void> {
    if (performance.now() - this.#lastTurn < longestStretch) return
    await turn()
    this.#lastTurn = performance.now()
  }
}

/** A handle with its prepared statements, the least recently used of them dropped. */
export class Prepared {
  readonly handle: Handle
  readonly #statements = new Map<string, Statement>()

  constructor(handle: Handle) {
    this.handle = handle
  }

  exec(sql: string): void {
    try {
      this.handle.exec(sql)
    } catch (error) {
      throw namedError(error, sql)
    }
  }

  all(sql: string, params: Params): unknown[] {
    return this.#execute(sql, (statement) => Array.isArray(params) ? statement.all(...params) : statement.all(params))
  }

  get(sql: string, params: Params): unknown {
    return this.#execute(sql, (statement) => Array.isArray(params) ? statement.get(...params) : statement.get(params))
  }

  run(sql: string, params: Params): Written {
    const done = this.#execute(sql, (statement) => Array.isArray(params) ? statement.run(...params) : statement.run(params))
    const changes = Number(done.changes)
    const inserted = changes > 0 && /^\s*(INSERT|REPLACE)/i.test(sql)
    // The engine tells the last id; the ids of one INSERT are consecutive, because nobody else writes meanwhile.
    return { changes, lastId: inserted ? Number(done.lastInsertRowid) - changes + 1 : 0 }
  }

  #execute<T>(sql: string, use: (statement: Statement) => T): T {
    try {
      let statement = this.#statements.get(sql)
      if (statement) this.#statements.delete(sql)
      else statement = this.handle.prepare(sql)
      this.#statements.set(sql, statement)
      if (this.#statements.size > cachedStatements) this.#statements.delete(this.#statements.keys().next().value as string)
      return use(statement)
    } catch (error) {
      throw namedError(error, sql)
    }
  }
}
