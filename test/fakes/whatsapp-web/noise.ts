/**
 * The server's side of Noise_XX_25519_AESGCM_SHA256 as WhatsApp uses it: frames with a length of three bytes, after an
 * optional routing preamble and the header `WA` 6 3.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import { agree, newKeyPair, sign, type KeyPair } from './keys.ts'

const MODE = Buffer.from('Noise_XX_25519_AESGCM_SHA256\0\0\0\0')
const HEADER = Buffer.from([0x57, 0x41, 6, 3])
const NOTHING = Buffer.alloc(0)

const nonce = (counter: number): Buffer => {
  const iv = Buffer.alloc(12)
  iv.writeUInt32BE(counter, 8)
  return iv
}
const seal = (key: Buffer, counter: number, aad: Buffer, plain: Uint8Array): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(counter)).setAAD(aad)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}
const open = (key: Buffer, counter: number, aad: Buffer, sealed: Buffer): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(counter)).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

/** The chain of certificates that a server shows: an intermediate signed by the root, a leaf signed by the intermediate. */
export class ServerCertificate {
  readonly root = newKeyPair()
  readonly static: KeyPair = newKeyPair()
  readonly chain: Uint8Array

  constructor() {
    const intermediate = newKeyPair()
    const details = (fields: proto.CertChain.NoiseCertificate.IDetails): Uint8Array =>
      proto.CertChain.NoiseCertificate.Details.encode(fields).finish()
    const between = details({ serial: 1, issuerSerial: 0, key: intermediate.public })
    const leaf = details({ serial: 2, issuerSerial: 1, key: this.static.public })
    this.chain = proto.CertChain.encode({
      intermediate: { details: between, signature: sign(this.root.private, between) },
      leaf: { details: leaf, signature: sign(intermediate.private, leaf) },
    }).finish()
  }
}

export interface NoiseEvents {
  send(bytes: Buffer): void
  /** The handshake is done; the client's static key and what it says of itself. */
  ready(clientStatic: Buffer, payload: proto.ClientPayload): void
  frame(plain: Buffer): void
}

export class NoiseResponder {
  readonly #certificate: ServerCertificate
  readonly #events: NoiseEvents
  readonly #ephemeral = newKeyPair()
  #buffer: Buffer = NOTHING
  #hash: Buffer = MODE
  #salt: Buffer = MODE
  #key: Buffer = MODE
  #counter = 0
  #state: 'header' | 'hello' | 'finish' | 'transport' = 'header'
  #send: { key: Buffer; counter: number } = { key: NOTHING, counter: 0 }
  #receive: { key: Buffer; counter: number } = { key: NOTHING, counter: 0 }

  constructor(certificate: ServerCertificate, events: NoiseEvents) {
    this.#certificate = certificate
    this.#events = events
  }

  /** Bytes as they come; frames may be split or joined in any way. */
  feed(bytes: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes])
    if (this.#state === 'header' && !this.#takeHeader()) return
    for (;;) {
      if (this.#buffer.length < 3) return
      const size = this.#buffer.readUIntBE(0, 3)
      if (this.#buffer.length < size + 3) return
      const frame = this.#buffer.subarray(3, size + 3)
      this.#buffer = this.#buffer.subarray(size + 3)
      this.#take(frame)
    }
  }

  /** Sends one encrypted frame. */
  write(plain: Uint8Array): void {
    this.#frame(seal(this.#send.key, this.#send.counter++, NOTHING, plain))
  }

  #takeHeader(): boolean {
    if (this.#buffer.subarray(0, 2).toString() === 'ED') {
      if (this.#buffer.length < 7) return false
      const size = this.#buffer.readUIntBE(4, 3)
      if (this.#buffer.length < 7 + size) return false
      this.#buffer = this.#buffer.subarray(7 + size)
    }
    if (this.#buffer.length < 4) return false
    if (!this.#buffer.subarray(0, 4).equals(HEADER)) throw new Error('fake WhatsApp: not the header of this protocol')
    this.#buffer = this.#buffer.subarray(4)
    this.#mixHash(HEADER)
    this.#state = 'hello'
    return true
  }

  #take(frame: Buffer): void {
    if (this.#state === 'hello') return this.#hello(frame)
    if (this.#state === 'finish') return this.#finish(frame)
    this.#events.frame(open(this.#receive.key, this.#receive.counter++, NOTHING, frame))
  }

  #hello(frame: Buffer): void {
    const { clientHello } = proto.HandshakeMessage.decode(frame)
    const clientEphemeral = Buffer.from(clientHello?.ephemeral ?? NOTHING)
    this.#mixHash(clientEphemeral)
    this.#mixHash(this.#ephemeral.public)
    this.#mixKey(agree(this.#ephemeral.private, clientEphemeral))
    const encryptedStatic = this.#encrypt(this.#certificate.static.public)
    this.#mixKey(agree(this.#certificate.static.private, clientEphemeral))
    const payload = this.#encrypt(this.#certificate.chain)
    this.#frame(Buffer.from(proto.HandshakeMessage.encode({
      serverHello: { ephemeral: this.#ephemeral.public, static: encryptedStatic, payload },
    }).finish()))
    this.#state = 'finish'
  }

  #finish(frame: Buffer): void {
    const { clientFinish } = proto.HandshakeMessage.decode(frame)
    const clientStatic = this.#decrypt(Buffer.from(clientFinish?.static ?? NOTHING))
    this.#mixKey(agree(this.#ephemeral.private, clientStatic))
    const payload = proto.ClientPayload.decode(this.#decrypt(Buffer.from(clientFinish?.payload ?? NOTHING)))
    const [first, second] = this.#derive(NOTHING)
    this.#receive = { key: first, counter: 0 }
    this.#send = { key: second, counter: 0 }
    this.#state = 'transport'
    this.#events.ready(clientStatic, payload)
  }

  #frame(bytes: Buffer): void {
    const length = Buffer.alloc(3)
    length.writeUIntBE(bytes.length, 0, 3)
    this.#events.send(Buffer.concat([length, bytes]))
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(data).digest()
  }

  #derive(input: Buffer): [Buffer, Buffer] {
    const bytes = Buffer.from(hkdfSync('sha256', input, this.#salt, NOTHING, 64))
    return [bytes.subarray(0, 32), bytes.subarray(32)]
  }

  #mixKey(input: Buffer): void {
    const [salt, key] = this.#derive(input)
    this.#salt = salt
    this.#key = key
    this.#counter = 0
  }

  #encrypt(plain: Uint8Array): Buffer {
    const sealed = seal(this.#key, this.#counter++, this.#hash, plain)
    this.#mixHash(sealed)
    return sealed
  }

  #decrypt(sealed: Buffer): Buffer {
    const plain = open(this.#key, this.#counter++, this.#hash, sealed)
    this.#mixHash(sealed)
    return plain
  }
}
