/**
 * Keeps the line open: connects, hears why it ended, and does what `disconnects.ts` says of that. Each attempt is a new
 * session; what an old one still reports is ignored.
 */
import type { BridgeHost, BridgeStatus } from '../sdk/index.ts'
import { isBridgeError } from '../sdk/index.ts'
import type { PhoneLid } from './baileys/authState.ts'
import { loadBaileys } from './baileys/load.ts'
import type { LineOptions } from './baileys/socket.ts'
import { behaviourOf, pauseMs, type Behaviour } from './disconnects.ts'
import { failureOf, notConnected } from './errors.ts'
import { Inbound } from './inbound.ts'
import { listen, type ReachoutLock } from './listen.ts'
import { openSession, type Session } from './session.ts'
import type { CompleteSettings } from './settings.ts'
import { lookUpVersion, versionToShow, type Version } from './version.ts'

export interface Timings {
  /** Pauses between attempts to connect, in milliseconds. */
  readonly retryMs: readonly number[]
  /** Pauses between attempts to hand events over. */
  readonly deliverRetryMs: readonly number[]
  /** A line that was open this long starts again with the shortest pause. */
  readonly steadyMs: number
  readonly keepAliveMs: number
  readonly qrMs?: number
  readonly queryTimeoutMs: number
  /** How long a message waits for the network's acknowledgement. */
  readonly ackMs: number
  /** How long closing may take. */
  readonly closeMs: number
  readonly typingMsPerCharacter: number
  readonly random: () => number
}

export const timings: Timings = {
  retryMs: [1000, 2000, 5000, 10_000, 30_000, 60_000], deliverRetryMs: [500, 1000, 2000, 5000, 10_000], steadyMs: 5 * 60_000,
  keepAliveMs: 30_000, queryTimeoutMs: 60_000, ackMs: 30_000, closeMs: 4000, typingMsPerCharacter: 40, random: Math.random,
}

export interface LinkParts {
  readonly host: BridgeHost
  readonly settings: CompleteSettings
  readonly options: Omit<LineOptions, 'version'>
  readonly timings: Timings
}

export class Link {
  readonly #parts: LinkParts
  #status: BridgeStatus
  #wanted = false
  #session: Session | null = null
  #open = false
  #inbound: Inbound
  #generation = 0
  #attempt = 0
  #openSince = 0
  #downSince: Date | undefined
  #timer: NodeJS.Timeout | undefined
  #starting: Promise<void> | undefined
  #triedVersions = new Set<string>()
  /** WhatsApp lets this account begin no new chats until then. */
  reachoutLock: ReachoutLock | null = null

  constructor(parts: LinkParts) {
    this.#parts = parts
    this.#status = { state: 'unconfigured' }
    this.#inbound = new Inbound(parts.host, parts.timings.deliverRetryMs)
  }

  get status(): BridgeStatus {
    return this.#status
  }

