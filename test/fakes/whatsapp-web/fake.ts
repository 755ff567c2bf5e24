/**
 * A WhatsApp of one's own, on loopback: enough of the server, of the phones and of the customers to prove a client end
 * to end. It checks what the client sends (signatures, MACs, hashes) with libsignal and Node's crypto, never with the
 * client library's own verification.
 */
import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { answerTo } from './answers.ts'
import { certificate } from './certificate.ts'
import { Connection } from './connection.ts'
import { Customer } from './customer.ts'
import { MediaHost } from './media.ts'
import { ServerCertificate } from './noise.ts'
import { Group, type Person, type PersonOptions } from './people.ts'
import { newId, now, Phone } from './phone.ts'
import { child, children, node, parseJid, phoneJid, text } from './stanza.ts'

/** How long a test waits for something to happen before it says what did not. */
const PATIENCE_MS = 10_000

export class FakeWhatsApp {
  readonly phones: Phone[] = []
  readonly customers: Customer[] = []
  readonly groups: Group[] = []
  readonly media = new MediaHost()
  readonly connections = new Set<Connection>()
  /** A number as typed → the number that the network knows (Brazil's ninth digit). */
  readonly mended = new Map<string, string>()
  readonly pictures = new Map<string, string>()
  readonly changedPictures: { readonly target: string; readonly bytes: Buffer }[] = []
  /** What went wrong on this side: a test should find it empty. */
  readonly errors: unknown[] = []
  /** Attributes of `<failure>` for the next logins. */
  readonly refusals: Record<string, string>[] = []
  /** Key bundles come with a signature that is none. */
  forgePreKeys = false
  /** Every stanza of every client. */
  readonly stanzas: BinaryNode[] = []
  /** Connections that finished the handshake, ever. */
  handshakes = 0
  readonly #certificate = new ServerCertificate()
  readonly #events = new EventEmitter().setMaxListeners(0)
  readonly #refs = new Map<string, Connection>()
  readonly #pairing = new Map<Connection, Phone>()
  /** A closed connection keeps its phone: what it sent before is still to be handled. */
  readonly #online = new WeakMap<Connection, Phone>()
  #server: WebSocketServer | undefined
  #port = 0
  #ca = ''

  static async start(): Promise<FakeWhatsApp> {
    const fake = new FakeWhatsApp()
    await fake.media.start()
    fake.#ca = (await certificate()).cert
    await fake.listen()
    return fake
  }

