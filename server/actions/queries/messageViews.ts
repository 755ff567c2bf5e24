/** Messages as the timeline and the live feed show them: a batch at a time, one query per table. */
import type { ActorView, Instant, Locale } from '../../http/contract/common.ts'
import type { MediaView, MessageKind, MessageStatus, MessageView } from '../../http/contract/chats.ts'
import { failureText } from '../../domain/failureTexts.ts'
import type { Queryable } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import { messageFlags } from '../work/rows.ts'

export interface StoredMessage {
  id: string; chatId: string; conversationId: string | null; direction: 'in' | 'out'; kind: MessageKind; visibility: 'public' | 'internal'
  authorKind: ActorView['kind']; authorId: string | null; authorName: string; body: string; extra: string | null; mediaId: string | null
  quoteId: string | null; context: string | null; clientKey: string | null; status: MessageStatus | null; errorCode: string | null; flags: number
  at: Instant; sortAt: Instant; sentAt: Instant | null; deliveredAt: Instant | null; readAt: Instant | null; editedAt: Instant | null; deletedAt: Instant | null
}

export const messageColumns = [
  'id', 'chatId', 'conversationId', 'direction', 'kind', 'visibility', 'authorKind', 'authorId', 'authorName', 'body', 'extra', 'mediaId', 'quoteId', 'context',
  'clientKey', 'status', 'errorCode', 'flags', 'at', 'sortAt', 'sentAt', 'deliveredAt', 'readAt', 'editedAt', 'deletedAt',
] as const satisfies readonly (keyof StoredMessage)[]

interface StoredMedia {
  id: string; mime: string; size: number; name: string; width: number | null; height: number | null; durationMs: number | null
  state: MediaView['state']; thumbSha256: string | null
}
interface StoredReaction { messageId: string; byName: string; emoji: string; fromCustomer: number }
interface Quoted { id: string; authorName: string; kind: MessageKind; body: string; deletedAt: Instant | null }

/** Messages with what hangs on them, not yet for anyone in particular. */
export interface LoadedMessages {
  readonly messages: readonly StoredMessage[]
  readonly media: ReadonlyMap<string, StoredMedia>
  readonly quotes: ReadonlyMap<string, Quoted>
  readonly reactions: ReadonlyMap<string, readonly StoredReaction[]>
}

/** `fresh`: messages that were only just made, to which nobody can have reacted. */
export async function loadAround(q: Queryable, messages: readonly StoredMessage[], fresh: ReadonlySet<string> = new Set()): Promise<LoadedMessages> {
  const mediaIds = [...new Set(messages.flatMap((message) => message.mediaId ?? []))]
  const quoteIds = [...new Set(messages.flatMap((message) => message.quoteId ?? []))]
  const ids = messages.filter((message) => !fresh.has(message.id)).map((message) => message.id)
  const [media, quotes, reactions] = await Promise.all([
    mediaIds.length === 0 ? [] : q.all<StoredMedia>(`SELECT id, mime, size, name, width, height, durationMs, state, thumbSha256 FROM media WHERE id IN (${placeholders(mediaIds.length)})`, mediaIds),
    quoteIds.length === 0 ? [] : q.all<Quoted>(`SELECT id, authorName, kind, body, deletedAt FROM messages WHERE id IN (${placeholders(quoteIds.length)})`, quoteIds),
    ids.length === 0 ? [] : q.all<StoredReaction>(`SELECT messageId, byName, emoji, fromCustomer FROM reactions WHERE messageId IN (${placeholders(ids.length)}) ORDER BY at`, ids),
  ])
  return {
    messages, media: new Map(media.map((row) => [row.id, row])), quotes: new Map(quotes.map((row) => [row.id, row])),
    reactions: groupBy(reactions, (row) => row.messageId),
  }
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row])
  return groups
}

export interface Reader {
  readonly locale: Locale
  /** Sees what customers took back. */
  readonly deleted: boolean
}

