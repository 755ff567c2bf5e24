/** An account with its phone, which a client may be linked to, and what a test can make happen to it. */
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { encodeSyncdPatch, newLTHashState, proto } from '@whiskeysockets/baileys'
import type { BinaryNode, LTHashState } from '@whiskeysockets/baileys'
import type { Connection } from './connection.ts'
import type { FakeWhatsApp } from './fake.ts'
import type { MediaKind } from './media.ts'
import { CodePairing, DeviceIdentity, readQr } from './pairing.ts'
import { Person, takeBundle, type Group, type LinkedDevice, type PersonOptions } from './people.ts'
import { big, bytesOf, child, children, node, parseJid } from './stanza.ts'

/** A message that the client sent, decrypted by everyone it was for. */
export interface SentMessage {
  readonly id: string
  readonly to: string
  readonly attrs: Readonly<Record<string, string>>
  /** What each addressee read; the own phone's copy is in `own`. */
  readonly copies: readonly { readonly person: Person; readonly message: proto.Message }[]
  readonly own: proto.Message | undefined
}

export const now = (): string => String(Math.floor(Date.now() / 1000))
export const newId = (): string => `3A${randomBytes(9).toString('hex').toUpperCase()}`

export class Phone extends Person {
  device: LinkedDevice | undefined
  connection: Connection | undefined
  /** What the client sent, in order; a repetition of the same id appears again. */
  readonly sent: SentMessage[] = []
  readonly receipts: BinaryNode[] = []
  readonly rejectedCalls: string[] = []
  readonly presences: BinaryNode[] = []
  /** Messages that an addressee could not decrypt (it asked for them again). */
  undecryptable = 0
  /** Completed logins of the linked device. */
  logins = 0
  /** Errors for the acknowledgements of the next messages. */
  readonly nacks: (string | 'none')[] = []
  /** The next message is swallowed without acknowledgement and the line is cut, as when a network dies at the worst moment. */
  loseNextAck = false
  /** Files that this phone still has and uploads again when it is asked, by their old path. */
  readonly reuploads = new Map<string, { readonly kind: MediaKind; readonly bytes: Buffer }>()
  reachoutLock: Record<string, unknown> = { is_active: false }
  readonly fake: FakeWhatsApp
  #nextDevice = 5
  #identity: DeviceIdentity | undefined
  #code: CodePairing | undefined
  #outstanding: BinaryNode[] = []
  #stateKey: { id: Buffer; data: Buffer } | undefined
  readonly #collections = new Map<string, { state: LTHashState; patches: Uint8Array[] }>()

  constructor(fake: FakeWhatsApp, number: string, options: PersonOptions = {}) {
    super(number, options)
    this.fake = fake
  }

  // ------------------------------------------------------------------ linking

  /** Points the phone's camera at the QR code. `forged`: the signature over the new device is not the phone's. */
  scan(qr: string, forged = false): void {
    const seen = readQr(qr)
    const connection = this.fake.waitingForScan(seen.ref)
    const pairing = connection.payload.devicePairingData
    if (!connection.clientStatic.equals(seen.noise)) throw new Error('fake WhatsApp: the QR shows another noise key than the connection has')
    if (!Buffer.from(pairing?.eIdent ?? []).equals(seen.identity)) throw new Error('fake WhatsApp: the QR shows another identity')
    this.#pair(connection, seen.identity, seen.advSecret, forged)
  }

