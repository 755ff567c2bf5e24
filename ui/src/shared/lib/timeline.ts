/** The thread as it is drawn: messages and events in order, with day separators, the unread line and runs of one author. */
import type { EventLine, MessageView, TimelineItem } from '../../../../server/http/contract/chats.ts'
import { dayKey } from './time.ts'

/** By time, then by id: late messages stand at their place, not at the end. */
export const byTime = (a: TimelineItem, b: TimelineItem): number => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** Old items with the new ones put in or in place of their former selves. Returns a new array, in order. */
export function mergeItems(old: readonly TimelineItem[], fresh: readonly TimelineItem[]): TimelineItem[] {
  const ids = new Map(fresh.map((item) => [item.id, item]))
  const kept = old.map((item) => {
    const next = ids.get(item.id)
    if (next) ids.delete(item.id)
    return next ?? item
  })
  const added = [...ids.values()]
  const last = kept.at(-1)
  added.sort(byTime)
  const first = added[0]
  if (!last || !first || byTime(last, first) < 0) return [...kept, ...added]
  return [...kept, ...added].sort(byTime)
}

export type ViewItem =
  | { key: string; type: 'day'; at: number }
  | { key: string; type: 'unread'; count: number }
  | { key: string; type: 'event'; line: EventLine }
  | { key: string; type: 'message'; message: MessageView; first: boolean; mine: boolean }

export interface ViewOptions {
  /** The reader: their own messages stand in their own colour. */
  me: string | null
  showEvents: boolean
  /** Id of the first unread message, kept from the moment the chat was opened. */
  unreadFrom: string | null
}

const sameVoice = (a: MessageView, b: MessageView): boolean =>
  a.direction === b.direction && a.visibility === b.visibility && a.author.kind === b.author.kind && a.author.id === b.author.id

export function viewItems(items: readonly TimelineItem[], { me, showEvents, unreadFrom }: ViewOptions): ViewItem[] {
  const view: ViewItem[] = []
  let day = ''
  let before: MessageView | null = null
  const unreadAt = unreadFrom === null ? -1 : items.findIndex((item) => item.id === unreadFrom)
  const unreadCount = unreadAt < 0 ? 0 : items.slice(unreadAt).filter((item) => item.type === 'message' && item.direction === 'in').length
  for (const item of items) {
    if (item.type === 'event' && !showEvents) continue
    if (dayKey(item.at) !== day) {
      day = dayKey(item.at)
      view.push({ key: `day:${day}`, type: 'day', at: item.at })
      before = null
    }
    if (item.id === unreadFrom) {
      view.push({ key: 'unread', type: 'unread', count: unreadCount })
      before = null
    }
    if (item.type === 'event') {
      view.push({ key: item.id, type: 'event', line: item })
      before = null
      continue
    }
    // A sent message keeps the key of its local echo, so that the row is not built anew when the server answers.
    view.push({
      key: item.clientId ?? item.id,
      type: 'message',
      message: item,
      first: before === null || !sameVoice(before, item),
      mine: me !== null && item.author.id === me && item.direction === 'out',
    })
    before = item
  }
  return view
}

/** The first of the last `unread` customer messages, or null when there are none among the loaded ones. */
export function firstUnread(items: readonly TimelineItem[], unread: number): string | null {
  if (unread <= 0) return null
  let left = unread
  let found: string | null = null
  for (let at = items.length - 1; at >= 0 && left > 0; at -= 1) {
    const item = items[at]
    if (item?.type === 'message' && item.direction === 'in') {
      found = item.id
      left -= 1
    }
  }
  return found
}
