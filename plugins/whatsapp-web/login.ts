/**
 * Linking a number: a QR code that its phone scans, or a code that is typed on it. Keys go to a store of its own; the
 * channel's line is opened with them only after the host has compared the identity.
 */
import { randomUUID } from 'node:crypto'
import type { BridgeHost, BridgeStore, LoginFacet, LoginFlow, LoginStep } from '../sdk/index.ts'
import { BridgeError } from '../sdk/index.ts'
import { openAuthState, type AuthState } from './baileys/authState.ts'
import { loadBaileys } from './baileys/load.ts'
import { openLine, type Line, type LineOptions } from './baileys/socket.ts'
import { phoneDigits } from './directory.ts'
import { behaviourOf } from './disconnects.ts'
import { failureOf } from './errors.ts'
import { Identities } from './identities.ts'
import { person } from './ids.ts'
import { Journal } from './journal.ts'
import { pairSource } from './session.ts'

export const loginFlows: readonly LoginFlow[] = [
  { id: 'qr', name: 'QR code', description: 'Scan a code with the phone: WhatsApp, Linked devices, Link a device.' },
  { id: 'code', name: 'Pairing code', description: 'Type a code of eight characters on the phone, when its camera cannot be used.' },
]

/** The network gives six codes: the first lives a minute, the others twenty seconds each. */
const FIRST_QR_MS = 60_000
const NEXT_QR_MS = 20_000
const CODE_MS = FIRST_QR_MS + 5 * NEXT_QR_MS

const QR_TEXT = 'On the phone: WhatsApp › Settings › Linked devices › Link a device. Then point the camera at this code.'
const CODE_TEXT = 'On the phone: WhatsApp › Settings › Linked devices › Link a device › Link with phone number instead. Then type this code.'

const phoneForm = {
  type: 'object', required: ['phone'],
  properties: { phone: { type: 'string', title: 'Phone number, with country code', 'x-es': { title: 'Número de teléfono, con código de país' }, 'x-order': 1 } },
}

interface Attempt {
  readonly flow: string
  readonly store: BridgeStore
  readonly signal: AbortSignal
  line?: Line
  auth?: AuthState
  /** The newest step; `wait` resolves when it is another than the one it was asked about. */
  step: LoginStep
  failed?: BridgeError
  qrs: number
  paired: boolean
  readonly waiting: Set<() => void>
}

const failure = (code: string, message: string): BridgeError => new BridgeError('permanent', 'auth_failed', message, { remoteCode: code })

export interface LoginParts {
  readonly host: BridgeHost
  readonly options: LineOptions
  logout(): Promise<void>
}

