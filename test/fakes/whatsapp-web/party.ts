/** One device with Signal keys: the linked phone, or a customer. Uses libsignal, never the client library's repository. */
import { randomBytes } from 'node:crypto'
import libsignal from 'libsignal'
import { proto } from '@whiskeysockets/baileys'
import {
  GroupCipher, GroupSessionBuilder, SenderKeyDistributionMessage, SenderKeyName, SenderKeyRecord,
} from '@whiskeysockets/baileys/lib/Signal/Group/index.js'
import { newKeyPair, sign, typed, type KeyPair } from './keys.ts'

const { ProtocolAddress, SessionBuilder, SessionCipher, SessionRecord } = libsignal

/** What a device publishes so that others can write to it. Keys without type byte. */
export interface Bundle {
  readonly registrationId: number
  readonly identity: Buffer
  readonly signed: { readonly id: number; readonly public: Buffer; readonly signature: Buffer }
  readonly oneTime?: { readonly id: number; readonly public: Buffer }
}
export interface Sealed { readonly type: 'pkmsg' | 'msg'; readonly bytes: Buffer }

/** A message may be padded with up to 16 bytes, each of which says how many there are. */
export function pad(bytes: Uint8Array): Buffer {
  const size = ((randomBytes(1)[0] ?? 0) & 15) + 1
  return Buffer.concat([bytes, Buffer.alloc(size, size)])
}
export const unpad = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length - (bytes[bytes.length - 1] ?? 0))

export class Party {
  /** Signal addresses are shared by the whole process (libsignal queues by them), so each party names others its own way. */
  readonly #prefix = randomBytes(6).toString('hex')
  readonly registrationId = (randomBytes(2).readUInt16BE() & 0x3fff) || 1
  identity = newKeyPair()
  readonly #signed = newKeyPair()
  readonly #oneTime = new Map<number, KeyPair>()
  #nextKey = 1
  #sessions = new Map<string, object>()
  #senderKeys = new Map<string, InstanceType<typeof SenderKeyRecord>>()

  bundle(): Bundle {
    const id = this.#nextKey++
    const oneTime = newKeyPair()
    this.#oneTime.set(id, oneTime)
    return {
      registrationId: this.registrationId,
      identity: this.identity.public,
      signed: { id: 1, public: this.#signed.public, signature: sign(this.identity.private, typed(this.#signed.public)) },
      oneTime: { id, public: oneTime.public },
    }
  }

  /** Forgets every session, as a phone that was set up anew. */
  forget(): void {
    this.#sessions = new Map()
    this.#senderKeys = new Map()
  }

  hasSession(device: string): boolean {
    return this.#sessions.has(this.#address(device).toString())
  }

  async accept(device: string, bundle: Bundle): Promise<void> {
    await new SessionBuilder(this.#storage(), this.#address(device)).initOutgoing({
      registrationId: bundle.registrationId,
      identityKey: typed(bundle.identity),
      signedPreKey: { keyId: bundle.signed.id, publicKey: typed(bundle.signed.public), signature: bundle.signed.signature },
      ...(bundle.oneTime ? { preKey: { keyId: bundle.oneTime.id, publicKey: typed(bundle.oneTime.public) } } : {}),
    } as Parameters<InstanceType<typeof SessionBuilder>['initOutgoing']>[0])
  }

  async seal(device: string, message: proto.IMessage): Promise<Sealed> {
    const cipher = new SessionCipher(this.#storage(), this.#address(device))
    const { type, body } = await cipher.encrypt(pad(proto.Message.encode(message).finish()))
    return { type: type === 3 ? 'pkmsg' : 'msg', bytes: Buffer.from(body, 'binary') }
  }

  async open(device: string, type: string, bytes: Buffer): Promise<proto.Message> {
    const cipher = new SessionCipher(this.#storage(), this.#address(device))
    const plain = type === 'pkmsg' ? await cipher.decryptPreKeyWhisperMessage(bytes) : await cipher.decryptWhisperMessage(bytes)
    return proto.Message.decode(unpad(plain))
  }

  /** What the other members need before they can read this party's messages in the group. */
  async senderKey(group: string): Promise<proto.Message.ISenderKeyDistributionMessage> {
    const made = await new GroupSessionBuilder(this.#groupStorage()).create(this.#member(group, 'self'))
    return { groupId: group, axolotlSenderKeyDistributionMessage: made.serialize() }
  }

  async sealForGroup(group: string, message: proto.IMessage): Promise<Buffer> {
    return Buffer.from(await new GroupCipher(this.#groupStorage(), this.#member(group, 'self')).encrypt(pad(proto.Message.encode(message).finish())))
  }

  async learnSenderKey(group: string, device: string, distribution: Uint8Array): Promise<void> {
    const message = new SenderKeyDistributionMessage(null, null, null, null, distribution)
    await new GroupSessionBuilder(this.#groupStorage()).process(this.#member(group, device), message)
  }

  async openFromGroup(group: string, device: string, bytes: Buffer): Promise<proto.Message> {
    return proto.Message.decode(unpad(await new GroupCipher(this.#groupStorage(), this.#member(group, device)).decrypt(bytes)))
  }

  #address(device: string): InstanceType<typeof ProtocolAddress> {
    return new ProtocolAddress(`${this.#prefix}-${device.replaceAll('.', '-')}`, 0)
  }

  #member(group: string, device: string): SenderKeyName {
    return new SenderKeyName(group, this.#address(device))
  }

  #storage(): ConstructorParameters<typeof SessionCipher>[0] {
    return {
      loadSession: (id) => Promise.resolve(this.#sessions.has(id) ? SessionRecord.deserialize(this.#sessions.get(id) as Uint8Array) : null),
      storeSession: (id, session) => {
        this.#sessions.set(id, session.serialize())
        return Promise.resolve()
      },
      isTrustedIdentity: () => true,
      loadPreKey: (id) => {
        const pair = this.#oneTime.get(Number(id))
        return Promise.resolve(pair ? { privKey: pair.private, pubKey: typed(pair.public) } : undefined)
      },
      removePreKey: (id) => void this.#oneTime.delete(id),
      loadSignedPreKey: () => ({ privKey: this.#signed.private, pubKey: typed(this.#signed.public) }),
      getOurRegistrationId: () => this.registrationId,
      getOurIdentity: () => ({ privKey: this.identity.private, pubKey: typed(this.identity.public) }),
    }
  }

  #groupStorage(): ConstructorParameters<typeof GroupCipher>[0] {
    return {
      loadSenderKey: (name: SenderKeyName) => Promise.resolve(this.#senderKeys.get(name.toString()) ?? new SenderKeyRecord()),
      storeSenderKey: (name: SenderKeyName, record: InstanceType<typeof SenderKeyRecord>) => {
        this.#senderKeys.set(name.toString(), record)
        return Promise.resolve()
      },
    }
  }
}
