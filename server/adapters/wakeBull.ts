/**
 * The alarm clock of several processes: nudges reach the own process at once and the others through Redis,
 * alarms ring in the own process and, as delayed jobs of Bull, in all others, also if this one is gone by then.
 * Without Redis each process goes on alone, and the sweeps find what nobody nudged for.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import Bull from 'bull'
import { Redis, type RedisOptions } from 'ioredis'
import type { Instant, Log, WakeTopic } from '../domain/ports.ts'
import { systemClock } from './clock.ts'
import { Keys, LocalWake, type WakeHandler, type WakeOptions, type Waker } from './wake.ts'

export interface BullWakeOptions extends WakeOptions { url: string; prefix: string }

/** What a process tells the others. `ring`: the moment of an alarm. */
interface Told { from: string; topic: WakeTopic; keys?: readonly string[]; ring?: Instant }
interface Job { topic: WakeTopic; slot: Instant }

const longestPause = 2000
const rememberedJobs = 10_000

export class BullWake implements Waker {
  readonly #local: LocalWake
  readonly #log: Log
  readonly #now: () => Instant
  readonly #me = randomUUID()
  readonly #channel: string
  readonly #speaker: Redis
  readonly #listener: Redis
  readonly #clients: Redis[] = []
  #queue: Bull.Queue<Job>
  readonly #topics = new Set<WakeTopic>()
  readonly #toTell = new Map<WakeTopic, Keys>()
  readonly #jobs = new Set<string>()
  #telling = false
  #closed = false
  #down = false
  #lastError: unknown

  constructor({ url, prefix, log, clock = systemClock, timer }: BullWakeOptions) {
    this.#local = new LocalWake({ log, clock, timer })
    this.#log = log
    this.#now = () => clock.now()
    this.#channel = `${prefix}:wake`
    // What cannot be told now is not worth telling later: no queue of unsent commands.
    this.#speaker = this.#connect(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 })
    this.#listener = this.#connect(url, { maxRetriesPerRequest: null, autoResubscribe: true })
    this.#listener.on('message', (_channel: string, text: string) => this.#hear(JSON.parse(text) as Told))
    this.#listener.on('ready', () => { void this.#listen() })
    this.#listener.on('close', () => this.#lost())
    this.#queue = this.#startQueue(url, prefix)
  }

  nudge(topic: WakeTopic, keys: readonly string[] = []): void {
    this.#local.nudge(topic, keys)
    if (this.#closed) return
    const gathered = this.#toTell.get(topic) ?? new Keys()
    gathered.add(keys)
    this.#toTell.set(topic, gathered)
    if (this.#telling) return
    this.#telling = true
    setImmediate(() => {
      this.#telling = false
      for (const [each, { list }] of this.#toTell) this.#tell({ from: this.#me, topic: each, keys: list })
      this.#toTell.clear()
    })
  }

  alarm(topic: WakeTopic, at: Instant, key?: string): Instant {
    const slot = this.#local.alarm(topic, at, key)
    const jobId = `${topic}-${slot}`
    if (this.#closed || this.#speaker.status !== 'ready' || this.#jobs.has(jobId)) return slot
    this.#jobs.add(jobId)
    if (this.#jobs.size > rememberedJobs) this.#jobs.delete(this.#jobs.values().next().value as string)
    this.#queue.add({ topic, slot }, { jobId, delay: Math.max(slot - this.#now(), 0) }).catch((error: unknown) => {
      this.#jobs.delete(jobId)
      this.#trouble(error)
    })
    return slot
  }

  on(topic: WakeTopic, handler: WakeHandler, options?: { parallel?: number }): () => void {
    this.#topics.add(topic)
    return this.#local.on(topic, handler, options)
  }

  idle(): Promise<void> {
    return this.#local.idle()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#local.close()
    const disconnect = (): void => { for (const client of this.#clients) client.disconnect() }
    // Without Redis Bull waits for its answer; on its way it may connect once more.
    const parting = this.#queue.close(true).catch(() => undefined).finally(disconnect)
    await Promise.race([parting, pause(1000, undefined, { ref: false })])
    disconnect()
  }

  #startQueue(url: string, prefix: string): Bull.Queue<Job> {
    const queue = new Bull<Job>('wake', {
      prefix: `${prefix}:bull`,
      createClient: (type) => this.#connect(url, type === 'client' ? { maxRetriesPerRequest: 0 } : { maxRetriesPerRequest: null, enableReadyCheck: false }),
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      settings: { retryProcessDelay: 1000, guardInterval: 1000 },
    })
    queue.on('error', (error) => this.#trouble(error))
    queue.process(async ({ data: { topic, slot } }) => {
      this.#local.ring(topic, slot)
      this.#tell({ from: this.#me, topic, ring: slot })
    }).catch((error: unknown) => {
      // Redis went away while Bull was starting: it does not try that again by itself.
      this.#trouble(error)
      if (this.#closed) return
      setTimeout(() => { if (!this.#closed) this.#queue = this.#startQueue(url, prefix) }, 1000).unref()
    })
    return queue
  }

  #connect(url: string, options: RedisOptions): Redis {
    // Bull may ask for its next client after the close, which then must not keep the process alive.
    const client = new Redis(url, { ...options, lazyConnect: this.#closed, retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), longestPause) })
    client.on('error', (error) => this.#trouble(error))
    this.#clients.push(client)
    if (this.#closed) client.disconnect()
    return client
  }

  #tell(told: Told): void {
    if (this.#speaker.status !== 'ready') return
    this.#speaker.publish(this.#channel, JSON.stringify(told)).catch((error: unknown) => this.#trouble(error))
  }

  #hear({ from, topic, keys, ring }: Told): void {
    if (from === this.#me || this.#closed) return
    if (ring !== undefined) this.#local.ring(topic, ring)
    else this.#local.nudge(topic, keys)
  }

  /** After a break nobody knows what was said meanwhile, or whether Redis kept the alarms: look everywhere. */
  async #listen(): Promise<void> {
    try {
      await this.#listener.subscribe(this.#channel)
    } catch (error) {
      this.#trouble(error)
      return
    }
    if (!this.#down) return
    this.#down = false
    this.#jobs.clear()
    this.#log.info('redis is back')
    for (const topic of this.#topics) this.#local.nudge(topic)
  }

  #lost(): void {
    if (this.#closed || this.#down) return
    this.#down = true
    this.#log.warn('redis is unreachable: this process is not told what others do until it is back', { error: this.#lastError })
  }

  #trouble(error: unknown): void {
    this.#lastError = error
    if (!this.#closed) this.#log.debug('redis', { error })
  }
}
