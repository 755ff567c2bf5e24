/** The link status of a network that is checked, not held open: the last answer to "does everything stand?". */
import { BridgeError } from '../../sdk/bridge.ts'
import type { BridgeHost, BridgeStatus, RemoteProfile } from '../../sdk/bridge.ts'

type Action = Extract<BridgeStatus, { state: 'action_required' }>['action']
/** `detail` goes to the channel's log: what an administrator needs to mend it. */
export type CheckResult = { readonly account: RemoteProfile } | { readonly problem: string; readonly action: Action; readonly detail?: object }

export class LinkStatus {
  readonly #host: BridgeHost
  #status: BridgeStatus = { state: 'unconfigured' }
  #closing = new AbortController()
  constructor(host: BridgeHost) {
    this.#host = host
  }

  get current(): BridgeStatus {
    return this.#status
  }

  /** Runs the set-up check and reports its end. A link that stands is not shown as connecting while it is checked again. */
  async check(run: (signal: AbortSignal) => Promise<CheckResult>, caller: AbortSignal): Promise<void> {
    if (this.#closing.signal.aborted) this.#closing = new AbortController()
    const signal = AbortSignal.any([caller, this.#closing.signal])
    if (this.#status.state !== 'connected') this.#report({ state: 'connecting', since: this.#now() })
    try {
      const result = await run(signal)
      if (signal.aborted) return
      if ('account' in result) this.#report({ state: 'connected', since: this.#since('connected'), account: result.account })
      else {
        this.#host.log.warn('the set-up check found a problem', { problem: result.problem, ...result.detail })
        this.#needsAction(result.problem, result.action)
      }
    } catch (error) {
      if (signal.aborted) return
      this.#host.log.warn('the set-up check failed', { code: error instanceof BridgeError ? error.code : 'unknown', remoteCode: error instanceof BridgeError ? error.detail.remoteCode : undefined })
      this.#failed(error)
    }
  }

  unconfigured(): void {
    this.#report({ state: 'unconfigured' })
  }

  /** A send that shows the whole line to be broken says so at once, without waiting for the next check. */
  noticeSendFailure(error: unknown): void {
    if (error instanceof BridgeError && lineBroken.has(error.code)) this.#failed(error)
  }

  /** Closed by us: not a fault, and nobody is to be told. */
  close(): void {
    this.#closing.abort()
    this.#status = { state: 'transient_disconnect', since: this.#now(), code: 'closed' }
  }

  #failed(error: unknown): void {
    if (!(error instanceof BridgeError) || error.kind === 'transient' || error.kind === 'uncertain') {
      const code = error instanceof BridgeError ? error.code : 'unknown'
      return this.#report({ state: 'transient_disconnect', since: this.#since('transient_disconnect'), code })
    }
    this.#needsAction(error.code, error.code === 'account_blocked' ? 'wait' : 'fix_settings')
  }

  #needsAction(code: string, action: Action): void {
    const before = this.#status
    const since = before.state === 'action_required' && before.code === code ? before.since : this.#now()
    this.#report({ state: 'action_required', since, code, action })
  }

  #report(status: BridgeStatus): void {
    this.#status = status
    this.#host.reportStatus(status)
  }

  #since(state: BridgeStatus['state']): Date {
    return this.#status.state === state && 'since' in this.#status ? this.#status.since : this.#now()
  }

  #now(): Date {
    return this.#host.clock.now()
  }
}

const lineBroken: ReadonlySet<string> = new Set(['auth_failed', 'account_blocked', 'payment_required'])
