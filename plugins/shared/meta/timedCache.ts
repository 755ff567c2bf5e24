/** Remembers answers of the provider for a while, in this process only; the oldest go first. Losing it costs a repeated request. */
export class TimedCache<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly until: number }>()
  readonly #lifeMs: number
  readonly #capacity: number
  constructor(options: { readonly lifeMs: number; readonly capacity: number }) {
    this.#lifeMs = options.lifeMs
    this.#capacity = options.capacity
  }

  async get(key: string, now: Date, make: () => Promise<V>): Promise<V> {
    const found = this.#entries.get(key)
    if (found && found.until > now.getTime()) return found.value
    const value = await make()
    this.#entries.delete(key)
    this.#entries.set(key, { value, until: now.getTime() + this.#lifeMs })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#capacity && oldest !== undefined) this.#entries.delete(oldest)
    return value
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }
}
