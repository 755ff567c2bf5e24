/** What is sent: from parts to the client's own form. */
import { Readable } from 'node:stream'
import type { AnyMessageContent, WAMessage, proto } from '@whiskeysockets/baileys'
import type { HostMedia, OutboundMessage, Part } from '../sdk/index.ts'
import { BridgeError } from '../sdk/index.ts'
import { wireJid } from './identities.ts'
import { isGroup, lidJid, parseMessageId, person } from './ids.ts'
import type { Session } from './session.ts'
import { writeVcard } from './vcard.ts'

/** The address of someone the host knows by the id that this plugin made. */
export async function addressOf(session: Session, user: string): Promise<string> {
  return isGroup(user) ? user : wireJid([], user, await session.who.known(user))
}

/** Where a message goes. */
export async function destination(session: Session, message: Pick<OutboundMessage, 'chat' | 'user'>): Promise<string> {
  const { chat, user } = message
  if (isGroup(chat)) return chat
  const to = wireJid(user?.identifiers ?? [], chat, await session.who.known(chat))
  if (!person(to)) throw new BridgeError('permanent', 'bad_request', 'This is no address of WhatsApp')
  return person(to)
}

/** Members of a group are addressed by LID; only old groups still use numbers. */
async function memberAddress(session: Session, group: string, user: string): Promise<string> {
  const known = await session.who.known(user)
  return known.lid && session.groups.get(group)?.addressingMode !== 'pn' ? lidJid(known.lid) : addressOf(session, user)
}

/** The network's key of a message that the host knows by id, as seen from an address of its chat. */
export async function keyOf(session: Session, id: string, to: string): Promise<proto.IMessageKey> {
  const parsed = parseMessageId(id)
  if (!parsed) throw new BridgeError('permanent', 'bad_request', 'The message is not of this network')
  const author = parsed.author && !session.who.isOwn(parsed.author) ? await memberAddress(session, to, parsed.author) : undefined
  return { remoteJid: to, fromMe: parsed.fromMe, id: parsed.id, ...(author && !parsed.fromMe ? { participant: author } : {}) }
}

function hostFile(part: Extract<Part, { media: unknown }>): HostMedia {
  if (part.media.at !== 'host') throw new BridgeError('permanent', 'media_unavailable', 'Only a file in the host\'s storage can be sent')
  return part.media
}
const stream = (file: HostMedia): { stream: Readable } => ({ stream: Readable.from(file.open()) })

/** @throws {BridgeError} permanent `not_supported` for what this network does not send */
export function contentOf(part: Part): AnyMessageContent {
  switch (part.kind) {
    case 'text': return { text: part.text }
    case 'template': {
      const header = part.header && 'at' in part.header ? part.header : null
      if (!header) return { text: part.rendered }
      const kind = header.mimeType.startsWith('image/') ? 'image' : header.mimeType.startsWith('video/') ? 'video' : 'document'
      return contentOf({ kind, media: header, caption: part.rendered })
    }
    case 'image': return { image: stream(hostFile(part)), mimetype: hostFile(part).mimeType, ...(part.caption ? { caption: part.caption } : {}) }
    case 'video': return { video: stream(hostFile(part)), mimetype: hostFile(part).mimeType, ...(part.caption ? { caption: part.caption } : {}), ...(part.animated ? { gifPlayback: true } : {}) }
    case 'audio': return { audio: stream(hostFile(part)), mimetype: hostFile(part).mimeType, ptt: false, ...duration(part.durationMs) }
    // Phones play a voice note only as ogg with opus; the host has converted it.
    case 'voice': return { audio: stream(hostFile(part)), mimetype: 'audio/ogg; codecs=opus', ptt: true, ...duration(part.durationMs) }
    case 'document': {
      const file = hostFile(part)
      return { document: stream(file), mimetype: file.mimeType, fileName: file.fileName, ...(part.caption ? { caption: part.caption } : {}) }
    }
    case 'sticker': return { sticker: stream(hostFile(part)), mimetype: 'image/webp', ...(part.animated ? { isAnimated: true } : {}) }
    case 'location': {
      const { latitude, longitude, name, address } = part
      return { location: { degreesLatitude: latitude, degreesLongitude: longitude, ...(name ? { name } : {}), ...(address ? { address } : {}) } }
    }
    case 'contacts': {
      const contacts = part.contacts.map((card) => ({ displayName: card.name, vcard: writeVcard(card) }))
      return { contacts: { displayName: contacts.length === 1 ? contacts[0]?.displayName ?? '' : `${contacts.length} contacts`, contacts } }
    }
    default: throw new BridgeError('permanent', 'not_supported', `WhatsApp Web cannot send: ${part.kind}`)
  }
}

const duration = (durationMs: number | undefined): { seconds?: number } => (durationMs ? { seconds: Math.round(durationMs / 1000) } : {})

/** What the quoted message said, as far as the recipient's phone needs it: it shows its own copy where it has one. */
function quotedContent(part: Part): proto.IMessage {
  const caption = 'caption' in part && part.caption ? { caption: part.caption } : {}
  switch (part.kind) {
    case 'text': return { conversation: part.text }
    case 'image': return { imageMessage: { ...caption } }
    case 'video': return { videoMessage: { ...caption } }
    case 'audio':
    case 'voice': return { audioMessage: { ptt: part.kind === 'voice' } }
    case 'document': return { documentMessage: { ...caption, fileName: part.media.at === 'lost' ? '' : part.media.fileName ?? '' } }
    case 'sticker': return { stickerMessage: {} }
    case 'location': return { locationMessage: { degreesLatitude: part.latitude, degreesLongitude: part.longitude, name: part.name ?? '' } }
    case 'contacts': return { contactMessage: { displayName: part.contacts[0]?.name ?? '' } }
    case 'choice': return { conversation: part.title }
    case 'template': return { conversation: part.rendered }
    case 'buttons':
    case 'list': return { conversation: part.body }
    default: return { conversation: '' }
  }
}

export async function quotedMessage(session: Session, quoted: { readonly id: string; readonly part: Part }, to: string): Promise<WAMessage> {
  return { key: await keyOf(session, quoted.id, to), message: quotedContent(quoted.part) } as WAMessage
}