export function messageView(loaded: LoadedMessages, message: StoredMessage, reader: Reader): MessageView {
  const gone = message.deletedAt !== null && !reader.deleted
  const extra = parsed(message.extra)
  const context = parsed(message.context)
  const media = message.mediaId === null ? undefined : loaded.media.get(message.mediaId)
  return {
    type: 'message', id: message.id, chatId: message.chatId, conversationId: message.conversationId, clientId: clientIdOf(message),
    direction: message.direction, kind: message.kind, visibility: message.visibility,
    author: { kind: message.authorKind, id: message.authorId, name: message.authorName },
    text: gone ? '' : message.body,
    media: media && !gone ? mediaView(media, extra) : null,
    location: gone ? null : locationOf(message.kind, extra),
    extra: gone || message.kind === 'location' ? null : shownExtra(extra),
    quote: gone ? null : quoteOf(loaded, message, reader),
    referral: gone ? null : referralOf(context),
    reactions: (loaded.reactions.get(message.id) ?? []).map((reaction) => ({ by: reaction.byName, emoji: reaction.emoji, fromCustomer: reaction.fromCustomer === 1 })),
    status: message.status, failure: failureOf(message, reader.locale),
    at: message.sortAt, sentAt: message.sentAt, deliveredAt: message.deliveredAt, readAt: message.readAt, editedAt: message.editedAt, deletedAt: message.deletedAt,
    late: (message.flags & messageFlags.late) !== 0,
  }
}

/** `clientKey` is unique over all authors: theirs before the last colon, the client's own id after it. */
const clientIdOf = (message: StoredMessage): string | null => message.clientKey?.slice(message.clientKey.lastIndexOf(':') + 1) ?? null

export function mediaView(media: StoredMedia, extra: Record<string, unknown> | null = null): MediaView {
  const duration = media.durationMs ?? (typeof extra?.durationMs === 'number' ? extra.durationMs : null)
  return {
    id: media.id, mime: media.mime, size: media.size, name: media.name, width: media.width, height: media.height, durationMs: duration, state: media.state,
    thumb: media.thumbSha256 !== null,
  }
}

function quoteOf(loaded: LoadedMessages, message: StoredMessage, reader: Reader): MessageView['quote'] {
  const quoted = message.quoteId === null ? undefined : loaded.quotes.get(message.quoteId)
  if (!quoted) return null
  const text = quoted.deletedAt !== null && !reader.deleted ? '' : [...quoted.body].slice(0, 200).join('')
  return { messageId: quoted.id, author: quoted.authorName, kind: quoted.kind, text }
}

function failureOf(message: StoredMessage, locale: Locale): MessageView['failure'] {
  if (message.status !== 'failed' && message.status !== 'uncertain') return null
  const code = message.status === 'uncertain' ? 'uncertain' : (message.errorCode ?? 'provider_error')
  return { code: message.errorCode ?? code, ...failureText(code, locale) }
}

function locationOf(kind: MessageKind, extra: Record<string, unknown> | null): MessageView['location'] {
  if (kind !== 'location' || typeof extra?.latitude !== 'number' || typeof extra.longitude !== 'number') return null
  return { latitude: extra.latitude, longitude: extra.longitude, name: textOrNull(extra.name), address: textOrNull(extra.address) }
}

function referralOf(context: Record<string, unknown> | null): MessageView['referral'] {
  const referral = context?.referral as Record<string, unknown> | undefined
  return referral ? { kind: String(referral.kind), title: textOrNull(referral.title), body: textOrNull(referral.body), url: webUrl(referral.url) } : null
}

/** What the engine remembers beside the content is not content. */
function shownExtra(extra: Record<string, unknown> | null): Record<string, unknown> | null {
  const shown = Object.entries(extra ?? {}).filter(([name]) => name !== 'waitedSince' && name !== 'durationMs')
  return shown.length > 0 ? Object.fromEntries(shown) : null
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
/** A link that came from outside is followed by people: nothing but http and https. */
const webUrl = (value: unknown): string | null => (typeof value === 'string' && /^https?:\/\//i.test(value) ? value : null)
const parsed = (json: string | null): Record<string, unknown> | null => (json === null ? null : (JSON.parse(json) as Record<string, unknown>))
