/** Menus as people keep them (domain §5.10): one draft each, published versions that never change, and copies of what was. */
import { z } from 'zod'
import { DomainError } from '../../domain/errors.ts'
import { idOrNone } from '../../domain/ids.ts'
import { diff, type Difference } from '../../domain/menu/diff.ts'
import type { Json } from '../../domain/menu/environment.ts'
import { parseDocument } from '../../domain/menu/flow.ts'
import { missingFields, type MissingField } from '../../domain/menu/references.ts'
import { validate, type Validated } from '../../domain/menu/validate.ts'
import type { Actor } from '../../domain/permissions.ts'
import { slugOf } from '../../domain/slug.ts'
import type { Tx } from '../../store/db.ts'
import { forUpdate, placeholders } from '../../store/sql.ts'
import { recordAudit } from '../audit.ts'
import type { CatalogView } from '../catalog.ts'
import { catalogChanged } from '../changes.ts'
import type { Core } from '../core.ts'
import { demand, parsed, refusingClash } from '../refusals.ts'
import { transact } from '../transact.ts'
import { loadHolidays, menuCatalog } from './facts.ts'
import { addFields } from './forms.ts'
import { moveRuns } from './inputs.ts'
import { menuLibrary } from './library.ts'

export interface MenuView {
  readonly id: string
  readonly name: string
  readonly description: string
  /** Null: not published. */
  readonly publishedVersion: number | null
  readonly publishedAt: number | null
  readonly draftRevision: number
  readonly draftUpdatedAt: number
  readonly draftUpdatedBy: string
  /** Whether the draft differs from what is published. */
  readonly draftChanged: boolean
  readonly channels: readonly { readonly id: string; readonly name: string }[]
  /** Conversations that are in this menu now. */
  readonly running: number
}

interface MenuRow { id: string; name: string; slug: string; description: string; publishedVersion: number | null; publishedAt: number | null; revision: number; draftAt: number; draftBy: string; document: string; published: string | null }

const listSql = `SELECT m.id, m.name, m.slug, m.description, m.publishedVersion, m.publishedAt, d.revision, d.updatedAt AS draftAt, d.updatedByName AS draftBy, d.document, v.document AS published
  FROM menus m JOIN menu_drafts d ON d.menuId = m.id LEFT JOIN menu_versions v ON v.menuId = m.id AND v.version = m.publishedVersion WHERE m.archivedAt IS NULL`

/** By name. @throws DomainError `forbidden` */
export async function listMenus(core: Core, actor: Actor): Promise<MenuView[]> {
  demand(actor, 'menus.edit')
  return viewsOf(core, await core.db.all<MenuRow>(`${listSql} ORDER BY m.slug`))
}

/** By id, slug or name. @throws DomainError forbidden, not_found */
export async function findMenu(core: Core, actor: Actor, reference: string): Promise<MenuView> {
  demand(actor, 'menus.edit')
  const rows = await core.db.all<MenuRow>(`${listSql} AND (m.id = ? OR m.slug = ?)`, [idOrNone(reference), slugOf(reference)])
  const [view] = await viewsOf(core, rows.filter((row) => row.id === reference).concat(rows).slice(0, 1))
  if (!view) throw new DomainError('not_found', { menu: reference })
  return view
}

async function viewsOf(core: Core, rows: readonly MenuRow[]): Promise<MenuView[]> {
  const view = await core.catalog.read()
  const running = rows.length === 0 ? [] : await core.db.all<{ menuId: string; n: number }>(
    `SELECT menuId, COUNT(*) AS n FROM menu_runs WHERE endedAt IS NULL AND menuId IN (${placeholders(rows.length)}) GROUP BY menuId`, rows.map((row) => row.id),
  )
  return rows.map((row) => ({
    id: row.id, name: row.name, description: row.description, publishedVersion: row.publishedVersion, publishedAt: row.publishedAt, draftRevision: row.revision,
    draftUpdatedAt: row.draftAt, draftUpdatedBy: row.draftBy, draftChanged: row.published === null || row.published !== row.document,
    channels: view.channels().filter((channel) => channel.destination.type === 'menu' && channel.destination.id === row.id).map(({ id, name }) => ({ id, name })),
    running: running.find((one) => one.menuId === row.id)?.n ?? 0,
  }))
}

/** The smallest menu that can be published. */
const blank = (name: string): Json => ({
  format: 'turno.menu/1', name, start: 'start', settings: {},
  nodes: [{ id: 'start', name: 'Saludo', type: 'message', text: 'Hola, {{ contact.firstName }}.' }],
})

const newMenu = z.strictObject({ name: z.string().trim().min(1).max(120), document: z.custom<Json>((value) => typeof value === 'object' && value !== null).optional() })

