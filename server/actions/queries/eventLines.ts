/** Events that the timeline shows as a line between messages (F122), read along the chat's own numbering. */
import type { ActorView, Instant } from '../../http/contract/common.ts'
import type { EventLine } from '../../http/contract/chats.ts'
import type { Queryable } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'

export const lineTypes: readonly string[] = [
  'conversation.opened', 'conversation.resolved', 'conversation.unrouted', 'queue.entered', 'assignment.started', 'transfer.completed', 'transfer.failed',
  'menu.started', 'menu.ended', 'chat.renamed', 'chat.tagged', 'chat.untagged', 'chat.bot_stopped', 'chat.bot_resumed', 'chat.guard_tripped',
  'conversation.campaign_set', 'conversation.disposition_set',
]

export interface StoredEvent {
  id: number; seq: number | null; at: Instant; type: string; chatId: string | null; queueId: string | null; agentId: string | null; channelId: string | null
  actorKind: ActorView['kind']; actorId: string | null; actorName: string; data: string
}
export const eventColumns = 'id, seq, at, type, chatId, queueId, agentId, channelId, actorKind, actorId, actorName, data'

export const actorOfEvent = (event: StoredEvent): ActorView => ({ kind: event.actorKind, id: event.actorId, name: event.actorName })

export function eventLine(event: StoredEvent): EventLine {
  return {
    type: 'event', id: String(event.id), chatId: event.chatId ?? '', at: event.at, event: event.type, actor: actorOfEvent(event),
    data: JSON.parse(event.data) as Record<string, unknown>,
  }
}

/** A chat of ten thousand messages has several times as many events: they are looked at a window at a time, the end first. */
export const lineWindow = 512
const mostWindows = 20

export interface LineRange {
  /** Lines from this instant (inclusive) to that (exclusive). */
  readonly from: Instant
  readonly to: Instant
  /** Where to start looking: a number of the chat's events that lies at the end (downwards) or start (upwards) of the range. */
  readonly seq: number
}

/**
 * The lines of a range. A chat's events have strictly growing numbers and never an earlier time than the one before
 * (I12), so a window whose edge lies outside of the range is the last. `seq` is where to go on in the same direction.
 */
export async function linesBetween(q: Queryable, chatId: string, range: LineRange, direction: 'down' | 'up'): Promise<{ lines: EventLine[]; seq: number }> {
  const lines: StoredEvent[] = []
  let { seq } = range
  for (let n = 0; n < mostWindows; n++) {
    const [low, high] = direction === 'down' ? [Math.max(0, seq - lineWindow), seq] : [seq, seq + lineWindow]
    const edge = direction === 'down' ? low + 1 : high
    const rows = await q.all<StoredEvent>(
      `SELECT ${eventColumns} FROM event_log WHERE chatId = ? AND seq > ? AND seq <= ? AND (type IN (${placeholders(lineTypes.length)}) OR seq = ?) ORDER BY seq`,
      [chatId, low, high, ...lineTypes, edge],
    )
    lines.push(...rows.filter((row) => lineTypes.includes(row.type) && row.at >= range.from && row.at < range.to))
    const outside = rows.some((row) => (direction === 'down' ? row.at < range.from : row.at >= range.to))
    const finished = direction === 'down' ? low === 0 : !rows.some((row) => row.seq === edge)
    if (outside || finished) break
    seq = direction === 'down' ? low : high
  }
  return { lines: lines.sort((a, b) => a.id - b.id).map(eventLine), seq }
}
