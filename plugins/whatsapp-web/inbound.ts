/**
 * Hands events to the host in the order they came, a batch at a time. Nothing is given up while the host cannot store:
 * it is tried again until it works or the line is closed, and what is left then is in the journal.
 */
import type { BridgeHost, InboundEvent } from '../sdk/index.ts'

const BATCH = 50

export interface Delivery {
  /** Makes the events; one that fails is logged and gives none. */
  readonly events: () => Promise<readonly InboundEvent[]>
  /** Called when the host has them. */
  readonly stored?: () => void
}

export class Inbound {
  readonly #host: Pick<BridgeHost, 'deliver' | 'log'>
  readonly #pauseMs: readonly number[]
  #waiting: Delivery[] = []
  #work: Promise<void> | undefined
  #stopped = false

  constructor(host: Pick<BridgeHost, 'deliver' | 'log'>, pauseMs: readonly number[]) {
    this.#host = host
    this.#pauseMs = pauseMs
  }

  push(delivery: Delivery): void {
    if (this.#stopped) return
    this.#waiting.push(delivery)
    this.#work ??= this.#run()
  }

  /** Resolves when everything that was pushed is stored, or the queue was stopped. */
  async drain(): Promise<void> {
    while (this.#work) await this.#work
  }

  /** Takes nothing more, and tries a failing delivery no further. */
  stop(): void {
    this.#stopped = true
    this.#waiting = []
    this.#wake()
  }

  #wake = (): void => undefined

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH)
      const events: InboundEvent[] = []
      for (const delivery of batch) {
        try {
          events.push(...await delivery.events())
        } catch (error) {
          this.#host.log.error('whatsapp-web: an event could not be read', { error: error instanceof Error ? error.message : String(error) })
        }
      }
      if (!await this.#deliver(events)) break
      for (const delivery of batch) delivery.stored?.()
    }
    this.#work = undefined
  }

  async #deliver(events: readonly InboundEvent[]): Promise<boolean> {
    for (let attempt = 0; events.length > 0; attempt++) {
      try {
        await this.#host.deliver(events)
        return true
      } catch (error) {
        if (this.#stopped) return false
        this.#host.log.warn('whatsapp-web: events wait for the host', { count: events.length, error: error instanceof Error ? error.message : String(error) })
        await this.#pause(this.#pauseMs[Math.min(attempt, this.#pauseMs.length - 1)] ?? 1000)
        if (this.#stopped) return false
      }
    }
    return true
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
