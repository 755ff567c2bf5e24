/**
 * Plays a conversation against a menu: fake contact, channel, clock and outside services (§5.11). The editor's test
 * panel, `turno menus simulate` and the tests use it. A session is plain JSON: keep it between requests. Nothing is
 * written or sent; an outside call without a mock stays pending until its result is given.
 */
import type { Capabilities } from '../../../plugins/sdk/capabilities.ts'
import type { CallResult } from './calls.ts'
import { mockFor, type Mock } from './simulateMocks.ts'
import { renderDeferred } from './deferred.ts'
import type { Content, DeferredText, Effect, MenuOption, Purpose } from './effects.ts'
import type { Catalog, ConsentLevel, ConsentStatus, Environment, Instant, Json, Library, Snapshot, Values } from './environment.ts'
import type { Menu, SpecialPhrase } from './flow.ts'
import type { IncomingMessage, IncomingPart, Input } from './input.ts'
import { botPhrase, specialPhrase, type BotPhrases } from './phrases.ts'
import { newRun, type Run } from './run.ts'
import { step } from './step.ts'

export type { Mock } from './simulateMocks.ts'

/** What the session does not hold: the menus, what exists, the channel. */
export interface SimulatedWorld {
  readonly menu: Menu
  readonly library: Library
  readonly catalog: Catalog
  readonly channel: Capabilities
  readonly mocks?: readonly Mock[]
  readonly botPhrases?: BotPhrases
}

export type SimState = 'IDLE' | 'MENU' | 'QUEUED' | 'PENDING' | 'UNROUTED' | 'RESOLVED'
export interface PendingCall {
  readonly key: string; readonly nodeId: string; readonly request: Extract<Effect, { kind: 'call' }>['request']
}
export interface Session {
  readonly now: Instant
  readonly seed: string
  readonly locale: string
  readonly timezone: string
  readonly country: string
  readonly state: SimState
  readonly run: Run | null
  readonly snapshot: Snapshot
  readonly variables: { readonly conversation: Values; readonly chat: Values }
  readonly consent: Readonly<Partial<Record<ConsentLevel, ConsentStatus>>>
  readonly botStopped: boolean
  /** Counts inputs, messages and conversations. */
  readonly serial: number
  readonly conversations: number
  readonly option: MenuOption | null
  readonly campaign: { readonly campaignId: string; readonly subcampaignId: string | null } | null
  readonly dispositionId: string | null
  readonly target: { readonly type: 'queue' | 'agent'; readonly id: string } | null
  readonly joinMessage: DeferredText | null
  readonly closeKind: string | null
  readonly records: readonly { readonly form: string; readonly values: Values }[]
  readonly pending: readonly PendingCall[]
  readonly kept: readonly { readonly key: string; readonly data: Json; readonly at: Instant; readonly ttl: number | null }[]
  /** The last buttons and rows shown, for `press`. */
  readonly shown: readonly { readonly id: string; readonly title: string; readonly via: 'button' | 'list' }[]
  /** How often each mock was used: the results of a list are given one after the other. */
  readonly used: Readonly<Record<string, number>>
}

