/**
 * Writes to the channel's store, one at a time and in the order they were asked for. What is asked for while a write is
 * under way goes out together in the next one: each request stays all or nothing (it is inside one `store.write`), and a
 * burst costs a few transactions instead of hundreds.
 */
import type { BridgeStore } from '../../sdk/index.ts'

export type Changes = ReadonlyMap<string, Uint8Array | null>

interface Batch { readonly changes: Map<string, Uint8Array | null>; readonly settled: Promise<void>; resolve(): void; reject(error: unknown): void }

function newBatch(): Batch {
  let resolve = (): void => undefined
  let reject: (error: unknown) => void = () => undefined
  const settled = new Promise<void>((done, fail) => { resolve = done; reject = fail })
  settled.catch(() => undefined)
  return { changes: new Map(), settled, resolve: () => resolve(), reject: (error) => reject(error) }
}

export class Writer {
  readonly #store: BridgeStore
  #running: Batch | undefined
  #waiting: Batch | undefined
  #closed = false

  readonly #onFailure: (error: unknown) => void

  constructor(store: BridgeStore, onFailure: (error: unknown) => void = () => undefined) {
    this.#store = store
    this.#onFailure = onFailure
  }

  /** Resolves when the changes are stored. Rejects, with nothing of the batch stored, when the store refuses. */
  write(changes: Changes): Promise<void> {
    if (changes.size === 0) return Promise.resolve()
    if (this.#closed) return Promise.reject(new Error('this session is over'))
    this.#waiting ??= newBatch()
    const batch = this.#waiting
    for (const [key, value] of changes) batch.changes.set(key, value)
    if (!this.#running) void this.#run()
    return batch.settled
  }

  /**
   * Refuses every later write. What an ended session still wants to commit must not reach the store: the next session
   * has read its keys from there.
   */
  close(): void {
    this.#closed = true
  }

  /** Resolves when nothing is left to write, whether it went well or not. */
  async flush(): Promise<void> {
    while (this.#running ?? this.#waiting) await (this.#waiting ?? this.#running)?.settled.catch(() => undefined)
  }

  async #run(): Promise<void> {
    while (this.#waiting) {
      const batch = this.#waiting
      this.#running = batch
      this.#waiting = undefined
      try {
        await this.#store.write(batch.changes)
        this.#running = undefined
        batch.resolve()
      } catch (error) {
        this.#running = undefined
        this.#onFailure(error)
        batch.reject(error)
      }
    }
  }
}
