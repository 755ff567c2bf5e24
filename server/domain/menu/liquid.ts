/**
 * Templates (§5.4). Values are data: text that comes from a variable is never rendered again. Only tags and filters
 * of a list exist (none reads files, the clock or chance), a rendering may take 100 ms and write 64 KiB, and a missing
 * variable is empty text.
 */
import { defaultOperators, Drop, Liquid, toValueSync, Context, Value, TypeGuards, type Template } from 'liquidjs'
import { filters, toText, type Setting } from './filters.ts'
import { measure } from '../../../plugins/sdk/capabilities.ts'

export type { Setting }
export type Scope = Readonly<Record<string, unknown>>
export type Rendered = { readonly ok: true; readonly text: string; /** Some `{{ }}` wrote nothing. */ readonly blank: boolean } | LiquidFault
export interface LiquidFault { readonly ok: false; readonly code: 'template' | 'template_limit'; readonly message: string }

const longestOutput = 65_536
const cacheSize = 5000
const tags = new Set(['assign', 'capture', 'case', 'comment', 'for', 'if', 'raw', 'unless', 'break', 'continue', 'echo', '#'])
const kept = new Set([
  'abs', 'append', 'at_least', 'at_most', 'base64_decode', 'base64_encode', 'capitalize', 'ceil', 'compact', 'concat', 'default',
  'divided_by', 'downcase', 'escape', 'first', 'floor', 'join', 'last', 'lstrip', 'map', 'minus', 'modulo', 'plus', 'prepend',
  'remove', 'remove_first', 'remove_last', 'replace', 'replace_first', 'replace_last', 'reverse', 'round', 'rstrip', 'size',
  'slice', 'sort', 'sort_natural', 'split', 'squish', 'strip', 'strip_html', 'strip_newlines', 'sum', 'times', 'truncate',
  'truncatewords', 'uniq', 'upcase', 'url_decode', 'url_encode', 'where',
])

/** The rendering under way. Rendering is synchronous and never nested, so one place is enough. */
let active: { setting: Setting; blank: boolean } | null = null

const noSetting: Setting = { now: 0, timezone: 'utc', locale: 'en', country: 'US', random: () => 0 }

