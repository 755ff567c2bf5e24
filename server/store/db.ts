/**
 * The one door to the database for raw SQL, the same on SQLite and MariaDB/MySQL.
 * Interfaces here; `openDatabase` in open.ts chooses the dialect.
 */
import type { Sequelize, Transaction } from 'sequelize'

export type Value = string | number | bigint | null | Uint8Array

export interface Queryable {
  /** Rows of a SELECT. Parameters are `?`. */
  all<Row>(sql: string, params?: readonly Value[]): Promise<Row[]>
  get<Row>(sql: string, params?: readonly Value[]): Promise<Row | undefined>
  /** A write. `changes` counts the rows stored, removed, or found by an UPDATE (whether or not a value differs); `lastId` is the first auto-increment id of the statement. */
  run(sql: string, params?: readonly Value[]): Promise<{ changes: number; lastId: number }>
}

/** Where many-row statements are written to. */
export interface Writer {
  readonly dialect: Dialect
  run(sql: string, params?: readonly Value[]): Promise<{ changes: number; lastId: number }>
}

/** One open transaction, on one connection. */
export interface Tx extends Queryable {
  readonly dialect: Dialect
  /**
   * For writes whose answer nobody asks for: they keep their place among the transaction's statements, but may travel with
   * the next one, at the latest with the commit, in one round trip. Counts are 0, and an error of theirs is thrown by
   * the statement they travel with.
   */
  readonly later: Writer
  /** For models: `Model.create(values, { transaction: tx.models })`. */
  readonly models: Transaction
  /** Runs after the commit, in order; dropped on rollback. For nudges only: it must not throw or wait. */
  after(callback: () => void): void
}

export type Dialect = 'sqlite' | 'mysql'

export interface Db extends Queryable {
  readonly dialect: Dialect
  readonly sequelize: Sequelize
  /**
   * READ COMMITTED on MariaDB/MySQL, BEGIN IMMEDIATE on SQLite. The whole work is run again
   * (at most 5 times, with jitter) on deadlock, lock timeout or SQLITE_BUSY, so it must have
   * no effect outside the database. Never nest: a transaction inside a transaction throws,
   * and so does any query of this object (or of a model without `{ transaction: tx.models }`) inside of one.
   * Throws DomainError `database_unavailable` if the connection is lost for good or during the commit, which then may have happened.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** The database's own clock, in ms: leases use it, so that skewed processes agree. */
  now(): Promise<number>
  close(): Promise<void>
}
