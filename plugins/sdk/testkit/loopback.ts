/**
 * A network that is not there: a signed webhook bridge for tests and measurements, loaded only where configuration
 * names it. Several accounts share an endpoint and its secret. Bodies:
 *
 *   POST <webhook>  x-loopback-signature: hex HMAC-SHA256 of the raw body with `appSecret`
 *   {"events":[{"account":"line-1","id":"m1","from":"573001","text":"Hola"}, …]}   (LoopbackEvent)
 *
 * What is sent goes to `settings.url` (loopbackNetwork.ts serves one), or without it to a register in this process.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type {
  Bridge, BridgeHost, BridgeStatus, Capabilities, ChannelConfig, InboundEvent, MediaFacet, OutboundMessage, Part, RemoteProfile, SendResult, WebhookFacet, WebhookRequest,
} from '../bridge.ts'
import { BridgeError } from '../bridge.ts'
import { defineBridge } from '../index.ts'
import { checkSendable } from '../sendable.ts'
import { httpLink, processLink, type LoopbackLink } from './loopbackLink.ts'

export interface LoopbackSettings {
  readonly account: string
  /** Where sends go, `http://127.0.0.1:1234`; empty: the register of this process. */
  readonly url?: string
  /** Declared capability; the network counts repeats either way (`times`), so that a test sees them. */
  readonly idempotentSend?: boolean
  /** True: no buttons and no lists, as on a linked phone. */
  readonly plain?: boolean
  /** False: an uncertain send stays uncertain, as on a network that cannot be asked. */
  readonly lookup?: boolean
}
export interface LoopbackSecrets { readonly appSecret: string }

/** `at` in milliseconds since the epoch; without it 0, so that a replay gives the same event. */
export interface LoopbackEvent {
  readonly account: string
  readonly id: string
  readonly from: string
  readonly kind?: 'message' | 'receipt' | 'edit' | 'delete' | 'reaction' | 'typing' | 'opt' | 'contact'
  readonly name?: string
  readonly phone?: string
  /** A group's id; absent: the direct chat with `from`. */
  readonly group?: string
  readonly at?: number
  readonly text?: string
  readonly media?: { readonly id: string; readonly as?: 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker'; readonly mimeType?: string; readonly size?: number; readonly fileName?: string }
  readonly choice?: { readonly id: string; readonly title: string; readonly via?: 'button' | 'list' }
  readonly replyTo?: string
  /** Written on the linked phone, or in the provider's inbox. */
  readonly fromAccount?: 'phone' | 'provider_inbox' | 'api'
  readonly history?: true
  /** receipt, edit, delete, reaction: the message meant. */
  readonly target?: string
  readonly receipt?: 'accepted' | 'sent' | 'delivered' | 'read' | 'failed'
  readonly emoji?: string | null
  readonly typing?: boolean
  readonly state?: 'in' | 'out'
}

const media = { direction: 'both', maxBytes: 16 * 1024 * 1024, caption: true } as const
const capabilities = (settings: Partial<LoopbackSettings>): Capabilities => ({
  link: 'webhook',
  parts: {
    text: { direction: 'both' }, image: media, video: media, audio: { ...media, caption: false }, voice: { ...media, caption: false }, document: media,
    location: { direction: 'both' }, choice: { direction: 'receive' }, ...(settings.plain ? {} : { buttons: { direction: 'send' }, list: { direction: 'send' } } as const), unsupported: { direction: 'receive' },
  },
  text: { max: 4096, unit: 'characters', formatting: 'whatsapp' },
  replies: 'both', reactions: 'both', edits: 'both', deletes: 'both', receipts: ['delivered', 'read'],
  buttons: settings.plain ? null : { max: 3, titleLength: 20, bodyLength: 1024, headers: [], everywhere: true },
  lists: settings.plain ? null : { maxRows: 10, titleLength: 24, descriptionLength: 72, bodyLength: 1024 },
  templates: null, serviceWindow: null, canStartChats: 'always', groups: false, statusReplies: false, calls: 'none',
  typing: 'both', referrals: false, phoneBook: false, checkNumber: false, optIn: false,
  idempotentSend: settings.idempotentSend === true,
  rate: { perSecond: 10_000, perChat: { everyMs: 0, burst: 1000 } },
})

export const loopbackSignature = (secret: string, body: Uint8Array | string): string => createHmac('sha256', secret).update(body).digest('hex')

/** A request body with its signature, ready to be posted. */
export function signLoopback(secret: string, events: readonly LoopbackEvent[]): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify({ events })
  return { body, headers: { 'content-type': 'application/json', 'x-loopback-signature': loopbackSignature(secret, body) } }
}

