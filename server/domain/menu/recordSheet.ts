/** The register as a table: the fields of one form in its order, or of all forms as one column of JSON. */
import type { FormField, Json } from './environment.ts'

interface Recorded { readonly id: string; readonly form: string; readonly at: number; readonly chatId: string; readonly contactName: string; readonly values: Readonly<Record<string, Json>> }
type Cell = string | number | boolean | Date | null

const cellOf = (value: Json | undefined): Cell => (value === undefined || value === null ? null : typeof value === 'object' ? JSON.stringify(value) : value)

export function recordSheet(records: AsyncIterable<Recorded>, fields: readonly FormField[] | null): { columns: string[]; rows: AsyncIterable<Cell[]> } {
  const rows = async function* (): AsyncGenerator<Cell[]> {
    for await (const one of records) {
      const first: Cell[] = [one.id, one.form, new Date(one.at), one.contactName, one.chatId]
      yield fields ? [...first, ...fields.map((field) => cellOf(one.values[field.code]))] : [...first, JSON.stringify(one.values)]
    }
  }
  return { columns: ['id', 'form', 'at', 'contact', 'chat_id', ...(fields ? fields.map((field) => field.code) : ['values'])], rows: rows() }
}
