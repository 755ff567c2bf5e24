/** Documents as YAML and JSON texts (§5.1). Reading what was written gives the same document, texts such as 007 included. */
import { parseDocument, stringify } from 'yaml'
import type { Json } from './variables.ts'

/** Quotes whatever YAML 1.1 or 1.2 would take for something else than text. */
export function toYaml(document: Json): string {
  return stringify(document, { version: '1.2', schema: 'core', compat: 'yaml-1.1', lineWidth: 120, aliasDuplicateObjects: false })
}
export const toJson = (document: Json): string => `${JSON.stringify(document, null, 2)}\n`

export type Read =
  | { readonly ok: true; readonly document: Json }
  | { readonly ok: false; readonly message: string; readonly line: number | null }

const longest = 5_000_000

/** Reads YAML 1.2 (core schema) or JSON, which is a part of it. Never throws. */
export function fromText(text: string): Read {
  if (text.length > longest) return { ok: false, message: 'larger than 5 MB', line: null }
  try {
    const parsed = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, strict: true })
    const [problem] = parsed.errors
    if (problem) return { ok: false, message: problem.message.split('\n')[0] ?? problem.code, line: problem.linePos?.[0].line ?? null }
    return { ok: true, document: plain(parsed.toJS({ maxAliasCount: 100 })) }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message.split('\n')[0] ?? '' : 'unreadable', line: null }
  }
}

/** Only what JSON can say: a binary, a set or an infinite number has no place in a document. @throws TypeError */
function plain(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
  }
  throw new TypeError(`not a value of JSON: ${String(value)}`)
}