const profile = (event: LoopbackEvent): RemoteProfile => ({
  user: event.from,
  identifiers: event.phone
    ? [{ kind: 'visitor', scope: event.account, value: event.from }, { kind: 'phone', scope: '', value: event.phone }]
    : [{ kind: 'visitor', scope: event.account, value: event.from }],
  ...(event.name === undefined ? {} : { name: event.name }),
})

function partOf(event: LoopbackEvent): Part {
  if (event.media) {
    const { as = 'document', ...file } = event.media
    return { kind: as, media: { at: 'remote', ...file }, ...(event.text === undefined ? {} : { caption: event.text }) }
  }
  if (event.choice) return { kind: 'choice', via: event.choice.via ?? 'button', id: event.choice.id, title: event.choice.title }
  if (typeof event.text === 'string') return { kind: 'text', text: event.text }
  return { kind: 'unsupported', remoteType: 'empty' }
}

const isString = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a well-formed event must have; anything else in it may be missing or wrong without harm. */
function isEvent(value: unknown): value is LoopbackEvent {
  return isObject(value) && isString(value.account) && isString(value.id) && isString(value.from)
    && (value.at === undefined || (typeof value.at === 'number' && Math.abs(value.at) <= 8.64e15))
    && (value.media === undefined || (isObject(value.media) && isString(value.media.id)))
    && (value.choice === undefined || (isObject(value.choice) && isString(value.choice.id) && isString(value.choice.title)))
}

function eventOf(event: LoopbackEvent): InboundEvent | null {
  const chat = isString(event.group) ? event.group : event.from
  const base = { key: event.id, at: new Date(event.at ?? 0), account: event.account, chat, chatKind: isString(event.group) ? 'group' : 'direct' } as const
  const kind = event.kind ?? 'message'
  if (kind === 'typing') return null
  if (kind === 'contact') return { kind, key: base.key, at: base.at, account: base.account, profile: profile(event) }
  if (kind === 'opt') return { ...base, kind, user: profile(event), state: event.state === 'out' ? 'out' : 'in', scope: 'all' }
  if (isString(event.target)) {
    if (kind === 'receipt') return { ...base, kind, target: event.target, receipt: event.receipt ?? 'delivered' }
    if (kind === 'edit') return { ...base, kind, target: event.target, sender: profile(event), part: partOf(event) }
    if (kind === 'delete') return { ...base, kind, target: event.target }
    if (kind === 'reaction') return { ...base, kind, target: event.target, sender: profile(event), emoji: event.emoji ?? null }
  }
  return {
    ...base, kind: 'message', id: event.id, sender: profile(event), fromAccount: event.fromAccount ?? false,
    parts: [kind === 'message' ? partOf(event) : { kind: 'unsupported', remoteType: String(kind) }],
    context: isString(event.replyTo) ? { replyTo: event.replyTo } : {},
    ...(event.history ? { history: true } : {}),
  }
}

function eventsIn(request: WebhookRequest): LoopbackEvent[] {
  let body: unknown
  try {
    body = JSON.parse(Buffer.from(request.rawBody.buffer, request.rawBody.byteOffset, request.rawBody.byteLength).toString('utf8'))
  } catch (error) {
    throw new BridgeError('permanent', 'bad_request', 'The body is not JSON', { cause: error })
  }
  if (!isObject(body) || !Array.isArray(body.events)) throw new BridgeError('permanent', 'bad_request', 'The body has no events')
  if (!body.events.every(isEvent)) throw new BridgeError('permanent', 'bad_request', 'An event lacks account, id or from')
  return body.events
}