export type SimStep =
  | { readonly text: string }
  /** Id of an option, or the whole id of a button. */
  | { readonly press: string }
  | { readonly media: 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker'; readonly caption?: string }
  | { readonly location: { readonly lat: number; readonly lng: number } }
  /** Seconds. */
  | { readonly advance: number }
  | { readonly event: { readonly key: string; readonly data?: Json; readonly ttl?: number } }
  | { readonly agent: 'joins' | 'declines' | 'expires' | 'unavailable'; readonly name?: string }
  | { readonly result: { readonly key: string; readonly result: CallResult } }
  | { readonly resolve: true }
  /** The run starts without a message of the customer (transfer to the menu). */
  | { readonly start: true; readonly node?: string }

export interface ShownMessage {
  readonly at: Instant; readonly purpose: Purpose | 'join'; readonly nodeId: string; readonly content: Content
}
export interface Played {
  readonly session: Session
  readonly messages: readonly ShownMessage[]
  readonly effects: readonly Effect[]
}

export interface SessionOptions {
  readonly now: Instant
  readonly seed?: string
  readonly locale?: string
  readonly timezone?: string
  readonly country?: string
  readonly snapshot?: { readonly [K in keyof Snapshot]?: Partial<NonNullable<Snapshot[K]>> }
  readonly consent?: Session['consent']
  readonly variables?: Partial<Session['variables']>
}

export function newSession(options: SessionOptions): Session {
  const given = options.snapshot ?? {}
  const snapshot: Snapshot = {
    contact: {
      id: 'contact', name: 'Ana Pérez', firstName: 'Ana', phone: '+573001112233', email: null, documentId: null, custom: {},
      business: null, boundAgent: null, ...given.contact,
    },
    account: { id: 'account', channelType: 'whatsapp', address: '573001112233', phone: '+573001112233', name: 'Ana', ...given.account },
    channel: { id: 'channel', name: 'Prueba', type: 'whatsapp', identity: null, ...given.channel },
    chat: { id: 'chat', title: 'Ana Pérez', tags: [], priority: 0, ...given.chat },
    conversation: { id: 'conversation', openedAt: options.now, origin: 'customer', isFirst: true, ...given.conversation },
    queue: null,
    hours: { open: true, nextOpening: null, ...given.hours },
  }
  return {
    now: options.now, seed: options.seed ?? 'simulation', locale: options.locale ?? 'es', timezone: options.timezone ?? 'America/Bogota',
    country: options.country ?? 'CO', state: 'IDLE', run: null, snapshot, variables: { conversation: {}, chat: {}, ...options.variables },
    consent: options.consent ?? {}, botStopped: false, serial: 0, conversations: 0, option: null, campaign: null, dispositionId: null,
    target: null, joinMessage: null, closeKind: null, records: [], pending: [], kept: [], shown: [], used: {},
  }
}

/** How many inputs one step of the simulation may cause: menus that start each other end by their own limit long before. */
const mostInputs = 500

const mimeTypes = {
  image: 'image/jpeg', video: 'video/mp4', audio: 'audio/mpeg', voice: 'audio/ogg', document: 'application/pdf', sticker: 'image/webp',
}

type Draft = { -readonly [K in keyof Session]: Session[K] }

class Player {
  readonly s: Draft
  readonly #world: SimulatedWorld
  readonly messages: ShownMessage[] = []
  readonly effects: Effect[] = []
  readonly #inputs: Input[] = []

  constructor(session: Session, world: SimulatedWorld) {
    this.s = { ...session }
    this.#world = world
  }

  #environment(): Environment {
    const { s } = this
    const { library, catalog, channel } = this.#world
    return {
      now: s.now, seed: `${s.seed}.${++s.serial}`, channel, locale: s.locale, timezone: s.timezone, country: s.country, library, catalog,
      snapshot: s.snapshot, variables: s.variables, consent: s.consent,
    }
  }

  give(input: Input): void {
    this.#inputs.push(input)
    for (let count = 0; count < mostInputs; count++) {
      const next = this.#inputs.shift()
      if (!next || !this.s.run) return
      const stepped = step(this.s.run, next, this.#environment())
      this.s.run = stepped.run
      for (const effect of stepped.effects) this.#apply(effect)
    }
    this.#inputs.length = 0
  }

  start(message: IncomingMessage | null, node?: string): void {
    const { s } = this
    s.conversations++
    const opened = { id: `conversation${s.conversations}`, openedAt: s.now, isFirst: s.conversations === 1 }
    s.snapshot = { ...s.snapshot, conversation: { ...s.snapshot.conversation, ...opened } }
    s.variables = { ...s.variables, conversation: {} }
    this.#begin(this.#world.menu)
    this.give({ kind: 'start', message, node: node ?? null })
  }
  #begin(menu: { readonly menuId: string; readonly version: number }): void {
    const { s } = this
    s.run = newRun(`run${++s.serial}`, menu, s.now)
    s.state = 'MENU'
    s.closeKind = null
    s.pending = []
  }

  #say(content: Content, purpose: ShownMessage['purpose'], nodeId: string): void {
    const { s } = this
    this.messages.push({ at: s.now, purpose, nodeId, content })
    if (content.kind === 'buttons') s.shown = content.choices.map(({ id, title }) => ({ id, title, via: 'button' }))
    else if (content.kind === 'list') {
      s.shown = content.sections.flatMap((section) => section.choices.map(({ id, title }) => ({ id, title, via: 'list' })))
    }
  }

  #apply(effect: Effect): void {
    const { s } = this
    this.effects.push(effect)
    switch (effect.kind) {
      case 'send':
        this.#say(effect.content, effect.purpose, effect.nodeId)
        if (effect.prompt !== null) this.#inputs.push({ kind: 'promptHanded', serial: effect.prompt, at: s.now })
        break
      case 'call': return this.#call(effect)
      case 'waitEvent': return this.#kept(effect)
      case 'distribute':
        s.target = effect.target
        s.joinMessage = effect.joinMessage ?? null
        if (effect.final) s.state = effect.force ? 'PENDING' : 'QUEUED'
        break
      case 'invite': s.joinMessage = effect.joinMessage ?? null; break
      case 'resolve':
        s.state = 'RESOLVED'
        s.closeKind = effect.closeKind
        s.dispositionId = effect.dispositionId ?? s.dispositionId
        break
      case 'open': s.state = 'UNROUTED'; break
      case 'fallback': s.state = 'QUEUED'; s.target = null; break
      case 'goMenu':
        this.#begin(effect)
        this.#inputs.push({ kind: 'start', node: effect.node, carried: effect.carried })
        break
      case 'variables': return this.#variables(effect)
      case 'contact': s.snapshot = { ...s.snapshot, contact: { ...s.snapshot.contact, ...effect.fields } }; break
      case 'tags': {
        const tags = [...s.snapshot.chat.tags.filter((tag) => !effect.remove.includes(tag)), ...effect.add]
        s.snapshot = { ...s.snapshot, chat: { ...s.snapshot.chat, tags: [...new Set(tags)] } }
        break
      }
      case 'campaign': s.campaign = { campaignId: effect.campaignId, subcampaignId: effect.subcampaignId }; break
      case 'disposition': s.dispositionId = effect.dispositionId; break
      case 'option': s.option = effect.option; break
      case 'consent': s.consent = { ...s.consent, [effect.level]: effect.status }; break
      case 'record': s.records = [...s.records, { form: effect.formCode, values: effect.values }]; break
      case 'timer': case 'withdraw': case 'notice': case 'event': case 'trace': break
    }
  }

  #variables(effect: Extract<Effect, { kind: 'variables' }>): void {
    const { s } = this
    const change = (before: Values): Values => {
      const kept = Object.entries(before).filter(([name]) => !effect.unset.includes(name))
      return { ...Object.fromEntries(kept), ...effect.set }
    }
    const { contact } = s.snapshot
    if (effect.scope === 'contact') s.snapshot = { ...s.snapshot, contact: { ...contact, custom: change(contact.custom) } }
    else s.variables = { ...s.variables, [effect.scope]: change(s.variables[effect.scope]) }
  }

  #call(effect: Extract<Effect, { kind: 'call' }>): void {
    const { s } = this
    const mocked = mockFor(effect, this.#world.mocks ?? [], s.used)
    if (!mocked) s.pending = [...s.pending, { key: effect.key, nodeId: effect.nodeId, request: effect.request }]
    else {
      s.used = mocked.used
      this.#inputs.push({ kind: 'result', key: effect.key, result: mocked.result })
    }
  }

  #kept({ key, ttl }: { readonly key: string; readonly ttl: number }): void {
    const { s } = this
    const found = s.kept.find((one) => one.key === key && s.now - one.at <= (one.ttl ?? ttl) * 1000)
    if (!found) return
    s.kept = s.kept.filter((one) => one !== found)
    this.#inputs.push({ kind: 'event', key, data: found.data, at: found.at, ttl: found.ttl })
  }

  // ------------------------------------------------------------ what the customer and others do
  /** In the order of §2.3: bot phrases, special phrases, then the run, else a new conversation. */
  message(part: IncomingPart): void {
    const { s } = this
    s.now += 1
    const message: IncomingMessage = { id: `message${++s.serial}`, receivedAt: s.now, parts: [part] }
    const text = part.kind === 'text' ? part.text : 'caption' in part ? part.caption ?? '' : ''
    const phrase = this.#world.botPhrases ? botPhrase(text, this.#world.botPhrases, 'customer') : null
    if (phrase === 'stop') return this.#stop()
    if (phrase === 'resume') return this.#resume()
    const held = s.state === 'QUEUED' || s.state === 'PENDING'
    const special = held ? null : specialPhrase(text, this.#world.menu.document.settings.specialPhrases)
    if (special) return this.#special(special)
    if (s.state === 'MENU') this.give({ kind: 'message', message })
    else if (s.botStopped && !held) [s.state, s.target] = ['QUEUED', null]
    else if (!held) this.start(message)
  }

  #stop(): void {
    const { s } = this
    s.botStopped = true
    if (s.state === 'MENU') {
      this.give({ kind: 'end', reason: 'bot_stopped' })
      s.state = 'UNROUTED'
    }
  }
  #resume(): void {
    const { s } = this
    s.botStopped = false
    if (s.state === 'UNROUTED') this.start(null)
  }

  #special({ queue, agent, message }: SpecialPhrase): void {
    const { s } = this
    const { catalog } = this.#world
    if (s.state === 'MENU') this.give({ kind: 'end', reason: 'special_phrase' })
    const found = queue === undefined ? catalog.agent(agent ?? '') : catalog.queue(queue)
    s.state = queue === undefined ? 'PENDING' : 'QUEUED'
    s.target = found ? { type: queue === undefined ? 'agent' : 'queue', id: found.id } : null
    if (message !== '') this.#say({ kind: 'text', text: message }, 'message', '')
  }

  advance(seconds: number): void {
    const { s } = this
    const end = s.now + Math.max(0, seconds) * 1000
    for (let count = 0; count < mostInputs; count++) {
      const alarm = s.run?.alarm
      if (!alarm || alarm.at === null || alarm.at > end) break
      s.now = Math.max(s.now, alarm.at)
      this.give({ kind: 'timer', version: alarm.version })
    }
    s.now = end
  }

  agent(does: 'joins' | 'declines' | 'expires' | 'unavailable', name: string): void {
    const { s } = this
    if (does === 'declines') return this.give({ kind: 'declined' })
    if (does === 'expires') return this.give({ kind: 'offerExpired' })
    if (does === 'unavailable') return this.give({ kind: 'distributionFailed', reason: 'unavailable' })
    const offered = s.run?.wait?.kind === 'invite' || s.run?.wait?.kind === 'distribution'
    if (s.state === 'MENU') this.give(offered ? { kind: 'joined', agentId: name } : { kind: 'end', reason: 'agent_joined' })
    s.state = 'PENDING'
    const arrival = { ...s.snapshot, agent: { id: name, name } }
    const text = s.joinMessage ? renderDeferred(s.joinMessage, arrival, { now: s.now, country: s.country }) : ''
    if (text !== '') this.#say({ kind: 'text', text }, 'join', '')
  }

  event({ key, data, ttl }: { readonly key: string; readonly data?: Json; readonly ttl?: number }): void {
    const { s } = this
    const awaited = s.run?.wait?.kind === 'event' && s.run.wait.key === key
    if (awaited) this.give({ kind: 'event', key, data: data ?? null, at: s.now, ttl: ttl ?? null })
    else s.kept = [...s.kept, { key, data: data ?? null, at: s.now, ttl: ttl ?? null }]
  }

  resolve(): void {
    this.give({ kind: 'end', reason: 'resolved' })
    this.s.state = 'RESOLVED'
    this.s.closeKind = 'supervisor'
  }

  press(id: string): void {
    const found = [...this.s.shown].reverse().find((one) => one.id === id || one.id.split(':')[1] === id)
    this.message({ kind: 'choice', via: found?.via ?? 'button', id: found?.id ?? id, title: found?.title ?? id })
  }

  media(kind: Extract<SimStep, { media: unknown }>['media'], caption: string | undefined): void {
    const id = `file${this.s.serial}`
    const media = { id, url: `/media/${id}`, mime: mimeTypes[kind], name: id, size: 1000 }
    this.message({ kind, media, ...(caption === undefined ? {} : { caption }) })
  }

  result(key: string, result: CallResult): void {
    this.s.pending = this.s.pending.filter((call) => call.key !== key)
    this.give({ kind: 'result', key, result })
  }
}

