/**
 * MariaDB and MySQL behind `Db`: raw connections of Sequelize's own pool, so that models and raw SQL share
 * the pool, and a transaction's models its connection.
 */
import { ConnectionAcquireTimeoutError, type Options, Sequelize, Transaction } from 'sequelize'
import type { Log } from '../../domain/ports.ts'
import type { Db, Tx, Value, Writer } from '../db.ts'
import { endsTransaction, failureOf, sequelizeError } from '../errors.ts'
import { CommitUncertain, guardModels, pause, refuseInsideTransaction, repeat, unavailable } from '../transaction.ts'

/** The part of a mysql2 connection that is used. */
interface Connection {
  query(options: { sql: string; values?: readonly unknown[] }, done: (error: Error | null, result: unknown) => void): void
  execute(options: { sql: string; values: readonly unknown[] }, done: (error: Error | null, result: unknown) => void): void
}
interface Written { affectedRows: number; insertId: number }
interface Connections {
  getConnection(options: object): Promise<Connection>
  releaseConnection(connection: Connection): void
  destroyConnection(connection: Connection): Promise<void>
}

/**
 * A prepared statement answers 13 to 40 % faster than the same text (measured for one row, lists and many-row inserts),
 * but costs a round trip the first time on each connection; statements longer than this seldom come back alike.
 */
const mostPreparedParams = 200
/** Per connection: the server allows 16,382 to all of its clients together. */
const mostPrepared = 400
/** What waits to travel with the next statement of its transaction; more than this goes at once. */
const mostWaitingBytes = 2 * 1024 * 1024
const attempts = 5

interface Statement { readonly sql: string; readonly params: readonly Value[] }

export interface MysqlOptions { url: string; poolSize: number; log?: Log }

