/**
 * Tables in words that mean the same on both databases. Columns are NOT NULL unless `nullable()`; every kind of
 * text says its collation, because ids differ by case alone and the databases' defaults do not (domain page §14).
 *
 *   await schema.createTable('chats', (t) => {
 *     t.id('id').primary()
 *     t.id('channel_id').references('channels')
 *     t.bin('remote_id', 191)
 *     t.instant('closed_at').nullable()
 *     t.generated('open_key', 'bin', 191, 'CASE WHEN closed_at IS NULL THEN remote_id END')
 *     t.unique('channel_id', 'open_key')
 *   })
 */
import type { Dialect, Tx } from './db.ts'
import { type Column, columnSql, type Fixed, fixedTypes, type Sized, sizedTypes } from './columns.ts'

export interface Schema {
  readonly dialect: Dialect
  /** For data that a migration must move. On MySQL each change of the schema commits what came before it. */
  readonly tx: Tx
  createTable(table: string, build: (t: Table) => void): Promise<void>
  /** New columns and indexes of a table; NOT NULL ones need a default. No primary key, foreign key (SQLite) or full text. */
  alterTable(table: string, build: (t: Table) => void): Promise<void>
  dropColumn(table: string, column: string): Promise<void>
  dropTable(table: string): Promise<void>
  /** The rare statement that is not here: one text for both, or one for each. */
  run(sql: string | Record<Dialect, string>): Promise<void>
}

export function schemaOn(tx: Tx): Schema {
  const { dialect } = tx
  const schema: Schema = {
    dialect,
    tx,
    async createTable(name, build) {
      const table = built(name, dialect, build)
      // Where each change commits by itself, a migration that was cut short must be able to go over its first tables again.
      const verb = dialect === 'mysql' ? 'CREATE TABLE IF NOT EXISTS' : 'CREATE TABLE'
      const options = dialect === 'mysql' ? ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin' : ''
      if (table.fullTextColumns.length && dialect === 'mysql') await tx.run('SET SESSION innodb_ft_enable_stopword = OFF')
      await tx.run(`${verb} \`${name}\` (\n  ${table.body().join(',\n  ')}\n)${options}`)
      for (const sql of table.following()) await tx.run(sql)
    },
    async alterTable(name, build) {
      const table = built(name, dialect, build)
      for (const column of table.columns) {
        if (!await hasColumn(tx, name, column.name)) await tx.run(`ALTER TABLE \`${name}\` ADD COLUMN ${columnSql(column, dialect)}`)
      }
      for (const index of table.indexes) {
        if (!await hasIndex(tx, name, index.name)) await tx.run(createIndex(name, index))
      }
    },
    async dropColumn(table, column) {
      if (await hasColumn(tx, table, column)) await tx.run(`ALTER TABLE \`${table}\` DROP COLUMN \`${column}\``)
    },
    async dropTable(table) {
      if (dialect === 'sqlite') await tx.run(`DROP TABLE IF EXISTS \`${table}_fts\``)
      await tx.run(`DROP TABLE IF EXISTS \`${table}\``)
    },
    async run(sql) {
      await tx.run(typeof sql === 'string' ? sql : sql[dialect])
    },
  }
  return schema
}

interface Index { name: string; columns: readonly string[]; unique: boolean }

export interface ColumnOptions {
  nullable(): ColumnOptions
  default(value: string | number): ColumnOptions
  /** This column alone is the primary key. */
  primary(): ColumnOptions
  unique(): ColumnOptions
  index(): ColumnOptions
  /** On delete the referenced row is kept (`restrict`) unless said otherwise. */
  references(table: string, column?: string, onDelete?: 'restrict' | 'cascade' | 'set null'): ColumnOptions
}

export class Table {
  readonly columns: Column[] = []
  readonly indexes: Index[] = []
  readonly fullTextColumns: string[] = []
  readonly #name: string
  readonly #dialect: Dialect
  readonly #constraints: string[] = []
  #primary: readonly string[] = []

  constructor(name: string, dialect: Dialect) {
    this.#name = name
    this.#dialect = dialect
  }

