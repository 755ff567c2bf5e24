/** Rows for people: aligned columns without frames, as wide as what is in them. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string | number | null | undefined
}

export function tableOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [
    columns.map((column) => column.title.toUpperCase()),
    ...rows.map((row) => columns.map((column) => shown(column.value(row)))),
  ]
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => width(line[at] as string))))
  return cells
    .map((line) =>
      line
        .map((cell, at) => (at === line.length - 1 ? cell : padded(cell, widths[at] as number)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One thing: a name and a value a line. */
export function sheetOf(pairs: readonly (readonly [string, string | number | null | undefined])[]): string {
  const widest = Math.max(...pairs.map(([name]) => width(name)))
  return pairs.map(([name, value]) => `${padded(name, widest)}  ${shown(value)}`.trimEnd()).join('\n')
}

const shown = (value: string | number | null | undefined): string =>
  value === null || value === undefined || value === '' ? '–' : String(value).replace(/\s*\n\s*/g, ' ')
const width = (text: string): number => [...text].length
const padded = (text: string, to: number): string => text + ' '.repeat(Math.max(0, to - width(text)))
