/** Variables of a menu: their types, what converts to what, and where a bare name is looked up (§5.4). */
import { DateTime } from 'luxon'
import { readDate, type TimeZoned } from './dates.ts'
import { toText } from './filters.ts'
import { fold } from '../fold.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type Values = Readonly<Record<string, Json>>

export const variableTypes = ['text', 'integer', 'decimal', 'boolean', 'date', 'datetime', 'json', 'media', 'location'] as const
export type VariableType = (typeof variableTypes)[number]
/** `flow` holds the constants and cannot be written. */
export const writableScopes = ['run', 'conversation', 'chat', 'contact'] as const
export type WritableScope = (typeof writableScopes)[number]

/** Objects a template finds under these names; a variable with such a name would never be seen. */
export const reserved: ReadonlySet<string> = new Set([
  'contact', 'account', 'channel', 'chat', 'conversation', 'queue', 'agent', 'message', 'choice', 'now', 'hours', 'http',
  'position', 'estimatedWait', 'secrets', 'error', 'event', 'flow', 'run', 'value', 'answer',
  'true', 'false', 'nil', 'null', 'empty', 'blank', 'forloop', 'and', 'or', 'not', 'contains',
])

const yes = ['si', 's', 'yes', 'y', 'claro', 'claro que si', 'ok', 'okay', 'de acuerdo', 'correcto', 'acepto', 'true', 'verdadero', 'sure']
const no = ['no', 'n', 'nop', 'nope', 'no gracias', 'incorrecto', 'no acepto', 'false', 'falso', 'nunca']

/** Both languages are read everywhere: a customer may answer in either. Null: neither yes nor no. */
export function yesOrNo(text: string): boolean | null {
  const word = fold(text).replace(/[.!,]+$/, '')
  return yes.includes(word) ? true : no.includes(word) ? false : null
}
export const yesWords: readonly string[] = yes
export const noWords: readonly string[] = no

export type Converted = { readonly ok: true; readonly value: Json } | { readonly ok: false }
const failed: Converted = { ok: false }
const made = (value: Json): Converted => ({ ok: true, value })

function integer(text: string): Converted {
  return /^[+-]?\d{1,15}$/.test(text) ? made(Number(text)) : failed
}

const decimalMarks = new Map<string, string>()
function decimalMark(locale: string): string {
  let mark = decimalMarks.get(locale)
  if (mark === undefined) {
    try {
      mark = new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === 'decimal')?.value ?? '.'
    } catch {
      mark = '.'
    }
    decimalMarks.set(locale, mark)
  }
  return mark
}

/** The locale's own mark always; the other one unless three digits follow, which would be a thousands mark. */
function decimal(text: string, locale: string): Converted {
  const parts = /^([+-]?\d{1,15})(?:([.,])(\d{1,10}))?$/.exec(text)
  if (!parts) return failed
  const [, whole = '', mark, fraction = ''] = parts
  if (mark !== undefined && mark !== decimalMark(locale) && fraction.length === 3) return failed
  return made(Number(`${whole}.${fraction || '0'}`))
}

function json(value: unknown): Converted {
  if (typeof value !== 'string') return made(plainJson(value))
  try {
    return made(plainJson(JSON.parse(value)))
  } catch {
    return failed
  }
}

/** A copy that holds JSON only: what has no JSON form becomes null, depth beyond 64 too. */
export function plainJson(value: unknown, depth = 0): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'object' || depth > 64) return null
  if (Array.isArray(value)) return value.map((one) => plainJson(one, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainJson(one, depth + 1)]))
}

function location(value: unknown): Converted {
  if (typeof value !== 'object' || value === null) return failed
  const { lat, lng } = value as { lat?: unknown; lng?: unknown }
  return typeof lat === 'number' && typeof lng === 'number' ? made(plainJson(value)) : failed
}

/**
 * Converts to a declared type. Text stays text: nothing is converted unless `type` says so (S13). Null stays null.
 * Dates become ISO texts, instants ISO texts with the zone's offset.
 */
export function convert(value: unknown, type: VariableType, at: TimeZoned): Converted {
  if (value === null || value === undefined) return made(null)
  const text = typeof value === 'string' ? value.trim() : toText(value)
  switch (type) {
    case 'text':
      if (typeof value === 'object') return made(plainJson(value))
      return made(typeof value === 'string' ? value : text)
    case 'integer':
      if (typeof value === 'number') return Number.isSafeInteger(value) ? made(value) : failed
      return integer(text)
    case 'decimal':
      if (typeof value === 'number') return Number.isFinite(value) ? made(value) : failed
      return decimal(text, at.locale)
    case 'boolean': {
      if (typeof value === 'boolean') return made(value)
      const said = text === '1' ? true : text === '0' ? false : yesOrNo(text)
      return said === null ? failed : made(said)
    }
    case 'date': {
      const date = readDate(value, at)
      return date ? made(date.toISODate() ?? '') : failed
    }
    case 'datetime': {
      const date = readDate(value, at)
      return date ? made(date.toISO({ suppressMilliseconds: true }) ?? '') : failed
    }
    case 'json':
      return json(value)
    case 'media':
      return typeof value === 'object' && !Array.isArray(value) ? made(plainJson(value)) : failed
    case 'location':
      return location(value)
  }
}

/** Reads `a.b[0].c`, also `$.a.b[0].c` and `a["b c"]`; own properties only, anything missing gives undefined. */
export function readPath(source: unknown, path: string): unknown {
  let at: unknown = source
  for (const part of pathParts(path) ?? [null]) {
    if (part === null || at === null || typeof at !== 'object') return undefined
    if (Array.isArray(at) !== (typeof part === 'number') || !Object.hasOwn(at, part)) return undefined
    at = (at as Record<string | number, unknown>)[part]
  }
  return at
}

/** The parts of a path; null when it is none. */
export function pathParts(path: string): (string | number)[] | null {
  const parts: (string | number)[] = []
  const rest = path.startsWith('$') ? path.slice(1).replace(/^\./, '') : path
  if (rest === '') return path === '$' ? parts : null
  const piece = /\[(\d{1,9})\]|\["([^"]*)"\]|\['([^']*)'\]|(?:^|\.)([^.[\]\s]+)/y
  while (piece.lastIndex < rest.length) {
    const found = piece.exec(rest)
    if (!found) return null
    if (found[1] !== undefined) parts.push(Number(found[1]))
    else parts.push(found[2] ?? found[3] ?? found[4] ?? '')
  }
  return parts
}

/** Today's date in the zone, as ISO text. */
export function today(at: TimeZoned, timezone = at.timezone): string {
  return (readDate('today', at, timezone) ?? DateTime.fromMillis(at.now, { zone: 'utc' })).toISODate() ?? ''
}
