/** What people type into a search box, over the `search` table: words by their beginning, digits by beginning or end. */
import { digitsOf, reversed, words } from '../../domain/fold.ts'
import type { Dialect, Value } from '../../store/db.ts'
import { fullTextMatch, fullTextQuery } from '../../store/sql.ts'

/** More hits than this are not told apart by scrolling; the person types another letter. */
const most = 5000
/** InnoDB indexes no shorter words. */
export const shortestWord = 3
const fewestDigits = 3

export interface SearchSql {
  /** A SELECT of `refId`. */
  readonly sql: string
  readonly params: readonly Value[]
}

/** `within`: a condition on `search.refId`, so that what the reader may not see takes no place. Null when nothing can be looked for (only punctuation, say): then nothing is found. */
export function searchSql(dialect: Dialect, kind: 'chat', text: string, within: SearchSql | null = null): SearchSql | null {
  const branches = [byWords(dialect, kind, words(text)), ...byDigits(kind, text)].filter((branch) => branch !== null)
  if (branches.length === 0) return null
  return {
    sql: branches.map((branch) => `SELECT refId FROM (SELECT search.refId FROM search WHERE search.kind = ? AND ${branch.sql}${within ? ` AND ${within.sql}` : ''} LIMIT ${most}) AS b`).join(' UNION '),
    params: branches.flatMap((branch) => [...branch.params, ...(within?.params ?? [])]),
  }
}

function byWords(dialect: Dialect, kind: string, folded: string): SearchSql | null {
  const all = folded.split(' ').filter(Boolean)
  if (all.length === 0) return null
  const indexed = dialect === 'sqlite' ? all : all.filter((word) => word.length >= shortestWord)
  const rest = all.filter((word) => !indexed.includes(word))
  const conditions = [
    ...(indexed.length > 0 ? [fullTextMatch(dialect, 'search', 'id', ['words'])] : []),
    ...rest.map(() => "CONCAT(' ', search.words) LIKE ?"),
  ]
  return { sql: conditions.join(' AND '), params: [kind, ...(indexed.length > 0 ? [fullTextQuery(dialect, indexed)] : []), ...rest.map((word) => `% ${word}%`)] }
}

function byDigits(kind: string, text: string): SearchSql[] {
  const digits = digitsOf(text)
  if (digits.length < fewestDigits || /\p{L}/u.test(text)) return []
  return [
    { sql: 'search.digits LIKE ?', params: [kind, `${digits}%`] },
    { sql: 'search.digitsReversed LIKE ?', params: [kind, `${reversed(digits)}%`] },
  ]
}
