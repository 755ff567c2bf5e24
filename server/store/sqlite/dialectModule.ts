/**
 * What Sequelize expects of the `sqlite3` package, over one SqliteFile: `new Sequelize({ dialect: 'sqlite', dialectModule })`.
 * Sequelize opens one Database for queries outside of transactions and one for each transaction.
 */
import type { Params } from './driver.ts'
import type { SqliteFile, Written } from './file.ts'
import type { Release } from './mutex.ts'

type Callback = (this: Statement, error: Error | null, rows?: unknown[]) => void

/** `this` of a callback. Sequelize asks for the name of its class. */
class Statement {
  readonly lastID: number
  readonly changes: number
  constructor(written?: Written) {
    this.changes = written?.changes ?? 0
    this.lastID = written ? written.lastId + Math.max(written.changes - 1, 0) : 0
  }
}

/** The connection of a transaction that somebody else began and ends. */
export class TransactionConnection {
  readonly file: SqliteFile
  readonly filename: string
  uuid: string | undefined

  constructor(file: SqliteFile) {
    this.file = file
    this.filename = file.path
  }

  serialize(work: () => void): void {
    work()
  }

  run(sql: string, params?: Params | Callback, callback?: Callback): this {
    const [bound, done] = typeof params === 'function' ? [[], params] : [params ?? [], callback]
    this.write(sql, bound).then((written) => done?.call(new Statement(written), null), (error: Error) => done?.call(new Statement(), error))
    return this
  }

  all(sql: string, params?: Params | Callback, callback?: Callback): this {
    const [bound, done] = typeof params === 'function' ? [[], params] : [params ?? [], callback]
    this.query(sql, bound).then((rows) => done?.call(new Statement(), null, rows), (error: Error) => done?.call(new Statement(), error))
    return this
  }

  close(callback?: (error: Error | null) => void): void {
    callback?.(null)
  }

  protected async write(sql: string, params: Params): Promise<Written> {
    return this.file.inside.run(sql, params)
  }

  protected async query(sql: string, params: Params): Promise<unknown[]> {
    return this.file.inside.all(sql, params)
  }
}

export function dialectModule(file: SqliteFile): object {
  /** Follows BEGIN, COMMIT and ROLLBACK among the statements it is given. */
  class Database extends TransactionConnection {
    #release: Release | undefined

    constructor(_path: string, _mode: number, opened: (error: Error | null) => void) {
      super(file)
      queueMicrotask(() => opened(null))
    }

    override close(callback?: (error: Error | null) => void): void {
      if (this.#release) this.#end(() => file.rollback())
      super.close(callback)
    }

    protected override async write(sql: string, params: Params): Promise<Written> {
      // The file's own handles have their settings already.
      if (/^\s*PRAGMA\s+FOREIGN_KEYS\s*=/i.test(sql)) return { changes: 0, lastId: 0 }
      return this.#release ? super.write(sql, params) : file.run(sql, params)
    }

    protected override async query(sql: string, params: Params): Promise<unknown[]> {
      if (/^\s*BEGIN\b/i.test(sql)) this.#release = await file.begin(`sequelize.transaction ${this.uuid ?? ''}`)
      else if (/^\s*COMMIT\b/i.test(sql)) await this.#end(() => file.commit())
      else if (/^\s*ROLLBACK\s*(TRANSACTION\s*)?;?\s*$/i.test(sql)) await this.#end(async () => file.rollback())
      else if (this.#release) return super.query(sql, params)
      else if (/^\s*(SELECT|WITH|VALUES|EXPLAIN|PRAGMA)\b/i.test(sql)) return file.all(sql, params)
      else await file.run(sql, params)
      return []
    }

    /** A failed COMMIT keeps the transaction, and so the writer: Sequelize then closes the connection. */
    async #end(finish: () => Promise<void> | void): Promise<void> {
      await finish()
      this.#release?.()
      this.#release = undefined
    }
  }
  return { Database, OPEN_READONLY: 1, OPEN_READWRITE: 2, OPEN_CREATE: 4 }
}
