/** The hosted routes (frames.ts lists them): check, turn into events, answer. */
import type { BridgeHost, HostedReply, HostedRequest, HostedRoute, HostMedia, InboundEvent, Json, Part } from '../sdk/index.ts'
import { isBridgeError } from '../sdk/index.ts'
import { fromHistory, pagePart, visitorMessageId, type FileUrl } from './convert.ts'
import { languageOf, Refused, refuse } from './errors.ts'
import type { Frame, HistoryReply, PageConfig, PageMessage, SendReply, SessionReply } from './frames.ts'
import { readHistory, readMessage, readReceipt, readSession, readTyping, readUpload, type Said } from './input.ts'
import type { WidgetSecrets, WidgetSettings } from './settings.ts'
import { newVisitor, readFile, readVisitor, signVisitor, visitorOfUser, vouched, type VisitorToken } from './token.ts'
import { bearer, checkOrigin, checkPage, eventBase, mergeProfiles, missing, profileOf } from './visitors.ts'

export interface WidgetContext {
  readonly settings: WidgetSettings
  readonly secrets: WidgetSecrets
  readonly host: BridgeHost
  fileUrl(chat: string): FileUrl
}
type Handler = (context: WidgetContext, request: HostedRequest) => Promise<HostedReply>

const json = (status: number, body: object, headers: Record<string, string> = {}): HostedReply =>
  ({ status, contentType: 'application/json', body: JSON.stringify(body), headers: { 'cache-control': 'no-store', ...headers } })
const done: HostedReply = { status: 204, contentType: '', body: '' }

/** @throws {Refused} rate_limited */
async function limit(context: WidgetContext, rule: Parameters<BridgeHost['throttle']>[0], subject: string): Promise<void> {
  const retryAfterMs = await context.host.throttle(rule, subject)
  if (retryAfterMs > 0) throw new Refused('rate_limited', { retryAfterMs })
}

const tokenIn = ({ settings, secrets, host }: WidgetContext, request: HostedRequest): VisitorToken | null =>
  readVisitor(secrets.tokenKey, settings.key, bearer(request), host.clock.now().getTime())

/** The visitor of a request, counted against a limit. @throws {Refused} unauthorized, rate_limited */
async function visitor(context: WidgetContext, request: HostedRequest, rule: 'visitor_message' | 'visitor_request'): Promise<VisitorToken> {
  const token = tokenIn(context, request)
  if (!token) throw new Refused('unauthorized')
  await limit(context, rule, token.visitor)
  return token
}

function renewed({ settings, secrets, host }: WidgetContext, token: VisitorToken): { token: string; expiresAt: number } {
  const now = host.clock.now().getTime()
  const expiresAt = now + settings.sessionMs
  return { token: signVisitor(secrets.tokenKey, settings.key, { ...token, issuedAt: now, expiresAt }), expiresAt }
}

const config: Handler = async ({ settings }, request) => {
  const { origins: _, sessionMs: _sessionMs, ...page } = settings
  const body: PageConfig = page
  const { origin } = request.headers
  // The loader runs in the site's own page and reads this across origins; nothing else is.
  return json(200, body, { vary: 'Origin', 'cache-control': 'public, max-age=60', ...(origin ? { 'access-control-allow-origin': origin } : {}) })
}

