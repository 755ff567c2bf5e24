/** Checks a document before it is published (§5.11). Pure: what exists comes in as a catalog. Never throws. */
import { measure } from '../../../plugins/sdk/capabilities.ts'
import type { Check, CheckedChannel } from './check.ts'
import type { Catalog, Library } from './environment.ts'
import type { When } from './expression.ts'
import type { FlowNode } from './fields.ts'
import { findings, type FindingCode } from './findings.ts'
import { parseDocument, type FlowDocument } from './flow.ts'
import { exits, Graph } from './graph.ts'
import { inactivityOf } from './interactive.ts'
import { comparisons, conditionProblem, conditionVariables, isTemplate, templateProblem, templateVariables } from './liquid.ts'
import type { NodeType, ReferenceKind } from './nodeType.ts'
import { nodeType } from './nodes/index.ts'
import { findAll, findTexts } from './patterns.ts'
import { regex } from './regex.ts'
import { slugOf } from '../slug.ts'
import { pathParts, reserved, type VariableType } from './variables.ts'

export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly code: FindingCode
  readonly nodeId: string | null
  readonly nodeName: string | null
  /** From the root of the document: `nodes.3.options.0.to`. */
  readonly path: string
  readonly message: { readonly es: string; readonly en: string }
}
export interface Validated { readonly errors: readonly Finding[]; readonly warnings: readonly Finding[] }
export interface Known {
  readonly catalog: Catalog
  /** Those the menu is assigned to: their limits are checked. */
  readonly channels?: readonly CheckedChannel[]
  /** To look into the menus that this one calls. */
  readonly library?: Library
}

export function validate(raw: unknown, known: Known): Validated {
  const parsed = parseDocument(raw)
  if (!parsed.ok) {
    const report = new Report(rawNodes(raw))
    for (const { path, message } of parsed.issues) {
      const index = path[0] === 'nodes' && typeof path[1] === 'number' ? path[1] : null
      report.at('schema', index, path.join('.'), `${path.join('.') || '/'}: ${message}`)
    }
    return report.result()
  }
  return new Validation(parsed.document, known).run()
}

const rawNodes = (raw: unknown): readonly { readonly id?: unknown; readonly name?: unknown }[] => {
  const nodes: unknown = typeof raw === 'object' && raw !== null && 'nodes' in raw ? raw.nodes : []
  return Array.isArray(nodes) ? nodes.map((node: unknown) => (typeof node === 'object' && node !== null ? node : {})) : []
}

class Report {
  readonly #found: Finding[] = []
  readonly #nodes: readonly { readonly id?: unknown; readonly name?: unknown }[]
  constructor(nodes: readonly { readonly id?: unknown; readonly name?: unknown }[]) {
    this.#nodes = nodes
  }
  /** `path` from the root. */
  at(code: FindingCode, index: number | null, path: string, detail = ''): void {
    const node = index === null ? undefined : this.#nodes[index]
    const id = typeof node?.id === 'string' ? node.id : null
    const name = typeof node?.name === 'string' ? node.name : id
    const [es, en] = findings[code].say(detail)
    const prefix = name === null ? '' : `«${name}»: `
    if (this.#found.some((one) => one.code === code && one.path === path && one.message.es === prefix + es)) return
    const message = { es: prefix + es, en: name === null ? en : `“${name}”: ${en}` }
    this.#found.push({ severity: findings[code].severity, code, nodeId: id, nodeName: name, path, message })
  }
  result(): Validated {
    return { errors: this.#found.filter((one) => one.severity === 'error'), warnings: this.#found.filter((one) => one.severity === 'warning') }
  }
}

/** What templates find beside variables, where it has a type that matters. */
const builtIn: Readonly<Record<string, VariableType>> = {
  'http.status': 'integer', 'choice.number': 'integer', 'chat.priority': 'integer',
  'message.text': 'text', 'choice.id': 'text', 'choice.label': 'text',
  'contact.name': 'text', 'contact.phone': 'text', 'contact.email': 'text', 'contact.documentId': 'text', 'account.phone': 'text',
}
const isNumber = (type: VariableType) => type === 'integer' || type === 'decimal'
/** Nodes whose texts go out as they are, without options. */
const saidAsText = new Set(['message', 'ask', 'form', 'wait_event', 'assistant'])
const settingTexts = [
  'farewell', 'joinMessage', 'inactivityFarewell', 'invalidMessage', 'errorMessage', 'restartMessage', 'inactivity.reminder',
]

class Validation {
  readonly #document: FlowDocument
  readonly #known: Known
  readonly #report: Report
  readonly #ids: ReadonlySet<string>
  readonly #written = new Set<string>()

  constructor(document: FlowDocument, known: Known) {
    this.#document = document
    this.#known = known
    this.#report = new Report(document.nodes)
    this.#ids = new Set(document.nodes.map((node) => node.id))
    for (const name of [...Object.keys(document.variables), ...Object.keys(document.constants)]) this.#written.add(name)
    for (const node of document.nodes) for (const { value } of findTexts(node, nodeType(node.type)?.writes)) this.#written.add(value)
  }

  run(): Validated {
    this.#wholeDocument()
    this.#document.nodes.forEach((node, index) => {
      const type = nodeType(node.type)
      if (type) this.#node(node, type, index)
    })
    this.#graph()
    return this.#report.result()
  }

