/** What a person began to write in a chat, and the lists they keep under a name: their own, seen by nobody else. */
import type { DraftView, NewView, SaveDraft, SavedView, ViewFilter } from '../http/contract/desk.ts'
import { DomainError } from '../domain/errors.ts'
import type { Actor } from '../domain/permissions.ts'
import { upsertMany } from '../store/sql.ts'
import { accessChat } from './access.ts'
import type { Core } from './core.ts'
import { transact } from './transact.ts'

const mostDrafts = 500
const mostViews = 50

const own = (actor: Actor): string => {
  if (actor.id === null) throw new DomainError('forbidden')
  return actor.id
}

/** The last word wins: a person writes in one place at a time. */
export async function saveDraft(core: Core, actor: Actor, chatId: string, draft: SaveDraft): Promise<void> {
  const userId = own(actor)
  await transact(core, async (tx) => {
    await accessChat(core, tx, actor, chatId, 'see')
    if (draft.text.trim() === '') await tx.run('DELETE FROM drafts WHERE userId = ? AND chatId = ? AND kind = ?', [userId, chatId, draft.kind])
    else await upsertMany(tx, 'drafts', ['userId', 'chatId', 'kind'], ['userId', 'chatId', 'kind', 'body', 'updatedAt'], [[userId, chatId, draft.kind, draft.text, core.clock.now()]])
  })
}

export async function listDrafts(core: Core, actor: Actor): Promise<DraftView[]> {
  return core.db.all<DraftView>(`SELECT chatId, kind, body AS text, updatedAt FROM drafts WHERE userId = ? ORDER BY updatedAt DESC LIMIT ${mostDrafts}`, [own(actor)])
}

export async function listViews(core: Core, actor: Actor, app: string): Promise<SavedView[]> {
  const rows = await core.db.all<{ id: string; name: string; filter: string }>('SELECT id, name, filter FROM saved_views WHERE userId = ? AND app = ? ORDER BY id', [own(actor), app])
  return rows.map((row) => ({ ...row, filter: JSON.parse(row.filter) as ViewFilter }))
}

/** @throws DomainError conflict (too many) */
export async function addView(core: Core, actor: Actor, app: string, view: NewView): Promise<SavedView> {
  const id = core.ids.next()
  await transact(core, async (tx) => {
    const count = await tx.get<{ n: number }>('SELECT COUNT(*) AS n FROM saved_views WHERE userId = ? AND app = ?', [own(actor), app])
    if ((count?.n ?? 0) >= mostViews) throw new DomainError('conflict', { most: mostViews })
    await tx.run('INSERT INTO saved_views (id, userId, app, name, filter, createdAt) VALUES (?,?,?,?,?,?)', [id, own(actor), app, view.name, JSON.stringify(view.filter), core.clock.now()])
  })
  return { id, ...view }
}

/** @throws DomainError not_found */
export async function removeView(core: Core, actor: Actor, id: string): Promise<void> {
  const { changes } = await core.db.run('DELETE FROM saved_views WHERE id = ? AND userId = ?', [id, own(actor)])
  if (changes === 0) throw new DomainError('not_found')
}
