/** Curve25519 for the fake: libsignal's own functions, so that nothing here trusts the client library's checks. */
import libsignal from 'libsignal'

interface LibsignalCurve {
  generateKeyPair(): { pubKey: Buffer; privKey: Buffer }
  calculateAgreement(publicKey: Buffer, privateKey: Buffer): Uint8Array
  calculateSignature(privateKey: Buffer, message: Uint8Array): Uint8Array
  verifySignature(publicKey: Buffer, message: Uint8Array, signature: Uint8Array): boolean
}
const { curve } = libsignal as unknown as { curve: LibsignalCurve }

export interface KeyPair { readonly public: Buffer; readonly private: Buffer }

/** With the type byte that libsignal wants. */
export const typed = (key: Uint8Array): Buffer => (key.length === 33 ? Buffer.from(key) : Buffer.concat([Buffer.from([5]), key]))

export function newKeyPair(): KeyPair {
  const { pubKey, privKey } = curve.generateKeyPair()
  return { public: Buffer.from(pubKey.subarray(1)), private: Buffer.from(privKey) }
}

export const agree = (privateKey: Uint8Array, publicKey: Uint8Array): Buffer => Buffer.from(curve.calculateAgreement(typed(publicKey), Buffer.from(privateKey)))
export const sign = (privateKey: Uint8Array, message: Uint8Array): Buffer => Buffer.from(curve.calculateSignature(Buffer.from(privateKey), message))

/** A wrong signature stops the fake: a client that signs badly must not pass unseen. */
export function mustVerify(what: string, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): void {
  if (!curve.verifySignature(typed(publicKey), message, signature)) throw new Error(`fake WhatsApp: bad signature of the client: ${what}`)
}
