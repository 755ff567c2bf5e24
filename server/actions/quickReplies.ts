/** Texts and files that agents use again (domain §8.6): everybody's, a queue's, or one's own. */
import type { FilledReply, NewQuickReply, QuickReplyChange, QuickReplyView } from '../http/contract/desk.ts'
import { newQuickReply, quickReplyChange } from '../http/contract/desk.ts'
import { DomainError } from '../domain/errors.ts'
import { fill } from '../domain/fill.ts'
import { can, type Actor } from '../domain/permissions.ts'
import type { Queryable, Tx } from '../store/db.ts'
import { placeholders } from '../store/sql.ts'
import { accessChat, viewerOf } from './access.ts'
import { recordAudit } from './audit.ts'
import { difference } from './changes.ts'
import type { Core } from './core.ts'
import { recordEvents } from './events.ts'
import { contactVariables } from './queries/contactVariables.ts'
import { mediaView } from './queries/messageViews.ts'
import { parsed, refusingClash } from './refusals.ts'
import { transact } from './transact.ts'

interface StoredReply {
  id: string; shortcut: string; title: string; body: string; mediaId: string | null; categoryId: string | null
  scope: QuickReplyView['scope']; queueId: string | null; ownerId: string | null
}
interface ReplyFile { mediaMime: string | null; mediaName: string | null; mediaSize: number | null }

const clash = { quick_replies_livePlace_shortcut_unique: 'shortcut', livePlace: 'shortcut' }
const columns = 'r.id, r.shortcut, r.title, r.body, r.mediaId, r.categoryId, r.scope, r.queueId, r.ownerId, f.mime AS mediaMime, f.name AS mediaName, f.size AS mediaSize'
const from = 'FROM quick_replies r LEFT JOIN media f ON f.id = r.mediaId'

/** Shared ones are the supervisors'; one's own need the permission. */
const mayChange = (actor: Actor, reply: Pick<StoredReply, 'scope' | 'ownerId'>): boolean =>
  reply.scope === 'own' ? reply.ownerId === actor.id && can(actor, 'quickreply.own') : can(actor, 'catalogues.manage')

const viewOf = (actor: Actor, reply: StoredReply & ReplyFile): QuickReplyView => ({
  id: reply.id, shortcut: reply.shortcut, title: reply.title, text: reply.body, categoryId: reply.categoryId, scope: reply.scope, queueId: reply.queueId,
  media: reply.mediaId === null ? null : { mime: reply.mediaMime ?? '', name: reply.mediaName ?? '', size: reply.mediaSize ?? 0 }, mine: mayChange(actor, reply),
})

/** Those the reader may use: everybody's, those of own queues (all queues for supervisors), one's own. By shortcut. */
export async function listQuickReplies(core: Core, actor: Actor): Promise<QuickReplyView[]> {
  const { queueIds } = await viewerOf(core.db, actor)
  const queues = [...queueIds]
  const ofQueues = can(actor, 'catalogues.manage') ? "r.scope = 'queue'" : queues.length > 0 ? `r.queueId IN (${placeholders(queues.length)})` : '1 = 0'
  const rows = await core.db.all<StoredReply & ReplyFile>(
    `SELECT ${columns} ${from} WHERE r.archivedAt IS NULL AND (r.scope = 'all' OR ${ofQueues} OR r.ownerId = ?) ORDER BY r.shortcut, r.id LIMIT 2000`,
    [...(can(actor, 'catalogues.manage') ? [] : queues), actor.id],
  )
  return rows.map((row) => viewOf(actor, row))
}

/** @throws DomainError forbidden, validation, not_found (queue, category, file), name_taken (shortcut) */
export async function createQuickReply(core: Core, actor: Actor, input: NewQuickReply): Promise<QuickReplyView> {
  const values = parsed(newQuickReply, input)
  const ownerId = values.scope === 'own' ? actor.id : null
  if ((values.scope === 'own' && ownerId === null) || !mayChange(actor, { scope: values.scope, ownerId })) throw new DomainError('forbidden')
  const view = await core.catalog.read()
  if (values.queueId !== null && view.queue(values.queueId)?.archivedAt !== null) throw new DomainError('not_found', { queueId: values.queueId })
  const id = core.ids.next()
  const now = core.clock.now()
  return refusingClash(clash, () => transact(core, async (tx) => {
    await checkCategory(tx, values.categoryId)
    const mediaId = await keepFile(tx, actor, values.mediaId)
    await tx.run(
      'INSERT INTO quick_replies (id, shortcut, title, body, mediaId, categoryId, scope, queueId, ownerId, createdBy, createdAt, updatedAt) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)',
      [id, values.shortcut, values.title, values.text, mediaId, values.categoryId, values.scope, values.queueId, ownerId, actor.id, now, now],
    )
    await changed(core, tx, actor, 'create', id, { scope: values.scope }, { after: { shortcut: values.shortcut, title: values.title, scope: values.scope } })
    return viewOf(actor, await readReply(tx, id))
  }))
}

