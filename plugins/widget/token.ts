/**
 * The visitor's token, and the signature of a file's address. Both are signed statements, so nothing about a visitor is
 * stored before their first message, and any process can check them.
 *
 *   v1.<payload, base64url JSON>.<HMAC-SHA256(tokenKey, purpose + payload), base64url>
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** What the visitor says of themself travels in their own token. */
export interface VisitorProfile { readonly name?: string; readonly email?: string; readonly phone?: string }

export interface VisitorToken {
  /** 128 random bits, or 128 bits of HMAC over the site's user id: the id of user and chat. */
  readonly visitor: string
  /** The site vouched for them. */
  readonly identified: boolean
  /** Milliseconds since the epoch, whole seconds. */
  readonly issuedAt: number
  readonly expiresAt: number
  readonly profile: VisitorProfile
  /** When they accepted the consent text; 0: not. */
  readonly consentAt: number
}

const visitorShape = /^[uv][A-Za-z0-9_-]{22}$/
const maxLength = 2048

const mac = (key: string, purpose: string, payload: string): Buffer => createHmac('sha256', key).update(`${purpose}.${payload}`).digest()

function sign(key: string, purpose: string, payload: unknown): string {
  const text = Buffer.from(JSON.stringify(payload)).toString('base64url')
  return `v1.${text}.${mac(key, purpose, text).toString('base64url')}`
}

/** The payload, or null when this key did not sign it for this purpose. */
function open(key: string, purpose: string, token: string): Record<string, unknown> | null {
  if (key === '' || token.length > maxLength) return null
  const found = /^v1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/.exec(token)
  if (!found?.[1] || !found[2]) return null
  if (!timingSafeEqual(Buffer.from(found[2], 'base64url'), mac(key, purpose, found[1]))) return null
  const payload: unknown = JSON.parse(Buffer.from(found[1], 'base64url').toString())
  return typeof payload === 'object' && payload !== null ? payload as Record<string, unknown> : null
}

export const newVisitor = (): string => `v${randomBytes(16).toString('base64url')}`

/** The same on every device, and not to be guessed without the key. */
export const visitorOfUser = (tokenKey: string, userId: string): string =>
  `u${mac(tokenKey, 'user', userId).subarray(0, 16).toString('base64url')}`

/** Did the site's server sign this user id? Lower-case hex of HMAC-SHA256(identifySecret, userId). */
export function vouched(identifySecret: string, userId: string, hash: string): boolean {
  if (identifySecret === '' || !/^[0-9a-f]{64}$/i.test(hash)) return false
  return timingSafeEqual(Buffer.from(hash, 'hex'), createHmac('sha256', identifySecret).update(userId).digest())
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** `channel` is the channel's key: a token opens nothing elsewhere, even where two channels share a secret. */
export function signVisitor(tokenKey: string, channel: string, token: VisitorToken): string {
  return sign(tokenKey, 'visitor', {
    k: channel, v: token.visitor, u: token.identified ? 1 : 0, i: seconds(token.issuedAt), e: seconds(token.expiresAt), p: token.profile, c: seconds(token.consentAt),
  })
}

export function readVisitor(tokenKey: string, channel: string, token: string, now: number): VisitorToken | null {
  const payload = open(tokenKey, 'visitor', token)
  if (payload?.k !== channel || channel === '') return null
  const { v, i, e, p, c } = payload
  if (typeof v !== 'string' || !visitorShape.test(v) || typeof i !== 'number' || typeof e !== 'number' || e * 1000 <= now) return null
  return { visitor: v, identified: payload.u === 1, issuedAt: i * 1000, expiresAt: e * 1000, profile: p as VisitorProfile, consentAt: Number(c) * 1000 }
}

/** For the address of one file in one chat: an `img` cannot send a header, and the visitor's token belongs in no address. */
export function signFile(tokenKey: string, channel: string, chat: string, fileId: string, expiresAt: number): string {
  return sign(tokenKey, 'file', { k: channel, v: chat, f: fileId, e: seconds(expiresAt) })
}

/** The chat that the file belongs to, or null. */
export function readFile(tokenKey: string, channel: string, fileId: string, token: string, now: number): string | null {
  const payload = open(tokenKey, 'file', token)
  if (payload?.k !== channel || payload.f !== fileId || typeof payload.v !== 'string' || typeof payload.e !== 'number') return null
  return payload.e * 1000 > now ? payload.v : null
}
