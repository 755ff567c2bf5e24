import { systemActor } from '../../domain/permissions.ts'
import type { Tx } from '../../store/db.ts'
import { flip } from './flow.ts'
import type { ChatWork } from './work.ts'

/**
 * An agent's message failed for good: if it is the last thing said to customers who were waiting, they wait again since
 * they first did (domain §2.4). `extra.waitedSince` of the message remembers that instant.
 */
export async function settleFailure(tx: Tx, chat: ChatWork, message: { messageId: string; authorKind: string; extra: string | null }): Promise<void> {
  if (message.authorKind !== 'agent' || chat.row.state !== 'FOLLOWUP' || !message.extra) return
  const { waitedSince } = JSON.parse(message.extra) as { waitedSince?: number }
  if (waitedSince === undefined) return
  const better = await tx.get<{ id: string }>(
    `SELECT id FROM messages WHERE chatId = ? AND id > ? AND direction = 'out' AND authorKind = 'agent' AND visibility = 'public' AND (status IS NULL OR status <> 'failed') LIMIT 1`,
    [chat.id, message.messageId],
  )
  if (better) return
  chat.row.waitingSince = waitedSince
  flip(chat, 'PENDING', systemActor, message.messageId)
}
