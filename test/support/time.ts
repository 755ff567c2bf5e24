import type { Timer } from '../../server/adapters/clock.ts'
import type { Clock } from '../../server/domain/ports.ts'

/** A clock that stands until a test moves it, and timers that go off by it. */
export class ManualTime implements Clock {
  #now: number
  readonly #timers = new Set<{ at: number; run: () => void }>()

  constructor(now = Date.UTC(2027, 0, 4, 12)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  readonly timer: Timer = (ms, run) => {
    const entry = { at: this.#now + ms, run }
    this.#timers.add(entry)
    return () => this.#timers.delete(entry)
  }

  /** Timers go off in their order, each at its own moment. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }

  /** The wall clock is set; timers keep their distance. */
  set(now: number): void {
    for (const entry of this.#timers) entry.at += now - this.#now
    this.#now = now
  }
}
