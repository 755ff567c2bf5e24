/**
 * What a node works with during a step: the run being changed, the effects so far, rendering, variables, and the ways
 * a branch can go on or end. Made for one step and thrown away.
 */
import { secretPlace, maskSecrets, type CallRequest } from './calls.ts'
import { defer } from './deferred.ts'
import type { Content, DeferredText, Effect, MenuEvent, NoticeCode, Purpose } from './effects.ts'
import type { Environment, Json } from './environment.ts'
import { test, type When } from './expression.ts'
import type { FlowNode, Source } from './fields.ts'
import type { Menu, Settings } from './flow.ts'
import { NamedValues, render, type Setting } from './liquid.ts'
import type { Outcome } from './nodeType.ts'
import { notices } from './notices.ts'
import { mark, randomFrom } from './random.ts'
import type { Run, StoredMedia } from './run.ts'
import { splitText } from './text.ts'
import { toText } from './filters.ts'
import { convert, readPath, type VariableType, type WritableScope } from './variables.ts'

/** A node cannot go on: takes its output `error`. */
export class Fault extends Error {
  readonly code: string
  constructor(code: string, message = code) {
    super(message)
    this.code = code
  }
}

export type Plain = string | number | boolean | null
type Templates = Readonly<Record<string, Plain>>
type Draft = { -readonly [K in keyof Run]: Run[K] }
type Stored = 'conversation' | 'chat' | 'contact'
interface Changes { readonly set: Record<string, Json>; readonly unset: Set<string> }

/** Longer variables would grow rows without bound. */
const longestValue = 65_536

export class Machine {
  readonly run: Draft
  readonly env: Environment
  readonly effects: Effect[] = []
  /** The alarm is set for then, whatever the deadlines are. */
  putOffTo: number | null = null
  readonly #changes = new Map<Stored, Changes>()
  readonly #random: () => number
  #contact: Readonly<Record<string, string>> = {}
  #scope: Record<string, unknown> | null = null
  #menu: Menu | null = null
  #root: Menu | null = null

  constructor(run: Run, env: Environment) {
    this.run = { ...run }
    this.env = env
    this.#random = randomFrom(env.seed)
  }

  get now(): number {
    return this.env.now
  }

