/** The alarm clock of one process, and what both editions share: nudges that coalesce, handlers that never overlap. */
import type { Clock, Instant, Log, Wake, WakeTopic } from '../domain/ports.ts'
import { systemClock, systemTimer, type Timer } from './clock.ts'

/** `keys` of the nudges since the last run; none: look everywhere. */
export type WakeHandler = (keys: readonly string[]) => void | Promise<void>

export interface Waker extends Wake {
  /**
   * Runs the handler when its topic is nudged: soon, once for nudges that came together, `parallel` (1) at a time;
   * a nudge during a run makes one more. What it throws is logged. Returns what ends the subscription.
   */
  on(topic: WakeTopic, handler: WakeHandler, options?: { parallel?: number }): () => void
  /** Resolves when no handler runs or is about to. */
  idle(): Promise<void>
  /** Rings no more, and resolves when the last handler has ended. */
  close(): Promise<void>
}

export interface WakeOptions { log: Log; clock?: Clock; timer?: Timer }

/** More keys than this are “everything”. */
const mostKeys = 500
/** A timer is never set for longer, so that it follows the wall clock when that is set or the machine sleeps. */
const longestTimer = 60_000
const rememberedSlots = 200

/** Keys gathered for one run: `null` stands for everything. */
export class Keys {
  #keys: Set<string> | null = new Set()

  add(keys: readonly string[]): void {
    if (keys.length === 0) this.#keys = null
    for (const key of keys) this.#keys?.add(key)
    if (this.#keys && this.#keys.size > mostKeys) this.#keys = null
  }

  get list(): readonly string[] {
    return this.#keys ? [...this.#keys] : []
  }
}

export class LocalWake implements Waker {
  readonly #log: Log
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #subscriptions = new Map<WakeTopic, Set<Subscription>>()
  readonly #alarms = new Map<string, { topic: WakeTopic; slot: Instant; keys: Keys }>()
  readonly #rung: string[] = []
  #armed: { slot: Instant; cancel: () => void } | undefined
  #closed = false

  constructor({ log, clock = systemClock, timer = systemTimer }: WakeOptions) {
    this.#log = log
    this.#clock = clock
    this.#timer = timer
  }

  nudge(topic: WakeTopic, keys: readonly string[] = []): void {
    if (this.#closed) return
    for (const subscription of this.#subscriptions.get(topic) ?? []) subscription.nudge(keys)
  }

  /** Returns when it will ring: alarms close to each other ring together, never early, and the later the coarser (up to 1 s). */
  alarm(topic: WakeTopic, at: Instant, key?: string): Instant {
    const slot = slotOf(at, this.#clock.now())
    if (this.#closed) return slot
    const name = `${topic}-${slot}`
    const alarm = this.#alarms.get(name) ?? { topic, slot, keys: new Keys() }
    this.#alarms.set(name, alarm)
    alarm.keys.add(key === undefined ? [] : [key])
    if (!this.#armed || slot < this.#armed.slot) this.#arm(slot)
    return slot
  }

  /** Rings now for an alarm of another process, unless this process's own of the same moment did. */
  ring(topic: WakeTopic, slot: Instant): void {
    const name = `${topic}-${slot}`
    const own = this.#alarms.get(name)
    if (own) this.#fire(name)
    else if (!this.#rung.includes(name)) this.nudge(topic)
  }

  on(topic: WakeTopic, handler: WakeHandler, { parallel = 1 } = {}): () => void {
    const subscriptions = this.#subscriptions.get(topic) ?? new Set()
    this.#subscriptions.set(topic, subscriptions)
    const subscription = new Subscription(topic, handler, parallel, this.#log)
    subscriptions.add(subscription)
    return () => {
      subscriptions.delete(subscription)
      subscription.end()
    }
  }

  async idle(): Promise<void> {
    const all = (): Subscription[] => [...this.#subscriptions.values()].flatMap((each) => [...each])
    // One handler may nudge another.
    while (all().some((subscription) => subscription.busy)) await Promise.all(all().map((subscription) => subscription.idle()))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#armed?.cancel()
    this.#alarms.clear()
    const all = [...this.#subscriptions.values()].flatMap((each) => [...each])
    for (const subscription of all) subscription.end()
    await Promise.all(all.map((subscription) => subscription.idle()))
  }

  #arm(slot: Instant): void {
    this.#armed?.cancel()
    const wait = Math.min(Math.max(slot - this.#clock.now(), 0), longestTimer)
    this.#armed = { slot, cancel: this.#timer(wait, () => this.#ringDue()) }
  }

  #ringDue(): void {
    this.#armed = undefined
    const now = this.#clock.now()
    let next = Infinity
    for (const [name, { slot }] of this.#alarms) {
      if (slot <= now) this.#fire(name)
      else next = Math.min(next, slot)
    }
    if (next < Infinity) this.#arm(next)
  }

  #fire(name: string): void {
    const alarm = this.#alarms.get(name)
    if (!alarm) return
    this.#alarms.delete(name)
    this.#rung.push(name)
    if (this.#rung.length > rememberedSlots) this.#rung.shift()
    this.nudge(alarm.topic, alarm.keys.list)
  }
}

class Subscription {
  readonly #topic: WakeTopic
  readonly #handler: WakeHandler
  readonly #parallel: number
  readonly #log: Log
  readonly #watchers: (() => void)[] = []
  #waiting: Keys | undefined
  #scheduled = false
  #running = 0
  #ended = false

  constructor(topic: WakeTopic, handler: WakeHandler, parallel: number, log: Log) {
    this.#topic = topic
    this.#handler = handler
    this.#parallel = parallel
    this.#log = log
  }

  get busy(): boolean {
    return this.#running > 0 || this.#waiting !== undefined
  }

  nudge(keys: readonly string[]): void {
    if (this.#ended) return
    this.#waiting ??= new Keys()
    this.#waiting.add(keys)
    this.#schedule()
  }

  idle(): Promise<void> {
    return this.busy ? new Promise((resolve) => { this.#watchers.push(resolve) }) : Promise.resolve()
  }

  end(): void {
    this.#ended = true
    this.#waiting = undefined
    this.#settle()
  }

  /** After the answers that wait to be written: whoever nudges has usually just something to answer. */
  #schedule(): void {
    if (this.#scheduled || this.#running >= this.#parallel) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    const keys = this.#waiting
    if (!keys) return
    this.#waiting = undefined
    this.#running++
    try {
      await this.#handler(keys.list)
    } catch (error) {
      this.#log.error('wake handler failed', { topic: this.#topic, error })
    } finally {
      this.#running--
    }
    if (this.#waiting) this.#schedule()
    this.#settle()
  }

  #settle(): void {
    if (!this.busy) for (const watcher of this.#watchers.splice(0)) watcher()
  }
}

function slotOf(at: Instant, now: Instant): Instant {
  const ahead = at - now
  const step = ahead < 10_000 ? 10 : ahead < 60_000 ? 100 : 1000
  return Math.ceil(at / step) * step
}
