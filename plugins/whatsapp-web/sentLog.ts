/**
 * The last messages that this number sent, as the network's own bytes: a customer's phone that could not decrypt one
 * asks for it again, by id, days later; and a receipt names only that id. An entry is stored before the message is
 * encrypted, so one that is missing has never left.
 *
 * Rows: `sent/<id>`, a ring of their ids `sent/ring/<slot>`, and `sent/cursor`.
 */
import type { BridgeStore } from '../sdk/index.ts'
import type { Changes } from './baileys/writer.ts'

/** Messages kept for a repeated request; a phone asks within days, and a busy line sends some hundreds a day. */
const RING = 4000

export interface SentEntry {
  /** The id that the host knows the message by. */
  readonly remoteId: string
  readonly idempotencyKey: string
  /** Address it was sent to. */
  readonly to: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The message in the network's own encoding. */
  readonly message: Uint8Array
  /** The network has confirmed it. */
  readonly accepted: boolean
}

type Stored = Omit<SentEntry, 'message'> & { readonly message: string }
interface Cursor { readonly next: number; /** Instant of the newest entry that was dropped, 0 when none was. */ readonly droppedUntil: number }

const encode = (entry: SentEntry): Uint8Array => Buffer.from(JSON.stringify({ ...entry, message: Buffer.from(entry.message).toString('base64') } satisfies Stored))
const decode = (bytes: Uint8Array): SentEntry => {
  const stored = JSON.parse(Buffer.from(bytes).toString('utf8')) as Stored
  return { ...stored, message: Buffer.from(stored.message, 'base64') }
}
const row = (id: string): string => `sent/${id}`
const slot = (n: number): string => `sent/ring/${n % RING}`

export class SentLog {
  readonly #store: BridgeStore
  /** Negative until it is read. */
  #cursor: Cursor = { next: -1, droppedUntil: 0 }
  /** Entries whose write is under way or just done: a receipt is often quicker than the database. */
  readonly #recent = new Map<string, SentEntry>()

  constructor(store: BridgeStore) {
    this.#store = store
  }

  async #open(): Promise<void> {
    if (this.#cursor.next >= 0) return
    const bytes = await this.#store.get('sent/cursor')
    if (this.#cursor.next < 0) this.#cursor = bytes ? JSON.parse(Buffer.from(bytes).toString('utf8')) as Cursor : { next: 0, droppedUntil: 0 }
  }

  /** Rows to store before the message is encrypted. The same message twice (a repeated attempt) takes one slot. */
  async record(id: string, entry: SentEntry): Promise<Changes> {
    const changes = new Map<string, Uint8Array | null>([[row(id), encode(entry)]])
    const known = this.#recent.has(id) || (await this.#store.get(row(id))) !== null
    this.#keep(id, entry)
    if (known) return changes
    await this.#open()
    const { next } = this.#cursor
    this.#cursor = { ...this.#cursor, next: next + 1 }
    const dropped = await this.#store.get(slot(next))
    if (dropped) {
      const droppedId = Buffer.from(dropped).toString('utf8')
      const old = await this.#store.get(row(droppedId))
      if (old) this.#cursor = { ...this.#cursor, droppedUntil: Math.max(this.#cursor.droppedUntil, decode(old).at) }
      changes.set(row(droppedId), null)
    }
    changes.set(slot(next), Buffer.from(id))
    changes.set('sent/cursor', Buffer.from(JSON.stringify(this.#cursor)))
    return changes
  }

  /** Rows that say the network has it; empty when the message is not known. */
  async accepted(id: string): Promise<Changes> {
    const entry = await this.get(id)
    if (!entry || entry.accepted) return new Map()
    const accepted = { ...entry, accepted: true }
    this.#keep(id, accepted)
    return new Map([[row(id), encode(accepted)]])
  }

  async get(id: string): Promise<SentEntry | null> {
    const recent = this.#recent.get(id)
    if (recent) return recent
    const bytes = await this.#store.get(row(id))
    return bytes ? decode(bytes) : null
  }

  /** Was everything that was sent after this instant (milliseconds) kept? Otherwise a missing entry proves nothing. */
  async remembersSince(at: number): Promise<boolean> {
    await this.#open()
    return this.#cursor.droppedUntil < at
  }

  #keep(id: string, entry: SentEntry): void {
    this.#recent.delete(id)
    this.#recent.set(id, entry)
    if (this.#recent.size > 200) for (const oldest of this.#recent.keys()) { this.#recent.delete(oldest); break }
  }
}
