/** Delivery status of what we send: it only moves forward (domain §8.2, S40). */
import type { Instant } from './ports.ts'

export type MessageStatus = 'queued' | 'sending' | 'uncertain' | 'sent' | 'delivered' | 'read' | 'played' | 'failed'

const rank: Readonly<Record<Exclude<MessageStatus, 'failed'>, number>> = { queued: 0, sending: 1, uncertain: 1, sent: 2, delivered: 3, read: 4, played: 5 }

export interface StatusTimes {
  readonly status: MessageStatus | null
  readonly sentAt: Instant | null
  readonly deliveredAt: Instant | null
  readonly readAt: Instant | null
  readonly playedAt: Instant | null
}

/**
 * What a receipt makes of a message; null when it changes nothing. A skipped step fills the earlier times; `failed` is
 * believed only up to rank 2, and proof of delivery replaces it.
 */
export function applyReceipt(now: StatusTimes, receipt: 'accepted' | 'sent' | 'delivered' | 'read' | 'played' | 'failed', at: Instant): StatusTimes | null {
  if (receipt === 'failed') {
    if (now.status === 'failed' || (now.status !== null && rank[now.status] > 2)) return null
    return { ...now, status: 'failed' }
  }
  const to = receipt === 'accepted' ? 'sent' : receipt
  const level = rank[to]
  // A failure is undone by delivery only: “sent” after “failed” is the network changing its mind backwards.
  const held = now.status === 'failed' ? 2 : now.status === null ? -1 : rank[now.status]
  const next = {
    status: level > held ? to : now.status,
    sentAt: level >= 2 ? (now.sentAt ?? at) : now.sentAt,
    deliveredAt: level >= 3 ? (now.deliveredAt ?? at) : now.deliveredAt,
    readAt: level >= 4 ? (now.readAt ?? at) : now.readAt,
    playedAt: level >= 5 ? (now.playedAt ?? at) : now.playedAt,
  }
  const same = next.status === now.status && next.sentAt === now.sentAt && next.deliveredAt === now.deliveredAt && next.readAt === now.readAt && next.playedAt === now.playedAt
  return same ? null : next
}
