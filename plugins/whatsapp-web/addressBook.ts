/**
 * Names that the linked phone has saved. The phone tells them once, when it is linked, and then each change; so they are
 * kept: `book/<page>` holds a few hundred entries each, `book/pages` how many pages there are.
 */
import type { BridgeStore } from '../sdk/index.ts'
import type { Known } from './identities.ts'

const PAGE_SIZE = 200

export interface BookEntry extends Known { readonly name: string }
interface Place { readonly page: number; readonly index: number }

const nameKeys = ({ phone, lid }: Known): string[] => [...(phone ? [`p${phone}`] : []), ...(lid ? [`l${lid}`] : [])]

export class AddressBook {
  readonly #store: BridgeStore
  #pages: (BookEntry | null)[][] = []
  readonly #places = new Map<string, Place>()
  #loading: Promise<void> | undefined

  constructor(store: BridgeStore) {
    this.#store = store
  }

  async nameOf(who: Known): Promise<string | undefined> {
    await this.#load()
    const place = this.#placeOf(who)
    return place ? this.#pages[place.page]?.[place.index]?.name : undefined
  }

  async entries(): Promise<readonly BookEntry[]> {
    await this.#load()
    return this.#pages.flat().filter((entry): entry is BookEntry => entry !== null)
  }

  /** Keeps new and changed names, and gives those back. */
  async save(entries: readonly BookEntry[]): Promise<readonly BookEntry[]> {
    await this.#load()
    const changed: BookEntry[] = []
    const touched = new Set<number>()
    for (const entry of entries) {
      const place = this.#placeOf(entry)
      const before = place ? this.#pages[place.page]?.[place.index] : undefined
      const after = { ...before, ...entry }
      if (before && before.name === after.name && before.phone === after.phone && before.lid === after.lid) continue
      changed.push(after)
      touched.add(this.#put(after, place))
    }
    if (touched.size > 0) {
      const rows = new Map<string, Uint8Array>([['book/pages', Buffer.from(String(this.#pages.length))]])
      for (const page of touched) rows.set(`book/${page}`, Buffer.from(JSON.stringify(this.#pages[page])))
      await this.#store.write(rows)
    }
    return changed
  }

  #put(entry: BookEntry, place: Place | undefined): number {
    const last = this.#pages.length - 1
    const full = last < 0 || (this.#pages[last]?.length ?? 0) >= PAGE_SIZE
    const at = place ?? { page: full ? last + 1 : last, index: full ? 0 : this.#pages[last]?.length ?? 0 }
    const page = this.#pages[at.page] ??= []
    page[at.index] = entry
    for (const key of nameKeys(entry)) this.#places.set(key, at)
    return at.page
  }

  #placeOf(who: Known): Place | undefined {
    return nameKeys(who).map((key) => this.#places.get(key)).find(Boolean)
  }

  #load(): Promise<void> {
    this.#loading ??= this.#read()
    return this.#loading
  }

  async #read(): Promise<void> {
    const count = await this.#store.get('book/pages')
    const numbers = Array.from({ length: count ? Number(Buffer.from(count).toString()) : 0 }, (_, page) => page)
    const rows = await this.#store.getMany(numbers.map((page) => `book/${page}`))
    this.#pages = numbers.map((page) => {
      const bytes = rows.get(`book/${page}`)
      return bytes ? JSON.parse(Buffer.from(bytes).toString('utf8')) as (BookEntry | null)[] : []
    })
    this.#pages.forEach((entries, page) => entries.forEach((entry, index) => {
      if (entry) for (const key of nameKeys(entry)) this.#places.set(key, { page, index })
    }))
  }
}
