/**
 * Makes signature checks real. In the pinned release `Curve.verify` ignores what libsignal returns, so any 64 bytes
 * pass: neither the server's certificate nor the phone's signature over the new device is checked. The library exports
 * the object, so the check is replaced without touching its files. Signed pre-keys are checked in `repository.ts`.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Baileys } from './load.ts'
import { libsignal } from './libsignal.ts'

export interface SignaturePolicy {
  /** False lets a wrong signature pass, as the library does by itself. */
  readonly strict: boolean
  /** Trusted instead of WhatsApp's own root key (a server of one's own, in tests). */
  readonly rootKey?: Uint8Array
  readonly onIgnored: () => void
}

const policies = new AsyncLocalStorage<SignaturePolicy>()

/** Everything a socket does while it lives, its events included, follows the policy it was opened under. */
export const underPolicy = <T>(policy: SignaturePolicy, work: () => T): T => policies.run(policy, work)

const prefixed = (key: Uint8Array): Buffer => (key.length === 33 ? Buffer.from(key) : Buffer.concat([Buffer.from([5]), key]))

export type Verifier = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** True only for a good signature; a key or a signature of the wrong shape is a bad one. */
export async function verifier(): Promise<Verifier> {
  const { curve } = await libsignal()
  return (publicKey, message, signature) => {
    try {
      return curve.verifySignature(prefixed(publicKey), message, signature)
    } catch {
      return false
    }
  }
}

let guarded = false

/** Once per process. Without a policy in force the check is strict. */
export async function guardSignatures(library: Baileys): Promise<void> {
  if (guarded) return
  guarded = true
  const verify = await verifier()
  const root = Buffer.from(library.WA_CERT_DETAILS.PUBLIC_KEY)
  library.Curve.verify = (publicKey, message, signature) => {
    const policy = policies.getStore()
    const key = policy?.rootKey && root.equals(publicKey) ? policy.rootKey : publicKey
    if (verify(key, message, signature)) return true
    if (!policy || policy.strict) return false
    policy.onIgnored()
    return true
  }
}