const session: Handler = async (context, request) => {
  const { settings, secrets, host } = context
  const asked = readSession(request)
  checkPage(settings, request, asked.page)
  const { identify, prechat } = asked
  if (identify && !vouched(secrets.identifySecret, identify.userId, identify.hash)) throw new Refused('bad_signature')
  const before = tokenIn(context, request)
  await (before ? limit(context, 'visitor_request', before.visitor) : limit(context, 'new_visitor', request.remoteAddress))

  const now = host.clock.now()
  const id = identify ? visitorOfUser(secrets.tokenKey, identify.userId) : (before?.visitor ?? newVisitor())
  // Another user's statements on a shared device are not this user's.
  const same = before !== null && (before.visitor === id || !before.identified)
  const consents = prechat?.consent === true && !(same && before.consentAt > 0)
  const token: VisitorToken = {
    visitor: id,
    identified: identify !== undefined || (before?.identified ?? false),
    issuedAt: now.getTime(),
    expiresAt: now.getTime() + settings.sessionMs,
    profile: mergeProfiles(same ? before.profile : undefined, prechat, identify),
    consentAt: consents ? now.getTime() : (same ? before.consentAt : 0),
  }
  const events: InboundEvent[] = []
  if (before && !before.identified && before.visitor !== id && (await host.history(before.visitor, null, 1)).length > 0) {
    const one = (value: string) => [{ kind: 'visitor', scope: settings.key, value }] as const
    events.push({ kind: 'identity', change: 'alias', key: `alias:${before.visitor}:${id}`, at: now, account: settings.key, before: one(before.visitor), now: one(id) })
  }
  if (consents) {
    events.push({ ...eventBase(settings, id, `consent:${id}:${Math.floor(now.getTime() / 1000)}`, now), kind: 'opt', user: profileOf(settings, token), state: 'in', scope: 'all' })
  }
  if (events.length > 0) await host.deliver(events)
  const reply: SessionReply = { ...renewed(context, token), fresh: before === null && !identify, missing: missing(settings, token) }
  return json(200, reply)
}

/** Stored first; only then does the page hear that it was. Other tabs of the visitor get it as a frame. */
async function say(context: WidgetContext, token: VisitorToken, said: Said): Promise<HostedReply> {
  const { settings, host } = context
  const at = host.clock.now()
  const id = visitorMessageId(token.visitor, said.clientId)
  await host.deliver([{
    ...eventBase(settings, token.visitor, id, at), kind: 'message', id, sender: profileOf(settings, token), fromAccount: false,
    parts: [said.part], context: said.replyTo ? { replyTo: said.replyTo } : {},
  }])
  const message: PageMessage = {
    id, clientId: said.clientId, at: at.getTime(), from: 'visitor', parts: [pagePart(said.part, context.fileUrl(token.visitor))], read: false,
  }
  await push(context, token.visitor, { type: 'message', message })
  const old = at.getTime() - token.issuedAt > 3_600_000
  const reply: SendReply = { message, ...(old ? { token: renewed(context, token).token } : {}) }
  return json(201, reply)
}

/** To the visitor's other tabs; one that misses it finds the message in the history. */
async function push({ host }: WidgetContext, chat: string, frame: Frame): Promise<void> {
  await host.push(chat, frame as unknown as Json).catch((error: unknown) => { host.log.warn('Frame not pushed', { chat, error: String(error) }) })
}

function checkComplete(context: WidgetContext, token: VisitorToken): void {
  const fields = missing(context.settings, token)
  if (fields.length > 0) throw new Refused('prechat_required', { fields })
}

const messages: Handler = async (context, request) => {
  const token = await visitor(context, request, 'visitor_message')
  const said = readMessage(request)
  checkComplete(context, token)
  return say(context, token, said)
}

function filePart(media: HostMedia, upload: ReturnType<typeof readUpload>): Part {
  const family = media.mimeType.split('/')[0]
  const caption = upload.caption ? { caption: upload.caption } : {}
  const durationMs = upload.durationMs === undefined ? {} : { durationMs: upload.durationMs }
  // Chromium records speech into WebM, which by its content is video.
  if (upload.voice && (family === 'audio' || media.mimeType === 'video/webm')) return { kind: 'voice', media, ...durationMs }
  if (family === 'image' || family === 'video' || family === 'audio') return { kind: family, media, ...caption, ...durationMs }
  return { kind: 'document', media, ...caption }
}

const upload: Handler = async (context, request) => {
  const { attachments } = context.settings
  const token = await visitor(context, request, 'visitor_message')
  if (!attachments.enabled) throw new Refused('not_supported')
  const asked = readUpload(request)
  checkComplete(context, token)
  const media = await context.host
    .storeMedia(request.stream ?? request.rawBody, { fileName: asked.fileName, maxBytes: attachments.maxBytes, accept: attachments.accept })
    .catch((error: unknown) => {
      if (isBridgeError(error) && error.code === 'media_too_large') throw new Refused('media_too_large', { maxBytes: attachments.maxBytes })
      if (isBridgeError(error) && error.code === 'media_type') throw new Refused('media_type', { accept: attachments.accept })
      throw error
    })
  return say(context, token, { clientId: asked.clientId, part: filePart(media, asked), ...(asked.replyTo ? { replyTo: asked.replyTo } : {}) })
}

