/**
 * The smallest host that a widget page can live on: the built pages, the hosted routes of the real bridge and its
 * socket, in memory. For looking at the page and testing it without a server; `npx tsx test/fakes/widgetHost.ts` serves
 * the demo.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Server as SocketServer } from 'socket.io'
import type { Bridge, HostedMessage, HostedReply, HostedRoute, HostMedia, InboundEvent, OutboundMessage, Part, Speaker } from '../../plugins/sdk/index.ts'
import { fakeHost, type FakeHost } from '../../plugins/sdk/testkit/index.ts'
import { visitorSocket } from '../../plugins/widget/frames.ts'
import type { WidgetChannelSettings } from '../../plugins/widget/settings.ts'
import widget from '../../plugins/widget/index.ts'

const pages = fileURLToPath(new URL('../../dist/ui/', import.meta.url))
const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

export interface WidgetHost {
  readonly url: string
  readonly fake: FakeHost
  readonly bridge: Bridge
  /** Ids of chats in which something was said, in order. */
  readonly chats: string[]
  /** What the company says, as an agent or the menu; ids follow from the count. */
  say(chat: string, part: Part, by?: Speaker | null, over?: Partial<Extract<OutboundMessage, { op: 'send' }>>): Promise<string>
  /** Resolves with the next event that passes; used instead of waiting. */
  next(test: (event: InboundEvent) => boolean): Promise<InboundEvent>
  /** Breaks every connection and refuses new ones, or takes them again on the same port. */
  down(): Promise<void>
  up(): Promise<void>
  close(): Promise<void>
}

export interface WidgetHostOptions {
  readonly settings?: WidgetChannelSettings
  readonly port?: number
}

export const demoKey = 'almendros-web'

