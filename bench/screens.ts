/** Agents with their application open: signed in over HTTP, connected by socket, noting when each message reaches them. */
import { io, type Socket } from 'socket.io-client'
import type { FeedBatch } from '../server/http/contract/feed.ts'
import type { SessionView } from '../server/http/contract/session.ts'

export interface Screens {
  /** Customer messages that reached the screen of whoever holds the chat, by their text. */
  readonly seen: Map<string, { times: number; at: number }>
  close(): void
}

export async function openScreens(baseUrl: string, agents: readonly { username: string }[], password: string): Promise<Screens> {
  const seen = new Map<string, { times: number; at: number }>()
  const sockets: Socket[] = []
  for (const { username } of agents) {
    const response = await fetch(`${baseUrl}/app/session`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ app: 'agent', username, password }),
    })
    if (response.status !== 201) throw new Error(`sign-in answered ${response.status}: ${await response.text()}`)
    const session = (await response.json()) as SessionView
    const cookie = response.headers.getSetCookie().map((text) => text.split(';')[0]).join('; ')
    const bootstrap = (await (await fetch(`${baseUrl}/app/bootstrap`, { headers: { cookie, 'x-csrf-token': session.csrf } })).json()) as { cursor: string }
    const socket = io(`${baseUrl}/app`, { path: '/socket', transports: ['websocket'], extraHeaders: { cookie, origin: baseUrl }, auth: { app: 'agent' }, forceNew: true })
    socket.on('events', (batch: FeedBatch) => {
      const at = performance.timeOrigin + performance.now()
      for (const { type, message, chat } of batch.items) {
        if (type === 'message.created' && message?.direction === 'in') {
          const known = seen.get(message.text)
          seen.set(message.text, { times: (known?.times ?? 0) + 1, at: known?.at ?? at })
        }
        // What a customer said before the chat was anybody's comes with its row, when it is given to an agent.
        else if (type === 'assignment.started' && chat?.preview && !seen.has(chat.preview.text)) seen.set(chat.preview.text, { times: 1, at })
      }
    })
    await new Promise<void>((resolve, reject) => {
      socket.on('connect', () => socket.emit('resume', { cursor: bootstrap.cursor }, () => resolve()))
      socket.on('connect_error', reject)
    })
    sockets.push(socket)
  }
  return { seen, close: () => { for (const socket of sockets) socket.close() } }
}
