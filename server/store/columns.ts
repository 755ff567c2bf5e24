/** How each kind of column is written on each database. */
import type { Dialect } from './db.ts'

export type Type = Readonly<Record<Dialect, string>>

export interface Column {
  name: string
  type: Type
  nullable: boolean
  default?: string | number
  /** Of a generated column. */
  expression?: string
}

const ascii = 'CHARACTER SET ascii COLLATE ascii_bin'
const exact = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'
const people = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const longtext: Type = { mysql: `LONGTEXT ${exact}`, sqlite: 'TEXT' }
const bigint: Type = { mysql: 'BIGINT', sqlite: 'BIGINT' }

export const fixedTypes = {
  // Not CHAR: MariaDB takes none into a generated column, whose padding would depend on sql_mode.
  id: { mysql: `VARCHAR(26) ${ascii}`, sqlite: 'TEXT' },
  text: { mysql: `TEXT ${people}`, sqlite: 'TEXT COLLATE NOCASE' },
  longtext,
  json: longtext,
  int: { mysql: 'INT', sqlite: 'INTEGER' },
  bigint,
  instant: bigint,
  bool: { mysql: 'TINYINT(1)', sqlite: 'TINYINT(1)' },
  double: { mysql: 'DOUBLE', sqlite: 'DOUBLE' },
  blob: { mysql: 'LONGBLOB', sqlite: 'BLOB' },
  autoId: { mysql: 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY', sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT' },
} satisfies Record<string, Type>

/** SQLite's lengths are a note to the reader: it does not enforce them. */
export const sizedTypes = {
  key: (length: number): Type => ({ mysql: `VARCHAR(${length}) ${ascii}`, sqlite: `VARCHAR(${length})` }),
  bin: (length: number): Type => ({ mysql: `VARCHAR(${length}) ${exact}`, sqlite: `VARCHAR(${length})` }),
  name: (length: number): Type => ({ mysql: `VARCHAR(${length}) ${people}`, sqlite: `VARCHAR(${length}) COLLATE NOCASE` }),
}

export type Fixed = keyof typeof fixedTypes
export type Sized = keyof typeof sizedTypes

export function columnSql(column: Column, dialect: Dialect): string {
  const start = `\`${column.name}\` ${column.type[dialect]}`
  // SQLite adds only virtual columns to a table that exists, and indexes them all the same.
  if (column.expression !== undefined) return `${start} GENERATED ALWAYS AS (${column.expression}) ${dialect === 'sqlite' ? 'VIRTUAL' : 'STORED'}`
  const fallback = column.default === undefined ? '' : ` DEFAULT ${typeof column.default === 'number' ? column.default : `'${column.default.replaceAll("'", "''")}'`}`
  return `${start}${column.nullable ? '' : ' NOT NULL'}${dialect === 'mysql' && /(TEXT|BLOB)\b/.test(column.type.mysql) && fallback ? ` DEFAULT (${fallback.slice(9)})` : fallback}`
}
