/** A chat's messages and event lines, a page at a time in either direction. */
import type { Instant, Locale } from '../../http/contract/common.ts'
import type { MessageView, TimelineItem, TimelinePage } from '../../http/contract/chats.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Actor } from '../../domain/permissions.ts'
import type { Queryable, Value } from '../../store/db.ts'
import { accessChat, showsDeleted } from '../access.ts'
import type { Core } from '../core.ts'
import { linesBetween, lineWindow } from './eventLines.ts'
import { loadAround, messageColumns, messageView, type StoredMessage } from './messageViews.ts'

/**
 * A place between two items: the message on this side of it, and from where on lines belong to the other side. `seq` is
 * near: at most one window of event numbers past the place in the direction it was made for.
 */
interface Place { readonly sortAt: Instant; readonly id: string; readonly lineAt: Instant; readonly seq: number }

const endOfTime = Number.MAX_SAFE_INTEGER

/** Throws `not_found`, `forbidden` (a waiting chat whose text one may not read) and `bad_request`. */
export async function readTimeline(core: Core, actor: Actor, chatId: string, query: { before?: string; after?: string; around?: string; limit: number }, locale: Locale): Promise<TimelinePage> {
  const { db } = core
  const { until } = await accessChat(core, db, actor, chatId, 'see')
  const view = await core.catalog.read()
  const limits = { chatId, until: until ?? endOfTime, limit: query.limit }
  const page = query.around ? await pageAround(db, limits, query.around) : query.after ? await pageAfter(db, limits, decode(query.after)) : await pageBefore(db, limits, query.before ? decode(query.before) : await endOf(db, chatId))
  const loaded = await loadAround(db, page.messages)
  const reader = { locale, deleted: showsDeleted(view, actor) }
  const messages = page.messages.map((message) => messageView(loaded, message, reader))
  return { items: merge(messages, page.lines), before: page.before ? encode(page.before) : null, after: page.after ? encode(page.after) : null }
}

interface Limits { readonly chatId: string; readonly until: Instant; readonly limit: number }
interface Found { messages: StoredMessage[]; lines: TimelineItem[]; before: Place | null; after: Place | null }

async function endOf(q: Queryable, chatId: string): Promise<Place> {
  const chat = await q.get<{ seq: number }>('SELECT seq FROM chats WHERE id = ?', [chatId])
  return { sortAt: endOfTime, id: '', lineAt: endOfTime, seq: chat?.seq ?? 0 }
}

async function pageBefore(q: Queryable, { chatId, until, limit }: Limits, place: Place): Promise<Found> {
  const found = await readMessages(q, 'sortAt <= ? AND (sortAt < ? OR id < ?) AND sortAt <= ?', 'DESC', [chatId, place.sortAt, place.sortAt, place.id, until], limit + 1)
  const more = found.length > limit
  const messages = found.slice(0, limit).reverse()
  const [oldest, newest] = [messages[0], messages.at(-1)]
  const from = more && oldest ? oldest.sortAt : 0
  const { lines, seq } = await linesBetween(q, chatId, { from, to: Math.min(place.lineAt, until + 1), seq: place.seq }, 'down')
  return {
    messages, lines,
    before: more && oldest ? { sortAt: oldest.sortAt, id: oldest.id, lineAt: from, seq } : null,
    after: place.sortAt < endOfTime && newest ? { sortAt: newest.sortAt, id: newest.id, lineAt: place.lineAt, seq: Math.max(0, place.seq - lineWindow) } : null,
  }
}

async function pageAfter(q: Queryable, { chatId, until, limit }: Limits, place: Place): Promise<Found> {
  const found = await readMessages(q, 'sortAt >= ? AND (sortAt > ? OR id > ?) AND sortAt <= ?', 'ASC', [chatId, place.sortAt, place.sortAt, place.id, until], limit + 1)
  const more = found.length > limit
  const messages = found.slice(0, limit)
  const [oldest, newest] = [messages[0], messages.at(-1)]
  const to = more && newest ? newest.sortAt + 1 : until + 1
  const { lines, seq } = await linesBetween(q, chatId, { from: place.lineAt, to, seq: place.seq }, 'up')
  return {
    messages, lines,
    before: oldest ? { sortAt: oldest.sortAt, id: oldest.id, lineAt: place.lineAt, seq: place.seq + lineWindow } : null,
    after: more && newest ? { sortAt: newest.sortAt, id: newest.id, lineAt: to, seq } : null,
  }
}

/** Half a page on each side of a message. @throws DomainError not_found */
async function pageAround(q: Queryable, limits: Limits, messageId: string): Promise<Found> {
  const { chatId, until } = limits
  const message = await q.get<{ sortAt: Instant }>('SELECT sortAt FROM messages WHERE id = ? AND chatId = ? AND sortAt <= ?', [messageId, chatId, until])
  if (!message) throw new DomainError('not_found')
  const half = { ...limits, limit: Math.max(1, Math.floor(limits.limit / 2)) }
  const seq = await seqAt(q, chatId, message.sortAt)
  // Just behind the message: it is the newest of what comes before.
  const place: Place = { sortAt: message.sortAt, id: `${messageId}~`, lineAt: message.sortAt, seq: seq + 1 }
  const [older, newer] = [await pageBefore(q, half, place), await pageAfter(q, half, { ...place, seq: Math.max(0, seq - 1) })]
  return { messages: [...older.messages, ...newer.messages], lines: [...older.lines, ...newer.lines], before: older.before, after: newer.after }
}

/** The number of the chat's last event before an instant: events have growing numbers and times (I12), so it is found by halves. */
async function seqAt(q: Queryable, chatId: string, at: Instant): Promise<number> {
  let [low, high] = [0, (await endOf(q, chatId)).seq]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const event = await q.get<{ at: Instant }>('SELECT at FROM event_log WHERE chatId = ? AND seq = ?', [chatId, middle])
    // What retention took is long past.
    if (!event || event.at < at) low = middle
    else high = middle - 1
  }
  return low
}

const readMessages = (q: Queryable, where: string, direction: 'ASC' | 'DESC', params: Value[], limit: number): Promise<StoredMessage[]> =>
  q.all<StoredMessage>(`SELECT ${messageColumns.join(', ')} FROM messages WHERE chatId = ? AND ${where} ORDER BY sortAt ${direction}, id ${direction} LIMIT ${limit}`, params)

/** Both are in order already; of one instant the message comes first. */
function merge(messages: readonly MessageView[], lines: readonly TimelineItem[]): TimelineItem[] {
  const items: TimelineItem[] = []
  let next = 0
  for (const message of messages) {
    while (next < lines.length && (lines[next] as TimelineItem).at < message.at) items.push(lines[next++] as TimelineItem)
    items.push(message)
  }
  return [...items, ...lines.slice(next)]
}

const encode = (place: Place): string => Buffer.from(JSON.stringify([place.sortAt, place.id, place.lineAt, place.seq])).toString('base64url')
function decode(text: string): Place {
  try {
    const [sortAt, id, lineAt, seq] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if ([sortAt, lineAt, seq].every((value) => Number.isSafeInteger(value)) && typeof id === 'string') return { sortAt, id, lineAt, seq } as Place
  } catch {
    // Not ours: said below.
  }
  throw new DomainError('bad_request', { field: 'before, after' })
}
