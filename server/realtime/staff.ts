/**
 * The sockets of agents and supervisors (contract/feed.ts). Each is told of what its reader may see, from a batch that
 * is read once for all; a reader who comes back says where they stopped.
 */
import type { IncomingMessage } from 'node:http'
import type { Namespace, Socket } from 'socket.io'
import type { Bus } from '../adapters/bus.ts'
import { accessChat, viewerOf } from '../actions/access.ts'
import type { Core } from '../actions/core.ts'
import { agentConnected, agentDisconnected } from '../actions/presence.ts'
import { readBoard } from '../actions/queries/board.ts'
import type { StoredEvent } from '../actions/queries/eventLines.ts'
import { feedAfter, feedDistance, loadFeed } from '../actions/queries/feed.ts'
import { FeedCutter } from '../actions/queries/feedItems.ts'
import { endedSessions, findSession, sessionById, type App, type Session } from '../actions/sessions.ts'
import type { FeedViewer } from '../domain/audience.ts'
import { can } from '../domain/permissions.ts'
import type { FeedBatch } from '../http/contract/feed.ts'
import type { Locale } from '../http/contract/common.ts'
import type { Feed, FeedReader } from './feed.ts'

/** Beyond this a browser does better to read everything anew. */
const farthestBack = 5000
const quietStretch = 500
const boardEvery = 1000
const changesBoard = /^(agent\.|assignment\.|queue\.|conversation\.|membership\.|chat\.)/

interface Client {
  readonly socket: Socket
  session: Session
  viewer: FeedViewer
  locale: Locale
  /** Batches are held back while what was missed is being sent; null when live. */
  held: FeedBatch[] | null
  /** Nothing is sent before the first 'resume'. */
  resumed: boolean
  /** The last cursor that was sent. */
  told: number
}

export interface StaffDeps {
  readonly core: Core
  readonly bus: Bus
  readonly feed: () => Feed
  /** The session cookie of an application in a handshake. */
  tokenOf(cookies: string | undefined, app: App): string | null
  originAllowed(headers: { origin?: string | undefined; host?: string | undefined }): boolean
  /** Whose browser it is, through the proxies that are trusted. */
  addressOf(request: IncomingMessage): string
  /** An agent types: shown to the customer where the bridge can. */
  typing(chat: { channelId: string; remoteChatId: string }, typing: boolean): void
}

export class Staff implements FeedReader {
  private readonly deps: StaffDeps
  private readonly clients = new Map<string, Client>()
  private boardTimer: NodeJS.Timeout | null = null
  private boardAt = 0
  private namespace: Namespace | null = null
  constructor(deps: StaffDeps) {
    this.deps = deps
    deps.bus.on('typing', (payload) => this.showTyping(payload as TypingNews))
  }

  get size(): number {
    return this.clients.size
  }

  attach(namespace: Namespace): void {
    this.namespace = namespace
    namespace.use((socket, next) => {
      this.admit(socket).then(() => next(), () => next(Object.assign(new Error('unauthorized'), { data: { code: 'unauthorized' } })))
    })
    namespace.on('connection', (socket) => this.connected(socket))
  }

  /** Sends a batch to everybody it concerns, in the order of the log. */
  async take(events: readonly StoredEvent[], cursor: string): Promise<void> {
    if (this.clients.size > 0) {
      if (events.some((event) => event.type.startsWith('membership.'))) await this.renewViewers()
      const content = await loadFeed(this.deps.core, events)
      const cutter = new FeedCutter(content)
      const alike = new Map<string, { message: FeedBatch; sockets: string[] }>()
      for (const client of this.clients.values()) {
        if (!client.resumed) continue
        const { key, items } = cutter.cut(client.viewer, client.locale)
        // Nothing for this reader; now and then they learn how far the log is, so that a break does not cost them everything.
        if (items.length === 0 && Number(cursor) - client.told < quietStretch) continue
        client.told = Number(cursor)
        const message: FeedBatch = { cursor, items }
        if (client.held) client.held.push(message)
        else {
          const group = alike.get(key) ?? { message, sockets: [] }
          group.sockets.push(client.socket.id)
          alike.set(key, group)
        }
      }
      // Written once for all who are told the same: most of the cost of a full house is the writing.
      for (const { message, sockets } of alike.values()) this.namespace?.to(sockets).emit('events', message)
      if (events.some((event) => changesBoard.test(event.type))) this.boardSoon()
    }
    if (events.some((event) => event.type === 'agent.session_closed')) await this.checkSessions()
  }

