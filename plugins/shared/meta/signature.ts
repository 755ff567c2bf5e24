/** How Meta proves that a webhook is its own, and how we prove that the address is ours. One scheme for all three networks. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { WebhookReply, WebhookRequest } from '../../sdk/bridge.ts'

/** `X-Hub-Signature-256` for a body. The bytes are hashed as received: Meta signs its own escaped form, which no re-serialising gives back. */
export const sign = (appSecret: string, rawBody: Uint8Array | string): string =>
  `sha256=${createHmac('sha256', appSecret).update(rawBody).digest('hex')}`

export function verifySignature(appSecret: string | undefined, request: WebhookRequest): boolean {
  // An empty key would let anybody sign.
  if (!appSecret) return false
  const given = header(request, 'x-hub-signature-256')
  if (given === undefined) return false
  return equal(sign(appSecret, request.rawBody), given)
}

/** GET with `hub.*`: the challenge for the right token, 403 for anything else. Null for a POST, which is an event. */
export function hubHandshake(verifyToken: string | undefined, request: WebhookRequest): WebhookReply | null {
  if (request.method !== 'GET') return null
  const { query } = request
  const right = !!verifyToken && query['hub.mode'] === 'subscribe' && equal(verifyToken, query['hub.verify_token'] ?? '')
  return right
    ? { status: 200, contentType: 'text/plain; charset=utf-8', body: query['hub.challenge'] ?? '' }
    : { status: 403, contentType: 'text/plain; charset=utf-8', body: 'forbidden' }
}

function header(request: WebhookRequest, name: string): string | undefined {
  const found = Object.entries(request.headers).find(([key]) => key.toLowerCase() === name)
  return found?.[1]
}

/** Constant time for equal lengths; the length of a digest is no secret. */
function equal(expected: string, given: string): boolean {
  const a = Buffer.from(expected)
  const b = Buffer.from(given)
  return a.length === b.length && timingSafeEqual(a, b)
}