/** @throws DomainError forbidden, validation, name_taken */
export async function createMenu(core: Core, actor: Actor, input: z.input<typeof newMenu>): Promise<MenuView> {
  demand(actor, 'menus.edit')
  const { name, document } = parsed(newMenu, input)
  const id = core.ids.next()
  const content = named(document ?? blank(name), name)
  await refusingClash({ menus_live_slug: 'name', liveSlug: 'name' }, () => transact(core, async (tx) => {
    const now = core.clock.now()
    await tx.run('INSERT INTO menus (id, name, slug, description, createdAt, updatedAt) VALUES (?,?,?,?,?,?)', [id, name, slugOf(name), descriptionOf(content), now, now])
    await tx.run('INSERT INTO menu_drafts (menuId, revision, document, updatedAt, updatedBy, updatedByName) VALUES (?,1,?,?,?,?)', [id, JSON.stringify(content), now, actor.id, actor.name])
    await recordAudit(core, tx, actor, { action: 'menu.create', subjectKind: 'menu', subjectId: id, after: { name } })
    await catalogChanged(core, tx, [id])
  }))
  return findMenu(core, actor, id)
}

const descriptionOf = (document: Json): string => {
  const { description } = (document ?? {}) as { description?: unknown }
  return typeof description === 'string' ? description : ''
}
/** The menu's name is that of its document, and the other way round. */
const named = (document: Json, name: string): Json => (typeof document === 'object' && document !== null && !Array.isArray(document) ? { ...document, name } : document)

export interface Draft { readonly menuId: string; readonly revision: number; readonly document: Json; readonly updatedAt: number; readonly updatedBy: string }

/** @throws DomainError forbidden, not_found */
export async function readDraft(core: Core, actor: Actor, menuId: string): Promise<Draft> {
  demand(actor, 'menus.edit')
  const row = await core.db.get<{ revision: number; document: string; updatedAt: number; updatedByName: string }>(
    'SELECT d.revision, d.document, d.updatedAt, d.updatedByName FROM menu_drafts d JOIN menus m ON m.id = d.menuId WHERE d.menuId = ? AND m.archivedAt IS NULL', [menuId],
  )
  if (!row) throw new DomainError('not_found', { menuId })
  return { menuId, revision: row.revision, document: JSON.parse(row.document) as Json, updatedAt: row.updatedAt, updatedBy: row.updatedByName }
}

const mostBackups = 10
const longestDocument = 2_000_000

/**
 * Saves the draft if nobody did since `revision` (`conflict`). What was is kept among the last ten copies. A draft may be
 * wrong: only publishing asks for more. @throws DomainError forbidden, not_found, conflict, name_taken, validation
 */
export async function saveDraft(core: Core, actor: Actor, input: { menuId: string; revision: number; document: Json }): Promise<Draft> {
  demand(actor, 'menus.edit')
  const text = JSON.stringify(input.document)
  const { name } = (input.document ?? {}) as { name?: unknown }
  if (typeof input.document !== 'object' || input.document === null || typeof name !== 'string' || name.trim() === '' || name.length > 120) {
    throw new DomainError('validation', { fields: [{ path: 'document.name', message: '1 to 120 characters' }] })
  }
  if (text.length > longestDocument) throw new DomainError('validation', { fields: [{ path: 'document', message: 'larger than 2 MB' }] })
  await refusingClash({ menus_live_slug: 'name', liveSlug: 'name' }, () => transact(core, async (tx) => {
    const menu = await lockMenu(tx, input.menuId)
    const draft = await tx.get<{ revision: number; document: string }>(`SELECT revision, document FROM menu_drafts WHERE menuId = ?${forUpdate(tx.dialect)}`, [input.menuId])
    if (draft?.revision !== input.revision) throw new DomainError('conflict', { revision: draft?.revision })
    const now = core.clock.now()
    await tx.run('INSERT INTO menu_backups (id, menuId, revision, document, at, byName) VALUES (?,?,?,?,?,?)', [core.ids.next(), input.menuId, draft.revision, draft.document, now, actor.name])
    const old = await tx.all<{ id: string }>('SELECT id FROM menu_backups WHERE menuId = ? ORDER BY id DESC', [input.menuId])
    const surplus = old.slice(mostBackups).map((row) => row.id)
    if (surplus.length > 0) await tx.run(`DELETE FROM menu_backups WHERE id IN (${placeholders(surplus.length)})`, surplus)
    await tx.run('UPDATE menu_drafts SET revision = revision + 1, document = ?, updatedAt = ?, updatedBy = ?, updatedByName = ? WHERE menuId = ?', [text, now, actor.id, actor.name, input.menuId])
    if (menu.name !== name.trim() || menu.description !== descriptionOf(input.document)) {
      await tx.run('UPDATE menus SET name = ?, slug = ?, description = ?, updatedAt = ? WHERE id = ?', [name.trim(), slugOf(name), descriptionOf(input.document), now, input.menuId])
      await catalogChanged(core, tx, [input.menuId])
    }
  }))
  return readDraft(core, actor, input.menuId)
}

