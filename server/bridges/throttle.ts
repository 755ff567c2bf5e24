/** Fixed windows of a minute, per process: a guard against floods, not an account of them. */
import type { Clock } from '../domain/ports.ts'

const minute = 60_000

export class Throttle {
  private readonly clock: Clock
  private window = 0
  private counts = new Map<string, number>()
  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Counts one use; answers how long to wait in ms, 0 to go on. A limit of 0 means none. */
  use(key: string, perMinute: number): number {
    const now = this.clock.now()
    const window = Math.floor(now / minute)
    if (window !== this.window) {
      this.window = window
      this.counts = new Map()
    }
    const used = this.counts.get(key) ?? 0
    if (perMinute > 0 && used >= perMinute) return (window + 1) * minute - now
    this.counts.set(key, used + 1)
    return 0
  }
}
