/** The live connection: a socket per page, by which the server sends frames. What is said goes over HTTP. */
import { io } from 'socket.io-client'
import { visitorSocket, type Frame } from '../../../plugins/widget/frames.ts'

export interface Line {
  /** Another visitor from now on. */
  reconnect(): void
}

export interface LineEvents {
  token(): string
  frame(frame: Frame): void
  online(): void
  offline(): void
  /** The server does not take the token: get another, then reconnect. */
  expired(): void
}

/** A short break is nobody's business. */
const graceMs = 2000

export function connect(base: string, key: string, events: LineEvents): Line {
  const socket = io(new URL(visitorSocket.namespace, base).href, {
    path: visitorSocket.path,
    transports: ['websocket'],
    auth: (give: (data: object) => void) => { give({ token: events.token(), key }) },
    reconnectionDelay: 500,
    reconnectionDelayMax: 10_000,
  })
  let worry: ReturnType<typeof setTimeout> | null = null
  const calm = (): void => { if (worry) clearTimeout(worry); worry = null }
  socket.on('connect', () => { calm(); events.online() })
  socket.on(visitorSocket.event, (frame: Frame) => { events.frame(frame) })
  socket.on('disconnect', (reason) => {
    worry ??= setTimeout(() => { worry = null; events.offline() }, graceMs)
    // The server closes a socket whose session ran out; the client library waits to be told to try again.
    if (reason === 'io server disconnect') events.expired()
  })
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    worry ??= setTimeout(() => { worry = null; events.offline() }, graceMs)
    // While the line is broken the library tries again by itself; after a refusal it does not.
    if (socket.active) return
    const unauthorized = error.data?.code === 'unauthorized'
    setTimeout(() => { if (unauthorized) events.expired(); else socket.connect() }, unauthorized ? 1000 : 15_000)
  })
  window.addEventListener('online', () => { if (!socket.connected) socket.connect() })
  window.addEventListener('offline', () => { events.offline() })
  return {
    reconnect: () => { socket.disconnect().connect() },
  }
}
