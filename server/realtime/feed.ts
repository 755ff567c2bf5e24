/**
 * Tails the event log of the whole installation and hands each batch, once, to whoever shows it. Ids commit out of
 * order: ids that are missing are looked for again for some seconds, and the cursor never lies beyond one of them
 * (docs/adr/0007-screens-follow-the-event-log.md).
 */
import type { Core } from '../actions/core.ts'
import type { StoredEvent } from '../actions/queries/eventLines.ts'
import { feedAfter, feedByIds, feedPosition, gapPatience } from '../actions/queries/feed.ts'
import type { Waker } from '../adapters/wake.ts'

const batch = 500
const pollMs = 1000
/** While an id is missing it is looked for this often. */
const gapPollMs = 40
/** A jump over more ids than this is no gap but a log that was restored. */
const widestGap = 1000

export interface FeedReader {
  /** `cursor` is where to go on from after these. Awaited, so that batches are handed over in their order. */
  take(events: readonly StoredEvent[], cursor: string): Promise<void>
}

export class Feed {
  private readonly core: Core
  private readonly reader: FeedReader
  private last = 0
  /** Read, but not handed over: showing them failed, and is tried again before anything newer. */
  private held: { events: readonly StoredEvent[]; cursor: string } | null = null
  private readonly gaps = new Map<number, number>()
  private readonly stops: (() => void)[] = []
  private gapTimer: NodeJS.Timeout | null = null
  private running = false
  private again = false
  private stopped = false
  constructor(core: Core, reader: FeedReader) {
    this.core = core
    this.reader = reader
  }

  async start(wake: Waker): Promise<void> {
    // Below what is still being committed, so that it is not missed.
    this.last = await feedPosition(this.core)
    const poll = setInterval(() => this.nudge(), pollMs)
    this.stops.push(() => clearInterval(poll), wake.on('feed', () => this.nudge()))
  }

  stop(): void {
    this.stopped = true
    for (const stop of this.stops) stop()
    if (this.gapTimer) clearTimeout(this.gapTimer)
  }

  /** The last id that was read, or the one below the first that is missing. */
  get cursor(): number {
    let lowest = this.last + 1
    for (const id of this.gaps.keys()) lowest = Math.min(lowest, id)
    return lowest - 1
  }

  private nudge(): void {
    if (this.stopped) return
    if (this.running) {
      this.again = true
      return
    }
    this.running = true
    void this.read().finally(() => {
      this.running = false
      if (this.again) {
        this.again = false
        this.nudge()
      }
    })
  }

  private async read(): Promise<void> {
    try {
      await this.handOver()
      for (let full = true; full && !this.stopped; ) {
        const [late, fresh] = await Promise.all([feedByIds(this.core, [...this.gaps.keys()]), feedAfter(this.core, this.last, batch)])
        full = fresh.length === batch
        this.note(late, fresh)
        const events = [...late, ...fresh]
        if (events.length > 0) this.held = { events, cursor: String(this.cursor) }
        await this.handOver()
      }
      if (this.gaps.size > 0 && !this.gapTimer) {
        this.gapTimer = setTimeout(() => {
          this.gapTimer = null
          this.nudge()
        }, gapPollMs)
      }
    } catch (error) {
      this.core.log.warn('feed not read, to be repeated', { error: error instanceof Error ? error.message : String(error) })
    }
  }

  private async handOver(): Promise<void> {
    if (!this.held) return
    await this.reader.take(this.held.events, this.held.cursor)
    this.held = null
  }

  private note(late: readonly StoredEvent[], fresh: readonly StoredEvent[]): void {
    const now = Date.now()
    for (const event of late) this.gaps.delete(event.id)
    // A transaction that was rolled back leaves its ids unused for ever.
    for (const [id, since] of this.gaps) if (now - since > gapPatience) this.gaps.delete(id)
    for (const event of fresh) {
      if (event.id - this.last <= widestGap) for (let id = this.last + 1; id < event.id; id++) this.gaps.set(id, now)
      this.last = event.id
    }
  }
}