export function openMysql({ url, poolSize, log }: MysqlOptions): Db {
  const sequelize = new Sequelize(url, {
    dialect: 'mysql', logging: false, timezone: '+00:00', keepDefaultTimezone: true, retry: { max: 1 },
    pool: { max: poolSize, min: 0, idle: 60_000, acquire: 20_000 },
    dialectOptions: {
      charset: 'UTF8MB4_BIN', connectTimeout: 10_000, maxPreparedStatements: mostPrepared,
      // Sums and averages as numbers; `changes` counts the rows found, as SQLite does; the driver's own conversions, which are faster.
      decimalNumbers: true, flags: ['FOUND_ROWS'], typeCast: true,
      // Statements that wait for nobody's answer travel together (docs/adr/0009-statements-travel-together.md).
      multipleStatements: true,
    },
  } as Options)
  guardModels(sequelize)
  sequelize.addHook('afterConnect', async (connection) => {
    const raw = connection as Connection
    await send(raw, 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
    await send(raw, "SET time_zone = '+00:00', innodb_lock_wait_timeout = 10, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'")
  })
  const pool = sequelize.connectionManager as unknown as Connections

  const acquire = async (): Promise<Connection> => {
    try {
      return await pool.getConnection({})
    } catch (error) {
      if (error instanceof ConnectionAcquireTimeoutError) throw unavailable(error)
      throw error
    }
  }

  /** A single statement, repeated while that can do no harm: always for a read, for a write when it was certainly not executed. */
  const outside = async <T>(what: 'all' | 'get' | 'run', use: (connection: Connection) => Promise<T>): Promise<T> => {
    refuseInsideTransaction(`db.${what}`)
    for (let tries = 1; ; tries++) {
      let sent = false
      try {
        const connection = await acquire()
        sent = true
        try {
          return await use(connection)
        } finally {
          pool.releaseConnection(connection)
        }
      } catch (error) {
        const failure = failureOf(error)
        const harmless = failure === 'clash' || (failure === 'lost' && (what !== 'run' || !sent))
        if (!harmless || tries >= attempts) throw failure === 'lost' ? unavailable(error) : sequelizeError(sequelize, error)
        await pause(failure === 'lost' ? 50 : 5, tries)
      }
    }
  }

  const db: Db = {
    dialect: 'mysql',
    sequelize,
    all: <Row>(sql: string, params?: readonly Value[]) => outside('all', (connection) => ask<Row[]>(connection, sql, params)),
    get: <Row>(sql: string, params?: readonly Value[]) => outside('get', async (connection) => (await ask<Row[]>(connection, sql, params))[0]),
    run: (sql, params) => outside('run', async (connection) => written(await ask<Written>(connection, sql, params))),
    transaction: (work) => repeat(log, async (within, after) => {
      const connection = await acquire()
      const tx = new MysqlTx(connection, sequelize, after)
      let sound = false
      try {
        const result = await within(() => work(tx))
        tx.end()
        await tx.commit()
        sound = true
        return result
      } catch (error) {
        tx.end()
        sound = failureOf(error) !== 'lost' && (!tx.begun || await send(connection, 'ROLLBACK').then(() => true, () => false))
        throw sequelizeError(sequelize, error)
      } finally {
        if (sound) pool.releaseConnection(connection)
        else await pool.destroyConnection(connection).catch(() => undefined)
      }
    }),
    now: async () => {
      const row = await db.get<{ now: number }>('SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) AS now')
      return row?.now as number
    },
    close: () => sequelize.close(),
  }
  return db
}

class MysqlTx implements Tx {
  readonly dialect = 'mysql'
  readonly later: Writer
  readonly #connection: Connection
  readonly #sequelize: Sequelize
  readonly #after: (() => void)[]
  /** Travels with the next statement. */
  #waiting: Statement[] = [{ sql: 'BEGIN', params: [] }]
  #waitingBytes = 0
  #models: Transaction | undefined
  #failed: unknown
  #ended = false
  /** Whether the server knows of this transaction. */
  begun = false

  constructor(connection: Connection, sequelize: Sequelize, after: (() => void)[]) {
    this.#connection = connection
    this.#sequelize = sequelize
    this.#after = after
    this.later = { dialect: 'mysql', run: (sql, params = []) => this.#wait({ sql, params }) }
  }

  /** Made when first asked for: most transactions use no model. What waits goes ahead of the model's own statement. */
  get models(): Transaction {
    if (this.#waiting.length > 0) this.#send().catch((error: unknown) => { this.#failed ??= error })
    return this.#models ??= Object.assign(new Transaction(this.#sequelize, {}), { connection: this.#connection })
  }

  all<Row>(sql: string, params?: readonly Value[]): Promise<Row[]> {
    return this.#ask<Row[]>(sql, params)
  }

  async get<Row>(sql: string, params?: readonly Value[]): Promise<Row | undefined> {
    return (await this.#ask<Row[]>(sql, params))[0]
  }

  async run(sql: string, params?: readonly Value[]): Promise<{ changes: number; lastId: number }> {
    return written(await this.#ask<Written>(sql, params))
  }

  after(callback: () => void): void {
    this.#after.push(callback)
  }

  end(): void {
    this.#ended = true
    if (this.#models) Object.assign(this.#models, { finished: 'commit' })
  }

  /** A connection lost before the answer leaves the commit unknown: what followed it must not simply be repeated. */
  async commit(): Promise<void> {
    if (this.#failed) throw this.#failed
    if (!this.begun && this.#waiting.length === 1) return
    try {
      await this.#send({ sql: 'COMMIT', params: [] })
    } catch (error) {
      throw failureOf(error) === 'lost' ? new CommitUncertain('The connection was lost during COMMIT', { cause: error }) : error
    }
    if (this.#failed) throw this.#failed
  }

  async #wait(statement: Statement): Promise<{ changes: number; lastId: number }> {
    this.#check()
    this.#waiting.push(statement)
    this.#waitingBytes += bytesOf(statement)
    if (this.#waitingBytes > mostWaitingBytes) await this.#guarded(() => this.#send())
    return { changes: 0, lastId: 0 }
  }

  async #ask<T>(sql: string, params: readonly Value[] = []): Promise<T> {
    this.#check()
    return this.#guarded(() => this.#send({ sql, params }) as Promise<T>)
  }

  /** Throws what rolled the transaction back, if the work went on regardless of that. */
  #check(): void {
    if (this.#failed) throw this.#failed
    if (this.#ended) throw new Error('This transaction is over: a query of it was not awaited')
  }

  async #guarded<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      if (endsTransaction(error)) this.#failed = error
      throw sequelizeError(this.#sequelize, error)
    }
  }

  /** Sends what waits, and one more; answers the last one's result. A statement that fails is the last the server runs. */
  async #send(last?: Statement): Promise<unknown> {
    const ahead = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    this.begun = true
    if (ahead.length === 0) return last && ask(this.#connection, last.sql, last.params)
    const all = last ? [...ahead, last] : ahead
    try {
      return await together(this.#connection, all)
    } catch (error) {
      // Which of them failed is not known to whoever asks: after a write of theirs nothing may follow.
      if (ahead.some(({ sql }) => sql !== 'BEGIN')) this.#failed = error
      throw error
    }
  }
}

const bytesOf = ({ sql, params }: Statement): number =>
  params.reduce((sum: number, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 8), sql.length)

const written = ({ affectedRows, insertId }: Written): { changes: number; lastId: number } => ({ changes: affectedRows, lastId: insertId })

function send(connection: Connection, sql: string): Promise<unknown> {
  return new Promise((resolve, reject) => connection.query({ sql }, (error, result) => error ? reject(error) : resolve(result)))
}

function ask<T>(connection: Connection, sql: string, params: readonly Value[] = []): Promise<T> {
  const prepared = params.length > 0 && params.length <= mostPreparedParams
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: unknown): void => error ? reject(error) : resolve(result as T)
    if (prepared) connection.execute({ sql, values: params.map(sendable) }, done)
    else connection.query({ sql, values: params.map(sendable) }, done)
  })
}

/** Several statements in one round trip; the result of the last. */
function together(connection: Connection, statements: readonly Statement[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query(
      { sql: statements.map(({ sql }) => sql).join(';\n'), values: statements.flatMap(({ params }) => params).map(sendable) },
      (error, result) => error ? reject(error) : resolve(statements.length > 1 ? (result as unknown[]).at(-1) : result),
    )
  })
}

const sendable = (value: Value): Value => value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value
