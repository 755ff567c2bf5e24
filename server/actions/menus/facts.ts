/** What exists in the install, as documents name it (domain/menu/environment.ts `Catalog`), answered from memory. */
import { catalogOf } from '../../domain/menu/catalog.ts'
import type { Catalog } from '../../domain/menu/environment.ts'
import type { CatalogView } from '../catalog.ts'
import type { MenuLibrary } from './library.ts'

export type Holidays = Catalog['holidays']

let loadedHolidays: Promise<Holidays> | null = null
/** The table of public holidays takes half a second: it is loaded when a menu first asks for it. */
export function loadHolidays(): Promise<Holidays> {
  loadedHolidays ??= import('../../domain/menu/holidays.ts').then((module) => module.holidays)
  return loadedHolidays
}

export function menuCatalog(view: CatalogView, library: MenuLibrary | null, holidays?: Holidays): Catalog {
  const { lists } = view
  const campaigns = lists.campaigns.filter((one) => one.parentId === '')
  const parents = new Set(lists.dispositions.map((one) => one.parentId))
  const catalog = catalogOf({
    queues: view.queues().map((queue) => ({ id: queue.id, name: queue.name, open: true })),
    agents: view.agents().map((user) => ({ id: user.id, name: user.name, login: user.username, enabled: user.enabled })),
    menus: view.menus().flatMap((menu) => (menu.publishedVersion === null ? [] : [{ menuId: menu.id, version: menu.publishedVersion, name: menu.name }])),
    campaigns: campaigns.map((one) => ({ ...one, subcampaigns: lists.campaigns.filter((sub) => sub.parentId === one.id) })),
    // Only leaves are chosen (§4.7).
    dispositions: lists.dispositions.filter((one) => one.active && !parents.has(one.id)),
    forms: lists.forms, mailServers: lists.mailServers, providers: lists.providers, secrets: lists.secrets,
    ...(holidays ? { holidays } : {}),
  })
  return library ? { ...catalog, file: (id) => library.file(id) } : catalog
}