  #wholeDocument(): void {
    const { start, settings, nodes, variables, constants } = this.#document
    const seen = new Set<string>()
    nodes.forEach((node, index) => {
      if (seen.has(node.id)) this.#report.at('duplicate_id', index, `nodes.${index}.id`, node.id)
      seen.add(node.id)
    })
    if (!this.#ids.has(start)) this.#report.at('missing_start', null, 'start', start)
    if (settings.onEnd === 'options' && settings.endOptions === undefined) this.#report.at('end_options_missing', null, 'settings.endOptions')
    const end = nodes.find((node) => node.id === settings.endOptions)
    if (settings.endOptions !== undefined && end?.type !== 'end_options') {
      this.#report.at(end ? 'end_options_missing' : 'unknown_target', null, 'settings.endOptions', settings.endOptions)
    }
    if (settings.onError !== undefined && !this.#ids.has(settings.onError)) {
      this.#report.at('unknown_target', null, 'settings.onError', settings.onError)
    }
    for (const { path, value } of findTexts(settings, settingTexts)) this.#template(value, null, `settings.${path}`)
    for (const [group, names] of [['variables', variables], ['constants', constants]] as const) {
      for (const name of Object.keys(names)) if (reserved.has(name)) this.#report.at('reserved_name', null, `${group}.${name}`, name)
    }
    settings.specialPhrases.forEach((phrase, index) => {
      const at = `settings.specialPhrases.${index}`
      if (phrase.match === 'regex') {
        const compiled = regex(phrase.pattern)
        if (!compiled.ok) this.#report.at('bad_pattern', null, `${at}.pattern`, compiled.message)
      }
      this.#template(phrase.message, null, `${at}.message`)
      this.#reference('queues', phrase.queue, null, `${at}.queue`)
      this.#reference('agents', phrase.agent, null, `${at}.agent`)
      this.#reference('campaigns', phrase.campaign, null, `${at}.campaign`)
    })
  }

  #node(node: FlowNode, type: NodeType, index: number): void {
    const at = (path: string) => `nodes.${index}.${path}`
    for (const { path, target } of exits(node)) {
      if (!target.startsWith('@') && !this.#ids.has(target)) this.#report.at('unknown_target', index, at(path), target)
    }
    for (const { path, value } of findTexts(node, type.texts)) this.#template(value, index, at(path), node.type)
    for (const { path, value } of findAll(node, type.conditions)) if (value !== undefined) this.#condition(value as When, index, at(path))
    for (const { path, value } of findTexts(node, type.dataPaths)) if (!pathParts(value)) this.#report.at('bad_path', index, at(path), value)
    for (const { path, value } of findTexts(node, type.writes)) {
      if (reserved.has(value)) this.#report.at('reserved_name', index, at(path), value)
    }
    for (const [kind, patterns] of Object.entries(type.references ?? {})) {
      for (const { path, value } of findTexts(node, patterns)) this.#reference(kind as ReferenceKind, value, index, at(path))
    }
    if (type.interactive) this.#waiting(node, index)
    if (saidAsText.has(node.type)) {
      for (const { path, value } of findTexts(node, ['text', 'opening', 'questions.*.text'])) this.#length(value, index, at(path))
    }
    this.#otherMenu(node, index)
    type.check?.(node, this.#check(node, index))
  }

  #check(node: FlowNode, index: number): Check {
    return {
      document: this.#document, catalog: this.#known.catalog, channels: this.#known.channels ?? [], node,
      report: (code, path, detail) => this.#report.at(code, index, `nodes.${index}.${path}`, detail),
      typeOf: (path) => this.#typeOf(path),
    }
  }

  #waiting(node: FlowNode, index: number): void {
    const block = inactivityOf(node, this.#document)
    if (block.firstAfter === 0) this.#report.at('no_timeout', index, `nodes.${index}`)
    else if (block.reminders > 0 && block.reminder.trim() === '') this.#report.at('reminder_without_text', index, `nodes.${index}.inactivity`)
  }

