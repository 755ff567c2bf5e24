/** Turno's parts as the visitor's page draws them. */
import type { HostedMessage, HostMedia, MediaRef, OutboundMessage, Part, RemoteChatId, RemoteMessageId, Speaker } from '../sdk/index.ts'
import type { PageMedia, PageMessage, PagePart, PageQuote, PageSpeaker } from './frames.ts'

/** Address of a file for the visitor of this chat, relative to the channel's mount. */
export type FileUrl = (fileId: string) => string

/** The page's own messages carry the visitor in their id, so that nobody can name another's. */
export const visitorMessageId = (chat: RemoteChatId, clientId: string): RemoteMessageId => `${chat}.${clientId}`
/** The same for every attempt of one send: the page keeps one. */
export const accountMessageId = (idempotencyKey: string): RemoteMessageId => `t.${idempotencyKey}`

const clientIdOf = (chat: RemoteChatId, id: RemoteMessageId): string | null => (id.startsWith(`${chat}.`) ? id.slice(chat.length + 1) : null)

const media = (file: HostMedia, url: FileUrl): PageMedia => ({ url: url(file.fileId), mimeType: file.mimeType, size: file.size, fileName: file.fileName })

function filePart(part: Extract<Part, { media: MediaRef }>, url: FileUrl): PagePart {
  if (part.media.at !== 'host') return { kind: 'unavailable', ...(part.caption ? { text: part.caption } : {}) }
  return {
    kind: part.kind === 'sticker' ? 'image' : part.kind,
    media: media(part.media, url),
    ...(part.caption ? { caption: part.caption } : {}),
    ...(part.durationMs === undefined ? {} : { durationMs: part.durationMs }),
  }
}

export function pagePart(part: Part, url: FileUrl): PagePart {
  if ('media' in part) return filePart(part, url)
  switch (part.kind) {
    case 'text':
    case 'location':
      return part
    case 'choice':
      return { kind: 'choice', title: part.title }
    case 'buttons': {
      const { header, ...rest } = part
      if (header === undefined || typeof header === 'string') return { ...rest, ...(header ? { header } : {}) }
      return header.at === 'host' ? { ...rest, header: media(header, url) } : rest
    }
    case 'list':
      return part
    case 'template':
      return { kind: 'text', text: part.rendered }
    case 'unsupported':
      return { kind: 'unavailable', ...(part.text ? { text: part.text } : {}) }
    case 'contacts':
      return { kind: 'unavailable', text: part.contacts.map((one) => [one.name, ...one.phones.map((phone) => phone.value)].join(' ')).join('\n') }
    default:
      return { kind: 'unavailable' }
  }
}

/** What a quoted message says in one line; the page puts words to files. */
export function quoteText(part: Part): string {
  if ('media' in part) return part.caption ?? (part.kind === 'document' && part.media.at === 'host' ? part.media.fileName : '')
  switch (part.kind) {
    case 'text': return part.text
    case 'choice': return part.title
    case 'buttons':
    case 'list': return part.body
    case 'template': return part.rendered
    case 'location': return part.name ?? part.address ?? ''
    default: return ''
  }
}

const quote = (id: RemoteMessageId, fromAccount: boolean, part: Part, url: FileUrl): PageQuote =>
  ({ id, from: fromAccount ? 'account' : 'visitor', kind: pagePart(part, url).kind, text: quoteText(part).slice(0, 200) })

export const pageSpeaker = (speaker: Speaker, url: FileUrl): PageSpeaker => ({
  name: speaker.name,
  ...(speaker.avatar ? { avatar: url(speaker.avatar.fileId) } : {}),
  ...(speaker.place ? { place: speaker.place } : {}),
})

export function fromHistory(chat: RemoteChatId, said: HostedMessage, url: FileUrl): PageMessage {
  const clientId = said.fromAccount ? null : clientIdOf(chat, said.id)
  return {
    id: said.id,
    at: said.at.getTime(),
    from: !said.fromAccount ? 'visitor' : said.author === 'human' ? 'agent' : 'menu',
    parts: said.parts.map((part) => pagePart(part, url)),
    ...(clientId === null ? {} : { clientId }),
    ...(said.fromAccount && said.speaker ? { speaker: pageSpeaker(said.speaker, url) } : {}),
    ...(said.replyTo ? { replyTo: quote(said.replyTo.id, said.replyTo.fromAccount, said.replyTo.part, url) } : {}),
    ...(said.fromAccount ? {} : { read: said.read === true }),
  }
}

export function fromSend(message: Extract<OutboundMessage, { op: 'send' }>, at: Date, url: FileUrl): PageMessage {
  const { replyTo } = message
  return {
    id: accountMessageId(message.idempotencyKey),
    at: at.getTime(),
    from: message.author === 'human' ? 'agent' : 'menu',
    parts: [pagePart(message.part, url)],
    ...(message.speaker ? { speaker: pageSpeaker(message.speaker, url) } : {}),
    ...(replyTo ? { replyTo: quote(replyTo.id, clientIdOf(message.chat, replyTo.id) === null, replyTo.part, url) } : {}),
  }
}