  /** The menu of the top frame. @throws Fault when its version is gone */
  get menu(): Menu {
    const frame = this.run.frames.at(-1)
    this.#menu ??= frame ? this.#load(frame.menuId, frame.version) : this.root
    return this.#menu
  }
  /** The menu with which the run began: its settings rule ends and errors. */
  get root(): Menu {
    this.#root ??= this.#load(this.run.menuId, this.run.version)
    return this.#root
  }
  #load(menuId: string, version: number): Menu {
    const menu = this.env.library.version(menuId, version)
    if (!menu) throw new Fault('unknown_menu', `version ${version} of menu ${menuId} is not there`)
    return menu
  }
  get settings(): Settings {
    return this.menu.document.settings
  }
  get locale(): string {
    return this.menu.document.locale ?? this.env.locale
  }
  get timezone(): string {
    return this.menu.document.timezone ?? this.env.timezone
  }
  get setting(): Setting {
    return { now: this.now, timezone: this.timezone, locale: this.locale, country: this.env.country, random: this.#random }
  }
  /** Spanish unless the menu is in English. */
  say(es: string, en: string): string {
    return this.locale.startsWith('en') ? en : es
  }
  node(id = this.run.nodeId): FlowNode | undefined {
    return this.menu.nodes.get(id)
  }
  /** The node's place in tables of the run: nodes of another menu may have the same id. */
  key(nodeId = this.run.nodeId): string {
    const frame = this.run.frames.at(-1)
    return frame && frame.menuId !== this.run.menuId ? `${frame.menuId}/${nodeId}` : nodeId
  }

  // ------------------------------------------------------------ frames
  setFrames(frames: Run['frames']): void {
    this.run.frames = frames
    this.#menu = null
    this.#scope = null
  }

  // ------------------------------------------------------------ texts and conditions
  /** What templates see. Own objects win over variables; variables: run, conversation, chat, constants, declared defaults. */
  scope(): Record<string, unknown> {
    this.#scope ??= this.#makeScope()
    return this.#scope
  }
  #makeScope(): Record<string, unknown> {
    const { run, env } = this
    const { snapshot } = env
    const { document } = this.menu
    const conversation = this.stored('conversation')
    const chat = this.stored('chat')
    const custom = this.stored('contact')
    const defaults: Record<string, unknown> = {}
    for (const [name, declared] of Object.entries(document.variables)) if (declared.default !== undefined) defaults[name] = declared.default
    return {
      ...defaults, ...document.constants, ...chat, ...conversation, ...run.variables,
      flow: document.constants, run: run.variables,
      contact: { ...custom, ...snapshot.contact, ...this.#contact, custom }, account: snapshot.account, channel: snapshot.channel,
      chat: { ...chat, ...snapshot.chat }, conversation: { ...conversation, ...snapshot.conversation }, queue: snapshot.queue,
      hours: snapshot.hours, message: run.message, choice: run.choice, http: run.http, event: run.event, error: run.error, now: this.now,
    }
  }
  /** Something templates see has changed. */
  touch(): void {
    this.#scope = null
  }

  /** @throws Fault */
  text(template: string | number | undefined, extra?: Readonly<Record<string, unknown>>): string {
    if (template === undefined) return ''
    if (typeof template === 'number') return String(template)
    const written = render(template, extra ? { ...this.scope(), ...extra } : this.scope(), this.setting)
    if (!written.ok) throw new Fault(written.code, written.message)
    return written.text
  }
  /** Null when something in it rendered empty. @throws Fault */
  textWithoutBlanks(template: string): string | null {
    const written = render(template, this.scope(), this.setting)
    if (!written.ok) throw new Fault(written.code, written.message)
    return written.blank || written.text.trim() === '' ? null : written.text
  }
  /** False, and a line in the trace, when the condition cannot be decided. */
  test(when: When, extra?: Readonly<Record<string, unknown>>): boolean {
    return this.tryTest(when, extra) ?? false
  }
  /** Null when the condition cannot be decided. */
  tryTest(when: When, extra?: Readonly<Record<string, unknown>>): boolean | null {
    const verdict = test(when, extra ? { ...this.scope(), ...extra } : this.scope(), this.setting)
    if (verdict.ok) return verdict.value
    this.trace('warn', 'condition failed', { message: verdict.message })
    return null
  }
  deferred(template: string): DeferredText | null {
    return template.trim() === '' ? null : defer(template, this.scope(), this.locale, this.timezone)
  }

  // ------------------------------------------------------------ secrets and calls
  /** For one outside call: a mark, and what its templates may use besides. */
  secrets(): { readonly mark: string; readonly extra: Readonly<Record<string, unknown>> } {
    const own = mark(this.#random)
    return { mark: own, extra: { secrets: new NamedValues((name) => secretPlace(own, name)) } }
  }
  call(request: CallRequest, purpose: string): Outcome {
    const calls = this.run.counts.calls + 1
    const key = `${this.run.id}.${calls}`
    this.run.counts = { ...this.run.counts, calls }
    this.run.wait = { kind: 'call', key, purpose }
    this.effects.push({ kind: 'call', key, nodeId: this.run.nodeId, request })
    const shown = request.type === 'http' ? `${request.method} ${maskSecrets(request.url, request.mark)}` : request.type
    this.trace('info', 'call', { key, request: shown })
    return 'wait'
  }
  /** A stored or fetchable file; null when the source names nothing. @throws Fault */
  file(source: Source): { readonly fileId: string } | { readonly url: string } | null {
    if ('mediaId' in source) return { fileId: source.mediaId }
    if ('url' in source) {
      const url = this.text(source.url).trim()
      return /^https?:\/\//i.test(url) ? { url } : null
    }
    return fileOf(readPath(this.scope(), source.variable))
  }

  // ------------------------------------------------------------ variables
  /** Stored variables of a scope with the changes of this step. */
  stored(scope: Stored): Readonly<Record<string, Json>> {
    const before = scope === 'contact' ? this.env.snapshot.contact.custom : this.env.variables[scope]
    const changes = this.#changes.get(scope)
    if (!changes) return before
    return Object.fromEntries([...Object.entries(before).filter(([name]) => !changes.unset.has(name)), ...Object.entries(changes.set)])
  }
  #changesOf(scope: Stored): Changes {
    let changes = this.#changes.get(scope)
    if (!changes) this.#changes.set(scope, changes = { set: {}, unset: new Set() })
    return changes
  }
  /** False when the value does not convert to its type; the variable is unchanged then. */
  assign(name: string, value: unknown, as: { type?: VariableType | undefined; scope?: WritableScope | undefined } = {}): boolean {
    const declared = this.menu.document.variables[name]
    const converted = convert(value, as.type ?? declared?.type ?? 'text', this.setting)
    if (!converted.ok) return false
    const length = typeof converted.value === 'string' ? converted.value.length : JSON.stringify(converted.value).length
    if (length > longestValue) return false
    const scope = as.scope ?? declared?.scope ?? 'run'
    if (scope === 'run') this.run.variables = { ...this.run.variables, [name]: converted.value }
    else {
      const changes = this.#changesOf(scope)
      changes.set[name] = converted.value
      changes.unset.delete(name)
    }
    this.#scope = null
    return true
  }
  /** Changes contact data, and what templates of this step see of it. Custom fields are the variables of scope `contact`. */
  changeContact(fields: Readonly<Record<string, string>>, custom: Readonly<Record<string, string>>, onlyEmpty: boolean): void {
    const contact: Readonly<Record<string, unknown>> = { ...this.env.snapshot.contact, ...this.#contact }
    const stored = this.stored('contact')
    const open = (before: unknown) => !onlyEmpty || toText(before).trim() === ''
    const changed = Object.fromEntries(Object.entries(fields).filter(([name]) => open(contact[name])))
    for (const [name, value] of Object.entries(custom)) if (open(stored[name])) this.assign(name, value, { type: 'text', scope: 'contact' })
    if (Object.keys(changed).length > 0) this.effects.push({ kind: 'contact', fields: changed })
    this.#contact = { ...this.#contact, ...changed }
    this.#scope = null
  }
  unset(name: string, scope?: WritableScope): void {
    const where = scope ?? this.menu.document.variables[name]?.scope ?? 'run'
    if (where === 'run') this.run.variables = Object.fromEntries(Object.entries(this.run.variables).filter(([key]) => key !== name))
    else {
      const changes = this.#changesOf(where)
      delete changes.set[name]
      changes.unset.add(name)
    }
    this.#scope = null
  }
  /** Puts values taken from data into variables; what is missing becomes null, what does not convert too, with a line in the trace. */
  extract(paths: Readonly<Record<string, string>> | undefined, data: unknown): void {
    for (const [name, path] of Object.entries(paths ?? {})) {
      if (this.assign(name, readPath(data, path))) continue
      this.assign(name, null)
      this.trace('warn', 'value does not convert', { variable: name })
    }
  }
  /** Templates of values, rendered. @throws Fault */
  rendered(values: Templates | undefined): [name: string, value: Plain][] {
    return Object.entries(values ?? {}).map(([name, value]) => [name, typeof value === 'string' ? this.text(value) : value])
  }
  /** The same, assigned; what does not convert leaves its variable and a line in the trace. @throws Fault */
  assignAll(values: Templates | undefined): void {
    for (const [name, value] of this.rendered(values)) {
      if (!this.assign(name, value)) this.trace('warn', 'value does not convert', { variable: name })
    }
  }
  /** Ends a step: the changes of stored variables become effects, before all others, so that a menu started by them sees the values. */
  flush(): void {
    const changed = [...this.#changes].map(([scope, { set, unset }]): Effect => ({ kind: 'variables', scope, set, unset: [...unset] }))
    this.effects.unshift(...changed)
    this.#changes.clear()
  }

  // ------------------------------------------------------------ effects
  emit(effect: Effect): void {
    this.effects.push(effect)
  }
  event(type: MenuEvent, data: Readonly<Record<string, Json>> = {}): void {
    const { menuId, version, nodeId } = this.run
    this.effects.push({ kind: 'event', type, data: { menuId, version, nodeId, nodeName: this.#nodeName(), ...data } })
  }
  #nodeName(): string {
    try {
      return this.node()?.name ?? this.run.nodeId
    } catch {
      return this.run.nodeId
    }
  }
  trace(level: 'debug' | 'info' | 'warn' | 'error', text: string, data: Readonly<Record<string, Json>> = {}): void {
    this.effects.push({ kind: 'trace', nodeId: this.run.nodeId, level, text, data })
  }
  notice(code: NoticeCode, detail: string, to: { type: 'supervisors' } | { type: 'queue'; id: string } = { type: 'supervisors' }): void {
    this.effects.push({ kind: 'notice', to, code, text: notices[code](this.root.document.name, this.#nodeName(), detail) })
  }
  /** Sends a text, cut where the channel needs it; nothing when it is empty. */
  sendText(text: string, purpose: Purpose): void {
    for (const piece of splitText(text, this.env.channel.text)) this.send({ kind: 'text', text: piece }, purpose)
  }
  send(content: Content, purpose: Purpose): void {
    this.effects.push({ kind: 'send', content, nodeId: this.run.nodeId, purpose, prompt: null })
  }

  // ------------------------------------------------------------ going on
  go(target: string | undefined): Outcome {
    return { go: target }
  }
  /** The node's output `error`; not wired: the run's error. */
  fail(code: string, message = code): Outcome {
    this.run.error = { code, nodeId: this.run.nodeId }
    this.touch()
    const wired = this.node()?.on?.['error']
    this.trace(wired === undefined ? 'error' : 'warn', 'node failed', { code, message: message.slice(0, 300) })
    return wired === undefined ? this.crash(code) : { go: wired }
  }
  /** settings.errorMessage once, then settings.onError; without it, or from within it, the fallback queue (§5.1, T9). */
  crash(code: string, final = false): Outcome {
    this.run.error = { code, nodeId: this.run.nodeId }
    this.event('menu.error', { reason: code })
    const { errorMessage, onError } = this.root.document.settings
    if (errorMessage.trim() !== '' && !this.run.errorSent) {
      this.run.errorSent = true
      const written = render(errorMessage, this.scope(), this.setting)
      if (written.ok) this.sendText(written.text, 'error')
    }
    if (onError === undefined || this.run.handling || final || !this.root.nodes.has(onError)) return this.fallback(code)
    this.run.handling = true
    this.setFrames([])
    return { go: onError }
  }
  fallback(code: string): Outcome {
    this.notice(code === 'step_limit' ? 'step_limit' : 'menu_error', code)
    this.effects.push({ kind: 'fallback', code })
    return this.over('error', code)
  }
  resolve(closeKind: 'menu' | 'inactivity' | 'consent_declined', farewell: string, dispositionId: string | null = null): Outcome {
    this.sendText(farewell, 'farewell')
    this.effects.push({ kind: 'resolve', closeKind, dispositionId })
    return this.over('ended', closeKind)
  }
  over(state: 'ended' | 'error', reason: string): Outcome {
    this.run.state = state
    this.run.wait = null
    this.run.prompt = null
    this.run.held = null
    this.event('menu.ended', { reason })
    return 'over'
  }
}

/**
 * A variable of type media, or an address in a text, as a source; null when it is neither. A text is never taken for the
 * id of a stored file: a customer could type one.
 */
export function fileOf(value: unknown): { readonly fileId: string } | { readonly url: string } | null {
  if (typeof value === 'string') return /^https?:\/\//i.test(value) ? { url: value } : null
  if (typeof value !== 'object' || value === null) return null
  const { id, url } = value as Partial<StoredMedia>
  if (toText(id) !== '') return { fileId: toText(id) }
  return typeof url === 'string' && /^https?:\/\//i.test(url) ? { url } : null
}