  #length(text: string, index: number, path: string): void {
    for (const { name, capabilities } of this.#known.channels ?? []) {
      const { max, unit } = capabilities.text
      if (!isTemplate(text) && measure(text, unit) > max) this.#report.at('channel_text', index, path, `> ${max} (${name})`)
    }
  }

  #otherMenu(node: FlowNode, index: number): void {
    const { menu, node: entry } = node as { menu?: string; node?: string }
    const path = `nodes.${index}.node`
    const here = node.type === 'call' && menu === undefined && entry !== undefined
    if (here && !this.#ids.has(entry)) this.#report.at('unknown_target', index, path, entry)
    if ((node.type !== 'call' && node.type !== 'go_menu') || menu === undefined || entry === undefined) return
    const found = this.#known.catalog.menu(menu)
    const other = found && this.#known.library?.version(found.menuId, found.version)
    if (other && !other.nodes.has(entry)) this.#report.at('unknown_target', index, path, `${menu}/${entry}`)
  }

  #template(text: string, index: number | null, path: string, nodeType = ''): void {
    const problem = templateProblem(text)
    if (problem !== null) this.#report.at('template_syntax', index, path, problem)
    else this.#variables(templateVariables(text), index, path, nodeType)
  }

  #condition(when: When, index: number, path: string): void {
    if (typeof when === 'string') {
      const problem = conditionProblem(when)
      if (problem !== null) return this.#report.at('expression_syntax', index, path, problem)
      this.#variables(conditionVariables(when), index, path)
      for (const one of comparisons(when)) this.#compared(one.path, one.op, one.literal, index, path)
    } else if ('var' in when) {
      const parts = pathParts(when.var)
      if (!parts) return this.#report.at('expression_syntax', index, path, when.var)
      this.#variables([parts], index, path)
      if (when.op === 'matches') {
        const compiled = regex(String(when.value))
        if (!compiled.ok) this.#report.at('bad_pattern', index, path, compiled.message)
      }
      if (['eq', 'ne', 'gt', 'gte', 'lt', 'lte'].includes(when.op)) this.#compared(parts, when.op, when.value, index, path)
    } else {
      const parts = 'not' in when ? [when.not] : 'all' in when ? when.all : when.any
      for (const part of parts) this.#condition(part, index, path)
    }
  }

  #compared(path: readonly (string | number)[], op: string, literal: unknown, index: number, at: string): void {
    if (!['eq', 'ne', 'gt', 'gte', 'lt', 'lte', '==', '!=', '>', '>=', '<', '<='].includes(op)) return
    const type = this.#typeOf(path)
    if (type === null) return
    const mixed = (typeof literal === 'number' && type === 'text') || (typeof literal === 'string' && isNumber(type))
    if (mixed) this.#report.at('text_number', index, at, `${path.join('.')} ${op} ${JSON.stringify(literal)}`)
  }

  #typeOf(path: readonly (string | number)[]): VariableType | null {
    const [name] = path
    const built = builtIn[path.join('.')]
    if (built) return built
    if (typeof name !== 'string' || path.length !== 1 || reserved.has(name)) return null
    if (Object.hasOwn(this.#document.constants, name)) return null
    return this.#document.variables[name]?.type ?? 'text'
  }

  #variables(paths: readonly (readonly (string | number)[])[], index: number | null, at: string, type = ''): void {
    for (const [name, second] of paths) {
      if (name === 'secrets' && (type === 'http' || type === 'email')) {
        if (typeof second === 'string' && !this.#known.catalog.secret(second)) this.#report.at('unknown_secret', index, at, second)
      } else if (name === 'secrets') this.#report.at('unknown_variable', index, at, 'secrets')
      else if (typeof name === 'string' && !reserved.has(name) && !this.#written.has(name)) this.#report.at('unknown_variable', index, at, name)
    }
  }

  #reference(kind: ReferenceKind, name: string | undefined, index: number | null, path: string): void {
    if (name === undefined || isTemplate(name)) return
    const { catalog } = this.#known
    const known: Record<ReferenceKind, [FindingCode, () => boolean]> = {
      queues: ['unknown_queue', () => catalog.queue(name) !== null],
      agents: ['unknown_agent', () => catalog.agent(name)?.enabled === true],
      menus: ['unknown_menu', () => catalog.menu(name) !== null || slugOf(name) === slugOf(this.#document.name)],
      campaigns: ['unknown_campaign', () => catalog.campaign(name) !== null],
      dispositions: ['unknown_disposition', () => catalog.disposition(name) !== null],
      forms: ['unknown_form', () => catalog.form(name) !== null],
      mailServers: ['unknown_mail_server', () => catalog.mailServer(name)],
      providers: ['unknown_provider', () => catalog.provider(name)],
      secrets: ['unknown_secret', () => catalog.secret(name)],
      calendars: ['unknown_calendar', () => catalog.calendar(name) !== null],
      files: ['unknown_file', () => catalog.file(name) !== null],
    }
    const [code, exists] = known[kind]
    if (!exists()) this.#report.at(code, index, path, name)
  }

  #graph(): void {
    const { nodes } = this.#document
    const graph = new Graph(this.#document)
    const indexOf = new Map(nodes.map((node, index) => [node.id, index]))
    const reachable = graph.reachable()
    nodes.forEach((node, index) => {
      if (!reachable.has(node.id)) this.#report.at('unreachable', index, `nodes.${index}`)
      const { menu, node: entry } = node as { menu?: string; node?: string }
      if (node.type === 'call' && menu === undefined && entry !== undefined && this.#ids.has(entry) && !graph.returns(entry)) {
        this.#report.at('subroutine_no_return', index, `nodes.${index}.node`, entry)
      }
    })
    for (const ring of graph.endless()) {
      const names = ring.map((id) => nodes[indexOf.get(id) ?? -1]?.name ?? id).reverse()
      const first = Math.min(...ring.map((id) => indexOf.get(id) ?? 0))
      this.#report.at('endless_cycle', first, `nodes.${first}`, names.slice(0, 8).join(' → '))
    }
  }
}
