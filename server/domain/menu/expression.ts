/** Conditions (`when`): a text in Liquid condition syntax or a structure (§5.4). Numbers compare with numbers only. */
import { evaluate, type LiquidFault, type Scope, type Setting } from './liquid.ts'
import { regex } from './regex.ts'
import { fold } from '../fold.ts'
import { toText } from './filters.ts'
import { readPath } from './variables.ts'

export const operators = [
  'eq', 'ne', 'eqi', 'gt', 'gte', 'lt', 'lte', 'contains', 'starts', 'ends', 'matches', 'in', 'empty', 'exists', 'type',
] as const
export type Operator = (typeof operators)[number]
export type When =
  | string
  | { readonly var: string; readonly op: Operator; readonly value?: unknown }
  | { readonly all: readonly When[] } | { readonly any: readonly When[] } | { readonly not: When }
export type Verdict = { readonly ok: true; readonly value: boolean } | LiquidFault

const deepest = 32

function same(left: unknown, right: unknown): boolean {
  if (left === right) return true
  const composite = typeof left === 'object' && typeof right === 'object' && left !== null && right !== null
  return composite && JSON.stringify(left) === JSON.stringify(right)
}
function compare(left: unknown, right: unknown, decide: (a: number | string, b: number | string) => boolean): boolean {
  const alike = (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string')
  return alike && decide(left, right)
}
const isEmpty = (value: unknown) => value === null || value === undefined || value === '' || value === false
  || (typeof value === 'object' && Object.keys(value).length === 0)

export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal'
  return typeof value === 'string' ? 'text' : typeof value
}

function apply(op: Operator, found: unknown, value: unknown): Verdict {
  const answer = (verdict: boolean): Verdict => ({ ok: true, value: verdict })
  const text = typeof found === 'string' && typeof value === 'string'
  switch (op) {
    case 'eq': return answer(same(found ?? null, value ?? null))
    case 'ne': return answer(!same(found ?? null, value ?? null))
    case 'eqi': return answer(found !== null && found !== undefined && fold(toText(found)) === fold(toText(value)))
    case 'gt': return answer(compare(found, value, (a, b) => a > b))
    case 'gte': return answer(compare(found, value, (a, b) => a >= b))
    case 'lt': return answer(compare(found, value, (a, b) => a < b))
    case 'lte': return answer(compare(found, value, (a, b) => a <= b))
    case 'contains': return answer(Array.isArray(found) ? found.some((one) => same(one, value)) : text && found.includes(value))
    case 'starts': return answer(text && found.startsWith(value))
    case 'ends': return answer(text && found.endsWith(value))
    case 'matches': {
      const compiled = regex(toText(value))
      if (!compiled.ok) return { ok: false, code: 'template', message: compiled.message }
      return answer(found !== null && found !== undefined && compiled.test(toText(found)))
    }
    case 'in': return answer(Array.isArray(value) && value.some((one) => same(one, found ?? null)))
    case 'empty': return answer(isEmpty(found) === (value !== false))
    case 'exists': return answer((found !== null && found !== undefined) === (value !== false))
    case 'type': return answer(typeOf(found) === value || (value === 'number' && typeof found === 'number'))
  }
}

/** The operator `empty` counts nil, empty text, false, and lists and objects without content. `exists` is anything but nil. */
export function test(when: When, scope: Scope, setting: Setting, depth = 0): Verdict {
  if (typeof when === 'string') return evaluate(when, scope, setting)
  if (depth > deepest) return { ok: false, code: 'template_limit', message: 'condition nested too deep' }
  if ('var' in when) return apply(when.op, readPath(scope, when.var), when.value)
  if ('not' in when) {
    const inner = test(when.not, scope, setting, depth + 1)
    return inner.ok ? { ok: true, value: !inner.value } : inner
  }
  const decisive = 'any' in when
  for (const part of decisive ? when.any : when.all) {
    const inner = test(part, scope, setting, depth + 1)
    if (!inner.ok || inner.value === decisive) return inner
  }
  return { ok: true, value: !decisive }
}
