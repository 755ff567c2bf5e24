/** What a bridge needs besides the part itself: every identifier of the addressee, who speaks, and the file. */
import type { RemoteIdentifier, RemoteProfile } from '../../plugins/sdk/bridge.ts'
import type { Core } from './core.ts'
import type { OutboxRow } from './outbox.ts'

export interface OutboundContext {
  readonly user: RemoteProfile | undefined
  readonly authorId: string | null
  readonly queueId: string | null
  readonly file: { id: string; mime: string; size: number; name: string; sha256: string } | null
}

export async function outboundContext(core: Core, row: OutboxRow): Promise<OutboundContext> {
  const [identifiers, message] = await Promise.all([
    core.db.all<{ kind: RemoteIdentifier['kind']; scope: string; value: string; wire: string | null }>(
      'SELECT i.kind, i.scope, i.value, i.wire FROM chats c JOIN identifiers i ON i.accountId = c.accountId AND i.retiredAt IS NULL WHERE c.id = ? ORDER BY i.id', [row.chatId],
    ),
    core.db.get<{ authorId: string | null; queueId: string | null; fileId: string | null; mime: string | null; size: number | null; name: string | null; sha256: string | null }>(
      `SELECT m.authorId, c.queueId, f.id AS fileId, f.mime, f.size, f.name, f.sha256 FROM messages m
         LEFT JOIN conversations c ON c.id = m.conversationId LEFT JOIN media f ON f.id = m.mediaId WHERE m.id = ?`, [row.messageId],
    ),
  ])
  // The form the network last showed is the one it takes (domain §1.1, wire).
  const known = identifiers.map((id) => ({ kind: id.kind, scope: id.scope, value: id.wire ?? id.value }))
  const [first, ...rest] = known
  return {
    user: first ? { user: row.remoteChatId, identifiers: [first, ...rest] } : undefined,
    authorId: message?.authorId ?? null, queueId: message?.queueId ?? null,
    file: message?.fileId && message.sha256 ? { id: message.fileId, mime: message.mime ?? '', size: message.size ?? 0, name: message.name ?? '', sha256: message.sha256 } : null,
  }
}