  startCode(hello: BinaryNode, connection: Connection): BinaryNode {
    this.#code = new CodePairing(hello)
    this.#codeConnection = connection
    return node('link_code_companion_reg', {}, [node('link_code_pairing_ref', {}, Buffer.from(this.#code.ref))])
  }

  #codeConnection: Connection | undefined

  /** Types the pairing code on the phone, as soon as a device has asked for one. */
  async typeCode(code: string): Promise<void> {
    await this.fake.wait('a device to ask for a pairing code', () => this.#codeConnection)
    if (!this.#code || !this.#codeConnection) throw new Error('fake WhatsApp: nobody asked for a code')
    this.#codeConnection.send(node('notification', { from: 's.whatsapp.net', type: 'link_code_companion_reg', id: newId(), t: now() }, [
      this.#code.typed(code, this.party.identity),
    ]))
  }

  finishCode(answer: BinaryNode): void {
    if (!this.#code || !this.#codeConnection) throw new Error('fake WhatsApp: nobody asked for a code')
    const { advSecret, identity } = this.#code.finish(answer, this.party.identity)
    this.#pair(this.#codeConnection, identity, advSecret, false)
  }

  #pair(connection: Connection, identity: Buffer, advSecret: Buffer, forged: boolean): void {
    const pairing = connection.payload.devicePairingData
    const id = this.#nextDevice++
    this.device = {
      id, identity, clientStatic: connection.clientStatic, oneTime: [],
      registrationId: Buffer.from(pairing?.eRegid ?? []).readUInt32BE(),
      signed: { id: Buffer.from(pairing?.eSkeyId ?? []).readUIntBE(0, 3), public: Buffer.from(pairing?.eSkeyVal ?? []), signature: Buffer.from(pairing?.eSkeySig ?? []) },
    }
    this.#identity = new DeviceIdentity(this.party.identity, identity)
    this.fake.pairing(connection, this)
    connection.send(node('iq', { from: 's.whatsapp.net', type: 'set', id: newId(), xmlns: 'md' }, [node('pair-success', {}, [
      node('device-identity', {}, this.#identity.encode(advSecret, forged)),
      node('device', { jid: `${this.number}:${id}@s.whatsapp.net`, lid: `${this.lid}:${id}@lid` }),
      node('platform', { name: 'android' }),
      node('biz', { name: this.name }),
    ])]))
  }

  /** The device has signed: the pairing is complete, and it is told to connect anew. */
  paired(answer: BinaryNode, connection: Connection): void {
    this.#identity?.check(answer)
    connection.streamError({ code: '515' })
  }

  /** Removes the linked device, as "log out" in the phone's list of devices does. */
  unlink(): void {
    this.device = undefined
    this.connection?.streamError({ code: '401' }, node('conflict', { type: 'device_removed' }))
  }

  // -------------------------------------------------------------- connections

  /** The device is online: what it has not confirmed is sent again. */
  online(connection: Connection): void {
    if (this.connection?.isOpen && this.connection !== connection) this.connection.streamError({}, node('conflict', { type: 'replaced' }))
    this.connection = connection
    this.logins++
  }

  flushOutstanding(): void {
    const waiting = this.#outstanding
    waiting.forEach((stanza, index) => this.connection?.send({ ...stanza, attrs: { ...stanza.attrs, offline: String(index) } }))
    this.connection?.send(node('ib', { from: 's.whatsapp.net' }, [node('offline', { count: String(waiting.length) })]))
  }

  /** Sends now, or when the device is back; and again until the device confirms it. */
  deliver(stanza: BinaryNode): void {
    this.#outstanding.push(stanza)
    if (this.connection?.isOpen) this.connection.send(stanza)
  }

  confirmed(id: string | undefined): void {
    this.#outstanding = this.#outstanding.filter((stanza) => stanza.attrs['id'] !== id)
  }

  get unconfirmed(): number {
    return this.#outstanding.length
  }

  // ----------------------------------------------------------------- messages

  /** Name under which everyone keeps their session with the linked device. */
  get deviceName(): string {
    return `${this.number}:${this.device?.id ?? 0}`
  }

  /** Encrypts for the linked device. */
  async sealFor(person: Person, message: proto.IMessage): Promise<BinaryNode> {
    if (!this.device) throw new Error('fake WhatsApp: no device is linked')
    if (!person.party.hasSession(this.deviceName)) await person.party.accept(this.deviceName, takeBundle(this.device))
    const { type, bytes } = await person.party.seal(this.deviceName, message)
    return node('enc', { v: '2', type }, bytes)
  }

  /** The phone itself writes to someone: the linked device gets a copy. */
  async write(to: Person, message: proto.IMessage, id = newId()): Promise<string> {
    const enc = await this.sealFor(this, { deviceSentMessage: { destinationJid: to.phoneJid, message } })
    this.deliver(node('message', {
      from: this.phoneJid, recipient: to.phoneJid, sender_lid: this.lidJid, peer_recipient_lid: to.lidJid, id, t: now(), type: 'text', notify: this.name,
    }, [enc]))
    return id
  }

  /** A message of the phone to its own devices: history, keys. */
  async tellDevice(message: proto.IMessage): Promise<void> {
    const enc = await this.sealFor(this, message)
    this.deliver(node('message', { from: this.phoneJid, category: 'peer', id: newId(), t: now(), type: 'text' }, [enc]))
  }

  /** What the phone sends to a new device: chats, names, pairs of phone and LID. */
  async sendHistory(history: proto.IHistorySync): Promise<void> {
    const full: proto.IHistorySync = { syncType: proto.HistorySync.HistorySyncType.INITIAL_BOOTSTRAP, chunkOrder: 1, progress: 100, ...history }
    await this.tellDevice({ protocolMessage: {
      type: proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION,
      historySyncNotification: {
        syncType: full.syncType as unknown as proto.Message.HistorySyncType, chunkOrder: 1, progress: 100,
        initialHistBootstrapInlinePayload: deflateSync(proto.HistorySync.encode(full).finish()),
      },
    } })
  }

  /** Gives the device the key that the address book is encrypted with. */
  async shareStateKey(): Promise<void> {
    this.#stateKey ??= { id: Buffer.concat([Buffer.from([0, 0]), randomBytes(4)]), data: randomBytes(32) }
    await this.tellDevice({ protocolMessage: {
      type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_SHARE,
      appStateSyncKeyShare: { keys: [{ keyId: { keyId: this.#stateKey.id }, keyData: { keyData: this.#stateKey.data, timestamp: Date.now() } }] },
    } })
  }

  /** Saves someone in the phone's address book; null takes them out. */
  async saveContact(person: Person, fullName: string | null): Promise<void> {
    const key = this.#stateKey
    if (!key) throw new Error('fake WhatsApp: share the key first')
    const name = 'critical_unblock_low'
    const collection = this.#collections.get(name) ?? { state: newLTHashState(), patches: [] }
    const { SET, REMOVE } = proto.SyncdMutation.SyncdOperation
    const { patch, state } = await encodeSyncdPatch({
      type: name, index: ['contact', person.phoneJid], apiVersion: 2, operation: fullName === null ? REMOVE : SET,
      syncAction: { contactAction: { fullName: fullName ?? '', lidJid: person.lidJid, saveOnPrimaryAddressbook: true }, timestamp: Date.now() },
    }, key.id.toString('base64'), collection.state, () => Promise.resolve({ keyData: key.data }))
    collection.state = state
    collection.patches.push(proto.SyncdPatch.encode({ ...patch, version: { version: state.version } }).finish())
    this.#collections.set(name, collection)
    this.deliver(node('notification', { from: 's.whatsapp.net', type: 'server_sync', id: newId(), t: now() }, [node('collection', { name, version: String(state.version) })]))
  }

  patches(collection: string): readonly Uint8Array[] {
    return this.#collections.get(collection)?.patches ?? []
  }

  // ------------------------------------------------- what the client sends out

  /** Decrypts every copy of a message; whoever cannot asks for it again. */
  async receive(stanza: BinaryNode): Promise<void> {
    const { id = '', to = '', recipient } = stanza.attrs
    const group = this.fake.groups.find((one) => one.jid === to)
    const copies: { person: Person; message: proto.Message }[] = []
    let own: proto.Message | undefined
    const targets: { jid: string; enc: BinaryNode }[] = children(child(stanza, 'participants')).flatMap((one) =>
      children(one).filter(({ tag }) => tag === 'enc').map((enc) => ({ jid: one.attrs['jid'] ?? '', enc })))
    const direct = children(stanza).find(({ tag, attrs }) => tag === 'enc' && attrs['type'] !== 'skmsg')
    if (direct) targets.push({ jid: group ? stanza.attrs['participant'] ?? '' : to, enc: direct })
    for (const { jid, enc } of targets) {
      const person = this.fake.find(jid)
      if (!person || (person === this && parseJid(jid).device !== 0)) continue
      const message = await this.#open(person, id, to, enc)
      if (!message) continue
      const distribution = message.senderKeyDistributionMessage
      if (distribution && group) await person.party.learnSenderKey(group.jid, this.deviceName, distribution.axolotlSenderKeyDistributionMessage ?? Buffer.alloc(0))
      if (person === this) own = message
      else if (!group || direct) copies.push({ person, message })
    }
    if (group) copies.push(...await this.#openGroup(group, stanza))
    this.sent.push({ id, to: recipient ?? to, attrs: stanza.attrs, copies, own })
    this.#acknowledge(stanza)
  }

  async #open(person: Person, id: string, to: string, enc: BinaryNode): Promise<proto.Message | undefined> {
    try {
      return await person.party.open(this.deviceName, enc.attrs['type'] ?? '', bytesOf(enc))
    } catch {
      this.undecryptable++
      this.askAgain(person, id, to, Number(enc.attrs['count'] ?? 0) + 1)
      return undefined
    }
  }

  async #openGroup(group: Group, stanza: BinaryNode): Promise<{ person: Person; message: proto.Message }[]> {
    const enc = children(stanza).find(({ tag, attrs }) => tag === 'enc' && attrs['type'] === 'skmsg')
    if (!enc) return []
    const read: { person: Person; message: proto.Message }[] = []
    for (const { person } of group.members) {
      if (person === this) continue
      read.push({ person, message: await person.party.openFromGroup(group.jid, this.deviceName, bytesOf(enc)) })
    }
    return read
  }

  /** Someone's phone could not read a message: it forgets its session and asks for another copy. */
  askAgain(person: Person, id: string, to: string, count = 1): void {
    const bundle = person.party.bundle()
    this.deliver(node('receipt', { from: person.is(to) || person === this ? to : person.jid, id, t: now(), type: 'retry' }, [
      node('retry', { count: String(count), id, t: now(), v: '1' }),
      node('registration', {}, big(bundle.registrationId, 4)),
      node('keys', {}, [
        node('type', {}, Buffer.from([5])),
        node('identity', {}, bundle.identity),
        ...(bundle.oneTime ? [node('key', {}, [node('id', {}, big(bundle.oneTime.id, 3)), node('value', {}, bundle.oneTime.public)])] : []),
        node('skey', {}, [node('id', {}, big(bundle.signed.id, 3)), node('value', {}, bundle.signed.public), node('signature', {}, bundle.signed.signature)]),
      ]),
    ]))
  }

  /** The device asks for a file again (`server-error`): the answer is encrypted with the file's own key. */
  reupload(receipt: BinaryNode, mediaKeyOf: (id: string) => { readonly mediaKey: Buffer; readonly directPath: string } | undefined): void {
    const { id = '' } = receipt.attrs
    const rmr = child(receipt, 'rmr')
    const file = mediaKeyOf(id)
    const kept = file ? this.reuploads.get(file.directPath) : undefined
    const key = Buffer.from(hkdfSync('sha256', file?.mediaKey ?? Buffer.alloc(32), Buffer.alloc(0), 'WhatsApp Media Retry Notification', 32))
    const { SUCCESS, NOT_FOUND } = proto.MediaRetryNotification.ResultType
    const fresh = kept && file ? this.fake.media.put(kept.kind, kept.bytes, file.mediaKey) : undefined
    const plain = proto.MediaRetryNotification.encode({ stanzaId: id, result: fresh ? SUCCESS : NOT_FOUND, ...(fresh ? { directPath: fresh.directPath } : {}) }).finish()
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id))
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    this.deliver(node('notification', { from: this.phoneJid, type: 'mediaretry', id, t: now() }, [
      node('encrypt', {}, [node('enc_p', {}, sealed), node('enc_iv', {}, iv)]),
      node('rmr', rmr?.attrs ?? {}),
    ]))
  }

  #acknowledge({ attrs: { id, to } }: BinaryNode): void {
    if (this.loseNextAck) {
      this.loseNextAck = false
      this.connection?.drop()
      return
    }
    const error = this.nacks.shift()
    this.connection?.send(node('ack', { class: 'message', id, from: to, t: now(), ...(error && error !== 'none' ? { error } : {}) }))
  }
}
