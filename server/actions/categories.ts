/** The categories that quick replies and templates share (domain §8.6). */
import type { CategoryView, NewCategory } from '../http/contract/desk.ts'
import { newCategory } from '../http/contract/desk.ts'
import { DomainError } from '../domain/errors.ts'
import type { Actor } from '../domain/permissions.ts'
import { slugOf } from '../domain/slug.ts'
import { recordAudit } from './audit.ts'
import type { Core } from './core.ts'
import { demand, parsed, refusingClash } from './refusals.ts'
import { recordEvents } from './events.ts'
import { transact } from './transact.ts'

const clash = { categories_liveSlug_unique: 'name', liveSlug: 'name' }

export const listCategories = (core: Core): Promise<CategoryView[]> =>
  core.db.all<CategoryView>('SELECT id, name FROM categories WHERE archivedAt IS NULL ORDER BY name, id')

/** @throws DomainError forbidden, validation, name_taken */
export async function createCategory(core: Core, actor: Actor, input: NewCategory): Promise<CategoryView> {
  demand(actor, 'catalogues.manage')
  const { name } = parsed(newCategory, input)
  const id = core.ids.next()
  await refusingClash(clash, () => transact(core, async (tx) => {
    await tx.run('INSERT INTO categories (id, name, slug, createdAt) VALUES (?,?,?,?)', [id, name, slugOf(name), core.clock.now()])
    await recordAudit(core, tx, actor, { action: 'category.create', subjectKind: 'category', subjectId: id, after: { name } })
    await recordEvents(core, tx, [{ type: 'quickreply.changed', at: core.clock.now(), actor }])
  }))
  return { id, name }
}

/** @throws DomainError forbidden, validation, not_found, name_taken */
export async function renameCategory(core: Core, actor: Actor, id: string, input: NewCategory): Promise<CategoryView> {
  demand(actor, 'catalogues.manage')
  const { name } = parsed(newCategory, input)
  await refusingClash(clash, () => transact(core, async (tx) => {
    const before = await tx.get<{ name: string }>('SELECT name FROM categories WHERE id = ? AND archivedAt IS NULL', [id])
    if (!before) throw new DomainError('not_found')
    await tx.run('UPDATE categories SET name = ?, slug = ? WHERE id = ?', [name, slugOf(name), id])
    await recordAudit(core, tx, actor, { action: 'category.update', subjectKind: 'category', subjectId: id, before, after: { name } })
    await recordEvents(core, tx, [{ type: 'quickreply.changed', at: core.clock.now(), actor }])
  }))
  return { id, name }
}

/** Archives; what was in it is in none. @throws DomainError forbidden, not_found */
export async function removeCategory(core: Core, actor: Actor, id: string): Promise<void> {
  demand(actor, 'catalogues.manage')
  await transact(core, async (tx) => {
    const { changes } = await tx.run('UPDATE categories SET archivedAt = ? WHERE id = ? AND archivedAt IS NULL', [core.clock.now(), id])
    if (changes === 0) throw new DomainError('not_found')
    await tx.run('UPDATE quick_replies SET categoryId = NULL WHERE categoryId = ?', [id])
    await recordAudit(core, tx, actor, { action: 'category.remove', subjectKind: 'category', subjectId: id })
    await recordEvents(core, tx, [{ type: 'quickreply.changed', at: core.clock.now(), actor }])
  })
}
