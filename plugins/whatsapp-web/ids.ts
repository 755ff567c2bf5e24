/** Addresses and message ids of this network. Nothing outside of the plugin reads them. */
import { createHash } from 'node:crypto'

export const PHONE_SERVER = 's.whatsapp.net'

export interface Jid { readonly user: string; readonly server: string; readonly device: number }

/** `573001112233:5@s.whatsapp.net` → user, device 5, server; null for what is no address. */
export function parseJid(jid: string | null | undefined): Jid | null {
  const at = jid?.indexOf('@') ?? -1
  if (!jid || at < 0) return null
  const [name = '', device] = jid.slice(0, at).split(':')
  const server = jid.slice(at + 1)
  const [user = ''] = name.split('_')
  // Numbers hosted by Meta's cloud write from servers of their own.
  const plain = server === 'c.us' || server === 'hosted' ? PHONE_SERVER : server === 'hosted.lid' ? 'lid' : server
  return { user, server: plain, device: Number(device ?? 0) }
}

/** Without device: the person. Empty for what is no address. */
export function person(jid: string | null | undefined): string {
  const parsed = parseJid(jid)
  return parsed ? `${parsed.user}@${parsed.server}` : ''
}

export const phoneJid = (phone: string): string => `${phone}@${PHONE_SERVER}`
export const lidJid = (lid: string): string => `${lid}@lid`
export const isGroup = (jid: string): boolean => jid.endsWith('@g.us')
export const isPhone = (jid: string): boolean => parseJid(jid)?.server === PHONE_SERVER
export const isLid = (jid: string): boolean => parseJid(jid)?.server === 'lid'
export const isStatus = (jid: string): boolean => jid === 'status@broadcast'
export const isBroadcastList = (jid: string): boolean => jid.endsWith('@broadcast') && !isStatus(jid)

/** WhatsApp's own account, its bots and its channels are nobody who writes to the company. */
export function isNobody(jid: string): boolean {
  const parsed = parseJid(jid)
  return !parsed || parsed.server === 'newsletter' || parsed.server === 'bot' || parsed.server === 'broadcast' || (parsed.user === '0' && parsed.server === PHONE_SERVER)
}

export interface MessageId { readonly chat: string; readonly author: string; readonly fromMe: boolean; readonly id: string }

/** Ids are minted by the sender's device: a long one is cut to a digest, so that a key stays short. Such a message cannot be quoted. */
const bounded = (id: string): string => (id.length <= 80 && !/[\s|]/.test(id) ? id : `#${createHash('sha256').update(id).digest('base64url')}`)

/**
 * `<chat>|<author in a group>|<1 when ours>|<id>`. The sender's device chooses the last part, so the others are needed:
 * a copied id must not make another customer's message vanish.
 */
export const messageId = ({ chat, author, fromMe, id }: MessageId): string => [chat, author, fromMe ? '1' : '0', bounded(id)].join('|')

export function parseMessageId(value: string): MessageId | null {
  const [chat, author, fromMe, ...id] = value.split('|')
  if (!chat || author === undefined || fromMe === undefined || id.length === 0) return null
  return { chat, author, fromMe: fromMe === '1', id: id.join('|') }
}

/** The same on each attempt of a send: phones ignore an id that they have. Shaped like the ids of WhatsApp's own web client. */
export const outgoingId = (idempotencyKey: string): string =>
  `3EB0${createHash('sha256').update(idempotencyKey).digest('hex').toUpperCase().slice(0, 18)}`