  /** Other processes took this one for dead, and its sockets with it: they are here all the same. */
  async announce(): Promise<void> {
    for (const client of this.clients.values()) {
      if (client.session.app === 'agent' && (await agentConnected(this.deps.core, client.session.id)) === 'closed') await this.checkSessions()
    }
  }

  /** Sockets whose session has ended are told why, and closed. */
  async checkSessions(): Promise<void> {
    const ids = [...new Set([...this.clients.values()].map((client) => client.session.id))]
    if (ids.length === 0) return
    const ended = await endedSessions(this.deps.core, ids)
    for (const client of this.clients.values()) {
      const reason = ended.get(client.session.id)
      if (reason === undefined) continue
      client.socket.emit('session_closed', { reason })
      client.socket.disconnect(true)
    }
  }

  async close(): Promise<void> {
    if (this.boardTimer) clearTimeout(this.boardTimer)
    const agents = [...this.clients.values()].filter((client) => client.session.app === 'agent')
    this.clients.clear()
    for (const client of agents) await agentDisconnected(this.deps.core, client.session.id)
  }

  private async admit(socket: Socket): Promise<void> {
    const { headers } = socket.handshake
    const app: App = socket.handshake.auth.app === 'supervisor' ? 'supervisor' : 'agent'
    const token = this.deps.tokenOf(headers.cookie, app)
    const session = token && this.deps.originAllowed(headers) ? await findSession(this.deps.core, token, this.deps.addressOf(socket.request)) : null
    if (!session || session.user.mustChangePassword) throw new Error('unauthorized')
    socket.data.session = session
  }

  private connected(socket: Socket): void {
    const { core } = this.deps
    const session = socket.data.session as Session
    // A browser speaks as soon as it is let in: who listens must be there before anything is read.
    const client = this.welcome(socket, session)
    const heard = (handler: (client: Client, input: unknown, ack: unknown) => Promise<void>) => (input: unknown, ack: unknown): void => {
      client.then((known) => (known ? handler(known, input, ack) : undefined)).catch((error: unknown) => {
        core.log.debug('socket request failed', { sessionId: session.id, error: error instanceof Error ? error.message : String(error) })
      })
    }
    socket.on('resume', heard((known, input, ack) => this.resume(known, input, ack).catch((error: unknown) => {
      // Half resumed is worse than not: the browser comes again.
      socket.disconnect(true)
      throw error
    })))
    socket.on('watch', heard((known, input, ack) => this.watch(known, input, ack)))
    socket.on('unwatch', heard(async (known, input) => this.unwatch(known, input)))
    socket.on('typing', heard((known, input) => this.typed(known, input)))
    socket.on('disconnect', () => {
      // One after the other: a socket that is gone again must not count as there.
      client.then((known) => known && this.leave(known)).catch((error: unknown) => {
        core.log.warn('lost socket not recorded', { error: error instanceof Error ? error.message : String(error) })
      })
    })
    client.catch((error: unknown) => {
      core.log.warn('socket not served', { error: error instanceof Error ? error.message : String(error) })
      socket.disconnect(true)
    })
  }

  private async welcome(socket: Socket, session: Session): Promise<Client | null> {
    const { core } = this.deps
    const viewer = { ...(await viewerOf(core.db, session.actor)), watching: new Set<string>() }
    const client: Client = { socket, session, viewer, locale: localeOf(session), held: null, resumed: false, told: 0 }
    this.clients.set(socket.id, client)
    // Closed: another session of this agent is active by now, so this one is over (domain §7.3).
    if (session.app === 'agent' && (await agentConnected(core, session.id)) === 'closed') await this.checkSessions()
    return client
  }

  private async leave(client: Client): Promise<void> {
    if (this.clients.delete(client.socket.id) && client.session.app === 'agent') await agentDisconnected(this.deps.core, client.session.id)
  }

