/**
 * The session keys of one linked number, over the host's store: `creds` and one row per key, `key/<type>/<id>`. The
 * library hands over a whole commit at once, and it goes into one write. Values are JSON in the library's own encoding,
 * which keeps buffers apart from other objects.
 */
import type { AuthenticationCreds, SignalDataSet, SignalDataTypeMap, SignalKeyStore } from '@whiskeysockets/baileys'
import type { BridgeStore } from '../../sdk/index.ts'
import type { Baileys } from './load.ts'
import { Writer } from './writer.ts'

const CREDS = 'creds'
/** Rows of the plugin's own that must be committed together with keys: set as keys of this type, the id is the row. */
export const OWN_ROWS = 'own-rows'
/** Entries kept in memory; the database is read again for the rest. Only one process holds a channel. */
const CACHE_SIZE = 4000

export interface PhoneLid { readonly phone: string; readonly lid: string }

export interface AuthState {
  readonly creds: AuthenticationCreds
  readonly keys: SignalKeyStore
  readonly writer: Writer
  /** Call it on every `creds.update`. Rejects when the store refuses. */
  saveCreds(): Promise<void>
}

const rowOf = (type: string, id: string): string => (type === OWN_ROWS ? id : `key/${type}/${id}`)

class Cache {
  readonly #entries = new Map<string, unknown>()

  has = (row: string): boolean => this.#entries.has(row)

  get(row: string): unknown {
    const value = this.#entries.get(row)
    this.#entries.delete(row)
    this.#entries.set(row, value)
    return value
  }

  set(row: string, value: unknown): void {
    this.#entries.delete(row)
    this.#entries.set(row, value)
    if (this.#entries.size > CACHE_SIZE) for (const oldest of this.#entries.keys()) { this.#entries.delete(oldest); break }
  }
}

/** New phone ↔ LID pairs among the keys that are being stored; the library keeps each pair in both directions. */
function pairsIn(mappings: Readonly<Record<string, string | null>> | undefined): PhoneLid[] {
  return Object.entries(mappings ?? {}).flatMap(([phone, lid]) => (lid === null || phone.endsWith('_reverse') ? [] : [{ phone, lid }]))
}

export interface AuthListener {
  /** Phone ↔ LID pairs, after they were stored. */
  pairs?(pairs: readonly PhoneLid[]): void
  /** The store refused a write: keys in memory and in the store differ from now on. Called before anyone else hears of it. */
  refused?(error: unknown): void
}

/** Reads the state of a channel, or makes a fresh one that is written with its first save. */
export async function openAuthState(library: Baileys, store: BridgeStore, listener: AuthListener = {}): Promise<AuthState> {
  const { BufferJSON, initAuthCreds, proto } = library
  const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value, BufferJSON.replacer))
  const decode = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'), BufferJSON.reviver)
  const revive = (type: string, value: unknown): unknown =>
    type === 'app-state-sync-key' && typeof value === 'object' && value !== null ? proto.Message.AppStateSyncKeyData.fromObject(value) : value

  const writer = new Writer(store, (error) => listener.refused?.(error))
  const cache = new Cache()
  const stored = await store.get(CREDS)
  const creds = stored ? decode(stored) as AuthenticationCreds : initAuthCreds()

  const keys: SignalKeyStore = {
    async get<T extends keyof SignalDataTypeMap>(type: T, ids: string[]) {
      const found: Record<string, SignalDataTypeMap[T]> = {}
      const missing: string[] = []
      const keep = (id: string, value: unknown): void => { if (value !== null && value !== undefined) found[id] = value as SignalDataTypeMap[T] }
      for (const id of ids) {
        const row = rowOf(type, id)
        if (cache.has(row)) keep(id, cache.get(row))
        else missing.push(id)
      }
      if (missing.length > 0) {
        const rows = await store.getMany(missing.map((id) => rowOf(type, id)))
        for (const id of missing) {
          const row = rowOf(type, id)
          // A commit that started meanwhile is newer than what was read.
          if (!cache.has(row)) {
            const bytes = rows.get(row)
            cache.set(row, bytes ? revive(type, decode(bytes)) : null)
          }
          keep(id, cache.get(row))
        }
      }
      return found
    },
    async set(data: SignalDataSet) {
      const changes = new Map<string, Uint8Array | null>()
      for (const [type, entries] of Object.entries(data)) {
        for (const [id, value] of Object.entries(entries ?? {})) {
          if (type === OWN_ROWS) {
            changes.set(id, value as Uint8Array | null)
            continue
          }
          cache.set(rowOf(type, id), value ?? null)
          changes.set(rowOf(type, id), value === null || value === undefined ? null : encode(value))
        }
      }
      await writer.write(changes)
      const pairs = pairsIn(data['lid-mapping'])
      if (pairs.length > 0) listener.pairs?.(pairs)
    },
    clear: () => store.clear(),
  }
  return { creds, keys, writer, saveCreds: () => writer.write(new Map([[CREDS, encode(creds)]])) }
}

/** Is a number linked? Reads the store without loading the library's state. */
export async function isLinked(library: Baileys, store: BridgeStore): Promise<boolean> {
  const stored = await store.get(CREDS)
  if (!stored) return false
  const creds = JSON.parse(Buffer.from(stored).toString('utf8'), library.BufferJSON.reviver) as AuthenticationCreds
  return Boolean(creds.me?.id && creds.account)
}
