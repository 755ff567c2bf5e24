/** Writing in chats between people of the house (domain §4.12). Nothing here knows a channel, an outbox or a bridge. */
import type { InternalChange, NewInternalChat, SendInternal } from '../http/contract/internal.ts'
import { sendInternal as sendShape } from '../http/contract/internal.ts'
import { DomainError } from '../domain/errors.ts'
import type { Actor } from '../domain/permissions.ts'
import { kindOfFile } from '../domain/content.ts'
import { isUniqueViolation } from '../store/errors.ts'
import type { Queryable, Tx } from '../store/db.ts'
import { forUpdate, insertMany, placeholders } from '../store/sql.ts'
import type { CatalogView } from './catalog.ts'
import type { Core } from './core.ts'
import { recordEvents } from './events.ts'
import { parsed } from './refusals.ts'
import { transact } from './transact.ts'

const mostMembers = 200

const me = (actor: Actor): string => {
  if (actor.id === null) throw new DomainError('forbidden')
  return actor.id
}

/** To anyone who is not in it, the chat does not exist. */
export async function accessInternal(q: Queryable, actor: Actor, chatId: string): Promise<{ id: string; kind: 'direct' | 'group' }> {
  const chat = await q.get<{ id: string; kind: 'direct' | 'group' }>(
    'SELECT c.id, c.kind FROM internal_chats c JOIN internal_members m ON m.chatId = c.id WHERE c.id = ? AND m.userId = ? AND m.leftAt IS NULL', [chatId, me(actor)],
  )
  if (!chat) throw new DomainError('not_found')
  return chat
}

/** Two people have one chat, however often and at once they begin it. @throws DomainError not_found (a person) */
export async function openInternal(core: Core, actor: Actor, input: NewInternalChat): Promise<{ id: string; made: boolean }> {
  const view = await core.catalog.read()
  if (input.kind === 'group') return { id: await makeChat(core, view, actor, { kind: 'group', title: input.title, userIds: input.userIds }), made: true }
  const directKey = [me(actor), input.userId].sort().join(' ')
  const known = (): Promise<{ id: string } | undefined> => core.db.get<{ id: string }>('SELECT id FROM internal_chats WHERE directKey = ?', [directKey])
  const before = await known()
  if (before) return { id: before.id, made: false }
  if (input.userId === actor.id) throw new DomainError('not_found')
  try {
    return { id: await makeChat(core, view, actor, { kind: 'direct', title: null, userIds: [input.userId], directKey }), made: true }
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const winner = await known()
    if (!winner) throw error
    return { id: winner.id, made: false }
  }
}

async function makeChat(core: Core, view: CatalogView, actor: Actor, chat: { kind: 'direct' | 'group'; title: string | null; userIds: readonly string[]; directKey?: string }): Promise<string> {
  const userIds = [...new Set([me(actor), ...chat.userIds])]
  checkPeople(view, userIds)
  const id = core.ids.next()
  const now = core.clock.now()
  await transact(core, async (tx) => {
    await tx.run('INSERT INTO internal_chats (id, kind, title, directKey, createdBy, createdAt, lastMessageAt) VALUES (?,?,?,?,?,?,?)', [id, chat.kind, chat.title, chat.directKey ?? null, me(actor), now, now])
    await insertMany(tx, 'internal_members', ['chatId', 'userId', 'joinedAt'], userIds.map((userId) => [id, userId, now]))
    await tell(core, tx, actor, id, 'internal.changed')
  })
  return id
}

/** A group's name, and people who join it. @throws DomainError not_found, forbidden (a direct chat) */
export async function changeInternal(core: Core, actor: Actor, chatId: string, change: InternalChange): Promise<void> {
  await transact(core, async (tx, view) => {
    await lock(tx, chatId)
    if ((await accessInternal(tx, actor, chatId)).kind !== 'group') throw new DomainError('forbidden')
    if (change.title) await tx.run('UPDATE internal_chats SET title = ? WHERE id = ?', [change.title, chatId])
    const add = [...new Set(change.add ?? [])]
    if (add.length > 0) {
      checkPeople(view, [...add, ...(await membersOf(tx, chatId))])
      await tx.run(`UPDATE internal_members SET leftAt = NULL, joinedAt = ?, unread = 0 WHERE chatId = ? AND leftAt IS NOT NULL AND userId IN (${placeholders(add.length)})`, [core.clock.now(), chatId, ...add])
      await insertMany(tx, 'internal_members', ['chatId', 'userId', 'joinedAt'], add.map((userId) => [chatId, userId, core.clock.now()]), { ignore: true })
    }
    await tell(core, tx, actor, chatId, 'internal.changed')
  })
}

/** @throws DomainError not_found, forbidden (a direct chat) */
export async function leaveInternal(core: Core, actor: Actor, chatId: string): Promise<void> {
  await transact(core, async (tx) => {
    await lock(tx, chatId)
    if ((await accessInternal(tx, actor, chatId)).kind !== 'group') throw new DomainError('forbidden')
    // Whoever leaves is told too: the chat goes off their list.
    await tell(core, tx, actor, chatId, 'internal.changed')
    await tx.run('UPDATE internal_members SET leftAt = ?, unread = 0 WHERE chatId = ? AND userId = ?', [core.clock.now(), chatId, me(actor)])
  })
}