export function loginFacet(parts: LoginParts): LoginFacet {
  const { host } = parts
  const attempts = new Map<string, Attempt>()

  const change = (attempt: Attempt, step: LoginStep | BridgeError): void => {
    if (step instanceof BridgeError) attempt.failed ??= step
    else {
      attempt.step = step
      if (step.kind !== 'done') attempts.set(step.id, attempt)
    }
    for (const wake of attempt.waiting) wake()
  }
  const end = (attempt: Attempt, error: BridgeError): void => {
    change(attempt, error)
    void attempt.line?.close().catch(() => undefined)
  }

  async function done(attempt: Attempt, auth: AuthState): Promise<void> {
    await auth.writer.flush()
    const { me } = auth.creds
    const who = new Identities(attempt.store, pairSource(auth), () => ({ jid: me?.id ?? '', lid: me?.lid ?? '', ...(me?.name ? { name: me.name } : {}) }))
    change(attempt, { kind: 'done', identity: person(me?.id), account: who.ownProfile() })
  }

  function show(attempt: Attempt, display: 'qr' | 'code', value: string, lifeMs: number): void {
    const expiresAt = new Date(host.clock.now().getTime() + lifeMs)
    change(attempt, { kind: 'show', id: randomUUID(), display, value, expiresAt, instructions: display === 'qr' ? QR_TEXT : CODE_TEXT })
  }

  /** Resolves when the network is ready to pair. Each later QR changes the step. */
  async function open(attempt: Attempt): Promise<void> {
    const library = await loadBaileys()
    await attempt.store.clear()
    const auth = await openAuthState(library, attempt.store)
    const line = await openLine({
      library, auth, journal: new Journal(), options: parts.options, log: host.log,
      getMessage: () => Promise.resolve(undefined), cachedGroup: () => Promise.resolve(undefined),
    })
    attempt.line = line
    attempt.auth = auth
    const ready = new Promise<void>((resolve) => {
      line.socket.ev.process((events) => {
        if (events['creds.update']) void auth.saveCreds().catch(() => end(attempt, failure('store_failed', 'The keys could not be stored')))
        const update = events['connection.update']
        if (update?.qr) {
          attempt.qrs++
          if (attempt.flow === 'qr') show(attempt, 'qr', update.qr, parts.options.qrMs ?? (attempt.qrs === 1 ? FIRST_QR_MS : NEXT_QR_MS))
          resolve()
        }
        // The network closes the line now, so that the new device logs in; that is the channel's own line to do.
        if (update?.isNewLogin) attempt.paired = true
        if (update?.connection === 'close') {
          closed(attempt, auth, update.lastDisconnect?.error)
          resolve()
        }
      })
    })
    attempt.signal.addEventListener('abort', () => end(attempt, failure('cancelled', 'The login was given up')), { once: true })
    await ready
    if (attempt.failed) throw attempt.failed
  }

  function closed(attempt: Attempt, auth: AuthState, error: unknown): void {
    if (attempt.paired) return void done(attempt, auth)
    const { message, statusCode } = failureOf(error)
    if (/QR refs attempts ended/.test(message)) return change(attempt, failure('qr_expired', 'Nobody scanned the code in time; ask for a new one'))
    const behaviour = behaviourOf({ message, ...(statusCode === undefined ? {} : { statusCode }) })
    const code = 'code' in behaviour ? behaviour.code : 'restart'
    change(attempt, behaviour.do === 'retry'
      ? new BridgeError('transient', 'network', `The line ended while linking: ${message}`, { remoteCode: code })
      : failure(code, `WhatsApp ended the login: ${message}`))
  }

  const find = (stepId: string): Attempt => {
    const attempt = attempts.get(stepId)
    if (!attempt) throw failure('unknown_step', 'This login is over')
    return attempt
  }

  return {
    async start(flowId, scratch, signal) {
      if (!loginFlows.some(({ id }) => id === flowId)) throw new BridgeError('permanent', 'bad_request', `There is no way to log in named ${flowId}`)
      const ask: LoginStep = { kind: 'ask', id: randomUUID(), fields: phoneForm, instructions: 'Whose phone is to be linked?' }
      const attempt: Attempt = { flow: flowId, store: scratch, signal, step: ask, qrs: 0, paired: false, waiting: new Set() }
      if (flowId === 'code') {
        attempts.set(ask.id, attempt)
        return ask
      }
      await open(attempt)
      return attempt.step
    },
    async submit(stepId, input) {
      const attempt = find(stepId)
      const phone = phoneDigits(input['phone'] ?? '', '')
      if (attempt.flow !== 'code' || !phone) throw new BridgeError('permanent', 'bad_request', 'This is no phone number with country code')
      await open(attempt)
      const code = await attempt.line?.socket.requestPairingCode(phone)
      if (!code) throw failure('no_code', 'WhatsApp gave no pairing code')
      show(attempt, 'code', `${code.slice(0, 4)}-${code.slice(4)}`, CODE_MS)
      return attempt.step
    },
    async wait(stepId, signal) {
      const attempt = find(stepId)
      const isSame = (): boolean => attempt.step.kind !== 'done' && attempt.step.id === stepId
      while (isSame() && !attempt.failed) {
        signal.throwIfAborted()
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            attempt.waiting.delete(wake)
            signal.removeEventListener('abort', wake)
            resolve()
          }
          attempt.waiting.add(wake)
          signal.addEventListener('abort', wake, { once: true })
        })
      }
      if (attempt.failed && isSame()) throw attempt.failed
      return attempt.step
    },
    logout: () => parts.logout(),
  }
}
