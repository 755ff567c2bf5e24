/**
 * What a document names outside of itself: for loading before a step, for refusing to delete what is in use, and for the
 * fields that publishing offers to add to a form (§5.3, §5.10). Templated names are left out: nobody knows them before.
 */
import type { Catalog, FormFieldType } from './environment.ts'
import type { FlowNode } from './fields.ts'
import type { FlowDocument } from './flow.ts'
import { isTemplate, templateVariables } from './liquid.ts'
import type { ReferenceKind } from './nodeType.ts'
import { nodeType } from './nodes/index.ts'
import { findTexts } from './patterns.ts'

export type References = Readonly<Record<ReferenceKind, readonly string[]>>

/** Names as they are written (ids, slugs, codes), each once. */
export function referencesIn(document: FlowDocument): References {
  const found: Record<ReferenceKind, Set<string>> = {
    queues: new Set(), agents: new Set(), menus: new Set(), campaigns: new Set(), dispositions: new Set(), forms: new Set(), mailServers: new Set(),
    providers: new Set(), secrets: new Set(), calendars: new Set(), files: new Set(),
  }
  const add = (kind: ReferenceKind, name: string | undefined) => {
    if (name !== undefined && !isTemplate(name)) found[kind].add(name)
  }
  for (const node of document.nodes) {
    const type = nodeType(node.type)
    for (const [kind, patterns] of Object.entries(type?.references ?? {})) {
      for (const { value } of findTexts(node, patterns)) add(kind as ReferenceKind, value)
    }
    for (const { value } of findTexts(node, type?.texts)) {
      for (const [name, secret] of templateVariables(value)) if (name === 'secrets' && typeof secret === 'string') add('secrets', secret)
    }
  }
  for (const phrase of document.settings.specialPhrases) {
    add('queues', phrase.queue)
    add('agents', phrase.agent)
    add('campaigns', phrase.campaign)
  }
  return Object.fromEntries(Object.entries(found).map(([kind, names]) => [kind, [...names]])) as unknown as References
}

export interface MissingField { readonly form: string; readonly code: string; readonly type: FormFieldType }

function written(node: FlowNode): MissingField[] {
  const { form, fields, questions } = node as {
    form?: string; fields?: Readonly<Record<string, unknown>>; questions?: readonly { readonly name: string; readonly type: FormFieldType }[]
  }
  if (form === undefined) return []
  if (node.type === 'record') return Object.keys(fields ?? {}).map((code) => ({ form, code, type: 'text' }))
  return node.type === 'form' ? (questions ?? []).map(({ name, type }) => ({ form, code: name, type })) : []
}

/** Fields that nodes write and their forms do not have, each once. */
export function missingFields(document: FlowDocument, catalog: Pick<Catalog, 'form'>): readonly MissingField[] {
  const missing = new Map<string, MissingField>()
  for (const field of document.nodes.flatMap(written)) {
    const known = catalog.form(field.form)
    if (known && !known.fields.some((one) => one.code === field.code)) missing.set(`${field.form}/${field.code}`, field)
  }
  return [...missing.values()]
}
