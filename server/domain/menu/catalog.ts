/** A catalog from plain lists: for tests, the simulator, the CLI, and whoever reads the lists from the database first. */
import type { AgentRef, Catalog, FileRef, FormRef, Library, Named, QueueRef } from './environment.ts'
import type { Menu } from './flow.ts'
import { slugOf } from '../slug.ts'

export interface CatalogLists {
  readonly queues?: readonly QueueRef[]
  readonly agents?: readonly (AgentRef & { readonly login: string })[]
  readonly menus?: readonly { readonly menuId: string; readonly version: number; readonly name: string }[]
  readonly campaigns?: readonly (Named & { readonly code: string; readonly subcampaigns?: readonly (Named & { readonly code: string })[] })[]
  readonly dispositions?: readonly (Named & { readonly code: string })[]
  readonly forms?: readonly FormRef[]
  readonly mailServers?: readonly string[]
  readonly providers?: readonly string[]
  readonly secrets?: readonly string[]
  readonly calendars?: readonly { readonly id: string; readonly name: string; readonly open: boolean }[]
  readonly files?: readonly FileRef[]
  readonly holidays?: Catalog['holidays']
}

/** The first list entry found by id, else by code or slug. */
function index<T>(list: readonly T[] | undefined, ...keys: ((one: T) => string)[]): (reference: string) => T | null {
  const found = new Map<string, T>()
  for (const key of keys) for (const one of list ?? []) if (!found.has(key(one))) found.set(key(one), one)
  return (reference) => found.get(reference) ?? null
}

export function catalogOf(lists: CatalogLists): Catalog {
  const queue = index(lists.queues, (one) => one.id, (one) => slugOf(one.name))
  const agent = index(lists.agents, (one) => one.id, (one) => one.login)
  const menu = index(lists.menus, (one) => one.menuId, (one) => slugOf(one.name))
  const campaign = index(lists.campaigns, (one) => one.code, (one) => one.id)
  const disposition = index(lists.dispositions, (one) => one.code, (one) => one.id)
  const form = index(lists.forms, (one) => one.code, (one) => one.id)
  const calendar = index(lists.calendars, (one) => one.id, (one) => slugOf(one.name))
  const file = index(lists.files, (one) => one.fileId)
  const [mail, providers, secrets] = [new Set(lists.mailServers), new Set(lists.providers), new Set(lists.secrets)]
  return {
    queue: (reference) => queue(reference) ?? queue(slugOf(reference)),
    agent,
    menu: (reference) => menu(reference) ?? menu(slugOf(reference)),
    campaign,
    subcampaign: (code, below) => campaign(code)?.subcampaigns?.find((one) => one.code === below || one.id === below) ?? null,
    disposition, form, calendar, file,
    mailServer: (id) => mail.has(id),
    provider: (id) => providers.has(id),
    secret: (name) => secrets.has(name),
    holidays: lists.holidays ?? (() => []),
  }
}

export function libraryOf(menus: readonly Menu[]): Library {
  const found = new Map(menus.map((menu) => [`${menu.menuId}@${menu.version}`, menu]))
  return { version: (menuId, version) => found.get(`${menuId}@${version}`) ?? null }
}
