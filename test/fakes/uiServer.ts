/**
 * Stands in for the server in the screens' tests: the routes and the feed of the contract over a world in memory, the
 * built pages with the strictest policy they must live under, and faults on demand. Loopback only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'
import type { AddressInfo, Socket as TcpSocket } from 'node:net'
import { Server, type Socket } from 'socket.io'
import sharp from 'sharp'
import type { Board } from '../../server/http/contract/agents.ts'
import type { ActorView } from '../../server/http/contract/common.ts'
import type { ChatCounts, ChatDetail, ChatListName, ChatRow, MessageView } from '../../server/http/contract/chats.ts'
import type { OfferView } from '../../server/http/contract/offers.ts'
import type { DraftView } from '../../server/http/contract/desk.ts'
import type { FeedItem } from '../../server/http/contract/feed.ts'
import type { Bootstrap, SessionView } from '../../server/http/contract/session.ts'
import { buildWorld, type Chat, type Person } from './uiWorld.ts'

export const policy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob: data:", "media-src 'self' blob:", "connect-src 'self'",
  "font-src 'self'", "manifest-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
].join('; ')

const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' }

class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message = 'No se pudo.') {
    super(message)
    this.status = status
    this.code = code
  }
}

interface Session { token: string; person: Person; view: SessionView }
interface Sent { status?: number; body?: unknown; cookie?: string }

export interface UiServerOptions { dist: string; now?: () => number; preferences?: Partial<SessionView['preferences']> }

export async function startUiServer({ dist, now = () => Date.now(), preferences = {} }: UiServerOptions) {
  const world = buildWorld(now())
  const sessions = new Map<string, Session>()
  const log: FeedItem[] = []
  const requests: { method: string; path: string; body: unknown }[] = []
  const drafts: DraftView[] = []
  const offers = new Map<string, OfferView>()
  const uploads = new Map<string, { bytes: Buffer; mime: string; name: string }>()
  const tcp = new Set<TcpSocket>()
  const faults: { when: (method: string, path: string) => boolean; refusal: Refusal }[] = []
  let refuseSockets = false
  let serial = 0
  const photo = await sharp({ create: { width: 640, height: 420, channels: 3, background: '#b08d68' } })
    .composite([{ input: Buffer.from('<svg width="640" height="420"><g transform="rotate(-5 320 210)"><rect x="165" y="30" width="310" height="370" fill="#fbf9f3"/><g fill="#8a8f94"><rect x="200" y="80" width="140" height="14"/><rect x="200" y="120" width="230" height="8"/><rect x="200" y="145" width="200" height="8"/><rect x="200" y="170" width="220" height="8"/></g></g></svg>') }])
    .png().toBuffer()
  uploads.set('photo', { bytes: photo, mime: 'image/png', name: 'orden.png' })
  uploads.set('order', { bytes: Buffer.from('%PDF-1.4\n%%EOF'), mime: 'application/pdf', name: 'Preparación del examen.pdf' })

  const server = createServer((request, response) => void handle(request, response))
  server.on('connection', (socket) => {
    tcp.add(socket)
    socket.on('close', () => tcp.delete(socket))
  })
  const io = new Server(server, { path: '/socket', transports: ['websocket'], serveClient: false })
  const feed = io.of('/app')
  const tokenIn = (cookies: string | undefined, app: unknown) => new RegExp(`turno_${String(app)}=([\\w-]+)`).exec(cookies ?? '')?.[1] ?? ''
  feed.use((socket, next) => {
    const session = sessions.get(tokenIn(socket.handshake.headers.cookie, socket.handshake.auth['app']))
    if (refuseSockets || !session) return next(new Error(refuseSockets ? 'unavailable' : 'unauthorized'))
    socket.data['session'] = session
    next()
  })
  feed.on('connection', (socket: Socket) => {
    const session = socket.data['session'] as Session
    socket.on('resume', ({ cursor }: { cursor: string | null }, answer: (value: unknown) => void) => {
      const from = Number(cursor ?? log.length)
      if (!(from <= log.length)) return answer({ ok: false, reload: true })
      answer({ ok: true, cursor: String(log.length) })
      const missed = log.slice(from).flatMap((item) => seen(item, session) ?? [])
      socket.emit('events', { cursor: String(log.length), items: missed })
      socket.join('live')
    })
    socket.on('watch', ({ chatId }: { chatId: string }, answer: (value: unknown) => void) => {
      socket.join(`watch:${chatId}`)
      answer({ ok: true })
    })
    socket.on('unwatch', ({ chatId }: { chatId: string }) => void socket.leave(`watch:${chatId}`))
  })

  const holds = (row: ChatRow, session: Session) => session.view.app === 'supervisor' || row.agentId === session.person.view.id
  const queuesOf = (session: Session) => world.agents.find((one) => one.id === session.person.view.id)?.queueIds ?? []
  const inQueue = (row: ChatRow, session: Session) => row.state === 'QUEUED' && queuesOf(session).includes(row.queueId ?? '')
  const shown = (row: ChatRow, session: Session): ChatRow => ({ ...row, limited: row.limited && session.view.app === 'agent' })

  /** The item as this reader may see it; nothing when they may not. */
  function seen(item: FeedItem, session: Session): FeedItem | null {
    if (!item.chat) return item
    if (holds(item.chat, session) || inQueue(item.chat, session)) return { ...item, chat: shown(item.chat, session) }
    return { id: item.id, at: item.at, type: item.type, chatId: item.chatId, agentId: null, queueId: null, actor: item.actor, data: {}, chat: null }
  }

  function emit(type: string, by: ActorView, more: Partial<FeedItem>): void {
    const item: FeedItem = { id: String(log.length + 1), at: now(), type, chatId: null, agentId: null, queueId: null, actor: by, data: {}, ...more }
    log.push(item)
    for (const socket of feed.sockets.values()) {
      if (!socket.rooms.has('live')) continue
      const session = socket.data['session'] as Session
      const visible = seen(item, session)
      if (visible) socket.emit('events', { cursor: String(log.length), items: [visible] })
      if (session.view.app === 'supervisor') socket.emit('board', board())
    }
  }

  const find = (id: string): Chat => {
    const chat = world.chats.find((one) => one.row.id === id)
    if (!chat) throw new Refusal(404, 'not_found', 'No existe, o usted no puede verlo.')
    return chat
  }
  const byUser = (session: Session): ActorView => ({ kind: session.person.view.role, id: session.person.view.id, name: session.person.view.name })

  function addMessage(chat: Chat, more: Partial<MessageView>): MessageView {
    const message: MessageView = {
      type: 'message', id: world.newId(), chatId: chat.row.id, conversationId: chat.row.conversationId, clientId: null, direction: 'in', kind: 'text', visibility: 'public',
      author: { kind: 'customer', id: null, name: chat.row.title }, text: '', media: null, location: null, extra: null, quote: null, referral: null, reactions: [], status: null, failure: null,
      at: now(), sentAt: null, deliveredAt: null, readAt: null, editedAt: null, deletedAt: null, late: false, ...more,
    }
    chat.timeline.push(message)
    if (message.visibility === 'public') {
      const inbound = message.direction === 'in'
      Object.assign(chat.row, {
        preview: { kind: message.kind, author: message.author.kind, text: message.text, status: message.status }, lastMessageAt: message.at,
        ...(inbound ? { lastInboundAt: message.at, unread: chat.row.unread + 1, waitingSince: chat.row.waitingSince ?? message.at, state: chat.row.agentId ? 'PENDING' : chat.row.state } : {}),
        ...(!inbound && message.author.kind === 'agent' ? { waitingSince: null, state: 'FOLLOWUP' } : {}),
      })
    }
    emit('message.created', message.author, { chatId: chat.row.id, chat: { ...chat.row }, message: { ...message } })
    return message
  }

  function inList(row: ChatRow, list: ChatListName, session: Session): boolean {
    switch (list) {
      case 'pending': return row.state === 'PENDING' && holds(row, session)
      case 'following': return row.state === 'FOLLOWUP' && holds(row, session)
      case 'waiting': return row.state === 'QUEUED' && (session.view.app === 'supervisor' || inQueue(row, session))
      case 'resolved': return row.state === 'RESOLVED' && holds(row, session)
      case 'open': return ['UNROUTED', 'MENU', 'ROUTING', 'TRANSIT'].includes(row.state)
      case 'all': return true
    }
  }
  const rowsOf = (list: ChatListName, session: Session) => world.chats.map((one) => one.row).filter((row) => inList(row, list, session))
  const counts = (session: Session): ChatCounts => {
    const of = (list: ChatListName) => rowsOf(list, session).length
    return { pending: of('pending'), following: of('following'), waiting: of('waiting'), resolved: of('resolved'), open: of('open'), queues: [] }
  }

  function board(): Board {
    const rows = world.chats.map((one) => one.row)
    const state = (name: string, queueId?: string) => rows.filter((row) => row.state === name && (!queueId || row.queueId === queueId))
    const oldest = (list: ChatRow[]) => list.reduce<number | null>((least, row) => Math.min(least ?? Infinity, row.queuedAt ?? row.waitingSince ?? Infinity), null)
    const online = world.agents.filter((one) => one.presence === 'online')
    const free = online.filter((one) => !one.pause && one.load < one.capacity)
    const member = (queueId: string) => (one: { queueIds: string[] }) => one.queueIds.includes(queueId)
    return {
      at: now(), waiting: state('QUEUED').length, longestWaitSince: oldest(state('QUEUED')), inMenu: state('MENU').length, unattended: state('UNROUTED').length, unattendedSince: oldest(state('UNROUTED')),
      pending: state('PENDING').length, following: state('FOLLOWUP').length, agentsAvailable: free.length, agentsSignedIn: online.length, resolvedToday: 186,
      queues: world.queues.map((one) => ({
        queueId: one.id, name: one.name, avatarUrl: null, waiting: state('QUEUED', one.id).length, longestWaitSince: oldest(state('QUEUED', one.id)), available: free.filter(member(one.id)).length,
        signedIn: online.filter(member(one.id)).length, paused: online.filter((agent) => agent.pause && member(one.id)(agent)).length, members: world.agents.filter(member(one.id)).length,
        pending: state('PENDING', one.id).length, following: state('FOLLOWUP', one.id).length,
      })),
      agents: world.agents.map((one) => ({ ...one, pending: rows.filter((row) => row.agentId === one.id && row.state === 'PENDING').length, following: rows.filter((row) => row.agentId === one.id && row.state === 'FOLLOWUP').length, resolvedToday: one.load * 2 })),
    }
  }

  function detail(chat: Chat, session: Session): ChatDetail {
    const { row } = chat
    const mine = holds(row, session)
    const open = row.state !== 'RESOLVED'
    if (!mine && !inQueue(row, session)) throw new Refusal(404, 'not_found', 'No existe, o usted no puede verlo.')
    return {
      row: shown(row, session), contact: { id: `c-${row.id}`, name: row.title, email: chat.email, accounts: [{ id: `a-${row.id}`, channelType: row.channelType, address: row.subtitle, thisChat: true }] },
      conversations: chat.earlier.map((one, at) => ({ id: `${row.id}-${at}`, openedAt: now() - one.days * 86_400_000, closedAt: now() - one.days * 86_400_000 + 3_600_000, queueName: one.queue, agentName: one.agent, closeKind: 'agent' })),
      files: chat.timeline.flatMap((item) => (item.type === 'message' && item.media ? [{ mediaId: item.media.id, messageId: item.id, kind: item.kind, name: item.media.name, size: item.media.size, mime: item.media.mime, at: item.at, thumb: item.media.thumb }] : [])),
      seats: world.agents.map((agent, seat) => ({ userId: agent.id, seat })),
      may: { write: mine && open, note: mine && open, resolve: mine && open, transfer: mine && open },
      windowClosesAt: chat.windowHours === null || row.lastInboundAt === null ? null : row.lastInboundAt + chat.windowHours * 3_600_000, cursor: String(log.length),
    }
  }

  function bootstrap(session: Session): Bootstrap {
    return {
      session: session.view, permissions: ['chat.transfer', 'chat.resolve'], me: world.agents.find((one) => one.id === session.person.view.id) ?? null, agents: world.agents, queues: world.queues,
      pauseReasons: world.pauseReasons, channels: world.channels, offers: [...offers.values()], settings: { companyName: 'Clínica Los Almendros', timezone: 'America/Bogota', locale: 'es', maxUploadBytes: 25_000_000 }, now: now(), cursor: String(log.length),
    }
  }

  function pause(agentId: string, reasonId: string | null, by: ActorView): Sent {
    const agent = world.agents.find((one) => one.id === agentId)
    if (!agent) throw new Refusal(404, 'not_found')
    const reason = world.pauseReasons.find((one) => one.id === reasonId)
    agent.pause = reason ? { reasonId: reason.id, reason: reason.name, since: now(), maxMinutes: reason.maxMinutes } : null
    emit(reason ? 'agent.paused' : 'agent.unpaused', by, { agentId, agent: { ...agent } })
    return { body: agent }
  }

  function closeSessions(userId: string, reason: string): void {
    for (const [token, one] of sessions) if (one.person.view.id === userId) sessions.delete(token)
    for (const socket of feed.sockets.values()) {
      if ((socket.data['session'] as Session).person.view.id !== userId) continue
      socket.emit('session_closed', { reason })
      socket.disconnect()
    }
  }

  function signIn(body: { app: 'agent' | 'supervisor'; username: string; password: string }): Sent {
    const person = world.people.find((one) => one.view.username === body.username.toLowerCase())
    if (!person || person.password !== body.password) throw new Refusal(401, 'wrong_credentials', 'El usuario o la contraseña no coinciden.')
    if (person.app !== body.app) throw new Refusal(403, 'forbidden', 'Su usuario no entra por aquí.')
    const token = `t${(serial += 1)}`
    const view: SessionView = { csrf: `csrf-${token}`, app: body.app, user: person.view, mustChangePassword: person.mustChange, preferences: { locale: 'es', theme: 'system', showEvents: true, sound: false, shortcuts: true, ...preferences } }
    sessions.set(token, { token, person, view })
    return { status: 201, body: view, cookie: `turno_${body.app}=${token}; HttpOnly; SameSite=Lax; Path=/` }
  }

  function api(method: string, path: string, query: URLSearchParams, body: Record<string, unknown>, session: Session | null): Sent {
    const route = `${method} ${path}`
    if (route === 'GET /app/appearance') return { body: { companyName: 'Clínica Los Almendros', logoUrl: null, locale: 'es' } }
    if (route === 'POST /app/session') return signIn(body as Parameters<typeof signIn>[0])
    if (!session) throw new Refusal(401, 'unauthorized', 'La sesión no existe o expiró.')
    if (route === 'GET /app/session') return { body: session.view }
    if (route === 'DELETE /app/session') return sessions.delete(session.token), { status: 204 }
    if (route === 'POST /app/session/password') {
      if (body['current'] !== session.person.password) throw new Refusal(401, 'wrong_credentials', 'El usuario o la contraseña no coinciden.')
      Object.assign(session.person, { password: body['next'], mustChange: false })
      session.view.mustChangePassword = false
      return { status: 204 }
    }
    if (session.view.mustChangePassword) throw new Refusal(403, 'password_change_required')
    if (route === 'PATCH /app/session/preferences') return Object.assign(session.view.preferences, body), { status: 204 }
    if (route === 'GET /app/bootstrap') return { body: bootstrap(session) }
    if (route === 'GET /app/board') return { body: board() }
    if (route === 'GET /app/chats/counts') return { body: counts(session) }
    if (route === 'GET /app/chats') {
      const q = (query.get('q') ?? '').toLowerCase()
      const fits = (key: string, value: string | null) => !query.get(key) || query.get(key) === value
      const rows = rowsOf(query.get('list') as ChatListName, session)
        .filter((row) => row.title.toLowerCase().includes(q) && fits('queue', row.queueId) && fits('agent', row.agentId) && fits('channel', row.channelId))
        .sort((a, b) => (b.lastMessageAt ?? 0) - (a.lastMessageAt ?? 0))
      const from = Number(query.get('after') ?? 0)
      const limit = Number(query.get('limit') ?? 50)
      return { body: { items: rows.slice(from, from + limit).map((row) => shown(row, session)), next: rows.length > from + limit ? String(from + limit) : null } }
    }
    const by = byUser(session)
    if (path === '/app/pause') return pause(session.person.view.id, method === 'POST' ? String(body['reasonId']) : null, by)
    const agent = /^\/app\/agents\/(\w+)\/(pause|sign-out)$/.exec(path)
    if (agent?.[2] === 'pause') return pause(agent[1]!, method === 'POST' ? String(body['reasonId']) : null, by)
    if (agent) {
      const one = world.agents.find((other) => other.id === agent[1])
      if (one) emit('agent.offline', by, { agentId: one.id, agent: Object.assign(one, { presence: 'offline' as const, pause: null, since: now() }) })
      closeSessions(agent[1]!, 'supervisor')
      return { status: 204 }
    }
    if (path === '/app/drafts') return { body: { items: drafts } }
    if (path === '/app/quick-replies') return { body: { items: world.quickReplies } }
    const [, offerId, answer] = /^\/app\/offers\/(\w+)\/(accept|decline)$/.exec(path) ?? []
    if (offerId) {
      const offer = offers.get(offerId)
      if (!offer || offer.expiresAt <= now()) throw new Refusal(409, 'offer_gone', 'El chat ya no está disponible.')
      offers.delete(offerId)
      emit(answer === 'accept' ? 'distribution.accepted' : 'distribution.declined', by, { chatId: offer.chatId, agentId: by.id, data: { offerId } })
      if (answer === 'decline') return { status: 204 }
      const { row } = find(offer.chatId)
      Object.assign(row, { state: 'PENDING', agentId: by.id, agentName: by.name, limited: false, unread: 1 })
      emit('assignment.started', by, { chatId: row.id, agentId: by.id, chat: { ...row } })
      return { body: { chatId: row.id } }
    }
    const [, id = '', rest = ''] = /^\/app\/chats\/(\w+)(?:\/(.+))?$/.exec(path) ?? []
    if (id) return chatRoute(method, find(id), rest, query, body, session)
    throw new Refusal(404, 'not_found')
  }

  function chatRoute(method: string, chat: Chat, rest: string, query: URLSearchParams, body: Record<string, unknown>, session: Session): Sent {
    const by = byUser(session)
    if (method === 'GET' && rest === '') return { body: detail(chat, session) }
    if (rest === 'timeline') {
      const end = query.get('before') ? Number(query.get('before')) : chat.timeline.length
      const start = Math.max(0, end - 50)
      return { body: { items: chat.timeline.slice(start, end), before: start > 0 ? String(start) : null, after: null } }
    }
    if (rest === 'messages' || rest === 'notes') {
      const old = chat.timeline.find((item) => item.type === 'message' && item.clientId === body['clientId'])
      if (old) return { status: 201, body: old }
      const file = uploads.get(String(body['mediaId'] ?? ''))
      const quoted = chat.timeline.find((item) => item.id === body['quoteId'])
      const message = addMessage(chat, {
        clientId: String(body['clientId']), direction: 'out', author: by, text: String(body['text'] ?? ''), ...(rest === 'notes' ? { kind: 'note', visibility: 'internal' } : { status: 'queued' }),
        ...(file ? { kind: file.mime.startsWith('image/') ? 'image' : 'document', media: { id: String(body['mediaId']), mime: file.mime, size: file.bytes.length, name: file.name, width: file.mime.startsWith('image/') ? 640 : null, height: file.mime.startsWith('image/') ? 420 : null, durationMs: null, state: 'ready', thumb: false } } : {}),
        ...(quoted?.type === 'message' ? { quote: { messageId: quoted.id, author: quoted.author.name, kind: quoted.kind, text: quoted.text } } : {}),
      })
      return { status: 201, body: message }
    }
    if (rest === 'draft') {
      const kind = body['kind'] as 'message' | 'note'
      const at = drafts.findIndex((one) => one.chatId === chat.row.id && one.kind === kind)
      if (at >= 0) drafts.splice(at, 1)
      if (body['text']) drafts.push({ chatId: chat.row.id, kind, text: String(body['text']), updatedAt: now() })
      return { status: 204 }
    }
    const [, replyId] = /^quick-replies\/(\w+)\/fill$/.exec(rest) ?? []
    if (replyId) {
      const reply = world.quickReplies.find((one) => one.id === replyId)
      if (!reply) throw new Refusal(404, 'not_found')
      return { body: { text: reply.text.replace('{{contact.name}}', chat.row.title), missing: reply.text.includes('{{contact.documentId}}') ? ['contact.documentId'] : [], media: null } }
    }
    if (rest === 'read') {
      chat.row.unread = 0
      emit('chat.read', by, { chatId: chat.row.id, chat: { ...chat.row } })
      return { status: 204 }
    }
    if (rest === 'resolve') {
      if (chat.row.state === 'RESOLVED') throw new Refusal(409, 'already_resolved', 'El chat ya estaba resuelto.')
      Object.assign(chat.row, { state: 'RESOLVED', waitingSince: null, conversationId: null })
      emit('conversation.resolved', by, { chatId: chat.row.id, chat: { ...chat.row } })
      return { body: chat.row }
    }
    if (rest === 'transfer') {
      const target = body['target'] as { type: string; id: string }
      const agent = world.agents.find((one) => one.id === target.id)
      const queue = world.queues.find((one) => one.id === target.id)
      if (agent) Object.assign(chat.row, { agentId: agent.id, agentName: agent.name, state: 'PENDING' })
      else if (queue) Object.assign(chat.row, { agentId: null, agentName: null, state: 'QUEUED', queueId: queue.id, queueName: queue.name, queuedAt: now() })
      else throw new Refusal(404, 'not_found')
      emit('transfer.completed', by, { chatId: chat.row.id, chat: { ...chat.row } })
      return { status: agent ? 200 : 202, body: chat.row }
    }
    const message = chat.timeline.find((item): item is MessageView => item.type === 'message' && rest.startsWith(`messages/${item.id}/`))
    if (!message) throw new Refusal(404, 'not_found')
    if (rest.endsWith('/reaction')) {
      const emoji = body['emoji'] as string | null
      message.reactions = [...message.reactions.filter((one) => one.fromCustomer), ...(emoji ? [{ by: by.name, emoji, fromCustomer: false }] : [])]
      emit('message.reaction', by, { chatId: chat.row.id, chat: { ...chat.row }, message: { ...message } })
      return { body: message }
    }
    Object.assign(message, rest.endsWith('resend') ? { status: 'sent', failure: null, sentAt: now() } : { status: 'failed', failure: { code: 'discarded', message: 'Descartado.', help: '' } })
    emit('message.status_changed', by, { chatId: chat.row.id, chat: { ...chat.row }, message: { ...message } })
    return { body: message }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x')
    const method = request.method ?? 'GET'
    try {
      if (!url.pathname.startsWith('/app/')) return await file(url.pathname, response)
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const raw = Buffer.concat(chunks)
      const fault = faults.findIndex((one) => one.when(method, url.pathname))
      const [struck] = fault < 0 ? [] : faults.splice(fault, 1)
      if (struck) throw struck.refusal
      const session = sessions.get(tokenIn(request.headers.cookie, request.headers['x-turno-app'])) ?? null
      if (session && method !== 'GET' && request.headers['x-csrf-token'] !== session.view.csrf) throw new Refusal(403, 'csrf')
      const media = /^\/app\/media\/(\w+)/.exec(url.pathname)?.[1]
      if (media && method === 'GET') {
        const found = uploads.get(media)
        return void response.writeHead(found ? 200 : 404, { 'content-type': found?.mime ?? 'text/plain' }).end(found?.bytes)
      }
      if (url.pathname === '/app/media') return void answer(response, upload(raw, request.headers['content-type'] ?? ''))
      const body = raw.length ? (JSON.parse(raw.toString()) as Record<string, unknown>) : {}
      requests.push({ method, path: url.pathname, body })
      answer(response, api(method, url.pathname, url.searchParams, body, session))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      answer(response, { status: error.status, body: { error: { code: error.code, message: error.message, help: 'Inténtelo de nuevo.', details: {} } } })
    }
  }

  function upload(raw: Buffer, contentType: string): Sent {
    const boundary = /boundary=(.+)$/.exec(contentType)?.[1] ?? ''
    const head = raw.indexOf('\r\n\r\n')
    const header = raw.subarray(0, head).toString()
    const bytes = raw.subarray(head + 4, raw.lastIndexOf(`\r\n--${boundary}`))
    const id = world.newId()
    const found = { bytes, mime: /content-type: (.+)/i.exec(header)?.[1]?.trim() ?? '', name: /filename="([^"]+)"/.exec(header)?.[1] ?? '' }
    uploads.set(id, found)
    return { status: 201, body: { id, mime: found.mime, size: bytes.length, name: found.name, width: null, height: null, durationMs: null, state: 'ready', thumb: false } }
  }

  function answer(response: ServerResponse, { status = 200, body, cookie }: Sent): void {
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...(cookie ? { 'set-cookie': cookie } : {}) })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }

  async function file(path: string, response: ServerResponse): Promise<void> {
    const app = /^\/(agent|supervisor)(\/[^.]*)?$/.exec(path)?.[1]
    const name = join(dist, normalize(app ? `/${app}/index.html` : path))
    const bytes = await readFile(name).catch(() => null)
    response.writeHead(bytes ? 200 : 404, { 'content-type': types[extname(name)] ?? 'application/octet-stream', 'content-security-policy': policy, 'x-content-type-options': 'nosniff' })
    response.end(bytes)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    world, requests,
    chat: (title: string) => find(world.chats.find((one) => one.row.title === title)?.row.id ?? ''),
    customerWrites: (title: string, text: string) => addMessage(find(world.chats.find((one) => one.row.title === title)?.row.id ?? ''), { text }),
    /** A message of any kind, from the customer unless it says otherwise. */
    adds: (title: string, more: Partial<MessageView>) => addMessage(find(world.chats.find((one) => one.row.title === title)?.row.id ?? ''), more),
    /** A file that messages can show. */
    holds: (id: string, file: { bytes: Buffer; mime: string; name: string }) => uploads.set(id, file),
    status: (message: MessageView, change: Partial<MessageView>) => {
      const chat = find(message.chatId)
      const stored = chat.timeline.find((item): item is MessageView => item.type === 'message' && item.id === message.id)
      if (!stored) throw new Error('no such message')
      Object.assign(stored, change)
      emit('message.status_changed', stored.author, { chatId: chat.row.id, chat: { ...chat.row }, message: { ...stored } })
    },
    assign: (title: string, agentIndex: number) => {
      const chat = find(world.chats.find((one) => one.row.title === title)?.row.id ?? '')
      const agent = world.agents[agentIndex]!
      Object.assign(chat.row, { state: 'PENDING', agentId: agent.id, agentName: agent.name, limited: false, waitingSince: chat.row.queuedAt, unread: 1 })
      emit('assignment.started', { kind: 'system', id: null, name: '' }, { chatId: chat.row.id, chat: { ...chat.row } })
    },
    /** Offers a waiting chat; `seconds` until it is gone. */
    offer: (title: string, seconds: number, more: Partial<OfferView> = {}) => {
      const { row } = find(world.chats.find((one) => one.row.title === title)?.row.id ?? '')
      const offer: OfferView = {
        id: `offer${++serial}`, chatId: row.id, title: row.title, avatarUrl: row.avatarUrl, channelId: row.channelId, channelType: row.channelType, queueId: row.queueId, queueName: row.queueName,
        preview: 'Buenos días, ¿hay turno para esta semana?', waitingSince: row.queuedAt, offeredAt: now(), expiresAt: now() + seconds * 1000, from: null, message: null, ...more,
      }
      offers.set(offer.id, offer)
      emit('distribution.offered', { kind: 'system', id: null, name: '' }, { chatId: row.id, agentId: world.agents[0]?.id ?? null, data: { offerId: offer.id }, offer })
    },
    withdraw: () => {
      for (const [id, offer] of offers) emit('distribution.withdrawn', { kind: 'system', id: null, name: '' }, { chatId: offer.chatId, agentId: world.agents[0]?.id ?? null, data: { offerId: id, reason: 'accepted_by_other' } })
      offers.clear()
    },
    setChannel: (name: string, status: 'connected' | 'reconnecting' | 'disconnected') => {
      const channel = world.channels.find((one) => one.name === name)!
      emit('channel.status_changed', { kind: 'system', id: null, name: '' }, { channel: Object.assign(channel, { status, statusSince: now() }) })
    },
    typing: (title: string) => feed.to('live').emit('typing', { chatId: find(world.chats.find((one) => one.row.title === title)!.row.id).row.id, who: { kind: 'customer', id: null, name: title }, typing: true }),
    closeSessions: (username: string, reason: string) => closeSessions(world.people.find((one) => one.view.username === username)!.view.id, reason),
    /** The next request that fits is refused. */
    failNext: (method: string, path: RegExp, how: { status: number; code: string; message: string }) =>
      faults.push({ when: (m, p) => m === method && path.test(p), refusal: new Refusal(how.status, how.code, how.message) }),
    /** Drops every socket and takes no new one until `online()`. */
    offline: () => {
      refuseSockets = true
      for (const socket of feed.sockets.values()) socket.conn.close()
    },
    online: () => { refuseSockets = false },
    forgetHistory: () => log.splice(0, log.length),
    close: async () => {
      for (const socket of tcp) socket.destroy()
      await io.close()
    },
  }
}
export type UiServer = Awaited<ReturnType<typeof startUiServer>>
