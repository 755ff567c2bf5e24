/** Published documents, compiled once per process: a version never changes. */
import type { FileRef } from '../../domain/menu/environment.ts'
import type { Library } from '../../domain/menu/environment.ts'
import { compileMenu, parseDocument, type Menu } from '../../domain/menu/flow.ts'
import { referencesIn } from '../../domain/menu/references.ts'
import { slugOf } from '../../domain/slug.ts'
import type { Db, Queryable } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'

export interface VersionOf { readonly menuId: string; readonly version: number }

const mostKept = 200
const keyOf = ({ menuId, version }: VersionOf): string => `${menuId}@${version}`

export class MenuLibrary implements Library {
  private readonly menus = new Map<string, Menu>()
  private readonly files = new Map<string, FileRef>()
  private readonly holidayUse = new WeakMap<Menu, boolean>()

  version(menuId: string, version: number): Menu | null {
    return this.menus.get(keyOf({ menuId, version })) ?? null
  }
  file(id: string): FileRef | null {
    return this.files.get(id) ?? null
  }

  /** These versions and the published ones that they lead to, so that a step can follow any call. What is gone is left out. */
  async load(q: Queryable, view: CatalogView, wanted: readonly VersionOf[]): Promise<void> {
    const asked = new Set<string>()
    for (let next = [...wanted]; next.length > 0;) {
      const fresh = next.filter((one) => !asked.has(keyOf(one)))
      for (const one of fresh) asked.add(keyOf(one))
      await this.fetch(q, fresh.filter((one) => !this.menus.has(keyOf(one))))
      next = fresh.flatMap((one) => this.leadsTo(view, one))
    }
  }

  /** Whether a document asks for public holidays, whose table takes half a second to load. */
  asksHolidays(wanted: readonly VersionOf[]): boolean {
    return wanted.some((one) => {
      const menu = this.menus.get(keyOf(one))
      if (!menu) return false
      const known = this.holidayUse.get(menu) ?? menu.document.nodes.some((node) => node.type === 'check_holiday')
      this.holidayUse.set(menu, known)
      return known
    })
  }

  private leadsTo(view: CatalogView, one: VersionOf): VersionOf[] {
    const menu = this.menus.get(keyOf(one))
    if (!menu) return []
    return referencesIn(menu.document).menus.flatMap((name) => {
      const slug = slugOf(name)
      const found = view.menu(name) ?? view.menus().find((entry) => entry.slug === slug)
      return found?.publishedVersion ? [{ menuId: found.id, version: found.publishedVersion }] : []
    })
  }

  private async fetch(q: Queryable, missing: readonly VersionOf[]): Promise<void> {
    if (missing.length === 0) return
    const rows = await q.all<VersionOf & { document: string }>(
      `SELECT menuId, version, document FROM menu_versions WHERE menuId IN (${placeholders(missing.length)}) AND version IN (${placeholders(missing.length)})`,
      [...missing.map((one) => one.menuId), ...missing.map((one) => one.version)],
    )
    const wanted = new Set(missing.map(keyOf))
    const fresh: Menu[] = []
    for (const row of rows) {
      if (!wanted.has(keyOf(row))) continue
      const parsed = parseDocument(JSON.parse(row.document))
      if (parsed.ok) fresh.push(compileMenu(parsed.document, row))
    }
    await this.fetchFiles(q, fresh.flatMap((menu) => referencesIn(menu.document).files))
    for (const menu of fresh) this.menus.set(keyOf(menu), menu)
    for (const key of this.menus.keys()) {
      if (this.menus.size <= mostKept) break
      this.menus.delete(key)
    }
  }

  private async fetchFiles(q: Queryable, ids: readonly string[]): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => !this.files.has(id))
    if (missing.length === 0) return
    const rows = await q.all<FileRef>(
      `SELECT id AS fileId, mime AS mimeType, size, name AS fileName FROM media WHERE state = 'ready' AND id IN (${placeholders(missing.length)})`, missing,
    )
    for (const row of rows) this.files.set(row.fileId, row)
  }
}

const libraries = new WeakMap<Db, MenuLibrary>()

export function menuLibrary(core: Core): MenuLibrary {
  let library = libraries.get(core.db)
  if (!library) libraries.set(core.db, (library = new MenuLibrary()))
  return library
}
