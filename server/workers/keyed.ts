/**
 * Runs work by key: keys that come in while their work runs are done once more afterwards, so no trigger is lost; one
 * key never runs twice at once; several keys go together in one run.
 */
import type { Log } from '../domain/ports.ts'

export interface KeyedOptions {
  /** Keys handed to one run. */
  readonly batch: number
  /** Runs at once. */
  readonly parallel: number
  readonly log: Log
  readonly name: string
  /** Does the work; answers the keys to run again, now or after a moment (somebody else held them). */
  run(keys: readonly string[]): Promise<{ now?: readonly string[]; soon?: readonly string[] }>
}

const moment = 15
/** After a failure (the database is away) nothing is tried for this long; the sweep finds the rest. */
const pauseAfterFailure = 500

export class Keyed {
  private readonly options: KeyedOptions
  private readonly waiting = new Set<string>()
  private readonly busy = new Set<string>()
  private readonly timers = new Set<NodeJS.Timeout>()
  private running = 0
  private stopped = false
  private idle: (() => void)[] = []
  constructor(options: KeyedOptions) {
    this.options = options
  }

  add(keys: readonly string[]): void {
    if (this.stopped) return
    for (const key of keys) this.waiting.add(key)
    this.fill()
  }

  get depth(): number {
    return this.waiting.size + this.busy.size
  }

  /** Takes no more work and resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.stopped = true
    for (const timer of this.timers) clearTimeout(timer)
    if (this.running > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  private fill(): void {
    while (!this.stopped && this.running < this.options.parallel) {
      const keys: string[] = []
      for (const key of this.waiting) {
        if (this.busy.has(key)) continue
        keys.push(key)
        if (keys.length === this.options.batch) break
      }
      if (keys.length === 0) return
      for (const key of keys) {
        this.waiting.delete(key)
        this.busy.add(key)
      }
      this.running++
      void this.runOne(keys)
    }
  }

  private async runOne(keys: readonly string[]): Promise<void> {
    try {
      const { now = [], soon = [] } = await this.options.run(keys)
      for (const key of now) this.waiting.add(key)
      if (soon.length > 0) this.later(soon, moment)
    } catch (error) {
      this.options.log.warn('work failed, to be repeated', { worker: this.options.name, keys: keys.length, error: error instanceof Error ? error.message : String(error) })
      this.later(keys, pauseAfterFailure)
    } finally {
      for (const key of keys) this.busy.delete(key)
      this.running--
      if (this.running === 0 && this.stopped) for (const resolve of this.idle.splice(0)) resolve()
      this.fill()
    }
  }

  private later(keys: readonly string[], ms: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      this.add(keys)
    }, ms)
    this.timers.add(timer)
  }
}