/** Order and equality as §5.4 says: numbers with numbers, texts with texts; anything else is false. */
function ordered(decide: (left: number | string, right: number | string) => boolean): (left: unknown, right: unknown) => boolean {
  return (left, right) => (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string')
    ? decide(left, right) : false
}

function makeEngine(): Liquid {
  const engine = new Liquid({
    strictFilters: true, ownPropertyOnly: true, templates: {}, parseLimit: 200_000, renderLimit: 100, memoryLimit: 2_000_000,
    operators: {
      ...defaultOperators,
      '>': ordered((left, right) => left > right), '<': ordered((left, right) => left < right),
      '>=': ordered((left, right) => left >= right), '<=': ordered((left, right) => left <= right),
    },
    outputEscape: (value: unknown) => {
      const text = toText(value)
      if (active && text.trim() === '') active.blank = true
      return text
    },
  })
  for (const name of Object.keys(engine.tags)) if (!tags.has(name)) delete engine.tags[name]
  for (const name of Object.keys(engine.filters)) if (!kept.has(name)) delete engine.filters[name]
  for (const [name, filter] of Object.entries(filters)) {
    engine.registerFilter(name, (value: unknown, first: unknown, second: unknown) => filter(active?.setting ?? noSetting, value, first, second))
  }
  return engine
}

const engine = makeEngine()

type Parsed<T> = { readonly ok: true; readonly value: T } | LiquidFault
const fault = (error: unknown): LiquidFault => {
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
  return { ok: false, code: /limit exceeded/.test(message) ? 'template_limit' : 'template', message: message.slice(0, 300) }
}

function remembered<T>(cache: Map<string, Parsed<T>>, text: string, parse: (text: string) => T): Parsed<T> {
  let found = cache.get(text)
  if (found === undefined) {
    try {
      found = { ok: true, value: parse(text) }
    } catch (error) {
      found = fault(error)
    }
    if (cache.size >= cacheSize) cache.clear()
    cache.set(text, found)
  }
  return found
}
const templates = new Map<string, Parsed<Template[]>>()
const conditions = new Map<string, Parsed<Value>>()
const parseTemplate = (text: string) => remembered(templates, text, (source) => engine.parse(source))
const parseCondition = (text: string) => remembered(conditions, text, (source) => {
  const value = new Value(source, engine)
  if (!complete(value)) throw new Error(`not a complete condition: ${source}`)
  return value
})

/** Liquid itself takes `edad >=` and `a b` for values: every operator must have its operands, and one value must be left. */
function complete(value: Value): boolean {
  let depth = 0
  for (const token of value.initial.postfix) {
    if (!TypeGuards.isOperatorToken(token)) depth++
    else if (depth < (token.operator === 'not' ? 1 : 2)) return false
    else if (token.operator !== 'not') depth--
  }
  return depth === 1
}

export const isTemplate = (text: string): boolean => text.includes('{{') || text.includes('{%')

export function render(text: string, scope: Scope, setting: Setting): Rendered {
  if (!isTemplate(text)) return { ok: true, text, blank: false }
  const parsed = parseTemplate(text)
  if (!parsed.ok) return parsed
  active = { setting, blank: false }
  try {
    const written: unknown = engine.renderSync(parsed.value, scope)
    const output = typeof written === 'string' ? written : toText(written)
    if (output.length > longestOutput || measure(output, 'bytes') > longestOutput) {
      return { ok: false, code: 'template_limit', message: 'more than 64 KiB of output' }
    }
    return { ok: true, text: output, blank: active.blank }
  } catch (error) {
    return fault(error)
  } finally {
    active = null
  }
}

/** Value of a condition in Liquid syntax, by Liquid's truth: nil and false are false, everything else is true. */
export function evaluate(condition: string, scope: Scope, setting: Setting): { readonly ok: true; readonly value: boolean } | LiquidFault {
  const parsed = parseCondition(condition)
  if (!parsed.ok) return parsed
  active = { setting, blank: false }
  try {
    const value: unknown = toValueSync(parsed.value.value(new Context(scope, engine.options, { sync: true }), true))
    return { ok: true, value: value !== false && value !== null && value !== undefined }
  } catch (error) {
    return fault(error)
  } finally {
    active = null
  }
}

/** What is wrong with a template; null when nothing is. Unknown filters and tags are found here. */
export function templateProblem(text: string): string | null {
  const parsed = isTemplate(text) ? parseTemplate(text) : null
  return parsed && !parsed.ok ? parsed.message : null
}
export function conditionProblem(text: string): string | null {
  const parsed = parseCondition(text)
  return parsed.ok ? null : parsed.message
}

type Path = readonly (string | number)[]
const plainPaths = (segments: readonly unknown[]): Path[] => segments
  .map((path) => (Array.isArray(path) ? path.filter((one) => typeof one === 'string' || typeof one === 'number') : []))

/** Paths of the variables a template reads from outside: `[['contact','email'],['documento']]`. Empty if it does not parse. */
export function templateVariables(text: string): readonly Path[] {
  const parsed = isTemplate(text) ? parseTemplate(text) : null
  if (!parsed?.ok) return []
  try {
    return plainPaths(engine.globalVariableSegmentsSync(parsed.value))
  } catch {
    return []
  }
}
export function conditionVariables(text: string): readonly Path[] {
  return templateVariables(`{% if ${text} %}{% endif %}`)
}

export interface Comparison { readonly path: Path; readonly op: string; readonly literal: unknown }

/** Comparisons of one variable with one literal in a condition, for the warning of §5.11. */
export function comparisons(text: string): readonly Comparison[] {
  const parsed = parseCondition(text)
  if (!parsed.ok) return []
  const stack: ({ path: Path } | { literal: unknown } | null)[] = []
  const found: Comparison[] = []
  for (const token of parsed.value.initial.postfix) {
    if (TypeGuards.isPropertyAccessToken(token)) {
      const names = [...(token.variable ? [token.variable] : []), ...token.props].map((part) => ('content' in part ? part.content : null))
      stack.push(names.every((name) => typeof name === 'string' || typeof name === 'number') ? { path: names } : null)
    } else if (TypeGuards.isNumberToken(token) || TypeGuards.isQuotedToken(token) || TypeGuards.isLiteralToken(token)) {
      stack.push({ literal: 'content' in token ? token.content : null })
    } else if (TypeGuards.isOperatorToken(token)) {
      const right = stack.pop() ?? null
      const left = token.operator === 'not' ? null : stack.pop() ?? null
      if (left && right && 'path' in left && 'literal' in right) found.push({ path: left.path, op: token.operator, literal: right.literal })
      if (left && right && 'literal' in left && 'path' in right) found.push({ path: right.path, op: token.operator, literal: left.literal })
      stack.push(null)
    } else stack.push(null)
  }
  return found
}

/** Named values that exist only by asking for them: `secrets.x` becomes whatever `write` makes of the name. */
export class NamedValues extends Drop {
  readonly #write: (name: string) => string
  constructor(write: (name: string) => string) {
    super()
    this.#write = write
  }
  override liquidMethodMissing(key: string | number): string {
    return this.#write(String(key))
  }
}
