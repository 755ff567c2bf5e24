/** Dates in a menu: reading what templates and services give, and writing them with strftime directives. */
import { DateTime } from 'luxon'

export interface TimeZoned { readonly now: number; readonly timezone: string; readonly locale: string }

/** The zone itself when it exists, else UTC: a wrong zone must never stop a run. */
export function zone(name: string): string {
  return DateTime.local({ zone: name }).isValid ? name : 'utc'
}

/** An instant (number of ms), an ISO text (without offset: in the zone), `now` or `today`; null for anything else. */
export function readDate(value: unknown, at: TimeZoned, timezone = at.timezone): DateTime | null {
  const options = { zone: zone(timezone), locale: at.locale }
  let date: DateTime | null = null
  if (typeof value === 'number') date = DateTime.fromMillis(value, options)
  else if (typeof value === 'string') {
    const text = value.trim()
    if (text === 'now') date = DateTime.fromMillis(at.now, options)
    else if (text === 'today') date = DateTime.fromMillis(at.now, options).startOf('day')
    else if (/^\d{4}-\d{2}-\d{2}/.test(text)) date = DateTime.fromISO(text.replace(' ', 'T'), options)
  }
  return date?.isValid ? date : null
}

/** strftime directive → luxon token; the rest is written as it stands. */
const tokens: Readonly<Record<string, string>> = {
  Y: 'yyyy', y: 'yy', m: 'MM', B: 'MMMM', b: 'MMM', h: 'MMM', d: 'dd', e: 'd', j: 'ooo', A: 'cccc', a: 'ccc', u: 'c',
  H: 'HH', k: 'H', I: 'hh', l: 'h', M: 'mm', S: 'ss', L: 'SSS', p: 'a', P: 'a', z: 'ZZZ', Z: 'ZZZZ', s: 'X', V: 'WW',
  F: 'yyyy-MM-dd', D: 'MM/dd/yy', T: 'HH:mm:ss', R: 'HH:mm', c: 'ccc d MMM yyyy HH:mm:ss', x: 'D', X: 'TT',
}
const withoutZero: Readonly<Record<string, string>> = { m: 'M', d: 'd', H: 'H', I: 'h', M: 'm', S: 's', j: 'o' }

export function strftime(date: DateTime, format: string): string {
  return format.slice(0, 500).replace(/%([-^]?)([A-Za-z%])/g, (whole, flag: string, letter: string) => {
    if (letter === '%') return '%'
    const token = (flag === '-' ? withoutZero[letter] : undefined) ?? tokens[letter]
    if (token === undefined) return whole
    const written = date.toFormat(token)
    return flag === '^' ? written.toUpperCase() : letter === 'P' ? written.toLowerCase() : written
  })
}