const opened = { es: 'Abrió el chat', en: 'Opened the chat' }

const open: Handler = async (context, request) => {
  const { settings, host } = context
  const token = await visitor(context, request, 'visitor_request')
  if (!settings.greetOnOpen || missing(settings, token).length > 0) return done
  const id = visitorMessageId(token.visitor, 'open')
  await host.deliver([{
    ...eventBase(settings, token.visitor, id, host.clock.now()), kind: 'message', id, sender: profileOf(settings, token), fromAccount: false,
    parts: [{ kind: 'choice', via: 'postback', id: 'open', title: opened[languageOf(request)] }], context: {},
  }])
  return done
}

const history: Handler = async (context, request) => {
  const token = await visitor(context, request, 'visitor_request')
  const { after, limit: wanted } = readHistory(request)
  const found = await context.host.history(token.visitor, after, wanted)
  const url = context.fileUrl(token.visitor)
  const shown = found.filter((one) => one.id !== visitorMessageId(token.visitor, 'open')).map((one) => fromHistory(token.visitor, one, url))
  const last = shown.findLast((one) => one.from === 'agent' && one.speaker)
  const reply: HistoryReply = { messages: shown, more: after !== null && found.length === wanted, agent: last?.speaker ?? null }
  return json(200, reply)
}

const media: Handler = async ({ settings, secrets, host }, request) => {
  const id = request.params.id ?? ''
  const chat = readFile(secrets.tokenKey, settings.key, id, request.query.t ?? '', host.clock.now().getTime())
  const file = chat === null ? null : await host.media(chat, id)
  if (!file) throw new Refused('not_found')
  return { status: 200, media: file, headers: { 'cache-control': 'private, max-age=86400' } }
}

const read: Handler = async (context, request) => {
  const token = await visitor(context, request, 'visitor_request')
  const { upTo, state } = readReceipt(request)
  const { settings, host } = context
  await host.deliver([{ ...eventBase(settings, token.visitor, `${state}:${token.visitor}:${upTo}`, host.clock.now()), kind: 'receipt', target: { upTo }, receipt: state }])
  return done
}

const typing: Handler = async (context, request) => {
  const token = await visitor(context, request, 'visitor_request')
  context.host.signal({ kind: 'typing', chat: token.visitor, sender: token.visitor, typing: readTyping(request) })
  return done
}

const small = 32 * 1024
const table: readonly (readonly [method: 'GET' | 'POST', path: string, maxBodyBytes: number, handler: Handler])[] = [
  ['GET', '/config', 0, config],
  ['POST', '/session', small, session],
  ['POST', '/open', 1024, open],
  ['POST', '/messages', small, messages],
  ['POST', '/upload', 0, upload],
  ['GET', '/history', 0, history],
  ['GET', '/media/:id', 0, media],
  ['POST', '/read', 1024, read],
  ['POST', '/typing', 1024, typing],
]

export function routes(context: WidgetContext): HostedRoute[] {
  return table.map(([method, path, maxBodyBytes, handler]): HostedRoute => ({
    method,
    path,
    maxBodyBytes: handler === upload ? context.settings.attachments.maxBytes + 1024 : maxBodyBytes,
    ...(handler === upload ? { streamed: true as const } : {}),
    handle: async (request) => {
      try {
        // A signed address is all that a file needs: an img element names no origin.
        if (handler !== media) checkOrigin(context.settings, request)
        return await handler(context, request)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        const reply = refuse(request, error)
        // So that the loader can say why in the console of a site that was forgotten in the list.
        const { origin } = request.headers
        return handler === config && origin ? { ...reply, headers: { ...reply.headers, vary: 'Origin', 'access-control-allow-origin': origin } } : reply
      }
    },
  }))
}
