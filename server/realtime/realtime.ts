/** The live side of a process: screens of staff, pages of visitors, and what processes tell each other about both. */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { EphemeralEvent, Json } from '../../plugins/sdk/bridge.ts'
import type { Core } from '../actions/core.ts'
import { attendantOf } from '../actions/hosted.ts'
import { chatOfRemote } from '../actions/queries/remoteChats.ts'
import type { Bus } from '../adapters/bus.ts'
import type { Waker } from '../adapters/wake.ts'
import type { FarEnds } from '../bridges/host.ts'
import type { Bridges } from '../bridges/registry.ts'
import type { StoredEvent } from '../actions/queries/eventLines.ts'
import { Feed } from './feed.ts'
import { Staff, type StaffDeps, type TypingNews } from './staff.ts'
import { Visitors } from './visitors.ts'

const sessionsEvery = 5000
const changesAttendant = new Set(['assignment.started', 'assignment.ended', 'conversation.resolved'])

export interface RealtimeDeps extends Pick<StaffDeps, 'tokenOf' | 'originAllowed' | 'addressOf'> {
  readonly core: Core
  readonly bus: Bus
  readonly wake: Waker
}

export class Realtime implements FarEnds {
  readonly staff: Staff
  private readonly deps: RealtimeDeps
  private readonly visitors: Visitors
  private readonly feed: Feed
  private bridges: Bridges | null = null
  private io: Server | null = null
  private readonly stops: (() => void)[] = []
  constructor(deps: RealtimeDeps) {
    this.deps = deps
    this.visitors = new Visitors(() => this.running(), deps.bus)
    this.staff = new Staff({
      ...deps, feed: () => this.feed,
      typing: (chat, typing) => void this.bridges?.running(chat.channelId)?.bridge.presence?.setTyping?.(chat.remoteChatId, typing).catch(() => undefined),
    })
    this.feed = new Feed(deps.core, {
      take: async (events, cursor) => {
        await this.staff.take(events, cursor)
        this.tellAttendants(events)
      },
    })
  }

  /** The bridges know the far ends, and these the bridges: put together after both are made. */
  use(bridges: Bridges): void {
    this.bridges = bridges
  }

  async start(server: HttpServer): Promise<void> {
    this.io = new Server(server, { path: '/socket', transports: ['websocket'], serveClient: false, maxHttpBufferSize: 64 * 1024, pingInterval: 20_000, pingTimeout: 20_000 })
    this.staff.attach(this.io.of('/app'))
    this.visitors.attach(this.io.of('/visitor'))
    const check = (): void => {
      this.staff.checkSessions().catch((error: unknown) => this.deps.core.log.warn('sessions not checked', { error: error instanceof Error ? error.message : String(error) }))
    }
    const timer = setInterval(check, sessionsEvery)
    this.stops.push(() => clearInterval(timer), this.deps.wake.on('control', check))
    await this.feed.start(this.deps.wake)
  }

  async push(channelId: string, chat: string, frame: Json): Promise<void> {
    this.visitors.push(channelId, chat, frame)
  }

  /** The customer types: to whoever has the chat. */
  signal(channelId: string, event: EphemeralEvent): void {
    chatOfRemote(this.deps.core, channelId, event.chat).then((chat) => {
      if (!chat) return
      this.deps.bus.publish('typing', { chatId: chat.id, agentId: chat.agentId, who: { kind: 'customer', id: null, name: chat.title }, typing: event.typing } satisfies TypingNews)
    }, (error: unknown) => this.deps.core.log.debug('typing not shown', { error: String(error) }))
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) stop()
    this.feed.stop()
    await this.staff.close()
    await this.io?.close()
  }

  private running(): Bridges {
    if (!this.bridges) throw new Error('the live side was started without its bridges')
    return this.bridges
  }

  /** Far ends that show who attends are told when that changes. */
  private tellAttendants(events: readonly StoredEvent[]): void {
    const chats = new Set(events.filter((event) => event.chatId !== null && changesAttendant.has(event.type) && this.bridges?.running(event.channelId ?? '')?.bridge.hosted?.attended).map((event) => event.chatId as string))
    for (const chatId of chats) {
      attendantOf(this.deps.core, chatId)
        .then((attendant) => attendant && this.bridges?.running(attendant.channelId)?.bridge.hosted?.attended?.(attendant.remoteChatId, attendant.by))
        .catch((error: unknown) => this.deps.core.log.debug('attendant not shown', { error: String(error) }))
    }
  }
}