export async function startWidgetHost(options: WidgetHostOptions = {}): Promise<WidgetHost> {
  const fake = fakeHost({ now: new Date() })
  const chats: string[] = []
  const waiting: { test: (event: InboundEvent) => boolean; found: (event: InboundEvent) => void }[] = []
  let said = 0
  let server: Server
  let sockets: SocketServer

  const remember = (chat: string, message: HostedMessage): void => {
    const history = fake.histories.get(chat) ?? []
    if (!history.some((one) => one.id === message.id)) fake.histories.set(chat, [...history, message])
    const files = message.parts.flatMap((part) => ('media' in part && part.media.at === 'host' ? [part.media] : []))
    fake.files.set(chat, [...(fake.files.get(chat) ?? []), ...files])
  }
  const host = {
    ...fake.host,
    clock: { now: () => new Date() },
    deliver: async (events: readonly InboundEvent[]) => {
      await fake.host.deliver(events)
      for (const event of events) {
        if (event.kind === 'message') {
          if (!chats.includes(event.chat)) chats.push(event.chat)
          remember(event.chat, { id: event.id, at: event.at, fromAccount: false, parts: event.parts })
        }
        for (const one of waiting.splice(0)) {
          if (one.test(event)) one.found(event)
          else waiting.push(one)
        }
      }
    },
    push: async (chat: string, frame: unknown) => { sockets.of(visitorSocket.namespace).to(chat).emit(visitorSocket.event, frame) },
  }
  const bridge = widget.open({
    id: '01', webhookUrl: '', secrets: { tokenKey: 'k'.repeat(64), identifySecret: 's'.repeat(64) },
    settings: { key: demoKey, name: 'Clínica Los Almendros', ...options.settings },
  }, host)

  async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks).subarray(0, limit)
  }

  function match(method: string, path: string): { route: HostedRoute; params: Record<string, string> } | null {
    for (const route of bridge.hosted?.routes ?? []) {
      const names = [...route.path.matchAll(/:(\w+)/g)].map((one) => one[1] ?? '')
      const found = new RegExp(`^${route.path.replace(/:\w+/g, '([^/]+)')}$`).exec(path)
      if (route.method === method && found) return { route, params: Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')])) }
    }
    return null
  }

  function serveMedia(response: ServerResponse, media: HostMedia): void {
    response.writeHead(200, { 'content-type': media.mimeType, 'content-length': media.size, 'x-content-type-options': 'nosniff' })
    media.open().pipe(response)
  }

  async function hosted(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const found = match(request.method ?? 'GET', url.pathname.slice(`/b/widget/${demoKey}`.length))
    if (!found) return void response.writeHead(404).end()
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const reply: HostedReply = await found.route.handle({
      method: request.method === 'POST' ? 'POST' : 'GET', url: url.href, path: url.pathname, query: Object.fromEntries(url.searchParams), headers,
      remoteAddress: '127.0.0.1', params: found.params,
      rawBody: found.route.streamed ? Buffer.alloc(0) : await bodyOf(request, found.route.maxBodyBytes),
      ...(found.route.streamed ? { stream: request } : {}),
    }, new AbortController().signal)
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value)
    if ('media' in reply) return serveMedia(response, reply.media)
    response.writeHead(reply.status, reply.contentType ? { 'content-type': reply.contentType } : {}).end(reply.body)
  }

  async function page(response: ServerResponse, path: string): Promise<void> {
    const file = join(pages, normalize(path.endsWith('/') ? `${path}index.html` : path))
    if (!file.startsWith(pages) || !(await stat(file).catch(() => null))?.isFile()) return void response.writeHead(404).end()
    const policy = `default-src 'self'; img-src 'self' blob: data: https:; media-src 'self' blob:; connect-src 'self' ws:; frame-ancestors ${['\'self\'', ...bridge.hosted?.origins() ?? []].join(' ')}; object-src 'none'; base-uri 'none'`
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': policy })
    createReadStream(file).pipe(response)
  }

  async function listen(port: number): Promise<number> {
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`)
      const answer = url.pathname.startsWith('/b/widget/') ? hosted(request, response, url) : page(response, url.pathname)
      answer.catch((error: unknown) => { response.writeHead(500).end(String(error)) })
    })
    sockets = new SocketServer(server, { path: visitorSocket.path, serveClient: false, transports: ['websocket'] })
    sockets.of(visitorSocket.namespace).use((socket, next) => {
      const { token, key } = socket.handshake.auth as { token: string; key: string }
      const self = `http://${socket.handshake.headers.host ?? ''}`
      const visitor = bridge.hosted?.authenticate({ token, key, origin: socket.handshake.headers.origin ?? null, self })
      if (!visitor) return next(Object.assign(new Error('unauthorized'), { data: { code: 'unauthorized' } }))
      void socket.join(visitor.chat)
      next()
    })
    await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
    return (server.address() as AddressInfo).port
  }
  const stop = async (): Promise<void> => {
    await sockets.close()
    server.closeAllConnections()
  }

  const port = await listen(options.port ?? 0)
  await bridge.connect(new AbortController().signal)
  return {
    url: `http://127.0.0.1:${port}`,
    fake,
    bridge,
    chats,
    say: async (chat, part, by = null, over = {}) => {
      const message: OutboundMessage = {
        op: 'send', idempotencyKey: `key-${++said}`, chat, author: by ? 'human' : 'automatic', part, ...(by ? { speaker: by } : {}), ...over,
      }
      const { ids: [id], at } = await bridge.send(message, new AbortController().signal)
      const { replyTo } = message
      remember(chat, {
        id, at, fromAccount: true, parts: [part], author: message.author, ...(by ? { speaker: by } : {}),
        ...(replyTo ? { replyTo: { id: replyTo.id, fromAccount: false, part: replyTo.part } } : {}),
      })
      return id
    },
    next: (test) => new Promise((found) => { waiting.push({ test, found }) }),
    down: stop,
    up: async () => { await listen(port) },
    close: stop,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const host = await startWidgetHost({ port: 8099, settings: { teaser: { es: '¿Necesita una cita? Escríbanos.', en: 'Do you need an appointment? Write to us.' } } })
  process.stdout.write(`${host.url}/demo/?key=${demoKey}\n`)
}
