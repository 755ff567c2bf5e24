/** What the far end of a hosted network (the widget) may read of its own chat, and who attends it. */
import type { HostedMessage, HostMedia, Part, Speaker } from '../../plugins/sdk/bridge.ts'
import { placeholders } from '../store/sql.ts'
import type { Core } from './core.ts'

interface Row {
  id: string; providerId: string; sortAt: number; direction: 'in' | 'out'; kind: string; authorKind: string; authorName: string; body: string; extra: string | null; mediaId: string | null
  mime: string | null; size: number | null; name: string | null; sha256: string | null; mediaState: string | null; quoteId: string | null; readThrough: string | null; queueId: string | null
}

/** Public messages oldest first: the last `limit`, or those that follow `after`. Notes are not in it by the query itself. */
export async function hostedHistory(core: Core, channelId: string, remoteChatId: string, after: string | null, limit: number): Promise<HostedMessage[]> {
  const chat = await core.db.get<{ id: string; readThrough: string | null }>('SELECT id, readThrough FROM chats WHERE channelId = ? AND remoteChatId = ?', [channelId, remoteChatId])
  if (!chat) return []
  const from = after === null ? undefined : await core.db.get<{ sortAt: number; id: string }>(
    'SELECT m.sortAt, m.id FROM message_ids i JOIN messages m ON m.id = i.messageId WHERE i.channelId = ? AND i.providerId = ? AND m.chatId = ? LIMIT 1', [channelId, after, chat.id],
  )
  const rows = await core.db.all<Row>(
    `SELECT m.id, MIN(i.providerId) AS providerId, m.sortAt, m.direction, m.kind, m.authorKind, m.authorName, m.body, m.extra, m.mediaId, m.quoteId, c.queueId,
            f.mime, f.size, f.name, f.sha256, f.state AS mediaState
       FROM messages m JOIN message_ids i ON i.messageId = m.id LEFT JOIN media f ON f.id = m.mediaId LEFT JOIN conversations c ON c.id = m.conversationId
      WHERE m.chatId = ? AND m.visibility = 'public' AND m.deletedAt IS NULL${from ? ' AND (m.sortAt > ? OR (m.sortAt = ? AND m.id > ?))' : ''}
      GROUP BY m.id ORDER BY m.sortAt ${from ? 'ASC' : 'DESC'}, m.id ${from ? 'ASC' : 'DESC'} LIMIT ?`,
    from ? [chat.id, from.sortAt, from.sortAt, from.id, limit] : [chat.id, limit],
  )
  if (!from) rows.reverse()
  const quoted = await quotedOf(core, rows.flatMap((row) => (row.quoteId ? [row.quoteId] : [])))
  const view = await core.catalog.read()
  return rows.map((row) => ({
    id: row.providerId, at: new Date(row.sortAt), fromAccount: row.direction === 'out', parts: [partOf(core, row)],
    ...(row.direction === 'out' ? { author: row.authorKind === 'system' || row.authorKind === 'menu' ? ('automatic' as const) : ('human' as const) } : { read: chat.readThrough !== null && row.id <= chat.readThrough }),
    ...(row.direction === 'out' && row.authorKind !== 'system' ? { speaker: { name: row.authorName, place: view.queue(row.queueId)?.name } } : {}),
    ...(row.quoteId && quoted.has(row.quoteId) ? { replyTo: quoted.get(row.quoteId) } : {}),
  }))
}

async function quotedOf(core: Core, ids: readonly string[]): Promise<Map<string, NonNullable<HostedMessage['replyTo']>>> {
  if (ids.length === 0) return new Map()
  const rows = await core.db.all<{ id: string; providerId: string; direction: string; body: string }>(
    `SELECT m.id, MIN(i.providerId) AS providerId, m.direction, m.body FROM messages m JOIN message_ids i ON i.messageId = m.id WHERE m.id IN (${placeholders(ids.length)}) AND m.visibility = 'public' GROUP BY m.id`, ids,
  )
  return new Map(rows.map((row) => [row.id, { id: row.providerId, fromAccount: row.direction === 'out', part: { kind: 'text' as const, text: row.body } }]))
}

