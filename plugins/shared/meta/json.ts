/**
 * Reading what Meta sends without trusting its shape: every reader takes anything
 * and answers `undefined` (or an empty collection) for what is not there, so that
 * the parsers built on them cannot throw.
 */

export type Obj = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Obj => typeof value === 'object' && value !== null && !Array.isArray(value)

export const obj = (value: unknown): Obj | undefined => (isObject(value) ? value : undefined)
/** The same, with an empty object for "not one". */
export const objOr = (value: unknown): Obj => (isObject(value) ? value : {})
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
export const objects = (value: unknown): readonly Obj[] => list(value).filter(isObject)

/** A non-empty string; a number counts, because Meta writes ids both ways. */
export function str(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

/** A finite number, also when written as a string. */
export function num(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : undefined
}

/** Integers of 16 digits and more, outside of strings: JSON.parse would round the long ones. */
const stringsAndLongIntegers = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

/** Like JSON.parse, but long integers (template ids go past 2^53) come out as strings. Undefined when it is not JSON. */
export function parseJson(body: Uint8Array | string): unknown {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  try {
    return JSON.parse(text.replace(stringsAndLongIntegers, token => (token.startsWith('"') ? token : `"${token}"`)))
  } catch {
    return undefined
  }
}

/** The year 2200: a later instant is garbage, and arithmetic on it could leave what a Date can hold. */
const farFuture = 7_258_118_400_000

/** Seconds or milliseconds, as number or digits. Meta mixes both, even within one network (messenger page: "if < 1e11 multiply"). */
export function instant(...candidates: readonly unknown[]): Date {
  for (const candidate of candidates) {
    const value = num(candidate)
    if (value === undefined || value <= 0) continue
    const date = new Date(value < 1e11 ? value * 1000 : value)
    if (date.getTime() < farFuture) return date
  }
  return new Date(0)
}

/** Only what a server may be asked to fetch: the providers also send relative and app-only links. */
export function httpUrl(value: unknown): string | undefined {
  const text = str(value)
  if (!text || !URL.canParse(text)) return undefined
  const { protocol } = new URL(text)
  return protocol === 'https:' || protocol === 'http:' ? text : undefined
}

/** A property that is there only when it has a value. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }
}
