/** What the page may say, checked field by field; everything wrong with a body is named at once. */
import type { HostedRequest, Part } from '../sdk/index.ts'
import { measure } from '../sdk/index.ts'
import { textMax } from './capabilities.ts'
import { Refused } from './errors.ts'
import type { Identify, Prechat, SessionRequest } from './frames.ts'

type Body = Record<string, unknown>
const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws {Refused} bad_request */
export function readBody(request: HostedRequest): Body {
  if (request.rawBody.length === 0) return {}
  let body: unknown
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(request.rawBody))
  } catch {
    throw new Refused('bad_request')
  }
  if (!isBody(body)) throw new Refused('bad_request')
  return body
}

const clientIdShape = /^[A-Za-z0-9_-]{8,64}$/
const messageIdShape = /^[A-Za-z0-9_.:-]{1,160}$/
const emailShape = /^[^\s@<>"]{1,64}@[^\s@<>"]+\.[^\s@<>".]+$/
const phoneShape = /^\+?[\d\s().-]{6,24}$/

/** Control characters make names unreadable and log lines lie. */
const clean = (text: string): string => [...text].filter((one) => one >= ' ' && one !== '\u007f').join('').replace(/\s+/g, ' ').trim()
const invalid = (fields: readonly string[]): Refused => new Refused('validation', { fields })

function shortText(body: Body, name: string, max: number): string | undefined {
  const value = body[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' || value.length > max) throw invalid([name])
  return clean(value) || undefined
}

function person(body: Body): Prechat {
  const name = shortText(body, 'name', 80)
  const email = shortText(body, 'email', 254)
  const phone = shortText(body, 'phone', 32)
  const wrong = [...(email && !emailShape.test(email) ? ['email'] : []), ...(phone && !phoneShape.test(phone) ? ['phone'] : [])]
  if (wrong.length > 0) throw invalid(wrong)
  return { ...(name ? { name } : {}), ...(email ? { email } : {}), ...(phone ? { phone } : {}) }
}

export function readSession(request: HostedRequest): SessionRequest {
  const body = readBody(request)
  const { page, identify, prechat } = body
  if (page !== undefined && typeof page !== 'string') throw invalid(['page'])
  let known: Identify | undefined
  if (identify !== undefined) {
    if (!isBody(identify)) throw invalid(['identify'])
    const { userId, hash } = identify
    if (typeof userId !== 'string' || userId === '' || userId.length > 256 || typeof hash !== 'string') throw invalid(['identify'])
    known = { ...person(identify), userId, hash }
  }
  if (prechat !== undefined && !isBody(prechat)) throw invalid(['prechat'])
  return {
    ...(page === undefined ? {} : { page }),
    ...(known ? { identify: known } : {}),
    ...(prechat ? { prechat: { ...person(prechat), consent: prechat.consent === true } } : {}),
  }
}

const within = (value: unknown, limit: number): value is number => typeof value === 'number' && Math.abs(value) <= limit

function messagePart(body: Body): Part {
  const given = ['text', 'choice', 'location'].filter((name) => body[name] !== undefined)
  if (given.length !== 1) throw invalid(['text'])
  const { text, choice, location } = body
  if (given[0] === 'text') {
    if (typeof text !== 'string' || text.trim() === '') throw invalid(['text'])
    if (measure(text, 'characters') > textMax) throw new Refused('text_too_long', { max: textMax })
    return { kind: 'text', text }
  }
  if (given[0] === 'choice') {
    if (!isBody(choice) || typeof choice.id !== 'string' || choice.id === '' || choice.id.length > 256) throw invalid(['choice'])
    if (typeof choice.title !== 'string' || choice.title.length > 256) throw invalid(['choice'])
    return { kind: 'choice', via: choice.via === 'list' ? 'list' : 'button', id: choice.id, title: clean(choice.title) }
  }
  if (!isBody(location) || !within(location.latitude, 90) || !within(location.longitude, 180)) throw invalid(['location'])
  const name = shortText(location, 'name', 200)
  const address = shortText(location, 'address', 400)
  return { kind: 'location', latitude: location.latitude, longitude: location.longitude, ...(name ? { name } : {}), ...(address ? { address } : {}) }
}

export interface Said { readonly clientId: string; readonly part: Part; readonly replyTo?: string }

function checkIds(clientId: unknown, replyTo: unknown): { clientId: string; replyTo?: string } {
  if (typeof clientId !== 'string' || !clientIdShape.test(clientId)) throw invalid(['clientId'])
  if (replyTo === undefined || replyTo === '') return { clientId }
  if (typeof replyTo !== 'string' || !messageIdShape.test(replyTo)) throw invalid(['replyTo'])
  return { clientId, replyTo }
}

export function readMessage(request: HostedRequest): Said {
  const body = readBody(request)
  return { ...checkIds(body.clientId, body.replyTo), part: messagePart(body) }
}

export interface Upload { readonly clientId: string; readonly replyTo?: string; readonly fileName: string; readonly caption?: string; readonly voice: boolean; readonly durationMs?: number }

export function readUpload(request: HostedRequest): Upload {
  const { query } = request
  // A name only: no folders, nothing a shell or a header could trip over.
  const fileName = clean(query.name ?? '').replace(/^.*[\\/]/, '').replace(/["<>|:*?]/g, '').slice(-120) || 'archivo'
  const caption = query.caption ?? ''
  if (measure(caption, 'characters') > 1024) throw new Refused('text_too_long', { max: 1024 })
  const durationMs = Number(query.durationMs)
  return {
    ...checkIds(query.clientId, query.replyTo),
    fileName,
    voice: query.voice === '1',
    ...(caption.trim() ? { caption } : {}),
    ...(query.durationMs !== undefined && Number.isInteger(durationMs) && durationMs >= 0 && durationMs < 3_600_000 ? { durationMs } : {}),
  }
}

export function readReceipt(request: HostedRequest): { upTo: string; state: 'delivered' | 'read' } {
  const { upTo, state } = readBody(request)
  if (typeof upTo !== 'string' || !messageIdShape.test(upTo)) throw invalid(['upTo'])
  return { upTo, state: state === 'delivered' ? 'delivered' : 'read' }
}

export function readTyping(request: HostedRequest): boolean {
  const { typing } = readBody(request)
  if (typeof typing !== 'boolean') throw invalid(['typing'])
  return typing
}

export function readHistory(request: HostedRequest): { after: string | null; limit: number } {
  const { after, limit } = request.query
  if (after !== undefined && after !== '' && !messageIdShape.test(after)) throw invalid(['after'])
  const wanted = Number(limit ?? 50)
  return { after: after || null, limit: Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, 100) : 50 }
}
