/** The phone's half of linking a device: by a scanned QR, or by a code that is typed on the phone. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, pbkdf2Sync, randomBytes } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { agree, mustVerify, newKeyPair, sign, type KeyPair } from './keys.ts'
import { bytesOf, child, node, text } from './stanza.ts'

const ACCOUNT_PREFIX = Buffer.from([6, 0])
const DEVICE_PREFIX = Buffer.from([6, 1])

export interface ScannedQr { readonly ref: string; readonly noise: Buffer; readonly identity: Buffer; readonly advSecret: Buffer }

export function readQr(qr: string): ScannedQr {
  const [, data] = qr.split('#')
  const [ref, noise, identity, advSecret] = (data ?? qr).split(',')
  if (!ref || !noise || !identity || !advSecret) throw new Error('fake WhatsApp: not a QR code for linking')
  return { ref, noise: Buffer.from(noise, 'base64'), identity: Buffer.from(identity, 'base64'), advSecret: Buffer.from(advSecret, 'base64') }
}

/** What the phone signs for a new device, and the check of the signature that the device gives back. */
export class DeviceIdentity {
  readonly #details = proto.ADVDeviceIdentity.encode({ rawId: 7, timestamp: 1_700_000_000, keyIndex: 1 }).finish()
  readonly #deviceIdentity: Buffer
  readonly #account: KeyPair

  constructor(account: KeyPair, deviceIdentity: Buffer) {
    this.#account = account
    this.#deviceIdentity = deviceIdentity
  }

  /** The content of `<device-identity>`. `forged` signs with another key than the one it names. */
  encode(advSecret: Buffer, forged = false): Uint8Array {
    const message = Buffer.concat([ACCOUNT_PREFIX, this.#details, this.#deviceIdentity])
    const details = proto.ADVSignedDeviceIdentity.encode({
      details: this.#details,
      accountSignatureKey: this.#account.public,
      accountSignature: sign(forged ? newKeyPair().private : this.#account.private, message),
    }).finish()
    return proto.ADVSignedDeviceIdentityHMAC.encode({ details, hmac: createHmac('sha256', advSecret).update(details).digest() }).finish()
  }

  check(answer: BinaryNode): void {
    const signed = proto.ADVSignedDeviceIdentity.decode(bytesOf(child(child(answer, 'pair-device-sign'), 'device-identity')))
    const message = Buffer.concat([DEVICE_PREFIX, this.#details, this.#deviceIdentity, this.#account.public])
    mustVerify('device signature of pair-device-sign', this.#deviceIdentity, message, signed.deviceSignature ?? Buffer.alloc(0))
  }
}

const codeKey = (code: string, salt: Uint8Array): Buffer => pbkdf2Sync(code, salt, 131_072, 32, 'sha256')

/** Linking by code: what the device said first (`companion_hello`), and what the phone makes of it. */
export class CodePairing {
  readonly ref = randomBytes(16).toString('base64')
  readonly number: string
  readonly #wrapped: Buffer
  readonly #ephemeral = newKeyPair()
  #companionEphemeral: Buffer = Buffer.alloc(0)

  constructor(hello: BinaryNode) {
    this.number = (hello.attrs['jid'] ?? '').split('@')[0] ?? ''
    this.#wrapped = bytesOf(child(hello, 'link_code_pairing_wrapped_companion_ephemeral_pub'))
  }

  /** Someone types the code on the phone: the notification that goes to the device. */
  typed(code: string, account: KeyPair): BinaryNode {
    const decipher = createDecipheriv('aes-256-ctr', codeKey(code, this.#wrapped.subarray(0, 32)), this.#wrapped.subarray(32, 48))
    this.#companionEphemeral = Buffer.concat([decipher.update(this.#wrapped.subarray(48, 80)), decipher.final()])
    const salt = randomBytes(32)
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-256-ctr', codeKey(code, salt), iv)
    const wrapped = Buffer.concat([salt, iv, cipher.update(this.#ephemeral.public), cipher.final()])
    return node('link_code_companion_reg', { stage: 'primary_hello' }, [
      node('link_code_pairing_ref', {}, text(this.ref)),
      node('primary_identity_pub', {}, account.public),
      node('link_code_pairing_wrapped_primary_ephemeral_pub', {}, wrapped),
    ])
  }

  /** The device's answer (`companion_finish`): the secret that signs the device identity. @throws when the code was wrong. */
  finish(answer: BinaryNode, account: KeyPair): { advSecret: Buffer; identity: Buffer } {
    const shared = agree(this.#ephemeral.private, this.#companionEphemeral)
    const bundle = bytesOf(child(answer, 'link_code_pairing_wrapped_key_bundle'))
    const key = Buffer.from(hkdfSync('sha256', shared, bundle.subarray(0, 32), 'link_code_pairing_key_bundle_encryption_key', 32))
    const decipher = createDecipheriv('aes-256-gcm', key, bundle.subarray(32, 44))
    decipher.setAuthTag(bundle.subarray(-16))
    const plain = Buffer.concat([decipher.update(bundle.subarray(44, -16)), decipher.final()])
    const identity = plain.subarray(0, 32)
    if (!plain.subarray(32, 64).equals(account.public)) throw new Error('fake WhatsApp: the device answers another phone')
    const secret = Buffer.concat([shared, agree(account.private, identity), plain.subarray(64, 96)])
    return { advSecret: Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'adv_secret', 32)), identity: Buffer.from(identity) }
  }
}
