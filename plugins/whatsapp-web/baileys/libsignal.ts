/**
 * Two habits of libsignal 6 that a server cannot live with: it prints whole sessions (private ratchet key, root key,
 * chain keys) on the console when one is opened, closed or dropped, and it reports ordinary decryption failures there,
 * past every log level. Both are dropped; what matters reaches the log through the client's own logger.
 */
import { inspect } from 'node:util'

type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** What is used of the package: its declarations leave these out. */
interface Libsignal {
  readonly curve: { readonly verifySignature: Verify }
  readonly SessionRecord: { createEntry(): object }
}

export async function libsignal(): Promise<Libsignal> {
  const module = await import('libsignal')
  return ('default' in module ? module.default : module) as unknown as Libsignal
}

const CHATTER = [
  'Session already closed', 'Closing session', 'Session already open', 'Opening session', 'Removing old closed session',
  'Migrating session to', 'V1 session storage migration error', 'Closing open session in favor of incoming prekey bundle',
  'Failed to decrypt message with any known session', 'Session error:', 'Decrypted message with closed session',
  'WARNING: Expected pubkey of length 33', 'Unhandled bucket type',
]

let silenced = false

/** Once per process. Anything else that is written to the console passes unchanged. */
export async function silenceLibsignal(): Promise<void> {
  if (silenced) return
  silenced = true
  const { SessionRecord } = await libsignal()
  const prototype: unknown = Object.getPrototypeOf(SessionRecord.createEntry())
  const isSession = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === prototype
  // Second line of defence: a session that is inspected in another way (inside an error's data, say) shows nothing.
  Object.defineProperty(prototype, inspect.custom, { value: () => '[Signal session]', configurable: true })
  const output = globalThis.console
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const write = output[method].bind(output)
    output[method] = (...values: unknown[]) => {
      const [first] = values
      if (values.some(isSession) || (typeof first === 'string' && CHATTER.some((text) => first.startsWith(text)))) return
      write(...values)
    }
  }
}