/** Errors block publishing, warnings do not; the limits of the channels it is assigned to, and of `channelIds`, are checked. */
export async function validateMenu(core: Core, actor: Actor, document: Json, at: { menuId?: string; channelIds?: readonly string[] } = {}): Promise<Validated> {
  demand(actor, 'menus.edit')
  const view = await core.catalog.read()
  const library = menuLibrary(core)
  const channels = view.channels().filter((channel) => at.channelIds?.includes(channel.id) || (channel.destination.type === 'menu' && channel.destination.id === at.menuId))
  await library.load(core.db, view, view.menus().flatMap((menu) => (menu.publishedVersion === null || menu.id === at.menuId ? [] : [{ menuId: menu.id, version: menu.publishedVersion }])))
  return validate(document, {
    catalog: menuCatalog(view, library, await loadHolidays()), library,
    channels: channels.flatMap((channel) => {
      const capabilities = core.bridges.capabilities(channel.id)
      return capabilities ? [{ id: channel.id, name: channel.name, capabilities }] : []
    }),
  })
}

export interface Publish { readonly menuId: string; readonly note: string; /** Add the fields that forms lack. */ readonly addFields?: boolean; /** Running chats move to the new version. */ readonly applyToRunning?: boolean }
export interface Published { readonly version: number; readonly warnings: Validated['warnings']; readonly moved: number }

/** @throws DomainError forbidden, not_found, menu_invalid (details.errors), fields_missing (details.fields) */
export async function publishMenu(core: Core, actor: Actor, input: Publish): Promise<Published> {
  const { document, revision } = await readDraft(core, actor, input.menuId)
  const found = await validateMenu(core, actor, document, { menuId: input.menuId })
  if (found.errors.length > 0) throw new DomainError('menu_invalid', { errors: found.errors })
  const missing = await fieldsMissing(core, document)
  if (missing.length > 0 && !input.addFields) throw new DomainError('fields_missing', { fields: missing })
  const version = await transact(core, async (tx) => {
    await lockMenu(tx, input.menuId)
    const draft = await tx.get<{ revision: number; document: string }>(`SELECT revision, document FROM menu_drafts WHERE menuId = ?${forUpdate(tx.dialect)}`, [input.menuId])
    // What was checked is what is published.
    if (draft?.revision !== revision) throw new DomainError('conflict', { revision: draft?.revision })
    if (missing.length > 0) await addFields(core, tx, actor, missing)
    const next = ((await tx.get<{ n: number | null }>('SELECT MAX(version) AS n FROM menu_versions WHERE menuId = ?', [input.menuId]))?.n ?? 0) + 1
    const now = core.clock.now()
    await tx.run('INSERT INTO menu_versions (menuId, version, document, note, at, byId, byName) VALUES (?,?,?,?,?,?,?)', [input.menuId, next, draft.document, input.note.slice(0, 2000), now, actor.id, actor.name])
    await tx.run('UPDATE menus SET publishedVersion = ?, publishedAt = ?, updatedAt = ? WHERE id = ?', [next, now, now, input.menuId])
    await recordAudit(core, tx, actor, { action: 'menu.publish', subjectKind: 'menu', subjectId: input.menuId, after: { version: next, note: input.note } })
    await catalogChanged(core, tx, [input.menuId])
    return next
  })
  const moved = input.applyToRunning ? await moveRuns(core, { menuId: input.menuId, version }) : 0
  return { version, warnings: found.warnings, moved }
}

async function fieldsMissing(core: Core, document: Json): Promise<readonly MissingField[]> {
  const flow = parseDocument(document)
  return flow.ok ? missingFields(flow.document, menuCatalog(await core.catalog.read(), null)) : []
}

/** Runs go on; new conversations pass the menu over, with a notice. @throws DomainError forbidden, not_found, not_published */
export async function unpublishMenu(core: Core, actor: Actor, menuId: string): Promise<MenuView> {
  demand(actor, 'menus.edit')
  await transact(core, async (tx) => {
    const menu = await lockMenu(tx, menuId)
    if (menu.publishedVersion === null) throw new DomainError('not_published')
    await tx.run('UPDATE menus SET publishedVersion = NULL, publishedAt = NULL, updatedAt = ? WHERE id = ?', [core.clock.now(), menuId])
    await recordAudit(core, tx, actor, { action: 'menu.unpublish', subjectKind: 'menu', subjectId: menuId, before: { version: menu.publishedVersion } })
    await catalogChanged(core, tx, [menuId])
  })
  return findMenu(core, actor, menuId)
}

