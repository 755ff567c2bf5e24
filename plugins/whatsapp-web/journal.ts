/**
 * What was decrypted but not yet handed to the host. The library confirms a message to the network as soon as it has
 * decrypted it, and a message key works once: a process that dies in between would lose the message for good. So the
 * plain text is stored in the very commit that advances the ratchet, and forgotten when the host has the event.
 *
 * Rows: `journal/<n>` for n in [low, high), and `journal/window` with both numbers. Forgetting costs no write of its
 * own: it rides on the next commit, and repeating an event is harmless, as its key is the same.
 */
import { createHash } from 'node:crypto'
import type { BridgeStore } from '../sdk/index.ts'
import type { Changes } from './baileys/writer.ts'
import { person } from './ids.ts'

/** One decrypted part of a stanza: a group message may come with two (a sender key, and the text). */
export interface JournalEntry {
  /** Attributes of the message stanza, which say who wrote when and where. */
  readonly attrs: Readonly<Record<string, string>>
  readonly plaintext: Uint8Array
}

const WINDOW = 'journal/window'
const rowOf = (n: number): string => `journal/${n}`
const fingerprint = (ciphertext: Uint8Array): string => createHash('sha256').update(ciphertext).digest('base64')

interface StoredEntry { readonly attrs: Record<string, string>; readonly plaintext: string; readonly fingerprint: string }

/** Which message an entry belongs to. The sender's device chooses the id, so it is not enough alone. */
export const messageName = (chat: string | null | undefined, author: string | null | undefined, id: string | null | undefined): string =>
  [person(chat), person(author), id ?? ''].join('|')
const stanzaName = (attrs: Readonly<Record<string, string | undefined>>): string =>
  messageName(attrs['recipient'] ?? attrs['from'], attrs['participant'], attrs['id'])

export class Journal {
  #low = 0
  #high = 0
  readonly #open = new Map<number, string>()
  readonly #done = new Set<number>()
  /** Entries of an earlier process, by ciphertext: the network sends again what it heard no receipt for. */
  #earlier = new Map<string, { readonly n: number; readonly entry: JournalEntry }>()

  /** What an earlier process, or an earlier connection, did not get to hand over; oldest first. */
  async load(store: BridgeStore): Promise<readonly JournalEntry[]> {
    const window = await store.get(WINDOW)
    if (!window) return []
    const [low = 0, high = 0] = Buffer.from(window).toString('utf8').split(':').map(Number)
    this.#low = low
    this.#high = high
    const numbers = Array.from({ length: high - low }, (_, index) => low + index)
    const rows = await store.getMany(numbers.map(rowOf))
    for (const n of numbers) {
      const bytes = rows.get(rowOf(n))
      if (!bytes) continue
      const stored = JSON.parse(Buffer.from(bytes).toString('utf8')) as StoredEntry
      this.#open.set(n, stanzaName(stored.attrs))
      this.#earlier.set(stored.fingerprint, { n, entry: { attrs: stored.attrs, plaintext: Buffer.from(stored.plaintext, 'base64') } })
    }
    return [...this.#earlier.values()].map(({ entry }) => entry)
  }

  /** The plain text of a message that an earlier process had already decrypted. */
  known(ciphertext: Uint8Array): Uint8Array | undefined {
    return this.#earlier.size === 0 ? undefined : this.#earlier.get(fingerprint(ciphertext))?.entry.plaintext
  }

  /** Rows to store in the commit that used up the message key. */
  record(ciphertext: Uint8Array, entry: JournalEntry): Changes {
    const n = this.#high++
    this.#open.set(n, stanzaName(entry.attrs))
    const stored: StoredEntry = {
      attrs: { ...entry.attrs }, plaintext: Buffer.from(entry.plaintext).toString('base64'), fingerprint: fingerprint(ciphertext),
    }
    return this.#forgotten(new Map([[rowOf(n), Buffer.from(JSON.stringify(stored))]]))
  }

  /** The host has the events of this message. */
  handedOver(name: string): void {
    for (const [n, open] of this.#open) if (open === name) this.#finish(n)
  }

  /** The network has had its chance to send again: nothing of an earlier process is needed any more. */
  dropEarlier(): void {
    for (const { n } of this.#earlier.values()) this.#finish(n)
    this.#earlier = new Map()
  }

  /** Rows that forget what was handed over; empty when there is nothing to forget. */
  leftovers(): Changes {
    return this.#done.size === 0 ? new Map() : this.#forgotten(new Map())
  }

  #finish(n: number): void {
    if (this.#open.delete(n)) this.#done.add(n)
  }

  #forgotten(changes: Map<string, Uint8Array | null>): Changes {
    for (const n of this.#done) changes.set(rowOf(n), null)
    this.#done.clear()
    let low = this.#high
    for (const n of this.#open.keys()) low = Math.min(low, n)
    this.#low = low
    changes.set(WINDOW, Buffer.from(`${this.#low}:${this.#high}`))
    return changes
  }
}
