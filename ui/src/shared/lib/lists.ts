/** Which chats belong to a list, and in which order; the same answers as the server's, so that lists can follow the feed. */
import type { ChatListName, ChatRow } from '../../../../server/http/contract/chats.ts'

export interface ChatFilter {
  list: ChatListName
  queue?: string
  agent?: string
  channel?: string
  q?: string
  sort?: 'recent' | 'waiting'
}

export interface Viewer {
  app: 'agent' | 'supervisor'
  userId: string
  queueIds: readonly string[]
}

const unowned = new Set(['ROUTING', 'MENU', 'TRANSIT', 'UNROUTED'])

/**
 * Whether the row stands in the list. For an agent a resolved chat carries no holder, so `heldBefore` tells what the
 * browser knew a moment ago.
 */
export function belongs(row: ChatRow, filter: ChatFilter, viewer: Viewer, heldBefore = false): boolean {
  if (filter.queue && row.queueId !== filter.queue) return false
  if (filter.agent && row.agentId !== filter.agent) return false
  if (filter.channel && row.channelId !== filter.channel) return false
  const mine = viewer.app === 'supervisor' || row.agentId === viewer.userId
  switch (filter.list) {
    case 'pending': return row.state === 'PENDING' && mine
    case 'following': return row.state === 'FOLLOWUP' && mine
    case 'waiting': return row.state === 'QUEUED' && (viewer.app === 'supervisor' || (row.queueId !== null && viewer.queueIds.includes(row.queueId)))
    case 'resolved': return row.state === 'RESOLVED' && (mine || heldBefore)
    case 'open': return unowned.has(row.state)
    case 'all': return true
  }
}

/** Since when somebody waits for an answer, or a place in the queue. */
export const waitsSince = (row: ChatRow): number | null => (row.state === 'QUEUED' ? (row.queuedAt ?? row.waitingSince) : row.waitingSince)

/** waiting: longest first, those who wait for nothing at the end. recent: newest activity first. */
export function compareRows(sort: 'recent' | 'waiting'): (a: ChatRow, b: ChatRow) => number {
  const recent = (a: ChatRow, b: ChatRow) => (b.lastMessageAt ?? 0) - (a.lastMessageAt ?? 0) || (a.id < b.id ? -1 : 1)
  if (sort === 'recent') return recent
  return (a, b) => {
    const x = waitsSince(a)
    const y = waitsSince(b)
    if (x === null || y === null) return x === y ? recent(a, b) : x === null ? 1 : -1
    return x - y || (a.id < b.id ? -1 : 1)
  }
}

export interface Space {
  queueId: string | null
  name: string | null
  rows: ChatRow[]
  longest: number | null
}

/** Rows by queue; the space whose longest wait is longest comes first. The order inside is the order given. */
export function spaces(rows: readonly ChatRow[]): Space[] {
  const found = new Map<string | null, Space>()
  for (const row of rows) {
    let space = found.get(row.queueId)
    if (!space) found.set(row.queueId, (space = { queueId: row.queueId, name: row.queueName, rows: [], longest: null }))
    space.rows.push(row)
    const since = waitsSince(row)
    if (since !== null && (space.longest === null || since < space.longest)) space.longest = since
  }
  return [...found.values()].sort((a, b) => (a.longest ?? Infinity) - (b.longest ?? Infinity) || (a.name ?? '').localeCompare(b.name ?? ''))
}
