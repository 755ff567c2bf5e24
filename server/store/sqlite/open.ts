/** SQLite behind `Db`. Raw SQL goes straight to cached prepared statements; models go through Sequelize to the same file. */
import { Sequelize, Transaction } from 'sequelize'
import type { Log } from '../../domain/ports.ts'
import type { Db, Queryable, Tx, Value, Writer } from '../db.ts'
import { endsTransaction, sequelizeError } from '../errors.ts'
import { guardModels, refuseInsideTransaction, repeat } from '../transaction.ts'
import { dialectModule, TransactionConnection } from './dialectModule.ts'
import { loadDriver } from './driver.ts'
import { openFile, type SqliteFile, type Synchronous } from './file.ts'

export async function openSqlite(path: string, synchronous: Synchronous, log?: Log): Promise<Db> {
  const file = openFile(await loadDriver(), path, synchronous)
  try {
    await file.ready()
  } catch (error) {
    file.close()
    throw error
  }
  const sequelize = new Sequelize({
    dialect: 'sqlite', storage: file.path, dialectModule: dialectModule(file), logging: false, retry: { max: 1 },
  })
  guardModels(sequelize)

  /** Every query of this file; `use` is given the error in Sequelize's classes. */
  const named = async <T>(query: () => Promise<T> | T): Promise<T> => {
    try {
      return await query()
    } catch (error) {
      throw sequelizeError(sequelize, error)
    }
  }

  const outside: Queryable = {
    all: <Row>(sql: string, params: readonly Value[] = []) => named(() => file.all(sql, params) as Promise<Row[]>),
    get: <Row>(sql: string, params: readonly Value[] = []) => named(() => file.get(sql, params) as Promise<Row | undefined>),
    run: (sql, params = []) => named(() => file.run(sql, params)),
  }
  const guarded = <T>(what: string, query: () => Promise<T>): Promise<T> => {
    refuseInsideTransaction(what)
    return query()
  }

  return {
    dialect: 'sqlite',
    sequelize,
    all: async (sql, params) => guarded('db.all', () => outside.all(sql, params)),
    get: async (sql, params) => guarded('db.get', () => outside.get(sql, params)),
    run: async (sql, params) => guarded('db.run', () => outside.run(sql, params)),
    transaction: (work) => repeat(log, async (within, after) => {
      const release = await named(() => file.begin(`transaction ${work.name}`))
      const tx = new SqliteTx(file, sequelize, after)
      try {
        const result = await within(() => work(tx))
        await named(() => tx.commit())
        return result
      } catch (error) {
        file.rollback()
        throw error
      } finally {
        tx.end()
        release()
      }
    }),
    now: async () => Date.now(),
    close: async () => {
      await sequelize.close()
      file.close()
    },
  }
}

class SqliteTx implements Tx {
  readonly dialect = 'sqlite'
  readonly #file: SqliteFile
  readonly #sequelize: Sequelize
  readonly #after: (() => void)[]
  #models: Transaction | undefined
  #over: unknown

  constructor(file: SqliteFile, sequelize: Sequelize, after: (() => void)[]) {
    this.#file = file
    this.#sequelize = sequelize
    this.#after = after
  }

  /** There is no round trip to save. */
  get later(): Writer {
    return this
  }

  /** Made when first asked for: most transactions use no model. */
  get models(): Transaction {
    return this.#models ??= Object.assign(new Transaction(this.#sequelize, {}), { connection: new TransactionConnection(this.#file) })
  }

  async all<Row>(sql: string, params: readonly Value[] = []): Promise<Row[]> {
    return this.#named(() => this.#file.inside.all(sql, params) as Row[])
  }

  async get<Row>(sql: string, params: readonly Value[] = []): Promise<Row | undefined> {
    return this.#named(() => this.#file.inside.get(sql, params) as Row | undefined)
  }

  async run(sql: string, params: readonly Value[] = []): Promise<{ changes: number; lastId: number }> {
    return this.#named(() => this.#file.inside.run(sql, params))
  }

  after(callback: () => void): void {
    this.#after.push(callback)
  }

  async commit(): Promise<void> {
    if (this.#over) throw this.#over
    await this.#file.commit()
  }

  end(): void {
    this.#over ??= new Error('This transaction is over: a query of it was not awaited')
    if (this.#models) Object.assign(this.#models, { finished: 'commit' })
  }

  #named<T>(query: () => T): T {
    if (this.#over) throw this.#over
    try {
      return query()
    } catch (error) {
      if (endsTransaction(error)) this.#over = error
      throw sequelizeError(this.#sequelize, error)
    }
  }
}
