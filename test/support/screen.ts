/** The live side of a company on a free port, and the sockets of people's screens. Waits for what comes, never for time. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { io, type Socket } from 'socket.io-client'
import type { Core } from '../../server/actions/core.ts'
import { insertSession, type App } from '../../server/actions/sessions.ts'
import { transact } from '../../server/actions/transact.ts'
import { LocalBus, type Bus } from '../../server/adapters/bus.ts'
import type { Waker } from '../../server/adapters/wake.ts'
import type { Bridges } from '../../server/bridges/registry.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import type { FeedBatch, FeedItem, ResumeAnswer } from '../../server/http/contract/feed.ts'
import { callerReader } from '../../server/http/caller.ts'
import { originAllowed } from '../../server/http/session.ts'
import { Realtime } from '../../server/realtime/realtime.ts'

export class Live {
  readonly realtime: Realtime
  readonly server: Server
  readonly core: Core
  url = ''
  private readonly screens: Screen[] = []

  static async start(core: Core, wake: Waker, bridges: Bridges, bus: Bus = new LocalBus()): Promise<Live> {
    const live = new Live(core, wake, bus)
    live.realtime.use(bridges)
    await new Promise<void>((resolve) => live.server.listen(0, '127.0.0.1', resolve))
    live.url = `http://127.0.0.1:${(live.server.address() as AddressInfo).port}`
    await live.realtime.start(live.server)
    return live
  }

  private constructor(core: Core, wake: Waker, bus: Bus) {
    this.core = core
    this.server = createServer((_request, response) => { response.writeHead(404).end() })
    this.realtime = new Realtime({
      core, wake, bus, tokenOf: (cookies) => cookies?.replace(/^token=/, '') ?? null, originAllowed: (headers) => originAllowed('http://turno.test', headers),
      addressOf: (request) => callerReader(['127.0.0.1'])(request).address,
    })
  }

  /** A signed-in person's browser, its socket not yet connected. */
  async screen(actor: Actor, app: App = actor.kind === 'agent' ? 'agent' : 'supervisor'): Promise<Screen> {
    const { token, id } = await transact(this.core, (tx) => insertSession(this.core, tx, { userId: actor.id as string, app, address: '127.0.0.1', userAgent: 'test' }))
    return this.screenWith(token, id, app)
  }

  screenWith(token: string, sessionId: string, app: App, headers: Record<string, string> = {}): Screen {
    const screen = new Screen(this.url, token, sessionId, app, headers)
    this.screens.push(screen)
    return screen
  }

  async stop(): Promise<void> {
    for (const screen of this.screens) screen.leave()
    await this.realtime.stop()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

export class Screen {
  readonly socket: Socket
  readonly sessionId: string
  readonly token: string
  readonly batches: FeedBatch[] = []
  readonly heard: { event: string; payload: unknown }[] = []
  private readonly waiting = new Set<() => void>()

  constructor(url: string, token: string, sessionId: string, app: App, headers: Record<string, string>) {
    this.sessionId = sessionId
    this.token = token
    this.socket = io(`${url}/app`, {
      path: '/socket', transports: ['websocket'], autoConnect: false, reconnection: false, forceNew: true, auth: { app }, extraHeaders: { cookie: `token=${token}`, ...headers },
    })
    this.socket.onAny((event: string, payload: unknown) => {
      if (event === 'events') this.batches.push(payload as FeedBatch)
      else this.heard.push({ event, payload })
      this.look()
    })
    this.socket.on('disconnect', () => this.look())
  }

  get items(): FeedItem[] {
    return this.batches.flatMap((batch) => batch.items)
  }
  get cursor(): string | null {
    return this.batches.at(-1)?.cursor ?? null
  }

  connect(): Promise<'connected' | string> {
    return new Promise((resolve) => {
      this.socket.once('connect', () => resolve('connected'))
      this.socket.once('connect_error', (error: Error & { data?: { code?: string } }) => resolve(error.data?.code ?? error.message))
      this.socket.connect()
    })
  }

  resume(cursor: string | null): Promise<ResumeAnswer> {
    return this.socket.emitWithAck('resume', { cursor }) as Promise<ResumeAnswer>
  }

  /** Resolves once it is so; looked at again whenever something comes. */
  until(what: string, isSo: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => { this.waiting.delete(look); reject(new Error(`never: ${what}; came: ${JSON.stringify(this.items.map((item) => [item.type, item.chatId]))}`)) }, 8000)
      const look = (): void => {
        if (!isSo()) return
        clearTimeout(timer)
        this.waiting.delete(look)
        resolve()
      }
      this.waiting.add(look)
      look()
    })
  }

  untilItem(what: string, is: (item: FeedItem) => boolean): Promise<FeedItem> {
    return this.until(what, () => this.items.some(is)).then(() => this.items.find(is) as FeedItem)
  }

  leave(): void {
    this.socket.disconnect()
  }

  private look(): void {
    for (const look of [...this.waiting]) look()
  }
}