function partOf(core: Core, row: Row): Part {
  const extra = row.extra ? (JSON.parse(row.extra) as Record<string, unknown>) : {}
  switch (row.kind) {
    case 'image': case 'video': case 'audio': case 'voice': case 'document': case 'sticker': {
      const media = row.mediaId && row.sha256 && row.mediaState === 'ready' ? hostMedia(core, { id: row.mediaId, mime: row.mime ?? '', size: row.size ?? 0, name: row.name ?? '', sha256: row.sha256 }) : null
      return { kind: row.kind, media: media ?? { at: 'lost', reason: 'not available' }, ...(row.body === '' ? {} : { caption: row.body }) }
    }
    case 'location':
      return { kind: 'location', latitude: Number(extra.latitude), longitude: Number(extra.longitude), ...(typeof extra.name === 'string' ? { name: extra.name } : {}), ...(typeof extra.address === 'string' ? { address: extra.address } : {}) }
    case 'button_reply': case 'list_reply':
      return { kind: 'choice', via: row.kind === 'list_reply' ? 'list' : 'button', id: String(extra.id ?? ''), title: row.body }
    case 'interactive':
      return extra.as === 'list'
        ? ({ kind: 'list', body: row.body, button: String(extra.button ?? ''), sections: extra.sections } as Part)
        : ({ kind: 'buttons', body: row.body, choices: extra.choices } as Part)
    default:
      return { kind: 'text', text: row.body }
  }
}

export function hostMedia(core: Core, file: { id: string; mime: string; size: number; name: string; sha256: string }): HostMedia {
  return { at: 'host', fileId: file.id, mimeType: file.mime, size: file.size, fileName: file.name, open: () => core.storage.open(file.sha256), publicUrl: () => '' }
}

/** A file of a public message of this chat, or the avatar of somebody who spoke in it. */
export async function hostedMedia(core: Core, channelId: string, remoteChatId: string, fileId: string): Promise<HostMedia | null> {
  const file = await core.db.get<{ id: string; mime: string; size: number; name: string; sha256: string | null }>(
    `SELECT f.id, f.mime, f.size, f.name, f.sha256 FROM media f JOIN chats c ON c.channelId = ? AND c.remoteChatId = ?
      WHERE f.id = ? AND f.state = 'ready' AND (
        EXISTS (SELECT 1 FROM messages m WHERE m.id = f.messageId AND m.chatId = c.id AND m.visibility = 'public')
        OR EXISTS (SELECT 1 FROM assignments a JOIN users u ON u.id = a.agentId WHERE a.chatId = c.id AND u.avatarMediaId = f.id))`, [channelId, remoteChatId, fileId],
  )
  return file?.sha256 ? hostMedia(core, { ...file, sha256: file.sha256 }) : null
}

/** Who attends a chat now, for networks whose far end shows it. */
export async function attendantOf(core: Core, chatId: string): Promise<{ channelId: string; remoteChatId: string; by: Speaker | null } | null> {
  const chat = await core.db.get<{ channelId: string; remoteChatId: string; agentId: string | null; queueId: string | null }>('SELECT channelId, remoteChatId, agentId, queueId FROM chats WHERE id = ?', [chatId])
  if (!chat) return null
  const view = await core.catalog.read()
  const agent = view.user(chat.agentId)
  if (!agent) return { channelId: chat.channelId, remoteChatId: chat.remoteChatId, by: null }
  return { channelId: chat.channelId, remoteChatId: chat.remoteChatId, by: { name: agent.name, avatar: await avatarOf(core, agent.avatarMediaId), place: view.queue(chat.queueId)?.name } }
}

export async function speakerOf(core: Core, authorId: string | null, queueId: string | null): Promise<Speaker | undefined> {
  const view = await core.catalog.read()
  const user = view.user(authorId)
  return user ? { name: user.name, avatar: await avatarOf(core, user.avatarMediaId), place: view.queue(queueId)?.name } : undefined
}

async function avatarOf(core: Core, mediaId: string | null): Promise<HostMedia | undefined> {
  if (mediaId === null) return undefined
  const file = await core.db.get<{ id: string; mime: string; size: number; name: string; sha256: string | null }>("SELECT id, mime, size, name, sha256 FROM media WHERE id = ? AND state = 'ready'", [mediaId])
  return file?.sha256 ? hostMedia(core, { ...file, sha256: file.sha256 }) : undefined
}
