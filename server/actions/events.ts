/** The append-only record (domain §2.9): what reports, screens and audits are made from. */
import type { Instant } from '../domain/ports.ts'
import type { Actor } from '../domain/permissions.ts'
import { insertMany } from '../store/sql.ts'
import type { Tx } from '../store/db.ts'
import type { Core } from './core.ts'

/** Readers accept this version and the one before. */
export const eventVersion = 1

export interface NewEvent {
  readonly type: string
  readonly at: Instant
  readonly actor: Pick<Actor, 'kind' | 'id' | 'name'>
  readonly chatId?: string | null
  /** Of a chat's event: the next number of the chat, taken while its row is locked (I12). */
  readonly seq?: number | null
  readonly conversationId?: string | null
  readonly channelId?: string | null
  readonly queueId?: string | null
  readonly agentId?: string | null
  /** Names go in beside ids, so that old reports survive the deletion of what they name. Never message content. */
  readonly data?: Record<string, unknown>
}

const columns = ['v', 'seq', 'at', 'type', 'chatId', 'conversationId', 'channelId', 'queueId', 'agentId', 'actorKind', 'actorId', 'actorName', 'data'] as const

/** One multi-row insert, in the transaction of what happened; screens are nudged after its commit. */
export async function recordEvents(core: Core, tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  await insertMany(
    tx.later,
    'event_log',
    columns,
    events.map((event) => [
      eventVersion, event.seq ?? null, event.at, event.type, event.chatId ?? null, event.conversationId ?? null, event.channelId ?? null,
      event.queueId ?? null, event.agentId ?? null, event.actor.kind, event.actor.id, event.actor.name, JSON.stringify(event.data ?? {}),
    ]),
  )
  tx.after(() => core.wake.nudge('feed'))
}