/** @throws DomainError forbidden, validation, not_found, name_taken (shortcut) */
export async function updateQuickReply(core: Core, actor: Actor, id: string, input: QuickReplyChange): Promise<QuickReplyView> {
  const { text, mediaId, ...rest } = parsed(quickReplyChange, input)
  return refusingClash(clash, () => transact(core, async (tx) => {
    const before = await accessReply(tx, actor, id)
    if (rest.categoryId) await checkCategory(tx, rest.categoryId)
    const file = mediaId === undefined ? before.mediaId : await keepFile(tx, actor, mediaId)
    const next = { shortcut: rest.shortcut ?? before.shortcut, title: rest.title ?? before.title, body: text ?? before.body, categoryId: rest.categoryId === undefined ? before.categoryId : rest.categoryId }
    if (next.body.trim() === '' && file === null) throw new DomainError('validation', { fields: [{ path: 'text', message: 'empty' }] })
    await tx.run('UPDATE quick_replies SET shortcut = ?, title = ?, body = ?, mediaId = ?, categoryId = ?, updatedAt = ? WHERE id = ?', [next.shortcut, next.title, next.body, file, next.categoryId, core.clock.now(), id])
    await changed(core, tx, actor, 'update', id, before, difference<Record<string, unknown>>({ ...before }, next))
    return viewOf(actor, await readReply(tx, id))
  }))
}

/** Archives; its shortcut is free again. @throws DomainError forbidden, not_found */
export async function removeQuickReply(core: Core, actor: Actor, id: string): Promise<void> {
  await transact(core, async (tx) => {
    const before = await accessReply(tx, actor, id)
    await tx.run('UPDATE quick_replies SET archivedAt = ? WHERE id = ?', [core.clock.now(), id])
    await changed(core, tx, actor, 'remove', id, before, { before: { shortcut: before.shortcut, title: before.title } })
  })
}

/** The text with the contact's data in it, and a copy of the file that this one message may carry. @throws DomainError not_found, forbidden */
export async function fillQuickReply(core: Core, actor: Actor, chatId: string, replyId: string): Promise<FilledReply> {
  const usable = await listQuickReplies(core, actor)
  if (!usable.some((reply) => reply.id === replyId)) throw new DomainError('not_found')
  return transact(core, async (tx, view) => {
    await accessChat(core, tx, actor, chatId, 'write')
    const reply = await readReply(tx, replyId)
    const filled = fill(reply.body, await contactVariables(tx, view, chatId, actor))
    return { text: filled.text, missing: [...filled.missing], media: reply.mediaId === null ? null : await copyFile(core, tx, actor, reply.mediaId) }
  })
}

async function readReply(q: Queryable, id: string): Promise<StoredReply & ReplyFile> {
  const row = await q.get<StoredReply & ReplyFile>(`SELECT ${columns} ${from} WHERE r.id = ? AND r.archivedAt IS NULL`, [id])
  if (!row) throw new DomainError('not_found')
  return row
}

/** Somebody else's own reply does not exist for others, whatever the verb. */
async function accessReply(tx: Tx, actor: Actor, id: string): Promise<StoredReply & ReplyFile> {
  const reply = await readReply(tx, id)
  if (reply.scope === 'own' && reply.ownerId !== actor.id) throw new DomainError('not_found')
  if (!mayChange(actor, reply)) throw new DomainError('forbidden')
  return reply
}

async function checkCategory(tx: Tx, id: string | null): Promise<void> {
  if (id === null) return
  if (!(await tx.get('SELECT id FROM categories WHERE id = ? AND archivedAt IS NULL', [id]))) throw new DomainError('not_found', { categoryId: id })
}

/** One's own upload becomes the library's: it is not sent itself, only copies of it are. */
async function keepFile(tx: Tx, actor: Actor, mediaId: string | null): Promise<string | null> {
  if (mediaId === null) return null
  const { changes } = await tx.run("UPDATE media SET kind = 'library', uploadedBy = NULL WHERE id = ? AND uploadedBy = ? AND chatId IS NULL AND messageId IS NULL AND state = 'ready'", [mediaId, actor.id])
  if (changes === 0) throw new DomainError('not_found', { mediaId })
  return mediaId
}

async function copyFile(core: Core, tx: Tx, actor: Actor, mediaId: string): Promise<FilledReply['media']> {
  const id = core.ids.next()
  await tx.run(
    `INSERT INTO media (id, sha256, thumbSha256, mime, size, name, width, height, durationMs, state, uploadedBy, createdAt)
     SELECT ?, sha256, thumbSha256, mime, size, name, width, height, durationMs, state, ?, ? FROM media WHERE id = ?`, [id, actor.id, core.clock.now(), mediaId],
  )
  const copy = await tx.get<Parameters<typeof mediaView>[0]>('SELECT id, mime, size, name, width, height, durationMs, state, thumbSha256 FROM media WHERE id = ?', [id])
  return copy ? mediaView(copy) : null
}

/** Shared ones are audited; one's own are one's own business. Screens fetch the list again. */
async function changed(core: Core, tx: Tx, actor: Actor, verb: string, id: string, reply: Pick<StoredReply, 'scope'>, what: { before?: Record<string, unknown>; after?: Record<string, unknown> }): Promise<void> {
  if (reply.scope !== 'own') await recordAudit(core, tx, actor, { action: `quick_reply.${verb}`, subjectKind: 'quick_reply', subjectId: id, ...what })
  await recordEvents(core, tx, [{ type: 'quickreply.changed', at: core.clock.now(), actor }])
}
