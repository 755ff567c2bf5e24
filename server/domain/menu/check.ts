/** What node types use to report findings about their own nodes during validation. */
import type { Capabilities } from '../../../plugins/sdk/capabilities.ts'
import type { Catalog } from './environment.ts'
import type { FlowNode } from './fields.ts'
import type { FlowDocument } from './flow.ts'
import type { FindingCode } from './findings.ts'
import type { VariableType } from './variables.ts'

export interface CheckedChannel { readonly id: string; readonly name: string; readonly capabilities: Capabilities }

export interface Check {
  readonly document: FlowDocument
  readonly catalog: Catalog
  /** Those the menu is assigned to. */
  readonly channels: readonly CheckedChannel[]
  readonly node: FlowNode
  /** `path` within the node; `detail` goes into the message. */
  report(code: FindingCode, path: string, detail?: string): void
  /** Declared type of a bare variable; text for the rest. */
  typeOf(path: readonly (string | number)[]): VariableType | null
}
