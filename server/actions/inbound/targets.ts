/** What the events of a batch point at: messages we have, by the ids the network gives them. */
import type { InboundEvent } from '../../../plugins/sdk/bridge.ts'
import type { MessageStatus } from '../../domain/messageStatus.ts'
import type { Instant } from '../../domain/ports.ts'
import { placeholders } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'

export interface Target {
  readonly messageId: string
  readonly chatId: string
  readonly part: number
  readonly direction: 'in' | 'out'
  readonly kind: string
  readonly authorKind: string
  readonly body: string
  extra: string | null
  status: MessageStatus | null
  flags: number
  readonly sortAt: Instant
  sentAt: Instant | null
  deliveredAt: Instant | null
  readAt: Instant | null
  playedAt: Instant | null
}

export interface EventRow {
  readonly id: string
  readonly channelId: string
  readonly laneId: string
  readonly receivedAt: Instant
  readonly event: InboundEvent
}

const key = (channelId: string, providerId: string): string => `${channelId}\n${providerId}`

/** Ids of messages that an event names: its own, and what it answers or changes. */
function namedBy(event: InboundEvent): string[] {
  switch (event.kind) {
    case 'message': return event.context.replyTo ? [event.id, event.context.replyTo] : [event.id]
    case 'edit': case 'delete': case 'reaction': return [event.target]
    case 'receipt': return typeof event.target === 'string' ? [event.target] : 'upTo' in event.target && typeof event.target.upTo === 'string' ? [event.target.upTo] : []
    case 'call': return [event.id]
    default: return []
  }
}

export class Targets {
  private readonly byId = new Map<string, Target[]>()
  /** Receipts, reactions and edits that came before their message, by the id they name. */
  readonly early = new Map<string, { rowId: string; payload: string }[]>()

  /** One statement for both tables, so that a lone message costs no second round trip. */
  static async load(tx: Tx, rows: readonly EventRow[]): Promise<Targets> {
    const targets = new Targets()
    const channels = [...new Set(rows.map((row) => row.channelId))]
    const ids = [...new Set(rows.flatMap((row) => namedBy(row.event)))]
    if (ids.length === 0) return targets
    const found = await tx.all<Target & { source: string; channelId: string; providerId: string; rowId: string | null; payload: string | null }>(
      `SELECT 'message' AS source, i.channelId, i.providerId, i.part, i.messageId, m.chatId, m.direction, m.kind, m.authorKind, m.body, m.extra, m.status, m.flags, m.sortAt,
              m.sentAt, m.deliveredAt, m.readAt, m.playedAt, NULL AS rowId, NULL AS payload
         FROM message_ids i JOIN messages m ON m.id = i.messageId WHERE i.channelId IN (${placeholders(channels.length)}) AND i.providerId IN (${placeholders(ids.length)})
       UNION ALL
       SELECT 'early', channelId, providerId, 0, '', '', '', '', '', '', NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, id, payload
         FROM early_updates WHERE channelId IN (${placeholders(channels.length)}) AND providerId IN (${placeholders(ids.length)})`,
      [...channels, ...ids, ...channels, ...ids],
    )
    for (const { source, channelId, providerId, rowId, payload, ...target } of found) {
      const at = key(channelId, providerId)
      if (source === 'message') targets.byId.set(at, [...(targets.byId.get(at) ?? []), target])
      else if (rowId && payload) targets.early.set(at, [...(targets.early.get(at) ?? []), { rowId, payload }])
    }
    return targets
  }

  find(channelId: string, providerId: string): Target | undefined {
    return this.byId.get(key(channelId, providerId))?.[0]
  }
  part(channelId: string, providerId: string, part: number): Target | undefined {
    return this.byId.get(key(channelId, providerId))?.find((target) => target.part === part)
  }
  /** A message made in this batch can be named by a later event of the same batch. */
  add(channelId: string, providerId: string, target: Target): void {
    const at = key(channelId, providerId)
    this.byId.set(at, [...(this.byId.get(at) ?? []), target])
  }
  takeEarly(channelId: string, providerId: string): { rowId: string; payload: string }[] {
    const at = key(channelId, providerId)
    const waiting = this.early.get(at) ?? []
    this.early.delete(at)
    return waiting
  }
}
