/** What is different between two versions of a document, in the terms of people: nodes added, removed, changed (§5.10). */
import type { Json } from './variables.ts'

/** `before` or `after` absent: the field is new, or gone. */
export interface Change { readonly path: string; readonly before?: Json; readonly after?: Json }
export interface NodeMention { readonly id: string; readonly name: string; readonly type: string }
export interface Difference {
  readonly added: readonly NodeMention[]
  readonly removed: readonly NodeMention[]
  readonly changed: readonly (NodeMention & { readonly changes: readonly Change[] })[]
  /** Only their place on the canvas is another. */
  readonly moved: readonly string[]
  /** Everything beside the nodes. */
  readonly document: readonly Change[]
}

type Fields = { readonly [key: string]: Json }
const isFields = (value: Json | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)
const same = (left: Json | undefined, right: Json | undefined) => canonical(left) === canonical(right)

/** The order of keys is no difference. */
function canonical(value: Json | undefined): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  if (isFields(value)) return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`
  return JSON.stringify(value) ?? ''
}

/** Lists whose elements have ids of their own are compared by id, so that an inserted option is one change. */
function keyed(list: readonly Json[]): Fields | null {
  const entries = list.map((one) => {
    const key = isFields(one) ? one['id'] ?? one['name'] : null
    return typeof key === 'string' ? [key, one] as const : null
  })
  if (entries.some((entry) => entry === null)) return null
  const fields = Object.fromEntries(entries.filter((entry) => entry !== null))
  return Object.keys(fields).length === list.length ? fields : null
}

function changes(before: Json | undefined, after: Json | undefined, path: string): Change[] {
  if (same(before, after)) return []
  const [left, right] = isList(before) && isList(after) ? [keyed(before), keyed(after)] : [before, after]
  if (isFields(left ?? undefined) && isFields(right ?? undefined)) {
    const [a, b] = [left as Fields, right as Fields]
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    const found = keys.flatMap((key) => changes(a[key], b[key], path === '' ? key : `${path}.${key}`))
    // The same elements in another order.
    if (found.length > 0) return found
  }
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

function nodesOf(document: Json): Map<string, Fields> {
  const nodes = isFields(document) ? document['nodes'] : undefined
  return new Map((isList(nodes) ? nodes : []).filter(isFields).map((node) => [String(node['id']), node]))
}
const mention = (node: Fields): NodeMention => (
  { id: String(node['id']), name: String(node['name'] ?? node['id']), type: String(node['type']) })
const rest = (fields: Fields, name: string): Fields => Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name))

/** Takes documents as they are stored, without defaults. */
export function diff(before: Json, after: Json): Difference {
  const [old, fresh] = [nodesOf(before), nodesOf(after)]
  const changed: Difference['changed'][number][] = []
  const moved: string[] = []
  for (const [id, node] of fresh) {
    const former = old.get(id)
    if (!former || same(former, node)) continue
    const found = changes(rest(former, 'position'), rest(node, 'position'), '')
    if (found.length === 0) moved.push(id)
    else changed.push({ ...mention(node), changes: found })
  }
  return {
    added: [...fresh.values()].filter((node) => !old.has(String(node['id']))).map(mention),
    removed: [...old.values()].filter((node) => !fresh.has(String(node['id']))).map(mention),
    changed, moved,
    document: changes(isFields(before) ? rest(before, 'nodes') : {}, isFields(after) ? rest(after, 'nodes') : {}, ''),
  }
}
