/**
 * What the processes of an installation tell each other and forget: typing, frames for a visitor's page. Losing one loses
 * nothing that a database row does not say as well.
 */
import { Redis } from 'ioredis'
import type { Log } from '../domain/ports.ts'

export interface Bus {
  /** To every process, this one included. */
  publish(topic: string, payload: unknown): void
  on(topic: string, handler: (payload: unknown) => void): void
  /** Something may have been missed: the line between the processes was down. */
  onGap(handler: () => void): void
  /** Throws while the other processes cannot be reached. */
  check(): Promise<void>
  close(): Promise<void>
}

class Handlers {
  private readonly byTopic = new Map<string, ((payload: unknown) => void)[]>()
  add(topic: string, handler: (payload: unknown) => void): void {
    this.byTopic.set(topic, [...(this.byTopic.get(topic) ?? []), handler])
  }
  call(topic: string, payload: unknown): void {
    for (const handler of this.byTopic.get(topic) ?? []) handler(payload)
  }
}

/** One process: told at once. */
export class LocalBus implements Bus {
  private readonly handlers = new Handlers()
  publish(topic: string, payload: unknown): void {
    this.handlers.call(topic, payload)
  }
  on(topic: string, handler: (payload: unknown) => void): void {
    this.handlers.add(topic, handler)
  }
  onGap(): void {}
  async check(): Promise<void> {}
  async close(): Promise<void> {}
}

/** Several processes: this one at once, the others through Redis. */
export class RedisBus implements Bus {
  private readonly handlers = new Handlers()
  private readonly gaps: (() => void)[] = []
  private readonly speaker: Redis
  private readonly listener: Redis
  private readonly channel: string
  private readonly me: string
  private wasDown = false
  constructor({ url, prefix, me, log }: { url: string; prefix: string; me: string; log: Log }) {
    this.me = me
    this.channel = `${prefix}:bus`
    // What cannot be said now is not worth saying later.
    this.speaker = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: (times) => Math.min(times * 200, 3000) })
    this.listener = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(times * 200, 3000) })
    this.speaker.on('error', () => undefined)
    this.listener.on('error', (error: Error) => {
      if (!this.wasDown) log.warn('redis is away: screens of other processes hear of typing and new answers late', { error: error.message })
      this.wasDown = true
    })
    this.listener.on('close', () => {
      this.wasDown = true
    })
    this.listener.on('ready', () => {
      void this.listener.subscribe(this.channel).then(() => {
        if (this.wasDown) for (const gap of this.gaps) gap()
        this.wasDown = false
      }, () => undefined)
    })
    this.listener.on('message', (_channel: string, text: string) => {
      const { from, topic, payload } = JSON.parse(text) as { from: string; topic: string; payload: unknown }
      if (from !== this.me) this.handlers.call(topic, payload)
    })
  }

  publish(topic: string, payload: unknown): void {
    this.handlers.call(topic, payload)
    this.speaker.publish(this.channel, JSON.stringify({ from: this.me, topic, payload })).catch(() => undefined)
  }
  on(topic: string, handler: (payload: unknown) => void): void {
    this.handlers.add(topic, handler)
  }
  onGap(handler: () => void): void {
    this.gaps.push(handler)
  }
  async check(): Promise<void> {
    await this.speaker.ping()
  }
  async close(): Promise<void> {
    this.speaker.disconnect()
    this.listener.disconnect()
  }
}