/** One step of the simulation. */
export function play(session: Session, does: SimStep, world: SimulatedWorld): Played {
  const player = new Player(session, world)
  if ('text' in does) player.message({ kind: 'text', text: does.text })
  else if ('press' in does) player.press(does.press)
  else if ('media' in does) player.media(does.media, does.caption)
  else if ('location' in does) player.message({ kind: 'location', latitude: does.location.lat, longitude: does.location.lng })
  else if ('advance' in does) player.advance(does.advance)
  else if ('event' in does) player.event(does.event)
  else if ('agent' in does) player.agent(does.agent, does.name ?? 'Laura')
  else if ('result' in does) player.result(does.result.key, does.result.result)
  else if ('resolve' in does) player.resolve()
  else player.start(null, does.node)
  return { session: { ...player.s }, messages: player.messages, effects: player.effects }
}

/** Plays steps one after the other. */
export function simulate(
  session: Session, steps: readonly SimStep[], world: SimulatedWorld,
): { readonly session: Session; readonly turns: readonly Played[] } {
  const turns: Played[] = []
  let current = session
  for (const does of steps) {
    const played = play(current, does, world)
    turns.push(played)
    current = played.session
  }
  return { session: current, turns }
}

const lines = (body: string, options: readonly string[], footer: string | undefined) =>
  [body, ...options, ...(footer ? [footer] : [])].join('\n')

/** A message as the channel would show it, in plain text: for terminals and for tests. */
export function asText(content: Content): string {
  switch (content.kind) {
    case 'text': return content.text
    case 'location': return `📍 ${[content.name, content.address].filter(Boolean).join(', ')} (${content.latitude}, ${content.longitude})`
    case 'buttons': return lines(content.body, content.choices.map((choice) => `[${choice.title}]`), content.footer)
    case 'list': {
      const rows = content.sections.flatMap((section) => section.choices)
      return lines(content.body, rows.map(({ title, description }) => `• ${title}${description ? ` - ${description}` : ''}`), content.footer)
    }
    default: return `📎 ${content.kind}: ${content.file.fileName}${content.caption ? `\n${content.caption}` : ''}`
  }
}