  /** Takes connections (again), on the same port as before. */
  async listen(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.#port, path: '/ws/chat' })
    this.#server = server
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => {
      const connection = new Connection(socket, this.#certificate, {
        ready: (ready) => this.#ready(ready),
        stanza: (from, stanza) => this.#stanza(from, stanza),
        closed: (gone) => this.#closed(gone),
        failed: (error) => { this.errors.push(error); this.changed() },
      })
      this.connections.add(connection)
      this.changed()
    })
  }

  /** Cuts every line and takes no connection until `listen`. */
  async unreachable(): Promise<void> {
    for (const connection of this.connections) connection.drop()
    const server = this.#server
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  async stop(): Promise<void> {
    await this.unreachable()
    await this.media.stop()
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/ws/chat`
  }

  /** What a client's settings need: address, root key (hex), certificate authority (PEM). */
  get server(): { readonly url: string; readonly rootKey: string; readonly ca: string } {
    return { url: this.url, rootKey: this.#certificate.root.public.toString('hex'), ca: this.#ca }
  }

  phone(number: string, options: PersonOptions = {}): Phone {
    const phone = new Phone(this, number, options)
    this.phones.push(phone)
    return phone
  }

  customer(number: string, options: PersonOptions = {}): Customer {
    const customer = new Customer(number, options)
    this.customers.push(customer)
    return customer
  }

  group(subject: string, owner: Person, members: readonly Person[]): Group {
    const group = new Group(subject, [{ person: owner, role: 'superadmin' }, ...members.map((person) => ({ person, role: 'member' as const }))])
    this.groups.push(group)
    return group
  }

  /** Tells the linked devices of a group's members what someone changed. */
  groupNotice(group: Group, by: Person, change: BinaryNode): string {
    const id = newId()
    for (const phone of this.phones) {
      const stanza = node('notification', { from: group.jid, type: 'w:gp2', participant: by.lidJid, participant_pn: by.phoneJid, addressing_mode: 'lid', id, t: now(), notify: by.name }, [change])
      if (phone.device) phone.deliver(stanza)
    }
    return id
  }

  find(jid: string): Person | undefined {
    return [...this.phones, ...this.customers].find((person) => person.is(jid))
  }

  /** Resolves with the first value that `find` gives; looks again after everything that happens here. */
  async wait<T>(what: string, find: () => T | undefined | false | null): Promise<T> {
    const deadline = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const found = find()
      if (found !== undefined && found !== false && found !== null) return found
      try {
        await once(this.#events, 'changed', { signal: deadline })
      } catch {
        throw new Error(`fake WhatsApp: waited in vain for: ${what}${this.errors.length > 0 ? ` (${String(this.errors[0])})` : ''}`)
      }
    }
  }

  changed(): void {
    this.#events.emit('changed')
  }

  waitingForScan(ref: string): Connection {
    const connection = this.#refs.get(ref)
    if (!connection?.isOpen) throw new Error('fake WhatsApp: this QR has expired')
    return connection
  }

  pairing(connection: Connection, phone: Phone): void {
    this.#pairing.set(connection, phone)
  }

  #ready(connection: Connection): void {
    this.handshakes++
    const { payload } = connection
    if (payload.devicePairingData) {
      const refs = Array.from({ length: 6 }, () => newId())
      for (const ref of refs) this.#refs.set(ref, connection)
      connection.send(node('iq', { from: 's.whatsapp.net', type: 'set', id: newId(), xmlns: 'md' }, [node('pair-device', {}, refs.map((ref) => node('ref', {}, text(ref))))]))
    } else {
      this.#login(connection)
    }
    this.changed()
  }

  #login(connection: Connection): void {
    const { payload } = connection
    const phone = this.find(phoneJid(String(payload.username)))
    const refusal = this.refusals.shift()
    if (refusal) return connection.refuse(refusal)
    if (!(phone instanceof Phone) || !phone.device || phone.device.id !== payload.device || !phone.device.clientStatic.equals(connection.clientStatic)) {
      return connection.refuse({ reason: '401' })
    }
    this.#online.set(connection, phone)
    phone.online(connection)
    connection.send(node('success', { t: now(), lid: `${phone.lid}:${phone.device.id}@lid`, display_name: phone.name }))
  }

  #closed(connection: Connection): void {
    this.connections.delete(connection)
    this.changed()
  }

  async #stanza(connection: Connection, stanza: BinaryNode): Promise<void> {
    this.stanzas.push(stanza)
    const phone = this.#online.get(connection)
    if (stanza.tag === 'iq') this.#query(connection, phone, stanza)
    else if (phone) await this.#fromDevice(connection, phone, stanza)
    this.changed()
  }

  #query(connection: Connection, phone: Phone | undefined, stanza: BinaryNode): void {
    const { id, type } = stanza.attrs
    const result = (content: BinaryNode[]): void => connection.send(node('iq', { from: 's.whatsapp.net', type: 'result', id }, content))
    if (type === 'result') {
      if (child(stanza, 'pair-device-sign')) this.#pairing.get(connection)?.paired(stanza, connection)
      return
    }
    const code = child(stanza, 'link_code_companion_reg')
    if (code) {
      const owner = this.find(code.attrs['jid'] ?? '')
      if (!(owner instanceof Phone)) return
      if (code.attrs['stage'] === 'companion_hello') return result([owner.startCode(code, connection)])
      result([])
      return owner.finishCode(code)
    }
    if (!phone) return result([])
    if (child(stanza, 'remove-companion-device')) {
      phone.device = undefined
      result([])
      return connection.streamError({ code: '401' }, node('conflict', { type: 'device_removed' }))
    }
    const answer = answerTo(this, phone, stanza)
    if ('error' in answer) {
      connection.send(node('iq', { from: 's.whatsapp.net', type: 'error', id }, [node('error', { code: String(answer.error), text: 'refused' })]))
    } else {
      result(answer)
    }
    if (stanza.attrs['xmlns'] === 'passive') phone.flushOutstanding()
  }

  async #fromDevice(connection: Connection, phone: Phone, stanza: BinaryNode): Promise<void> {
    const { id } = stanza.attrs
    switch (stanza.tag) {
      case 'message': return phone.receive(stanza)
      case 'receipt':
        phone.receipts.push(stanza)
        if (stanza.attrs['type'] === 'retry') {
          const writer = this.find(stanza.attrs['participant'] ?? stanza.attrs['to'] ?? '')
          if (writer instanceof Customer) await writer.askedAgain(phone, id ?? '')
        } else if (stanza.attrs['type'] === 'server-error') {
          phone.reupload(stanza, (message) => this.customers.map((one) => one.fileOf(message)).find(Boolean))
        } else {
          phone.confirmed(id)
        }
        return connection.send(node('ack', { class: 'receipt', id, from: stanza.attrs['to'] }))
      case 'ack':
        return phone.confirmed(id)
      case 'call': {
        for (const one of children(stanza)) if (one.tag === 'reject') phone.rejectedCalls.push(one.attrs['call-id'] ?? '')
        return connection.send(node('ack', { class: 'call', id, from: stanza.attrs['to'] }))
      }
      case 'chatstate':
      case 'presence':
        phone.presences.push(stanza)
        return
      default:
    }
  }

  /** Is the number on this network? */
  knows(number: string): boolean {
    return this.find(phoneJid(parseJid(number).user)) !== undefined
  }
}
