/**
 * The token of an Instagram login lives 60 days and can be renewed while it
 * does. It is renewed every week, whenever the channel speaks to Instagram or is
 * checked, and kept in the channel's store. A token that an administrator enters
 * replaces what was kept.
 */
import { createHash } from 'node:crypto'
import type { BridgeHost } from '../sdk/bridge.ts'
import { BridgeError } from '../sdk/bridge.ts'
import { num, obj, parseJson, str } from '../shared/meta/json.ts'

interface Kept {
  /** Digest of the entered token that this one descends from. */
  readonly origin: string
  readonly token: string
  /** When it was renewed, or first seen; ms. */
  readonly since: number
}
type Renew = (token: string) => Promise<{ readonly token: string }>

const storeKey = 'token'
const day = 24 * 3_600_000
const renewAfter = 7 * day

export class RenewedToken {
  readonly #host: BridgeHost
  readonly #entered: string
  readonly #renew: Renew
  #kept: Kept | undefined
  #tried = 0
  #running: Promise<string> | undefined

  constructor(host: BridgeHost, entered: string, renew: Renew) {
    this.#host = host
    this.#entered = entered
    this.#renew = renew
  }

  /** One renewal at a time; a failed one is tried again after a day, as the old token still works. */
  current(): Promise<string> {
    this.#running ??= this.#current().finally(() => { this.#running = undefined })
    return this.#running
  }

  async #current(): Promise<string> {
    const now = this.#host.clock.now().getTime()
    const kept = this.#kept ?? await this.#load(now)
    this.#kept = kept
    if (now - kept.since < renewAfter || now - this.#tried < day) return kept.token
    this.#tried = now
    try {
      const { token } = await this.#renew(kept.token)
      this.#kept = { origin: kept.origin, token, since: now }
      await this.#save(this.#kept)
      this.#host.log.info('the token was renewed')
    } catch (error) {
      this.#host.log.warn('the token could not be renewed', { code: error instanceof BridgeError ? error.code : 'unknown' })
    }
    return this.#kept.token
  }

  async #load(now: number): Promise<Kept> {
    const origin = createHash('sha256').update(this.#entered).digest('hex')
    const stored = obj(parseJson(await this.#host.store.get(storeKey) ?? ''))
    const token = str(stored?.token)
    if (stored?.origin === origin && token) return { origin, token, since: num(stored.since) ?? now }
    const fresh: Kept = { origin, token: this.#entered, since: now }
    await this.#save(fresh)
    return fresh
  }

  async #save(kept: Kept): Promise<void> {
    await this.#host.store.write(new Map([[storeKey, Buffer.from(JSON.stringify(kept))]]))
  }
}