  /** A ULID. */
  id(name: string): ColumnOptions { return this.#column(name, fixedTypes.id) }
  /** Plain ASCII that programs write: states, kinds, slugs, tokens, hashes. Case-sensitive. */
  key(name: string, length: number): ColumnOptions { return this.#column(name, sizedTypes.key(length)) }
  /** Any text compared byte by byte: provider ids, addresses. At most 768 characters where it is indexed. */
  bin(name: string, length: number): ColumnOptions { return this.#column(name, sizedTypes.bin(length)) }
  /** A name that people type: compared without case (and, on MySQL, accents). */
  name(name: string, length: number): ColumnOptions { return this.#column(name, sizedTypes.name(length)) }
  /** Up to 64 KB, compared as `name`. */
  text(name: string): ColumnOptions { return this.#column(name, fixedTypes.text) }
  longtext(name: string): ColumnOptions { return this.#column(name, fixedTypes.longtext) }
  json(name: string): ColumnOptions { return this.#column(name, fixedTypes.json) }
  int(name: string): ColumnOptions { return this.#column(name, fixedTypes.int) }
  bigint(name: string): ColumnOptions { return this.#column(name, fixedTypes.bigint) }
  /** Milliseconds since the epoch, UTC. */
  instant(name: string): ColumnOptions { return this.#column(name, fixedTypes.instant) }
  bool(name: string): ColumnOptions { return this.#column(name, fixedTypes.bool) }
  double(name: string): ColumnOptions { return this.#column(name, fixedTypes.double) }
  blob(name: string): ColumnOptions { return this.#column(name, fixedTypes.blob) }

  /** Ascending integers given by the database, never given twice; the primary key. */
  autoId(name: string): void {
    this.columns.push({ name, type: fixedTypes.autoId, nullable: true })
  }

  /** Computed from other columns of the row; NULL where the expression is, so that a unique index on it holds for some rows only. */
  generated(name: string, type: Fixed, expression: string): void
  generated(name: string, type: Sized, length: number, expression: string): void
  generated(name: string, type: Fixed | Sized, first: number | string, second?: string): void {
    const spec = typeof first === 'number' ? sizedTypes[type as Sized](first) : fixedTypes[type as Fixed]
    this.columns.push({ name, type: spec, nullable: true, expression: second ?? String(first) })
  }

  primaryKey(...columns: string[]): void { this.#primary = columns }
  unique(...columns: string[]): void { this.#index(columns, true) }
  index(...columns: string[]): void { this.#index(columns, false) }
  check(name: string, condition: string): void { this.#constraints.push(`CONSTRAINT \`${this.#name}_${name}_check\` CHECK (${condition})`) }

  /** Word search: `fullTextMatch` in sql.ts. Needs an `autoId`, because SQLite keeps the words in a table beside it, by row number. */
  fullText(...columns: string[]): void { this.fullTextColumns.push(...columns) }

  body(): string[] {
    const lines = this.columns.map((column) => columnSql(column, this.#dialect))
    if (this.#primary.length) lines.push(`PRIMARY KEY (${list(this.#primary)})`)
    lines.push(...this.#constraints)
    if (this.#dialect === 'mysql') {
      lines.push(...this.indexes.map((index) => `${index.unique ? 'UNIQUE ' : ''}KEY \`${index.name}\` (${list(index.columns)})`))
      if (this.fullTextColumns.length) lines.push(`FULLTEXT KEY \`${this.#name}_fts\` (${list(this.fullTextColumns)})`)
    }
    return lines
  }

  /** What follows the CREATE TABLE on SQLite. */
  following(): string[] {
    if (this.#dialect === 'mysql') return []
    return [...this.indexes.map((index) => createIndex(this.#name, index)), ...this.#fullTextTable()]
  }

  #column(name: string, type: Record<Dialect, string>): ColumnOptions {
    const column: Column = { name, type, nullable: false }
    this.columns.push(column)
    const options: ColumnOptions = {
      nullable: () => { column.nullable = true; return options },
      default: (value) => { column.default = value; return options },
      primary: () => { this.#primary = [name]; return options },
      unique: () => { this.unique(name); return options },
      index: () => { this.index(name); return options },
      references: (table, target = 'id', onDelete = 'restrict') => {
        const constraint = short(`${this.#name}_${name}_fk`)
        this.#constraints.push(`CONSTRAINT \`${constraint}\` FOREIGN KEY (\`${name}\`) REFERENCES \`${table}\` (\`${target}\`) ON DELETE ${onDelete.toUpperCase()}`)
        return options
      },
    }
    return options
  }

  #index(columns: readonly string[], unique: boolean): void {
    this.indexes.push({ name: short(`${this.#name}_${columns.join('_')}_${unique ? 'unique' : 'index'}`), columns, unique })
  }

  #fullTextTable(): string[] {
    if (!this.fullTextColumns.length) return []
    const id = this.columns.find((column) => column.type === fixedTypes.autoId)?.name
    if (!id) throw new Error(`${this.#name}: fullText needs an autoId`)
    const [table, fts, columns] = [this.#name, `${this.#name}_fts`, list(this.fullTextColumns)]
    const values = (row: string): string => [id, ...this.fullTextColumns].map((column) => `${row}.\`${column}\``).join(',')
    const add = `INSERT INTO \`${fts}\`(rowid,${columns}) VALUES (${values('new')});`
    const remove = `INSERT INTO \`${fts}\`(\`${fts}\`,rowid,${columns}) VALUES ('delete',${values('old')});`
    return [
      `CREATE VIRTUAL TABLE \`${fts}\` USING fts5(${columns}, content='${table}', content_rowid='${id}', tokenize='unicode61 remove_diacritics 2')`,
      `CREATE TRIGGER \`${fts}_insert\` AFTER INSERT ON \`${table}\` BEGIN ${add} END`,
      `CREATE TRIGGER \`${fts}_delete\` AFTER DELETE ON \`${table}\` BEGIN ${remove} END`,
      `CREATE TRIGGER \`${fts}_update\` AFTER UPDATE OF ${columns} ON \`${table}\` BEGIN ${remove} ${add} END`,
    ]
  }
}

function built(name: string, dialect: Dialect, build: (t: Table) => void): Table {
  const table = new Table(name, dialect)
  build(table)
  return table
}

const list = (columns: readonly string[]): string => columns.map((column) => `\`${column}\``).join(',')

const createIndex = (table: string, index: Index): string =>
  `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX \`${index.name}\` ON \`${table}\` (${list(index.columns)})`

/** MySQL's names end at 64 characters; the end keeps what the name is of. */
function short(name: string): string {
  if (name.length <= 64) return name
  const sum = [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) >>> 0, 7).toString(36)
  return `${name.slice(0, 56 - sum.length)}_${sum}${name.slice(name.lastIndexOf('_'))}`
}

async function hasColumn(tx: Tx, table: string, column: string): Promise<boolean> {
  const sql = tx.dialect === 'sqlite'
    ? 'SELECT name FROM pragma_table_xinfo(?) WHERE name = ?'
    : 'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?'
  return Boolean(await tx.get(sql, [table, column]))
}

async function hasIndex(tx: Tx, table: string, index: string): Promise<boolean> {
  const sql = tx.dialect === 'sqlite'
    ? "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name = ?"
    : 'SELECT index_name AS name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ?'
  return Boolean(await tx.get(sql, [table, index]))
}
