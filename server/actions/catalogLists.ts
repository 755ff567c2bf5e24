/** What menus, forms and screens name besides queues and people: small lists, kept in memory with the rest of the catalog. */
import type { FormField } from '../domain/menu/environment.ts'
import type { Db } from '../store/db.ts'

export interface MenuEntry {
  readonly id: string
  readonly name: string
  readonly slug: string
  /** Null: never published, or unpublished. */
  readonly publishedVersion: number | null
  readonly archivedAt: number | null
}
export interface FormEntry { readonly id: string; readonly code: string; readonly title: string; readonly fields: readonly FormField[] }
export interface CampaignEntry { readonly id: string; readonly parentId: string; readonly code: string; readonly name: string; readonly active: boolean }
export interface DispositionEntry {
  readonly id: string
  readonly parentId: string | null
  readonly code: string
  readonly name: string
  readonly active: boolean
  /** Null: for all. */
  readonly queueIds: readonly string[] | null
  readonly campaignIds: readonly string[] | null
}
export interface TagEntry { readonly id: string; readonly name: string; readonly slug: string; readonly colour: string }

export interface CatalogListsRead {
  readonly menus: ReadonlyMap<string, MenuEntry>
  readonly forms: readonly FormEntry[]
  readonly campaigns: readonly CampaignEntry[]
  readonly dispositions: readonly DispositionEntry[]
  readonly tags: readonly TagEntry[]
  readonly secrets: readonly string[]
  readonly mailServers: readonly string[]
  readonly providers: readonly string[]
}

/** Archived menus too: history names them. */
export async function readLists(db: Db): Promise<CatalogListsRead> {
  const [menus, forms, campaigns, dispositions, tags, secrets, mailServers, providers] = await Promise.all([
    db.all<MenuEntry>('SELECT id, name, slug, publishedVersion, archivedAt FROM menus'),
    db.all<Omit<FormEntry, 'fields'> & { fields: string }>('SELECT id, code, title, fields FROM forms WHERE archivedAt IS NULL ORDER BY code'),
    db.all<Omit<CampaignEntry, 'active'> & { active: number }>('SELECT id, parentId, code, name, active FROM campaigns WHERE archivedAt IS NULL ORDER BY code'),
    db.all<Omit<DispositionEntry, 'active' | 'queueIds' | 'campaignIds'> & { active: number; queueIds: string | null; campaignIds: string | null }>(
      'SELECT id, parentId, code, name, active, queueIds, campaignIds FROM dispositions WHERE archivedAt IS NULL ORDER BY code',
    ),
    db.all<TagEntry>('SELECT id, name, slug, colour FROM tags WHERE archivedAt IS NULL ORDER BY slug'),
    db.all<{ name: string }>('SELECT name FROM secrets'),
    db.all<{ id: string }>('SELECT id FROM mail_servers'),
    db.all<{ id: string }>('SELECT id FROM ai_providers'),
  ])
  const list = (json: string | null): readonly string[] | null => (json === null ? null : (JSON.parse(json) as string[]))
  return {
    menus: new Map(menus.map((menu) => [menu.id, menu])),
    forms: forms.map((form) => ({ ...form, fields: JSON.parse(form.fields) as FormField[] })),
    campaigns: campaigns.map((row) => ({ ...row, active: row.active === 1 })),
    dispositions: dispositions.map((row) => ({ ...row, active: row.active === 1, queueIds: list(row.queueIds), campaignIds: list(row.campaignIds) })),
    tags, secrets: secrets.map((row) => row.name), mailServers: mailServers.map((row) => row.id), providers: providers.map((row) => row.id),
  }
}
