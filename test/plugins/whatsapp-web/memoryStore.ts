/** A channel's store in memory, with what a test needs to know and to spoil. */
import type { BridgeStore } from '../../../plugins/sdk/index.ts'

export class MemoryStore implements BridgeStore {
  rows = new Map<string, Uint8Array>()
  /** Every write that went through, in order. */
  readonly writes: Map<string, Uint8Array | null>[] = []
  /** Writes under way at the same time, at most. */
  mostAtOnce = 0
  /** Called after each write. */
  written: () => void = () => undefined
  refuse: ((changes: ReadonlyMap<string, Uint8Array | null>) => boolean) | undefined
  #running = 0

  get = (key: string): Promise<Uint8Array | null> => Promise.resolve(this.rows.get(key) ?? null)

  getMany(keys: readonly string[]): Promise<Map<string, Uint8Array>> {
    return Promise.resolve(new Map(keys.flatMap((key) => {
      const value = this.rows.get(key)
      return value ? [[key, value] as const] : []
    })))
  }

  async write(changes: ReadonlyMap<string, Uint8Array | null>): Promise<void> {
    this.#running++
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running)
    await new Promise((resolve) => setImmediate(resolve))
    this.#running--
    if (this.refuse?.(changes)) throw new Error('the store refuses')
    this.writes.push(new Map(changes))
    for (const [key, value] of changes) {
      if (value === null) this.rows.delete(key)
      else this.rows.set(key, Uint8Array.from(value))
    }
    this.written()
  }

  clear(): Promise<void> {
    this.rows.clear()
    return Promise.resolve()
  }

  /** What a process that starts now would find. */
  copy(): MemoryStore {
    const copy = new MemoryStore()
    copy.rows = new Map(this.rows)
    return copy
  }
}
