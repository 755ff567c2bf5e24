/** Someone who writes to linked lines from a phone of their own. */
import type { proto } from '@whiskeysockets/baileys'
import { Person, type Group } from './people.ts'
import { newId, now, type Phone, type SentMessage } from './phone.ts'
import { node } from './stanza.ts'

type Attributes = Record<string, string | undefined>

export class Customer extends Person {
  /** What was written, for a device that could not read it and asks again. */
  readonly #written = new Map<string, { readonly content: proto.IMessage; readonly attrs: Attributes }>()
  /** Copies that were sent again. */
  resent = 0

  #addressed(): Attributes {
    const other = this.addressing === 'phone' ? { sender_lid: this.lidJid } : { sender_pn: this.phoneJid }
    return { from: this.jid, ...(this.hidesOther || !this.hasLid ? {} : other) }
  }

  /** Writes to the line of a phone; gives the id of the message. */
  async write(phone: Phone, message: proto.IMessage | string, attrs: Attributes = {}): Promise<string> {
    const content = typeof message === 'string' ? { conversation: message } : message
    const id = attrs['id'] ?? newId()
    const enc = await phone.sealFor(this, content)
    this.#written.set(id, { content, attrs })
    phone.deliver(node('message', { ...this.#addressed(), id, t: now(), type: 'text', notify: this.name, ...attrs }, [enc]))
    return id
  }

  /** The linked device could not read a message: a new session, and another copy. */
  async askedAgain(phone: Phone, id: string): Promise<void> {
    const written = this.#written.get(id)
    if (!written || ++this.resent > 5) return
    this.party.forget()
    const enc = await phone.sealFor(this, written.content)
    phone.deliver(node('message', { ...this.#addressed(), id, t: now(), type: 'text', notify: this.name, ...written.attrs }, [{ ...enc, attrs: { ...enc.attrs, count: '1' } }]))
  }

  /** The file of a message that this customer wrote. */
  fileOf(id: string): { readonly mediaKey: Buffer; readonly directPath: string } | undefined {
    const content = this.#written.get(id)?.content ?? {}
    const fields = content.imageMessage ?? content.videoMessage ?? content.audioMessage ?? content.documentMessage
    return fields?.mediaKey ? { mediaKey: Buffer.from(fields.mediaKey), directPath: fields.directPath ?? '' } : undefined
  }

  /** A message whose cipher text nobody can read. */
  async writeGarbage(phone: Phone): Promise<string> {
    const id = newId()
    const enc = await phone.sealFor(this, { conversation: 'x' })
    const spoiled = Buffer.from(enc.content as Uint8Array)
    spoiled[spoiled.length - 10] = (spoiled[spoiled.length - 10] ?? 0) ^ 0xff
    phone.deliver(node('message', { ...this.#addressed(), id, t: now(), type: 'text', notify: this.name }, [{ ...enc, content: spoiled }]))
    return id
  }

  async writeToGroup(phone: Phone, group: Group, message: proto.IMessage | string): Promise<string> {
    const content = typeof message === 'string' ? { conversation: message } : message
    const id = newId()
    const first = await phone.sealFor(this, { senderKeyDistributionMessage: await this.party.senderKey(group.jid) })
    const sealed = await this.party.sealForGroup(group.jid, content)
    phone.deliver(node('message', {
      from: group.jid, participant: this.lidJid, participant_pn: this.phoneJid, addressing_mode: 'lid', id, t: now(), type: 'text', notify: this.name,
    }, [first, node('enc', { v: '2', type: 'skmsg' }, sealed)]))
    return id
  }

  /** The message arrived at this customer's phone (no type), was read, or played. */
  receipt(phone: Phone, id: string, type?: 'read' | 'played'): void {
    phone.deliver(node('receipt', { from: this.jid, id, t: now(), ...(type ? { type } : {}) }))
  }

  call(phone: Phone, callId = newId()): string {
    phone.deliver(node('call', { from: this.lidJid, id: newId(), t: now() }, [
      node('offer', { 'call-id': callId, 'call-creator': this.lidJid, caller_pn: this.phoneJid }, [node('audio', { enc: 'opus', rate: '16000' })]),
    ]))
    return callId
  }

  /** Rang out. */
  hangUp(phone: Phone, callId: string): void {
    phone.deliver(node('call', { from: this.lidJid, id: newId(), t: now() }, [
      node('terminate', { 'call-id': callId, 'call-creator': this.lidJid, caller_pn: this.phoneJid, reason: 'timeout' }),
    ]))
  }

  typing(phone: Phone, isTyping = true): void {
    phone.connection?.send(node('chatstate', { from: this.jid }, [node(isTyping ? 'composing' : 'paused')]))
  }

  /** What this customer has read of what the line sent. */
  inbox(phone: Phone): { readonly id: string; readonly message: proto.Message; readonly sent: SentMessage }[] {
    return phone.sent.flatMap((sent) => sent.copies.filter(({ person }) => person === this).map(({ message }) => ({ id: sent.id, message, sent })))
  }
}