function webhook(secret: string | undefined): WebhookFacet {
  return {
    verify: (request) => {
      const given = request.headers['x-loopback-signature']
      if (!secret || !given) return false
      const wanted = Buffer.from(loopbackSignature(secret, request.rawBody))
      const had = Buffer.from(given)
      return had.length === wanted.length && timingSafeEqual(had, wanted)
    },
    parse: (request) => eventsIn(request).flatMap((event) => eventOf(event) ?? []),
    signals: (request) => (Buffer.from(request.rawBody.buffer, request.rawBody.byteOffset, request.rawBody.byteLength).includes('"typing"')
      ? eventsIn(request).filter((event) => event.kind === 'typing').map((event) => ({
        kind: 'typing' as const, account: event.account, chat: isString(event.group) ? event.group : event.from, sender: event.from, typing: event.typing !== false,
      }))
      : []),
  }
}

class LoopbackBridge implements Bridge {
  readonly webhook: WebhookFacet
  readonly media: MediaFacet
  readonly presence: Bridge['presence']
  readonly lookup?: NonNullable<Bridge['lookup']>
  readonly #settings: Partial<LoopbackSettings>
  readonly #host: BridgeHost
  readonly #link: LoopbackLink
  #status: BridgeStatus = { state: 'unconfigured' }

  constructor(channel: ChannelConfig<LoopbackSettings, LoopbackSecrets>, host: BridgeHost) {
    this.#settings = channel.settings
    this.#host = host
    const account = this.#settings.account ?? ''
    this.#link = this.#settings.url ? httpLink(this.#settings.url, account, host.fetch) : processLink(account, () => host.clock.now())
    this.webhook = webhook(channel.secrets.appSecret)
    this.media = { fetch: (ref, signal) => this.#link.file(ref.id, signal) }
    this.presence = {
      setTyping: (chat, typing) => this.#link.tell({ kind: 'typing', chat, typing }),
      markRead: (chat, upTo) => this.#link.tell({ kind: 'read', chat, upTo }),
    }
    if (this.#settings.lookup !== false) this.lookup = (key, _sentAfter, signal) => this.#link.lookup(key, signal)
  }

  capabilities(): Capabilities {
    return capabilities(this.#settings)
  }

  async connect(): Promise<void> {
    if (this.#status.state === 'connected') return
    const account = this.#settings.account
    this.#status = account
      ? { state: 'connected', since: this.#host.clock.now(), account: { user: account, identifiers: [{ kind: 'visitor', scope: '', value: account }] } }
      : { state: 'unconfigured' }
    this.#host.reportStatus(this.#status)
  }

  async disconnect(): Promise<void> {
    this.#status = { state: 'unconfigured' }
  }

  status(): BridgeStatus {
    return this.#status
  }

  async send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult> {
    checkSendable(this.capabilities(), message)
    return this.#link.send(message, signal)
  }
}

export const loopback = defineBridge<LoopbackSettings, LoopbackSecrets>({
  type: 'loopback',
  channelType: 'loopback',
  displayName: 'Loopback',
  sdk: '^1.0.0',
  settingsSchema: {
    type: 'object',
    required: ['account'],
    properties: {
      account: { type: 'string', minLength: 1, title: 'Account', 'x-es': { title: 'Cuenta' }, 'x-identity': true },
      url: { type: 'string', title: 'Address that receives what is sent', 'x-es': { title: 'Dirección que recibe lo enviado' } },
      idempotentSend: { type: 'boolean', default: false, title: 'A repeated send arrives once', 'x-es': { title: 'Un envío repetido llega una vez' } },
      plain: { type: 'boolean', default: false, title: 'No buttons and no lists', 'x-es': { title: 'Sin botones ni listas' } },
      lookup: { type: 'boolean', default: true, title: 'Can be asked about a lost answer', 'x-es': { title: 'Responde por un envío perdido' } },
    },
  },
  secretsSchema: {
    type: 'object',
    required: ['appSecret'],
    properties: { appSecret: { type: 'string', minLength: 8, title: 'Secret', 'x-es': { title: 'Secreto' }, 'x-endpoint': true, 'x-generate': 32 } },
  },
  loginFlows: [],
  open: (channel, host) => new LoopbackBridge(channel, host),
})

export default loopback
