/** Sends one message and waits for the network's acknowledgement of it. */
import type { AnyMessageContent, WAMessage } from '@whiskeysockets/baileys'
import type { BridgeHost, OutboundMessage, SendResult } from '../sdk/index.ts'
import { BridgeError } from '../sdk/index.ts'
import { sending, type Outgoing } from './baileys/repository.ts'
import { failedSend, notConnected, refusedMessage } from './errors.ts'
import { isGroup, isPhone, messageId, outgoingId, person } from './ids.ts'
import type { Link, Timings } from './link.ts'
import { contentOf, destination, keyOf, quotedMessage } from './outgoing.ts'
import { SentLog } from './sentLog.ts'
import type { Session } from './session.ts'
import type { CompleteSettings } from './settings.ts'

export interface SenderParts {
  readonly host: BridgeHost
  readonly link: Link
  readonly settings: CompleteSettings
  readonly timings: Timings
}

interface Prepared { readonly content: AnyMessageContent; readonly edit?: string; readonly quoted?: WAMessage }

/** The attribute that tells a phone what a stanza is about: an edit, a deletion of one's own, one of another's by an admin. */
const EDIT = '1'
const OWN_DELETION = '7'
const ADMIN_DELETION = '8'

async function prepare(session: Session, message: OutboundMessage, to: string): Promise<Prepared> {
  switch (message.op) {
    case 'send': {
      const quoted = message.replyTo ? { quoted: await quotedMessage(session, message.replyTo, to) } : {}
      return { content: contentOf(message.part), ...quoted }
    }
    case 'edit': {
      if (message.part.kind !== 'text') throw new BridgeError('permanent', 'not_supported', 'Only a text can be edited')
      return { content: { text: message.part.text, edit: await keyOf(session, message.target, to) }, edit: EDIT }
    }
    case 'delete': {
      const key = await keyOf(session, message.target, to)
      return { content: { delete: key }, edit: isGroup(to) && !key.fromMe ? ADMIN_DELETION : OWN_DELETION }
    }
    case 'react': return { content: { react: { text: message.emoji ?? '', key: await keyOf(session, message.target, to) } } }
  }
}

export class Sender {
  readonly #parts: SenderParts
  /** The day (UTC) and how many first contacts it has seen; also in the store. */
  #day: { date: string; count: number } | undefined

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  async send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult> {
    const { link } = this.#parts
    const { session } = link
    const outgoing: Outgoing = { rows: new Map(), encrypted: false }
    try {
      return await this.#send(session, message, outgoing, signal)
    } catch (error) {
      throw failedSend(error, outgoing.encrypted)
    }
  }

  /** What became of a send whose answer was lost: an entry is stored before the first copy is encrypted. */
  async lookup(idempotencyKey: string, sentAfter: Date): Promise<SendResult | 'absent' | 'unknown'> {
    const sent = new SentLog(this.#parts.host.store)
    const entry = await sent.get(outgoingId(idempotencyKey))
    if (!entry) return await sent.remembersSince(sentAfter.getTime()) ? 'absent' : 'unknown'
    return entry.accepted ? { ids: [entry.remoteId], at: new Date(entry.at) } : 'unknown'
  }

  async #send(session: Session, message: OutboundMessage, outgoing: Outgoing, signal: AbortSignal): Promise<SendResult> {
    const { library, socket, sent } = session
    const to = await this.#reach(session, await destination(session, message), message.op)
    const { content, edit, quoted } = await prepare(session, message, to)
    const id = outgoingId(message.idempotencyKey)
    const built = await library.generateWAMessage(to, content, {
      logger: socketLogger, userJid: session.auth.creds.me?.id ?? '', messageId: id, upload: socket.waUploadToServer, ...(quoted ? { quoted } : {}),
    })
    if (!built.message) throw new BridgeError('permanent', 'bad_request', 'There is nothing to send')
    if (message.op === 'send') await this.#type(session, message, to, signal)
    if (signal.aborted) throw notConnected()
    const chat = isGroup(to) ? to : await session.who.chat(to)
    const remoteId = messageId({ chat, author: isGroup(to) ? session.who.account : '', fromMe: true, id })
    const at = this.#parts.host.clock.now()
    outgoing.rows = await sent.record(id, {
      remoteId, idempotencyKey: message.idempotencyKey, to, at: at.getTime(), accepted: false,
      message: library.proto.Message.encode(built.message).finish(),
    })
    const acknowledged = this.#acknowledgement(session, id, signal)
    try {
      await sending(outgoing, () => socket.relayMessage(to, built.message ?? {}, { messageId: id, ...(edit ? { additionalAttributes: { edit } } : {}) }))
      const error = await acknowledged.promise
      if (error) throw refusedMessage(error)
    } finally {
      acknowledged.forget()
    }
    return { ids: [remoteId], at, ...(isGroup(to) ? {} : { recipient: await session.who.profile(await session.who.known(to)) }) }
  }

