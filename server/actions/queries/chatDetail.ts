/** The side panel of a chat: contact, earlier conversations, files, and what the reader may do. */
import type { ChatDetail } from '../../http/contract/chats.ts'
import type { ChannelType, Instant } from '../../http/contract/common.ts'
import { isAssigned } from '../../domain/chat.ts'
import type { Actor } from '../../domain/permissions.ts'
import { mayDo } from '../../domain/sight.ts'
import { formatPhone } from '../../domain/title.ts'
import type { Queryable } from '../../store/db.ts'
import { accessChat } from '../access.ts'
import type { CatalogView } from '../catalog.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Core } from '../core.ts'
import { chatRow, isLimited, listedColumns, type ListedChat } from './chatRows.ts'
import { feedCursor } from './feed.ts'

const mostConversations = 50
const mostFiles = 60

export async function readChatDetail(core: Core, actor: Actor, chatId: string): Promise<ChatDetail> {
  const { db } = core
  const cursor = await feedCursor(core)
  const { chat, sight, until } = await accessChat(core, db, actor, chatId, 'see')
  const view = await core.catalog.read()
  const [row, contact, conversations, files, seats] = await Promise.all([
    readRow(db, chatId), readContact(db, chat.contactId, chat.accountId), readConversations(db, chatId, view, until), readFiles(db, chatId, until),
    db.all<ChatDetail['seats'][number]>('SELECT userId, seat FROM chat_seats WHERE chatId = ? ORDER BY seat', [chatId]),
  ])
  const open = row.conversationId !== null
  return {
    row: chatRow(view, row, isLimited(sight, row)), contact, conversations, files, seats, cursor,
    may: {
      write: mayDo(actor, sight, 'write'), note: mayDo(actor, sight, 'note'), resolve: open && mayDo(actor, sight, 'resolve'),
      transfer: open && mayDo(actor, sight, 'transfer') && (isAssigned(row.state) || sight === 'all'),
    },
    windowClosesAt: windowOf(core, chat.channelId, chat.lastInboundAt),
  }
}

/** A chat as it is now, for whoever just did something with it; without what was said where the deed took it out of their sight. */
export async function readChatRow(core: Core, actor: Actor, chatId: string): Promise<ChatDetail['row']> {
  const sight = await accessChat(core, core.db, actor, chatId, 'row').then((access) => access.sight, (error: unknown) => {
    if (error instanceof DomainError && error.code === 'not_found') return 'row' as const
    throw error
  })
  const row = await readRow(core.db, chatId)
  return chatRow(await core.catalog.read(), row, isLimited(sight, row))
}

async function readRow(q: Queryable, chatId: string): Promise<ListedChat> {
  const row = await q.get<ListedChat>(`SELECT ${listedColumns.join(', ')} FROM chats WHERE id = ?`, [chatId])
  if (!row) throw new DomainError('not_found')
  return row
}

function windowOf(core: Core, channelId: string, lastInboundAt: Instant | null): Instant | null {
  const window = core.bridges.capabilities(channelId)?.serviceWindow
  return window ? (lastInboundAt ?? 0) + (window.humanHours ?? window.hours) * 3_600_000 : null
}

async function readContact(q: Queryable, contactId: string | null, accountId: string | null): Promise<ChatDetail['contact']> {
  if (contactId === null) return { id: '', name: '', email: null, accounts: [] }
  const [contact, accounts] = await Promise.all([
    q.get<{ id: string; name: string; email: string | null }>('SELECT id, name, email FROM contacts WHERE id = ?', [contactId]),
    q.all<{ id: string; channelType: ChannelType; username: string | null; phone: string | null }>(
      `SELECT a.id, a.channelType, a.username, (SELECT MIN(COALESCE(i.wire, i.value)) FROM identifiers i WHERE i.accountId = a.id AND i.kind = 'phone' AND i.retiredAt IS NULL) AS phone
       FROM accounts a WHERE a.contactId = ? AND a.mergedInto IS NULL ORDER BY a.id LIMIT 50`, [contactId],
    ),
  ])
  return {
    id: contactId, name: contact?.name ?? '', email: contact?.email ?? null,
    accounts: accounts.map((account) => ({
      id: account.id, channelType: account.channelType, address: account.phone ? formatPhone(account.phone) : account.username, thisChat: account.id === accountId,
    })),
  }
}

async function readConversations(q: Queryable, chatId: string, view: CatalogView, until: Instant | null): Promise<ChatDetail['conversations']> {
  const rows = await q.all<{ id: string; openedAt: Instant; closedAt: Instant | null; queueId: string | null; closeKind: string | null; agentName: string | null }>(
    `SELECT c.id, c.openedAt, c.closedAt, c.queueId, c.closeKind,
       (SELECT a.agentName FROM assignments a WHERE a.conversationId = c.id ORDER BY a.startedAt DESC LIMIT 1) AS agentName
     FROM conversations c WHERE c.chatId = ? AND c.openedAt <= ? ORDER BY c.openedAt DESC LIMIT ${mostConversations}`,
    [chatId, until ?? Number.MAX_SAFE_INTEGER],
  )
  return rows.map(({ queueId, ...row }) => ({ ...row, queueName: view.queue(queueId)?.name ?? null }))
}

async function readFiles(q: Queryable, chatId: string, until: Instant | null): Promise<ChatDetail['files']> {
  const rows = await q.all<Omit<ChatDetail['files'][number], 'thumb'> & { thumbSha256: string | null }>(
    `SELECT f.id AS mediaId, m.id AS messageId, m.kind, f.name, f.size, f.mime, m.sortAt AS at, f.thumbSha256
     FROM media f JOIN messages m ON m.id = f.messageId WHERE f.chatId = ? AND m.deletedAt IS NULL AND m.sortAt <= ? ORDER BY f.id DESC LIMIT ${mostFiles}`,
    [chatId, until ?? Number.MAX_SAFE_INTEGER],
  )
  return rows.map(({ thumbSha256, ...row }) => ({ ...row, thumb: thumbSha256 !== null }))
}
