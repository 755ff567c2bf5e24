/** The sockets of hosted networks' far ends (the widget's visitors): whose a socket is says its bridge. */
import type { Namespace, Socket } from 'socket.io'
import type { Json } from '../../plugins/sdk/bridge.ts'
import type { Bus } from '../adapters/bus.ts'
import type { Bridges } from '../bridges/registry.ts'

const room = (channelId: string, chat: string): string => `${channelId}\n${chat}`
interface FrameNews { readonly channelId: string; readonly chat: string; readonly frame: Json }

export class Visitors {
  private readonly bridges: () => Bridges
  private readonly bus: Bus
  private namespace: Namespace | null = null
  constructor(bridges: () => Bridges, bus: Bus) {
    this.bridges = bridges
    this.bus = bus
    bus.on('frame', (payload) => {
      const { channelId, chat, frame } = payload as FrameNews
      this.namespace?.to(room(channelId, chat)).emit('frame', frame)
    })
    // Frames may have been missed: pages connect again, and ask for what they lack.
    bus.onGap(() => {
      for (const socket of this.namespace?.sockets.values() ?? []) socket.conn.close()
    })
  }

  attach(namespace: Namespace): void {
    this.namespace = namespace
    namespace.use((socket, next) => {
      const refused = this.admit(socket)
      next(refused ? Object.assign(new Error(refused), { data: { code: refused } }) : undefined)
    })
    namespace.on('connection', (socket) => {
      const { channelId, chat, expiresAt } = socket.data as { channelId: string; chat: string; expiresAt: number }
      void socket.join(room(channelId, chat))
      const timer = setTimeout(() => socket.disconnect(), Math.min(Math.max(0, expiresAt - Date.now()), 2_147_483_647))
      socket.on('disconnect', () => clearTimeout(timer))
    })
  }

  push(channelId: string, chat: string, frame: Json): void {
    this.bus.publish('frame', { channelId, chat, frame } satisfies FrameNews)
  }

  /** Answers why not, or null. */
  private admit(socket: Socket): string | null {
    const { auth, headers, secure } = socket.handshake
    const { token, key } = auth as { token?: unknown; key?: unknown }
    if (typeof token !== 'string' || typeof key !== 'string') return 'unauthorized'
    const running = this.bridges().all().find((one) => one.bridge.hosted && one.channel.identity === key)
    if (!running?.bridge.hosted) return 'not_found'
    const proto = headers['x-forwarded-proto']
    const scheme = typeof proto === 'string' ? proto.split(',')[0]?.trim() : secure ? 'https' : 'http'
    const visitor = running.bridge.hosted.authenticate({ token, key, origin: headers.origin ?? null, self: `${scheme}://${headers.host ?? ''}` })
    if (!visitor) return 'unauthorized'
    Object.assign(socket.data as object, { channelId: running.channel.id, chat: visitor.chat, expiresAt: visitor.expiresAt.getTime() })
    return null
  }
}