  /**
   * The network answers each message with an acknowledgement, with or without an error. When the line ends before, or
   * nothing comes, the message may have arrived all the same.
   */
  #acknowledgement(session: Session, id: string, signal: AbortSignal): { promise: Promise<string | undefined>; forget(): void } {
    let settle: (error: string | undefined) => void = () => undefined
    let fail: (error: Error) => void = () => undefined
    const promise = new Promise<string | undefined>((resolve, reject) => { settle = resolve; fail = reject })
    promise.catch(() => undefined)
    const lost = (why: string) => () => fail(new BridgeError('uncertain', 'network', why))
    const timer = setTimeout(lost('WhatsApp did not acknowledge the message'), this.#parts.timings.ackMs)
    const closed = ({ connection }: { connection?: string }): void => { if (connection === 'close') lost('The line ended before the message was acknowledged')() }
    const aborted = lost('The send was given up before the message was acknowledged')
    session.acks.set(id, settle)
    session.socket.ev.on('connection.update', closed)
    signal.addEventListener('abort', aborted, { once: true })
    return {
      promise,
      forget() {
        clearTimeout(timer)
        session.acks.delete(id)
        session.socket.ev.off('connection.update', closed)
        signal.removeEventListener('abort', aborted)
      },
    }
  }

  /** Is there anybody to send to, and may a new chat begin? Gives the address that the network uses (it mends numbers). */
  async #reach(session: Session, to: string, op: OutboundMessage['op']): Promise<string> {
    if (isGroup(to) || op !== 'send') return to
    const first = !(await session.socket.signalRepository.validateSession(to)).exists
    if (first) this.#checkReachout()
    const address = first && isPhone(to) ? await this.#registered(session, to) : to
    // Cached for minutes. A line that answers nothing gives no devices, and the message would leave for nobody.
    const devices = await session.socket.getUSyncDevices([address], true, false)
    if (devices.length === 0) throw notConnected()
    if (first) await this.#countFirstContact()
    return address
  }

  async #registered(session: Session, to: string): Promise<string> {
    const found = await session.socket.onWhatsApp(to)
    if (!found) throw notConnected()
    const [one] = found
    if (!one?.exists) throw new BridgeError('permanent', 'not_on_network', 'The number is not on WhatsApp')
    return person(one.jid)
  }

  #checkReachout(): void {
    const { link, host } = this.#parts
    const lock = link.reachoutLock
    const left = lock ? lock.until - host.clock.now().getTime() : 0
    if (left <= 0) return
    throw new BridgeError('permanent', 'recipient_limited', 'WhatsApp does not let this number begin new chats for now', { remoteCode: '463', retryAfterMs: left })
  }

  async #countFirstContact(): Promise<void> {
    const { host, settings } = this.#parts
    if (settings.firstContactsPerDay === 0) return
    const now = host.clock.now()
    const date = now.toISOString().slice(0, 10)
    if (!this.#day) {
      const stored = await host.store.get('first-contacts')
      this.#day ??= stored ? JSON.parse(Buffer.from(stored).toString('utf8')) as { date: string; count: number } : { date, count: 0 }
    }
    if (this.#day.date !== date) this.#day = { date, count: 0 }
    if (this.#day.count >= settings.firstContactsPerDay) {
      const tomorrow = Date.parse(`${date}T00:00:00Z`) + 24 * 3_600_000
      throw new BridgeError('permanent', 'rate_limited', 'This number has begun as many new chats today as its settings allow', { retryAfterMs: tomorrow - now.getTime() })
    }
    this.#day = { date, count: this.#day.count + 1 }
    await host.store.write(new Map([['first-contacts', Buffer.from(JSON.stringify(this.#day))]]))
  }

  /** Best effort: a person types before they send. */
  async #type(session: Session, message: Extract<OutboundMessage, { op: 'send' }>, to: string, signal: AbortSignal): Promise<void> {
    const { settings, timings } = this.#parts
    if (!settings.simulateTyping || isGroup(to)) return
    const length = message.part.kind === 'text' ? message.part.text.length : 20
    const ms = Math.min(6000, length * timings.typingMsPerCharacter)
    await session.socket.sendPresenceUpdate(message.part.kind === 'voice' ? 'recording' : 'composing', to).catch(() => undefined)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
    })
    await session.socket.sendPresenceUpdate('paused', to).catch(() => undefined)
  }
}

const nothing = (): void => undefined
/** The builder of messages logs whole contents. */
const socketLogger = { level: 'silent', child: () => socketLogger, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing }

