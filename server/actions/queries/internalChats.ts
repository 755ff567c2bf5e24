/** Internal chats as their members see them. */
import type { ColleagueView, InternalChatView, InternalPage } from '../../http/contract/internal.ts'
import type { MessageKind, MessageView } from '../../http/contract/chats.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Actor } from '../../domain/permissions.ts'
import type { Queryable } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { accessInternal } from '../internalChats.ts'
import { mediaUrl } from './chatRows.ts'
import { mediaView } from './messageViews.ts'
import { previewOf } from '../../domain/content.ts'

const mostChats = 300

export async function listColleagues(core: Core, actor: Actor): Promise<ColleagueView[]> {
  const view = await core.catalog.read()
  return view.users().filter((user) => user.enabled && user.archivedAt === null && user.id !== actor.id)
    .map((user) => ({ id: user.id, name: user.name, role: user.role, avatarUrl: mediaUrl(user.avatarMediaId) })).sort((a, b) => a.name.localeCompare(b.name))
}

interface StoredChat {
  id: string; kind: 'direct' | 'group'; title: string | null; unread: number; lastMessageAt: number
  authorId: string | null; authorName: string | null; messageKind: MessageKind | null; body: string | null
}

/** All of the reader's, or the one named. */
export async function listInternal(core: Core, actor: Actor, only?: string): Promise<InternalChatView[]> {
  const view = await core.catalog.read()
  const chats = await core.db.all<StoredChat>(
    `SELECT c.id, c.kind, c.title, m.unread, c.lastMessageAt, l.authorId, l.authorName, l.kind AS messageKind, l.body
       FROM internal_members m JOIN internal_chats c ON c.id = m.chatId LEFT JOIN internal_messages l ON l.id = c.lastMessageId
      WHERE m.userId = ? AND m.leftAt IS NULL${only ? ' AND c.id = ?' : ''} ORDER BY c.lastMessageAt DESC, c.id DESC LIMIT ${mostChats}`, [actor.id, ...(only ? [only] : [])],
  )
  if (chats.length === 0) return []
  const members = await core.db.all<{ chatId: string; userId: string }>(
    `SELECT chatId, userId FROM internal_members WHERE leftAt IS NULL AND chatId IN (${placeholders(chats.length)}) ORDER BY joinedAt, userId`, chats.map((chat) => chat.id),
  )
  return chats.map((chat) => chatView(view, actor, chat, members.filter((member) => member.chatId === chat.id).map((member) => member.userId)))
}

/** @throws DomainError not_found */
export async function readInternalChat(core: Core, actor: Actor, chatId: string): Promise<InternalChatView> {
  const [chat] = await listInternal(core, actor, chatId)
  if (!chat) throw new DomainError('not_found')
  return chat
}

function chatView(view: CatalogView, actor: Actor, chat: StoredChat, userIds: readonly string[]): InternalChatView {
  const other = chat.kind === 'direct' ? view.user(userIds.find((id) => id !== actor.id) ?? '') : undefined
  return {
    id: chat.id, kind: chat.kind, title: chat.title ?? other?.name ?? '', avatarUrl: mediaUrl(other?.avatarMediaId ?? null),
    members: userIds.map((id) => ({ id, name: view.user(id)?.name ?? '' })), unread: chat.unread, lastMessageAt: chat.lastMessageAt,
    preview: chat.authorId === null ? null : { authorId: chat.authorId, author: chat.authorName ?? '', kind: chat.messageKind ?? 'text', text: previewOf(chat.body ?? '') },
  }
}

interface StoredInternal {
  id: string; chatId: string; authorId: string; authorName: string; kind: MessageKind; body: string; mediaId: string | null; quoteId: string | null
  mentions: string | null; clientKey: string; at: number
}
const columns = 'id, chatId, authorId, authorName, kind, body, mediaId, quoteId, mentions, clientKey, at'

/** @throws DomainError not_found */
export async function readInternalPage(core: Core, actor: Actor, chatId: string, query: { before?: string; limit: number }): Promise<InternalPage> {
  await accessInternal(core.db, actor, chatId)
  const rows = await core.db.all<StoredInternal>(
    `SELECT ${columns} FROM internal_messages WHERE chatId = ?${query.before ? ' AND id < ?' : ''} ORDER BY id DESC LIMIT ${query.limit + 1}`, [chatId, ...(query.before ? [query.before] : [])],
  )
  const shown = rows.slice(0, query.limit).reverse()
  return { items: await internalViews(core.db, shown), before: rows.length > query.limit ? (shown[0]?.id ?? null) : null }
}

export async function internalMessages(q: Queryable, ids: readonly string[]): Promise<MessageView[]> {
  if (ids.length === 0) return []
  return internalViews(q, await q.all<StoredInternal>(`SELECT ${columns} FROM internal_messages WHERE id IN (${placeholders(ids.length)})`, ids))
}

/** As messages of the thread: everybody's are `in`, the page knows its own. */
async function internalViews(q: Queryable, rows: readonly StoredInternal[]): Promise<MessageView[]> {
  const mediaIds = rows.flatMap((row) => row.mediaId ?? [])
  const quoteIds = rows.flatMap((row) => row.quoteId ?? [])
  const [media, quotes] = await Promise.all([
    mediaIds.length === 0 ? [] : q.all<Parameters<typeof mediaView>[0]>(`SELECT id, mime, size, name, width, height, durationMs, state, thumbSha256 FROM media WHERE id IN (${placeholders(mediaIds.length)})`, mediaIds),
    quoteIds.length === 0 ? [] : q.all<StoredInternal>(`SELECT ${columns} FROM internal_messages WHERE id IN (${placeholders(quoteIds.length)})`, quoteIds),
  ])
  return rows.map((row) => {
    const file = media.find((one) => one.id === row.mediaId)
    const quoted = quotes.find((one) => one.id === row.quoteId)
    return {
      type: 'message', id: row.id, chatId: row.chatId, conversationId: null, clientId: row.clientKey.slice(row.clientKey.lastIndexOf(':') + 1), direction: 'in', kind: row.kind,
      visibility: 'internal', author: { kind: 'agent', id: row.authorId, name: row.authorName }, text: row.body, media: file ? mediaView(file) : null, location: null,
      extra: row.mentions ? { mentions: JSON.parse(row.mentions) as string[] } : null,
      quote: quoted ? { messageId: quoted.id, author: quoted.authorName, kind: quoted.kind, text: [...quoted.body].slice(0, 200).join('') } : null,
      referral: null, reactions: [], status: null, failure: null, at: row.at, sentAt: null, deliveredAt: null, readAt: null, editedAt: null, deletedAt: null, late: false,
    }
  })
}