  /** What was missed since the cursor, then live. Batches that come meanwhile are sent after it; ids that come twice are the same. */
  private async resume(client: Client, input: unknown, ack: unknown): Promise<void> {
    const answer = typeof ack === 'function' ? (ack as (answer: unknown) => void) : (): void => undefined
    const cursor = typeof input === 'object' && input !== null && 'cursor' in input && typeof input.cursor === 'string' ? Number(input.cursor) : Number.NaN
    client.resumed = true
    client.held = []
    client.told = 0
    const { core } = this.deps
    const from = Number.isSafeInteger(cursor) && cursor >= 0 ? cursor : null
    const { lost, behind } = from === null ? { lost: true, behind: 0 } : await feedDistance(core, from)
    if (from === null || lost || behind > farthestBack) {
      client.held = null
      answer({ ok: false, reload: true })
      client.socket.emit('reload', { reason: lost ? 'lost' : 'too_far' })
      return
    }
    answer({ ok: true, cursor: String(from) })
    for (let at = from, events = await feedAfter(core, at, 500); events.length > 0; events = await feedAfter(core, at, 500)) {
      at = events.at(-1)?.id ?? at
      const items = new FeedCutter(await loadFeed(core, events)).cut(client.viewer, client.locale).items
      client.socket.emit('events', { cursor: String(Math.min(at, this.deps.feed().cursor)), items } satisfies FeedBatch)
      if (events.length < 500) break
    }
    for (const batch of client.held) client.socket.emit('events', batch)
    client.held = null
    if (can(client.viewer.actor, 'board.see') && client.session.app === 'supervisor') client.socket.emit('board', await readBoard(core))
  }

  private async watch(client: Client, input: unknown, ack: unknown): Promise<void> {
    const chatId = chatIdOf(input)
    const answer = typeof ack === 'function' ? (ack as (answer: unknown) => void) : (): void => undefined
    try {
      await accessChat(this.deps.core, this.deps.core.db, client.session.actor, chatId, 'see')
      client.viewer = { ...client.viewer, watching: new Set([...client.viewer.watching, chatId]) }
      answer({ ok: true })
    } catch {
      answer({ ok: false })
    }
  }

  private unwatch(client: Client, input: unknown): void {
    const watching = new Set(client.viewer.watching)
    watching.delete(chatIdOf(input))
    client.viewer = { ...client.viewer, watching }
  }

  private async typed(client: Client, input: unknown): Promise<void> {
    const chatId = chatIdOf(input)
    const typing = typeof input === 'object' && input !== null && 'typing' in input && input.typing === true
    const { chat } = await accessChat(this.deps.core, this.deps.core.db, client.session.actor, chatId, 'write')
    // A note in the making is not the customer's business.
    const note = typeof input === 'object' && input !== null && 'note' in input && input.note === true
    if (!note) this.deps.typing({ channelId: chat.channelId, remoteChatId: chat.remoteChatId }, typing)
    const { kind, id, name } = client.session.actor
    this.deps.bus.publish('typing', { chatId, agentId: chat.agentId, who: { kind, id, name }, typing } satisfies TypingNews)
  }

  private showTyping(news: TypingNews): void {
    for (const client of this.clients.values()) {
      if (client.viewer.actor.id === news.who.id && news.who.id !== null) continue
      if (client.viewer.watching.has(news.chatId) || (news.agentId !== null && client.viewer.agentId === news.agentId)) {
        client.socket.emit('typing', { chatId: news.chatId, who: news.who, typing: news.typing })
      }
    }
  }

  /** Own queues have changed for somebody: what they may see follows from them. */
  private async renewViewers(): Promise<void> {
    const { core } = this.deps
    for (const client of this.clients.values()) {
      const session = await sessionById(core, client.session.id)
      if (!session) continue
      client.session = session
      client.viewer = { ...(await viewerOf(core.db, session.actor)), watching: client.viewer.watching }
    }
  }

  /** At most once a second, and once more for what comes during it. */
  private boardSoon(): void {
    if (this.boardTimer) return
    this.boardTimer = setTimeout(() => {
      this.boardTimer = null
      this.boardAt = Date.now()
      void this.sendBoard().catch((error: unknown) => this.deps.core.log.warn('board not read', { error: error instanceof Error ? error.message : String(error) }))
    }, Math.max(0, this.boardAt + boardEvery - Date.now()))
  }

  private async sendBoard(): Promise<void> {
    const readers = [...this.clients.values()].filter((client) => client.resumed && client.session.app === 'supervisor' && can(client.viewer.actor, 'board.see'))
    if (readers.length === 0) return
    const board = await readBoard(this.deps.core)
    for (const client of readers) client.socket.emit('board', board)
  }
}

export interface TypingNews {
  readonly chatId: string
  readonly agentId: string | null
  readonly who: { readonly kind: string; readonly id: string | null; readonly name: string }
  readonly typing: boolean
}

const localeOf = (session: Session): Locale => (session.user.preferences.locale === 'en' ? 'en' : 'es')

function chatIdOf(input: unknown): string {
  return typeof input === 'object' && input !== null && 'chatId' in input && typeof input.chatId === 'string' ? input.chatId : ''
}
