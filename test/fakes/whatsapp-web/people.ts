/** Who is on the fake network, and what its groups are. */
import { Party, type Bundle } from './party.ts'
import { big, bytesOf, child, lidJid, node, parseJid, phoneJid } from './stanza.ts'
import type { BinaryNode } from '@whiskeysockets/baileys'

let nextLid = 100_000_000_001

export interface PersonOptions {
  readonly name?: string
  readonly lid?: string
  /** How this person's messages are addressed: by phone number with the LID beside it, or the reverse. */
  readonly addressing?: 'phone' | 'lid'
  /** The address that goes beside is left out. */
  readonly hidesOther?: boolean
}

export class Person {
  readonly number: string
  readonly lid: string
  readonly name: string
  readonly party = new Party()
  addressing: 'phone' | 'lid'
  hidesOther: boolean
  /** The network has given this person no LID yet. */
  hasLid = true

  constructor(number: string, options: PersonOptions = {}) {
    this.number = number
    this.lid = options.lid ?? String(nextLid++)
    this.name = options.name ?? number
    this.addressing = options.addressing ?? 'phone'
    this.hidesOther = options.hidesOther ?? false
  }

  get phoneJid(): string {
    return phoneJid(this.number)
  }

  get lidJid(): string {
    return lidJid(this.lid)
  }

  get jid(): string {
    return this.addressing === 'phone' ? this.phoneJid : this.lidJid
  }

  is(jid: string): boolean {
    const { user, server } = parseJid(jid)
    return server === 'lid' ? user === this.lid : user === this.number
  }
}

/** The client's device, as the server knows it after pairing. */
export interface LinkedDevice {
  readonly id: number
  readonly clientStatic: Buffer
  readonly registrationId: number
  readonly identity: Buffer
  signed: { readonly id: number; readonly public: Buffer; readonly signature: Buffer }
  readonly oneTime: { readonly id: number; readonly public: Buffer }[]
}

/** The bundle that someone who writes to the device for the first time gets; it uses up a one-time key. */
export function takeBundle(device: LinkedDevice): Bundle {
  const oneTime = device.oneTime.shift()
  return { registrationId: device.registrationId, identity: device.identity, signed: device.signed, ...(oneTime ? { oneTime } : {}) }
}

export const bundleNode = (jid: string, bundle: Bundle): BinaryNode => node('user', { jid }, [
  node('registration', {}, big(bundle.registrationId, 4)),
  node('type', {}, Buffer.from([5])),
  node('identity', {}, bundle.identity),
  node('skey', {}, [node('id', {}, big(bundle.signed.id, 3)), node('value', {}, bundle.signed.public), node('signature', {}, bundle.signed.signature)]),
  ...(bundle.oneTime ? [node('key', {}, [node('id', {}, big(bundle.oneTime.id, 3)), node('value', {}, bundle.oneTime.public)])] : []),
])

export const keyOf = (parent: BinaryNode): { id: number; public: Buffer } => ({ id: bytesOf(child(parent, 'id')).readUIntBE(0, 3), public: bytesOf(child(parent, 'value')) })

export type Role = 'member' | 'admin' | 'superadmin'
export interface Member { readonly person: Person; role: Role }

let nextGroup = 1

export class Group {
  readonly jid: string
  subject: string
  description = ''
  descriptionId = ''
  inviteCode = 'AbCdEfGhIjKlMnOpQrStUv'
  members: Member[]

  constructor(subject: string, members: Member[]) {
    this.jid = `120363${String(nextGroup++).padStart(12, '0')}@g.us`
    this.subject = subject
    this.members = members
  }

  member(jid: string): Member | undefined {
    return this.members.find(({ person }) => person.is(jid))
  }

  node(): BinaryNode {
    return node('group', {
      id: parseJid(this.jid).user, subject: this.subject, s_t: '1700000000', creation: '1700000000', addressing_mode: 'lid',
      creator: this.members.find(({ role }) => role === 'superadmin')?.person.lidJid, size: String(this.members.length),
    }, [
      ...(this.description ? [node('description', { id: this.descriptionId, t: '1700000000' }, [node('body', {}, Buffer.from(this.description))])] : []),
      ...this.members.map(({ person, role }) => node('participant', { jid: person.lidJid, phone_number: person.phoneJid, type: role === 'member' ? undefined : role })),
    ])
  }
}
