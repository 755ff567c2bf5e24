/** What a node type is: its schema, what it does in a step, and what validation and the editor must know of it. */
import type { z } from 'zod'
import type { CallResult } from './calls.ts'
import type { FlowNode } from './fields.ts'
import type { Json } from './environment.ts'
import type { Reading } from './input.ts'
import type { Machine } from './machine.ts'
import type { Check } from './check.ts'

/**
 * What comes after a node did its part: `go` to a target (absent: `@end`), wait, or the run is over.
 * `ignored`: the input was none for this node; its deadlines stay.
 */
export type Outcome = { readonly go: string | undefined } | 'wait' | 'over' | 'ignored'

export type ReferenceKind =
  'queues' | 'agents' | 'menus' | 'campaigns' | 'dispositions' | 'forms' | 'mailServers' | 'providers' | 'secrets' | 'calendars' | 'files'

export interface EditorInfo {
  /** The palette's section. */
  readonly group: 'talk' | 'ask' | 'logic' | 'data' | 'services' | 'people' | 'end'
  /** A name of the icon set. */
  readonly icon: string
  readonly label: { readonly es: string; readonly en: string }
  readonly help: { readonly es: string; readonly en: string }
}

/**
 * Paths into a node: `options.*.label`; `*` stands for every element or key. A last part `name~` means the keys of the
 * object there, `name~~` every text below.
 */
type Patterns = readonly string[]

export interface NodeSpec<N> {
  readonly type: string
  readonly schema: z.ZodType
  readonly editor: EditorInfo
  /** Waits for the customer: takes `inactivity`, counts for `@back`. */
  readonly interactive: boolean
  /** Listens from its first prompt on, also while it works or a prompt of its own is under way. */
  readonly overlaps?: true
  /** False when the node can be passed without waiting for somebody, so that a cycle through it could turn for ever. */
  readonly pauses: boolean
  /** A node that pauses can still take its output `error` at once, for more than a broken template. */
  failsAtOnce?(node: N): boolean
  /** Names of its outputs in `on`, in the editor's order; http has patterns beside them. */
  readonly outputs: readonly string[]
  /** Targets beside `next` and `on`. */
  readonly targets?: Patterns
  /** Targets that mean `@end` where they are missing; `next` unless said otherwise. */
  readonly ends?: Patterns | ((node: N) => Patterns)
  /** Templated texts. */
  readonly texts?: Patterns
  readonly conditions?: Patterns
  /** Paths into data (`$.a.b[0]`). */
  readonly dataPaths?: Patterns
  readonly references?: Readonly<Partial<Record<ReferenceKind, Patterns>>>
  /** Names of variables the node writes. */
  readonly writes?: Patterns
  enter(node: N, m: Machine): Outcome
  answer?(node: N, m: Machine, reading: Reading): Outcome
  /** The result of its outside call. `purpose` is what the node said when it called. */
  result?(node: N, m: Machine, result: CallResult, purpose: string): Outcome
  event?(node: N, m: Machine, data: Json): Outcome
  /** A delay or a silence is over. */
  elapsed?(node: N, m: Machine): Outcome
  /** `failed`: of a distribution or an invitation. */
  settled?(node: N, m: Machine, how: 'declined' | 'expired' | 'unavailable' | 'error'): Outcome
  check?(node: N, check: Check): void
}

/** The same with the node's own type forgotten, for lists of all types. Only nodes that passed `schema` may be given to it. */
export type NodeType = NodeSpec<FlowNode>

/** The schema decides what a document may hold, so a node of this type that was parsed has the type of its specification. */
export function defineNode<N extends FlowNode>(spec: NodeSpec<N>): NodeType {
  return spec as unknown as NodeType
}

/** A node of this schema in a compiled document, where every node has a name. */
export type NodeOf<S extends z.ZodType> = z.infer<S> & { readonly name: string }
