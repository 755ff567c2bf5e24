/** Statements over many rows, one round trip each. Table and column names come from code, never from people. */
import type { Dialect, Value, Writer } from './db.ts'

export type Row = readonly Value[]

/** SQLite takes 32,766 parameters; MariaDB's packet limit is 16 MB by default. */
const mostParams = 30_000
const mostBytes = 4 * 1024 * 1024
/** CASE compares each row with each key. */
const mostCases = 64

export const placeholders = (count: number): string => Array(count).fill('?').join(',')

/** Ends a locking SELECT. SQLite has one writer, which the transaction already is. */
export const forUpdate = (dialect: Dialect, { skipLocked = false } = {}): string =>
  dialect === 'sqlite' ? '' : skipLocked ? ' FOR UPDATE SKIP LOCKED' : ' FOR UPDATE'

/**
 * One multi-row INSERT (more only past the database's limits, and then not atomic outside of a transaction).
 * `ignore` skips rows that clash with a unique key (MySQL then also cuts what is too long, so check lengths before).
 * Returns how many rows were stored.
 */
export async function insertMany(
  q: Writer, table: string, columns: readonly string[], rows: readonly Row[], { ignore = false } = {},
): Promise<number> {
  const verb = !ignore ? 'INSERT' : q.dialect === 'sqlite' ? 'INSERT OR IGNORE' : 'INSERT IGNORE'
  return inChunks(q, rows, (chunk) => `${verb} INTO ${table} (${columns.join(',')}) VALUES ${tuples(columns, chunk)}`)
}

/** Inserts rows, or sets `update` (by default every column but the keys) of those whose `keys` exist. */
export async function upsertMany(
  q: Writer, table: string, keys: readonly string[], columns: readonly string[], rows: readonly Row[],
  { update = columns.filter((column) => !keys.includes(column)) }: { update?: readonly string[] } = {},
): Promise<void> {
  const clause = q.dialect === 'sqlite'
    ? `ON CONFLICT (${keys.join(',')}) DO UPDATE SET ${update.map((column) => `${column}=excluded.${column}`).join(',')}`
    : `ON DUPLICATE KEY UPDATE ${update.map((column) => `${column}=VALUES(${column})`).join(',')}`
  await inChunks(q, rows, (chunk) => `INSERT INTO ${table} (${columns.join(',')}) VALUES ${tuples(columns, chunk)} ${clause}`)
}

/**
 * Sets `columns` of the rows with the given keys; each row is [key, ...values], each key once. Locks in key order.
 * Returns how many rows were found.
 */
export async function updateMany(
  q: Writer, table: string, key: string, columns: readonly string[], rows: readonly Row[],
): Promise<number> {
  if (q.dialect === 'sqlite') {
    const set = columns.map((column, at) => `${column}=v.column${at + 2}`).join(',')
    return inChunks(q, rows, (chunk) => `UPDATE ${table} SET ${set} FROM (VALUES ${tuples([key, ...columns], chunk)}) AS v WHERE ${table}.${key}=v.column1`)
  }
  // As fast as a join with a derived table, and the keys stay constants, which an ascii index can be searched for whatever their charset.
  let changes = 0
  for (let from = 0; from < rows.length; from += mostCases) {
    const chunk = rows.slice(from, from + mostCases)
    const whens = 'WHEN ? THEN ? '.repeat(chunk.length)
    const params = columns.flatMap((_, at) => chunk.flatMap((row) => [row[0], row[at + 1]] as Value[]))
    const sql = `UPDATE ${table} SET ${columns.map((column) => `${column}=CASE ${key} ${whens}END`).join(',')} WHERE ${key} IN (${placeholders(chunk.length)})`
    changes += (await q.run(sql, [...params, ...chunk.map((row) => row[0] as Value)])).changes
  }
  return changes
}

/** A condition with one parameter, for a table with `fullText(columns)`: see `fullTextQuery` for the parameter. */
export const fullTextMatch = (dialect: Dialect, table: string, idColumn: string, columns: readonly string[]): string => dialect === 'sqlite'
  ? `${table}.${idColumn} IN (SELECT rowid FROM ${table}_fts WHERE ${table}_fts MATCH ?)`
  : `MATCH (${columns.map((column) => `${table}.${column}`).join(',')}) AGAINST (? IN BOOLEAN MODE)`

/** For answers in the order of their numbers: SQLite then reads no further along its index of words than was asked for. */
export const fullTextSource = (dialect: Dialect, table: string, as: string, idColumn: string, columns: readonly string[]): { from: string; match: string; id: string } => dialect === 'sqlite'
  ? { from: `${table}_fts JOIN ${table} ${as} ON ${as}.${idColumn} = ${table}_fts.rowid`, match: `${table}_fts MATCH ?`, id: `${table}_fts.rowid` }
  : { from: `${table} ${as}`, match: fullTextMatch(dialect, as, idColumn, columns), id: `${as}.${idColumn}` }

/** All of the words, the last letters of each left open. `words` are letters and digits alone; anything else in them is dropped. */
export function fullTextQuery(dialect: Dialect, words: readonly string[]): string {
  const clean = words.map((word) => word.replace(/[^\p{L}\p{N}\p{M}]/gu, '')).filter(Boolean)
  return clean.map((word) => dialect === 'sqlite' ? `"${word}"*` : `+${word}*`).join(' ')
}

const tuples = (columns: readonly string[], rows: readonly Row[]): string => Array(rows.length).fill(`(${placeholders(columns.length)})`).join(',')

async function inChunks(q: Writer, rows: readonly Row[], sql: (chunk: readonly Row[]) => string): Promise<number> {
  let changes = 0
  for (let from = 0; from < rows.length;) {
    let to = from
    for (let params = 0, bytes = 0; to < rows.length; to++) {
      const row = rows[to] as Row
      params += row.length
      bytes += row.reduce((sum: number, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 8), 0)
      if (to > from && (params > mostParams || bytes > mostBytes)) break
    }
    const chunk = rows.slice(from, to)
    changes += (await q.run(sql(chunk), chunk.flat())).changes
    from = to
  }
  return changes
}
