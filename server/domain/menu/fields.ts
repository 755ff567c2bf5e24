/** Pieces of which the schemas of nodes are made. Every object is strict: an unknown key is an error (§5.1). */
import { z } from 'zod'
import { operators, type When } from './expression.ts'
import { variableTypes, writableScopes, type Json } from './variables.ts'

export const nodeId = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'a node id: a-z, 0-9, _ and -, beginning with a letter, up to 64')
export const target = z.string()
  .regex(/^(@(end|resolve|open|back|start|return)|[a-z][a-z0-9_-]{0,63})$/, 'a node id or @end, @resolve, @open, @back, @start, @return')
export const variableName = z.string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'a variable name: letters, digits and _, beginning with a letter, up to 64')
/** Ids of options, cases and questions. */
export const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, _ and -, up to 64')
/** A templated text (T). */
export const text = z.string().max(65_536)
export const shortText = z.string().max(1000)
/** A number that may also be templated. */
export const number = z.union([z.number(), shortText])
/** How a document names a queue, an agent, a form…: an id, a code or a slug; templated where the field is T. */
export const reference = z.string().min(1).max(200)

export const json: z.ZodType<Json> = z.lazy(() => z.union([
  z.null(), z.boolean(), z.number(), z.string().max(65_536), z.array(json), z.record(z.string().max(200), json),
]))

export const when: z.ZodType<When> = z.lazy(() => z.union([
  z.string().min(1).max(4000),
  z.strictObject({ var: z.string().min(1).max(300), op: z.enum(operators), value: json.optional() }),
  z.strictObject({ all: z.array(when).max(50) }),
  z.strictObject({ any: z.array(when).max(50) }),
  z.strictObject({ not: when }),
]))

export const variableType = z.enum(variableTypes)
export const scope = z.enum(writableScopes)
export const store = z.strictObject({ variable: variableName, type: variableType.optional(), scope: scope.optional() })
export type Store = z.infer<typeof store>
/** Variables and the templates of their values. */
export const values = z.record(variableName, z.union([text, z.number(), z.boolean(), z.null()]))
/** Variables and the paths (`$.a.b[0]`) they are taken from. */
export const paths = z.record(variableName, z.string().min(1).max(300))

/** Seconds. `reminders` without a text are not sent. */
export const inactivity = z.strictObject({
  firstAfter: z.number().int().min(0).max(604_800).default(1800),
  reminder: text.default(''),
  reminders: z.number().int().min(0).max(20).default(0),
  every: z.number().int().min(1).max(604_800).optional(),
  action: z.literal('timeout').optional(),
})
export type Inactivity = z.infer<typeof inactivity>

export const numbering = z.enum(['plain', 'emoji', 'none'])
export const presentation = z.enum(['auto', 'text', 'buttons', 'list'])
export type Numbering = z.infer<typeof numbering>
export type Presentation = z.infer<typeof presentation>

export const source = z.union([
  z.strictObject({ mediaId: reference }), z.strictObject({ url: text }), z.strictObject({ variable: z.string().min(1).max(300) }),
])
export type Source = z.infer<typeof source>

const min = z.number().optional()
const max = z.number().optional()
const dateBound = z.string().regex(/^(\d{4}-\d{2}-\d{2}|today([+-]\d{1,5})?)$/, 'an ISO date, or today, today+30, today-7').optional()
/** What a typed answer must be (§5.5). */
export const validation = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('any') }),
  z.strictObject({ type: z.literal('text'), min, max }),
  z.strictObject({ type: z.literal('integer'), min, max }),
  z.strictObject({ type: z.literal('decimal'), min, max }),
  z.strictObject({ type: z.literal('phone'), country: z.string().regex(/^[A-Za-z]{2}$/).optional() }),
  z.strictObject({ type: z.literal('email') }),
  z.strictObject({ type: z.literal('date'), format: z.string().max(40).optional(), min: dateBound, max: dateBound }),
  z.strictObject({ type: z.literal('time') }),
  z.strictObject({ type: z.literal('yesno') }),
  z.strictObject({ type: z.literal('regex'), pattern: z.string().min(1).max(1000), flags: z.string().max(4).default('') }),
  z.strictObject({ type: z.literal('in'), values: z.array(z.string()).min(1).max(1000), insensitive: z.boolean().default(true) }),
  z.strictObject({ type: z.literal('document'), min, max }),
  z.strictObject({
    type: z.literal('media'), kinds: z.array(z.string()).optional(), maxMb: z.number().positive().optional(), mimes: z.array(z.string()).optional(),
  }),
  z.strictObject({ type: z.literal('location') }),
  z.strictObject({ type: z.literal('expression'), when }),
])
export type Validation = z.infer<typeof validation>

const base = {
  id: nodeId,
  name: z.string().max(80).optional(),
  next: target.optional(),
  position: z.strictObject({ x: z.number(), y: z.number() }).optional(),
  note: z.string().max(4000).optional(),
}
/** What every node has. `name` falls back to the id when the document is compiled. */
export interface FlowNode {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly next?: string | undefined
  readonly on?: Readonly<Record<string, string | undefined>> | undefined
}

/** Every node may wire `error`: a template can fail anywhere (§5.4). */
export const outputs = (...names: string[]) => z.partialRecord(z.enum(['error', ...names]), target).optional()

export function nodeSchema<T extends string, S extends z.ZodRawShape, O extends z.ZodType>(type: T, on: O, shape: S) {
  return z.strictObject({ ...base, type: z.literal(type), on, ...shape })
}

/** What nodes that wait for the customer take besides. `invalidMessage` absent: the document's, or the node type's. */
export const waiting = {
  attempts: z.number().int().min(0).max(100).default(0),
  invalidMessage: text.optional(),
  inactivity: inactivity.optional(),
}
/** What nodes that show options take. */
export const showing = { numbering: numbering.optional(), presentation: presentation.optional() }
