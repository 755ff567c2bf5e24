/** Tables as files: CSV for programs and cron, XLSX for people. Cells that a spreadsheet would run as formulas are shown as text (domain §6.6). */
import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify'
import writeXlsxFile, { type Row } from 'write-excel-file/node'

export type Cell = string | number | boolean | Date | null
export interface Sheet { readonly columns: readonly string[]; readonly rows: AsyncIterable<readonly Cell[]> | Iterable<readonly Cell[]> }

const dangerous = /^[=+\-@\t]/
const phone = /^\+?[\d\s()-]{5,20}$/

/** A text that begins like a formula gets a leading apostrophe, unless it is a phone number and nothing else. */
export const safeText = (text: string): string => (dangerous.test(text) && !phone.test(text) ? `'${text}` : text)

function shown(cell: Cell): string | number {
  if (cell === null) return ''
  if (cell instanceof Date) return cell.toISOString()
  if (typeof cell === 'boolean') return cell ? 'true' : 'false'
  return typeof cell === 'string' ? safeText(cell) : cell
}

/** UTF-8 with a byte order mark, without which Excel takes it for another encoding. */
export function csvStream({ columns, rows }: Sheet): Readable {
  const lines = async function* (): AsyncGenerator<(string | number)[]> {
    for await (const row of rows) yield row.map(shown)
  }
  return Readable.from(lines()).pipe(stringify({ header: true, columns: [...columns], bom: true }))
}

export async function xlsxBuffer({ columns, rows }: Sheet): Promise<Buffer> {
  const head: Row = columns.map((value) => ({ value, fontWeight: 'bold' as const }))
  const body: Row[] = []
  for await (const row of rows) {
    body.push(row.map((cell) => {
      if (cell === null) return null
      if (cell instanceof Date) return { value: cell, type: Date, format: 'yyyy-mm-dd hh:mm:ss' }
      if (typeof cell === 'number') return { value: cell, type: Number }
      return { value: String(shown(cell)), type: String }
    }))
  }
  return writeXlsxFile([head, ...body], {}).toBuffer()
}