export interface VersionView { readonly version: number; readonly note: string; readonly at: number; readonly by: string; readonly published: boolean }

/** Newest first. @throws DomainError forbidden, not_found */
export async function listVersions(core: Core, actor: Actor, menuId: string): Promise<VersionView[]> {
  const menu = await findMenu(core, actor, menuId)
  const rows = await core.db.all<{ version: number; note: string; at: number; byName: string }>('SELECT version, note, at, byName FROM menu_versions WHERE menuId = ? ORDER BY version DESC', [menuId])
  return rows.map(({ byName, ...row }) => ({ ...row, by: byName, published: row.version === menu.publishedVersion }))
}

/** A version's document, or the draft's. @throws DomainError forbidden, not_found */
export async function readDocument(core: Core, actor: Actor, menuId: string, version: number | 'draft'): Promise<Json> {
  if (version === 'draft') return (await readDraft(core, actor, menuId)).document
  demand(actor, 'menus.edit')
  const row = await core.db.get<{ document: string }>('SELECT document FROM menu_versions WHERE menuId = ? AND version = ?', [menuId, version])
  if (!row) throw new DomainError('not_found', { menuId, version })
  return JSON.parse(row.document) as Json
}

/** Copies an old version into the draft; what the draft was is among its copies. @throws DomainError forbidden, not_found, conflict */
export async function restoreVersion(core: Core, actor: Actor, menuId: string, version: number): Promise<Draft> {
  const document = await readDocument(core, actor, menuId, version)
  const { revision } = await readDraft(core, actor, menuId)
  const draft = await saveDraft(core, actor, { menuId, revision, document })
  await transact(core, (tx) => recordAudit(core, tx, actor, { action: 'menu.restore', subjectKind: 'menu', subjectId: menuId, after: { version } }))
  return draft
}

export async function compareVersions(core: Core, actor: Actor, menuId: string, from: number | 'draft', to: number | 'draft'): Promise<Difference> {
  return diff(await readDocument(core, actor, menuId, from), await readDocument(core, actor, menuId, to))
}

/** @throws DomainError forbidden, not_found, in_use (details.channels, details.menus) */
export async function removeMenu(core: Core, actor: Actor, menuId: string): Promise<void> {
  demand(actor, 'menus.edit')
  await transact(core, async (tx, view) => {
    const menu = await lockMenu(tx, menuId)
    const channels = await tx.all<{ name: string }>("SELECT name FROM channels WHERE destinationType = 'menu' AND destinationId = ? AND archivedAt IS NULL", [menuId])
    const menus = await referring(tx, view, menu)
    if (channels.length + menus.length > 0) throw new DomainError('in_use', { channels: channels.map((one) => one.name), menus })
    const now = core.clock.now()
    await tx.run('UPDATE menus SET archivedAt = ?, publishedVersion = NULL, updatedAt = ? WHERE id = ?', [now, now, menuId])
    await recordAudit(core, tx, actor, { action: 'menu.remove', subjectKind: 'menu', subjectId: menuId, before: { name: menu.name } })
    await catalogChanged(core, tx, [menuId])
  })
}

/** Published menus that lead to this one. */
async function referring(tx: Tx, view: CatalogView, menu: { id: string; slug: string }): Promise<string[]> {
  const others = view.menus().filter((other) => other.id !== menu.id && other.publishedVersion !== null)
  const names: string[] = []
  for (const other of others) {
    const row = await tx.get<{ document: string }>('SELECT document FROM menu_versions WHERE menuId = ? AND version = ?', [other.id, other.publishedVersion as number])
    const flow = row && parseDocument(JSON.parse(row.document))
    if (flow?.ok && flow.document.nodes.some((node) => { const to = (node as { menu?: unknown }).menu; return typeof to === 'string' && (to === menu.id || slugOf(to) === menu.slug) })) names.push(other.name)
  }
  return names
}

async function lockMenu(tx: Tx, menuId: string): Promise<{ id: string; name: string; slug: string; description: string; publishedVersion: number | null }> {
  const menu = await tx.get<{ id: string; name: string; slug: string; description: string; publishedVersion: number | null }>(
    `SELECT id, name, slug, description, publishedVersion FROM menus WHERE id = ? AND archivedAt IS NULL${forUpdate(tx.dialect)}`, [idOrNone(menuId)],
  )
  if (!menu) throw new DomainError('not_found', { menuId })
  return menu
}
