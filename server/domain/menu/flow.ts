/** The document of a menu (§5.1): its schema, what is left of it after parsing, and the compiled form that steps run on. */
import { z } from 'zod'
import {
  inactivity, json, nodeId, numbering, presentation, reference, scope, shortText, text, variableName, variableType, type FlowNode,
} from './fields.ts'
import { nodeTypes } from './nodes/index.ts'
import type { Json } from './variables.ts'

export const format = 'turno.menu/1'

/** §4.10, per menu; channels have a list of the same shape. */
export const specialPhrase = z.strictObject({
  pattern: z.string().min(1).max(1000),
  match: z.enum(['equals', 'starts', 'contains', 'regex']).default('equals'),
  queue: reference.optional(),
  agent: reference.optional(),
  message: text.default(''),
  campaign: reference.optional(),
}).refine((phrase) => (phrase.queue === undefined) !== (phrase.agent === undefined), { message: 'either queue or agent' })

const settings = z.strictObject({
  onEnd: z.enum(['resolve', 'options', 'open']).default('resolve'),
  endOptions: nodeId.optional(),
  farewell: text.default(''),
  joinMessage: text.optional(),
  inactivity: inactivity.prefault({}),
  inactivityFarewell: text.default(''),
  numbering: numbering.default('plain'),
  presentation: presentation.default('auto'),
  invalidMessage: text.optional(),
  errorMessage: text.default(''),
  onError: nodeId.optional(),
  stepLimit: z.number().int().min(1).max(1000).default(64),
  runStepLimit: z.number().int().min(1).max(100_000).default(1000),
  restartMessage: text.default(''),
  specialPhrases: z.array(specialPhrase).max(100).default([]),
})

type NodeSchema = z.ZodObject<{ type: z.ZodLiteral<string> }>
const schemas = nodeTypes.map((type) => type.schema as NodeSchema)
const anyNode = z.discriminatedUnion('type', schemas as [NodeSchema, ...NodeSchema[]])

export const documentSchema = z.strictObject({
  format: z.literal(format),
  name: z.string().trim().min(1).max(120),
  description: z.string().max(4000).default(''),
  locale: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/).refine(knownLocale, { message: 'an unknown locale' }).optional(),
  timezone: shortText.refine(knownZone, { message: 'an unknown timezone' }).optional(),
  constants: z.record(variableName, json).default({}),
  variables: z.record(variableName, z.strictObject({
    type: variableType.default('text'), scope: scope.default('run'), default: json.optional(), label: z.string().max(120).optional(),
  })).default({}),
  start: nodeId.default('start'),
  settings: settings.prefault({}),
  nodes: z.array(anyNode).min(1).max(2000),
})

function knownZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
function knownLocale(name: string): boolean {
  try {
    return Intl.getCanonicalLocales(name).length === 1
  } catch {
    return false
  }
}

export type Settings = z.infer<typeof settings>
export type SpecialPhrase = z.infer<typeof specialPhrase>
export interface Declaration {
  readonly type: z.infer<typeof variableType>; readonly scope: z.infer<typeof scope>; readonly default?: Json | undefined
  readonly label?: string | undefined
}
/** A document with all defaults filled in. What is stored and exported is the text people wrote, not this. */
export interface FlowDocument {
  readonly format: typeof format
  readonly name: string
  readonly description: string
  readonly locale?: string | undefined
  readonly timezone?: string | undefined
  readonly constants: Readonly<Record<string, Json>>
  readonly variables: Readonly<Record<string, Declaration>>
  readonly start: string
  readonly settings: Settings
  readonly nodes: readonly FlowNode[]
}

export interface SchemaIssue { readonly path: readonly (string | number)[]; readonly message: string }
export type Parsed = { readonly ok: true; readonly document: FlowDocument } | { readonly ok: false; readonly issues: readonly SchemaIssue[] }

/** Never throws, whatever it is given. */
export function parseDocument(raw: unknown): Parsed {
  try {
    const parsed = documentSchema.safeParse(raw)
    if (!parsed.success) return { ok: false, issues: flatten(parsed.error.issues) }
    const nodes = parsed.data.nodes.map((node) => ({ ...node, name: (node as { name?: string }).name || (node as { id?: string }).id }))
    return { ok: true, document: { ...parsed.data, nodes: nodes as unknown as readonly FlowNode[] } }
  } catch {
    return { ok: false, issues: [{ path: [], message: 'nested too deep' }] }
  }
}

/** Of a union that nothing matched, the issues of the member that came nearest say most. */
function flatten(issues: readonly z.core.$ZodIssue[], at: readonly (string | number)[] = []): SchemaIssue[] {
  return issues.flatMap((issue): SchemaIssue[] => {
    const path = [...at, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
    if (issue.code === 'invalid_union' && issue.errors.length > 0) {
      const nearest = [...issue.errors].sort((left, right) => depth(right) - depth(left) || left.length - right.length)[0] ?? []
      if (nearest.length > 0) return flatten(nearest, path)
    }
    return [{ path, message: issue.message }]
  })
}
const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(0, ...issues.map((issue) => issue.path.length))

/** A document ready to run. Making it costs a parse: keep it per version. */
export interface Menu {
  readonly menuId: string
  readonly version: number
  readonly document: FlowDocument
  readonly nodes: ReadonlyMap<string, FlowNode>
}

export function compileMenu(document: FlowDocument, identity: { readonly menuId: string; readonly version: number }): Menu {
  return { ...identity, document, nodes: new Map(document.nodes.map((node) => [node.id, node])) }
}