  /** The open line. @throws {BridgeError} transient `network` while there is none */
  get session(): Session {
    if (!this.#session || !this.#open) throw notConnected()
    return this.#session
  }

  async connect(signal: AbortSignal): Promise<void> {
    if (this.#wanted || signal.aborted) return
    this.#wanted = true
    this.#attempt = 0
    this.#downSince = undefined
    this.#inbound = new Inbound(this.#parts.host, this.#parts.timings.deliverRetryMs)
    signal.addEventListener('abort', () => void this.disconnect(), { once: true })
    await this.#start()
  }

  async disconnect(): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#timer)
    await this.#close()
    await this.#within(this.#inbound.drain())
    this.#inbound.stop()
    await this.#starting
  }

  /** Closing takes a few seconds at most; what is not done by then is in the journal. */
  #within(work: Promise<unknown>): Promise<unknown> {
    return Promise.race([work, new Promise((resolve) => setTimeout(resolve, this.#parts.timings.closeMs).unref())])
  }

  /** Ends the link for good: the device is removed at the network, and its keys are forgotten. */
  async logout(): Promise<void> {
    const session = this.#session
    if (session && this.#open) await session.socket.logout().catch((error: unknown) => this.#warn('could not log out at WhatsApp', error))
    await this.disconnect()
    await this.#parts.host.store.clear()
    this.#report({ state: 'logged_out', since: this.#now(), code: 'unlinked' })
  }

  #start(): Promise<void> {
    this.#starting = this.#openSession().finally(() => { this.#starting = undefined })
    return this.#starting
  }

  async #openSession(): Promise<void> {
    const { host, options, settings } = this.#parts
    const generation = ++this.#generation
    if (!this.#downSince) this.#report({ state: 'connecting', since: this.#now() })
    try {
      // What the last session heard comes first, and frees its entries in the journal.
      await this.#inbound.drain()
      this.#version = await versionToShow(host.store, settings, (await loadBaileys()).DEFAULT_CONNECTION_CONFIG.version)
      const session = await openSession(host, { ...options, version: this.#version }, {
        pairs: (pairs) => this.#heard(generation)?.(pairs),
        refused: (error) => this.#storeFailed(generation, error),
      })
      if (!session) {
        this.#wanted = false
        this.#report(this.#status.state === 'logged_out' ? this.#status : { state: 'unconfigured' })
        return
      }
      this.#session = session
      const listener = listen({
        host, settings, session, inbound: this.#inbound,
        isCurrent: () => generation === this.#generation && this.#session === session,
        opened: () => this.#opened(session),
        closed: (error) => void this.#closed(session, error),
        locked: (lock) => { this.reachoutLock = lock },
      })
      this.#pairs = { generation, hear: listener.pairs }
      if (!this.#wanted) await this.#close()
    } catch (error) {
      this.#retryAfter(error)
    }
  }

  #version: Version = [0, 0, 0]
  #pairs: { readonly generation: number; readonly hear: (pairs: readonly PhoneLid[]) => void } | undefined

  #heard(generation: number): ((pairs: readonly PhoneLid[]) => void) | undefined {
    return this.#pairs?.generation === generation ? this.#pairs.hear : undefined
  }

  #opened(session: Session): void {
    this.#open = true
    this.#downSince = undefined
    this.#openSince = this.#now().getTime()
    this.#triedVersions.clear()
    this.#report({ state: 'connected', since: this.#now(), account: session.who.ownProfile() })
  }

  async #close(): Promise<void> {
    const session = this.#session
    this.#session = null
    this.#open = false
    if (!session) return
    const closing = session.line.close().then(() => session.auth.writer.write(session.journal.leftovers()))
    await this.#within(closing.catch((error: unknown) => this.#warn('the line closed badly', error)))
    session.auth.writer.close()
  }

  /**
   * Keys in memory and in the store differ now, so nothing more may be sent or read with them. The socket is closed
   * before the client can confirm a message whose key was not stored: the network will send it again.
   */
  #storeFailed(generation: number, error: unknown): void {
    if (this.#generation !== generation || !this.#session) return
    void this.#close().then(() => this.#act({ do: 'retry', code: 'store_failed' }, error))
  }

  async #closed(session: Session, error: unknown): Promise<void> {
    if (this.#session !== session) return
    const { message, statusCode } = failureOf(error)
    const data: unknown = error instanceof Error && 'data' in error ? error.data : undefined
    const attributes = typeof data === 'object' && data !== null ? data as Record<string, unknown> : {}
    await this.#close()
    if (!this.#wanted) return
    this.#act(behaviourOf({ message, attributes, ...(statusCode === undefined ? {} : { statusCode }) }), error)
  }

  #act(behaviour: Behaviour, error: unknown): void {
    if (!this.#wanted) return
    if (behaviour.do === 'reconnect') return void this.#start()
    if (behaviour.do === 'retry') return this.#retry(behaviour, error)
    if (behaviour.do === 'forget') return void this.#forget(behaviour.code)
    if (behaviour.code === 'client_outdated') return void this.#outdated(behaviour)
    this.#stop(behaviour)
  }

  #retry(behaviour: Extract<Behaviour, { do: 'retry' }>, error: unknown): void {
    const { timings: { steadyMs, retryMs, random } } = this.#parts
    const now = this.#now().getTime()
    if (this.#openSince > 0 && now - this.#openSince >= steadyMs) this.#attempt = 0
    this.#openSince = 0
    if (behaviour.attempts !== undefined && this.#attempt >= behaviour.attempts && behaviour.then) return this.#act(behaviour.then, error)
    this.#downSince ??= this.#now()
    this.#report({ state: 'transient_disconnect', since: this.#downSince, code: behaviour.code })
    this.#warn('the line is down and will be tried again', error)
    this.#timer = setTimeout(() => void this.#start(), pauseMs(this.#attempt++, random, retryMs))
  }

  /** Opening itself failed: the library is missing, or the store does not answer. */
  #retryAfter(error: unknown): void {
    if (!this.#wanted) return
    if (isBridgeError(error) && error.kind === 'permanent') {
      return this.#stop({ do: 'stop', code: error.detail.remoteCode ?? error.code, action: 'upgrade' })
    }
    this.#retry({ do: 'retry', code: 'store_failed' }, error)
  }

  #stop(behaviour: Extract<Behaviour, { do: 'stop' }>): void {
    this.#wanted = false
    const until = behaviour.untilMs === undefined ? {} : { until: new Date(this.#now().getTime() + behaviour.untilMs) }
    this.#report({ state: 'action_required', since: this.#now(), code: behaviour.code, action: behaviour.action, ...until })
  }

  /** What was already decrypted reaches the host before the keys go. */
  async #forget(code: string): Promise<void> {
    this.#wanted = false
    await this.#inbound.drain()
    await this.#parts.host.store.clear().catch((error: unknown) => this.#warn('the keys could not be removed', error))
    this.#report({ state: 'logged_out', since: this.#now(), code })
  }

  /** Looked up once for each refused version: a newer one may be accepted. */
  async #outdated(behaviour: Extract<Behaviour, { do: 'stop' }>): Promise<void> {
    const { host, settings } = this.#parts
    const refused = this.#version.join('.')
    if (settings.lookUpVersion && !settings.clientVersion && !this.#triedVersions.has(refused)) {
      this.#triedVersions.add(refused)
      const found = await lookUpVersion(host)
      if (found && this.#wanted && found.join('.') !== refused) return void this.#start()
    }
    if (this.#wanted) this.#stop(behaviour)
  }

  #report(status: BridgeStatus): void {
    this.#status = status
    this.#parts.host.reportStatus(status)
  }

  #now(): Date {
    return this.#parts.host.clock.now()
  }

  #warn(message: string, error: unknown): void {
    const { message: reason, statusCode } = failureOf(error)
    this.#parts.host.log.warn(`whatsapp-web: ${message}`, { error: reason, ...(statusCode === undefined ? {} : { statusCode }) })
  }
}