/** The same clientId of the same author again answers with the first message. @throws DomainError validation, not_found, media_unavailable */
export async function sendInternal(core: Core, actor: Actor, chatId: string, input: SendInternal): Promise<string> {
  const message = parsed(sendShape, input)
  const clientKey = `${me(actor)}:${message.clientId}`
  const first = (q: Queryable): Promise<{ id: string } | undefined> => q.get<{ id: string }>('SELECT id FROM internal_messages WHERE clientKey = ?', [clientKey])
  try {
    return await transact(core, async (tx) => {
      await lock(tx, chatId)
      await accessInternal(tx, actor, chatId)
      const earlier = await first(tx)
      if (earlier) return earlier.id
      const id = core.ids.next()
      const now = core.clock.now()
      const kind = message.mediaId ? await takeFile(tx, actor, message.mediaId, id, message.asVoice) : 'text'
      const members = await membersOf(tx, chatId)
      const mentions = message.mentions.filter((userId) => members.includes(userId) && userId !== actor.id)
      const quoteId = message.quoteId && (await tx.get('SELECT id FROM internal_messages WHERE id = ? AND chatId = ?', [message.quoteId, chatId])) ? message.quoteId : null
      await tx.run(
        'INSERT INTO internal_messages (id, chatId, authorId, authorName, kind, body, mediaId, quoteId, mentions, clientKey, at) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
        [id, chatId, me(actor), actor.name, kind, message.text, message.mediaId ?? null, quoteId, mentions.length > 0 ? JSON.stringify(mentions) : null, clientKey, now],
      )
      await tx.run('UPDATE internal_chats SET lastMessageAt = ?, lastMessageId = ? WHERE id = ?', [now, id, chatId])
      await tx.run('UPDATE internal_members SET unread = unread + 1 WHERE chatId = ? AND leftAt IS NULL AND userId <> ?', [chatId, me(actor)])
      await tell(core, tx, actor, chatId, 'internal.message', (userId) => ({ messageId: id, mentioned: mentions.includes(userId) }))
      return id
    })
  } catch (error) {
    const winner = isUniqueViolation(error) ? await first(core.db) : undefined
    if (!winner) throw error
    return winner.id
  }
}

/** @throws DomainError not_found */
export async function readInternal(core: Core, actor: Actor, chatId: string): Promise<void> {
  await transact(core, async (tx) => {
    await accessInternal(tx, actor, chatId)
    const { changes } = await tx.run('UPDATE internal_members SET unread = 0 WHERE chatId = ? AND userId = ? AND unread > 0', [chatId, me(actor)])
    if (changes > 0) await recordEvents(core, tx, [{ type: 'internal.read', at: core.clock.now(), actor, agentId: me(actor), data: { internalChatId: chatId } }])
  })
}

async function lock(tx: Tx, chatId: string): Promise<void> {
  await tx.get(`SELECT id FROM internal_chats WHERE id = ?${forUpdate(tx.dialect)}`, [chatId])
}

const membersOf = async (q: Queryable, chatId: string): Promise<string[]> =>
  (await q.all<{ userId: string }>('SELECT userId FROM internal_members WHERE chatId = ? AND leftAt IS NULL ORDER BY userId', [chatId])).map((row) => row.userId)

function checkPeople(view: CatalogView, userIds: readonly string[]): void {
  for (const userId of userIds) {
    const user = view.user(userId)
    if (!user || user.archivedAt !== null || !user.enabled) throw new DomainError('not_found', { userId })
  }
  if (new Set(userIds).size > mostMembers) throw new DomainError('validation', { fields: [{ path: 'userIds', message: 'too_many' }] })
}

/** Only one's own upload, and only once. */
async function takeFile(tx: Tx, actor: Actor, mediaId: string, messageId: string, asVoice: boolean): Promise<string> {
  const media = await tx.get<{ mime: string; state: string; uploadedBy: string | null; messageId: string | null; chatId: string | null }>('SELECT mime, state, uploadedBy, messageId, chatId FROM media WHERE id = ?', [mediaId])
  if (!media || media.uploadedBy !== actor.id || media.messageId !== null || media.chatId !== null) throw new DomainError('not_found')
  if (media.state !== 'ready') throw new DomainError('media_unavailable')
  await tx.run("UPDATE media SET messageId = ?, kind = 'internal' WHERE id = ?", [messageId, mediaId])
  return kindOfFile(media.mime, asVoice)
}

/** One event for each member, addressed to them alone. */
async function tell(core: Core, tx: Tx, actor: Actor, chatId: string, type: string, more: (userId: string) => Record<string, unknown> = () => ({})): Promise<void> {
  const at = core.clock.now()
  await recordEvents(core, tx, (await membersOf(tx, chatId)).map((userId) => ({ type, at, actor, agentId: userId, data: { internalChatId: chatId, ...more(userId) } })))
}
