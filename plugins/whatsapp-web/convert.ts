/** From the client's messages to the host's events. Asks who is who, and nothing else: no network, no clock. */
import type { WAMessage, proto } from '@whiskeysockets/baileys'
import type { InboundEvent, MessageContext, Part, RemoteProfile } from '../sdk/index.ts'
import { contextOf, partOf, referralOf, unwrap, type FileFields, type MakeFile } from './content.ts'
import { isBroadcastList, isGroup, isNobody, isStatus, messageId, person } from './ids.ts'
import type { Identities } from './identities.ts'
import type { MediaDescriptor, MediaKind, MediaSeal } from './mediaRef.ts'

/** Stubs of the network's own enumeration (`WebMessageInfo.StubType`). */
const CIPHERTEXT = 2
const REVOKE = 0
const MESSAGE_EDIT = 14
const STATUS_RECEIPTS = { 3: 'delivered', 4: 'read', 5: 'played' } as const

export interface Where {
  /** From a history sync. */
  readonly history?: true
  /** Instant of arrival, for messages without one, in milliseconds. */
  readonly now: number
}

/** Who wrote a message, and in which chat. */
interface Envelope {
  readonly chat: string
  readonly chatKind: 'direct' | 'group'
  /** Empty in a direct chat. */
  readonly author: string
  readonly fromMe: boolean
  readonly id: string
  readonly at: Date
  readonly sender: RemoteProfile
}

const numberOf = (value: number | { toNumber(): number } | null | undefined): number => (typeof value === 'number' ? value : value?.toNumber() ?? 0)

/** Adverts show pictures of Meta's own servers. Any other address is the customer's word and is never fetched. */
export function isMetaPicture(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null
  return parsed?.protocol === 'https:' && parsed.port === '' && /(^|\.)(fbcdn\.net|whatsapp\.net|cdninstagram\.com)$/.test(parsed.hostname)
}

export class Converter {
  readonly #who: Identities
  readonly #seal: MediaSeal

  constructor(who: Identities, seal: MediaSeal) {
    this.#who = who
    this.#seal = seal
  }

  /** No event for what nobody said (keys, votes), for statuses of others, and for WhatsApp's own accounts. */
  async message(message: WAMessage, where: Where): Promise<InboundEvent[]> {
    const envelope = await this.#envelope(message, where)
    if (!envelope) return []
    const content = unwrap(message.message)
    const { reactionMessage: reaction, protocolMessage: protocol } = content
    if (reaction) return this.#reaction(envelope, reaction)
    if (protocol) return this.#protocol(message, envelope, protocol)
    const part = this.#part(message, content)
    if (!part) return []
    const id = messageId(envelope)
    const pending = message.messageStubType === CIPHERTEXT
    const event: InboundEvent = {
      ...this.#base(envelope, pending ? `${id}|pending` : id),
      kind: 'message', id, sender: envelope.sender, fromAccount: envelope.fromMe ? 'phone' : false, parts: [part],
      context: { ...await this.#context(message, envelope, content), ...(pending ? { pending: true as const } : {}) },
      ...(where.history ? { history: true as const } : {}),
    }
    return [...await this.#addressee(envelope, message), event, ...this.#statusOf(message, envelope, id)]
  }

  /** A chat that the phone began may be with someone the host has never met: it hears first who that is. */
  async #addressee(envelope: Envelope, message: WAMessage): Promise<InboundEvent[]> {
    if (!envelope.fromMe || envelope.chatKind === 'group') return []
    const known = await this.#who.known(message.key.remoteJid ?? '', this.#customerAlt(message))
    return [{ kind: 'contact', key: `contact|${messageId(envelope)}`, at: envelope.at, account: this.#who.account, profile: await this.#who.profile(known) }]
  }

  /** While the client holds events back it folds later receipts into the message itself. */
  #statusOf(message: WAMessage, envelope: Envelope, id: string): InboundEvent[] {
    const receipt = STATUS_RECEIPTS[message.status as 3 | 4 | 5]
    if (!envelope.fromMe || envelope.chatKind === 'group' || !receipt) return []
    return [{ ...this.#base(envelope, `receipt|${id}|${receipt}`), kind: 'receipt', target: id, receipt }]
  }

  #base(envelope: Pick<Envelope, 'at' | 'chat' | 'chatKind'>, key: string) {
    return { key, at: envelope.at, account: this.#who.account, chat: envelope.chat, chatKind: envelope.chatKind }
  }

  /** The second address beside an echo is our own, not the customer's. */
  #customerAlt({ key }: WAMessage): string | undefined {
    return key.remoteJidAlt && !this.#who.isOwn(key.remoteJidAlt) ? key.remoteJidAlt : undefined
  }

  async #envelope(message: WAMessage, where: Where): Promise<Envelope | null> {
    const { key } = message
    const remote = key.remoteJid ?? ''
    if (!key.id || !remote || isStatus(remote)) return null
    const group = isGroup(remote)
    const fromMe = Boolean(key.fromMe)
    // A broadcast list writes to each member as if to that one alone.
    const other = isBroadcastList(remote) ? key.participant ?? '' : remote
    if (!group && (isNobody(other) || this.#who.isOwn(other))) return null
    const seconds = numberOf(message.messageTimestamp)
    const at = new Date(seconds > 0 ? seconds * 1000 : where.now)
    const names = message.pushName ? { name: message.pushName } : message.verifiedBizName ? { name: message.verifiedBizName } : {}
    const common = { fromMe, id: key.id, at }
    if (group) {
      const known = await this.#who.known(key.participant ?? '', key.participantAlt)
      if (!fromMe && !known.phone && !known.lid) return null
      const sender = fromMe ? this.#who.ownProfile() : await this.#who.profile(known, names)
      return { ...common, chat: remote, chatKind: 'group', author: fromMe ? this.#who.account : sender.user, sender }
    }
    const known = await this.#who.known(other, this.#customerAlt(message))
    const sender = fromMe ? this.#who.ownProfile() : await this.#who.profile(known, names)
    return { ...common, chat: await this.#who.canonical(known), chatKind: 'direct', author: '', sender }
  }

  #part(message: WAMessage, content: proto.IMessage): Part | null {
    if (message.messageStubType === CIPHERTEXT) return { kind: 'unsupported', remoteType: 'undecryptable' }
    const part = partOf(content, this.#files(message))
    if (part) return part
    return 'isViewOnce' in message.key && message.key.isViewOnce ? { kind: 'unsupported', remoteType: 'viewOnce' } : null
  }

  #files(message: WAMessage): MakeFile {
    const { remoteJid, id, fromMe, participant } = message.key
    return (kind: MediaKind, fields: FileFields, fileName?: string) => {
      if (!fields.mediaKey?.length || !(fields.directPath || fields.url)) return { at: 'lost', reason: 'the message names no file' }
      const url = fields.url && URL.canParse(fields.url) ? new URL(fields.url) : null
      const size = numberOf(fields.fileLength)
      const base64 = (bytes: Uint8Array | null | undefined): string | undefined => (bytes?.length ? Buffer.from(bytes).toString('base64') : undefined)
      const descriptor: MediaDescriptor = {
        kind, directPath: fields.directPath || (url ? url.pathname + url.search : ''), mediaKey: base64(fields.mediaKey) ?? '',
        ...(url ? { host: url.host } : {}),
        ...(base64(fields.fileSha256) ? { sha256: base64(fields.fileSha256) } : {}),
        ...(base64(fields.fileEncSha256) ? { encSha256: base64(fields.fileEncSha256) } : {}),
        ...(fields.mimetype ? { mimeType: fields.mimetype } : {}), ...(size > 0 ? { size } : {}), ...(fileName ? { fileName } : {}),
        message: { remoteJid: remoteJid ?? '', id: id ?? '', fromMe: Boolean(fromMe), ...(participant ? { participant } : {}) },
      }
      return this.#seal.remote(descriptor)
    }
  }

  async #context(message: WAMessage, envelope: Envelope, content: proto.IMessage): Promise<MessageContext> {
    const context = contextOf(content)
    if (!context) return {}
    const referral = referralOf(context, this.#files(message), (url) => (isMetaPicture(url) ? this.#seal.remote({ kind: 'plain', url }) : undefined))
    const quoted = referral?.kind === 'status' ? undefined : await this.#quoted(envelope, context)
    return {
      ...(quoted ? { replyTo: quoted } : {}),
      ...(context.isForwarded ? { forwarded: true as const } : {}),
      ...(referral ? { referral } : {}),
    }
  }

  async #quoted(envelope: Envelope, context: proto.IContextInfo): Promise<string | undefined> {
    if (!context.stanzaId) return undefined
    const fromMe = context.participant ? this.#who.isOwn(context.participant) : !envelope.fromMe
    return this.#idIn(envelope, context.stanzaId, fromMe, context.participant)
  }

  /** Id of another message of the same chat. */
  async #idIn(envelope: Envelope, id: string, fromMe: boolean, participant: string | null | undefined): Promise<string> {
    const author = envelope.chatKind === 'direct' ? '' : fromMe ? this.#who.account : await this.#who.chat(person(participant))
    return messageId({ chat: envelope.chat, author, fromMe, id })
  }

  /** The client has already turned the key to our side: `fromMe` means ours. */
  async #reaction(envelope: Envelope, reaction: proto.Message.IReactionMessage): Promise<InboundEvent[]> {
    if (!reaction.key?.id) return []
    const target = await this.#idIn(envelope, reaction.key.id, Boolean(reaction.key.fromMe), reaction.key.participant)
    return [{ ...this.#base(envelope, messageId(envelope)), kind: 'reaction', target, sender: envelope.sender, emoji: reaction.text || null }]
  }

  async #protocol(message: WAMessage, envelope: Envelope, protocol: proto.Message.IProtocolMessage): Promise<InboundEvent[]> {
    const { key, type, editedMessage } = protocol
    if (!key?.id) return []
    if (type === MESSAGE_EDIT && editedMessage) {
      const part = partOf(unwrap(editedMessage), this.#files(message))
      if (!part) return []
      const target = await this.#idIn(envelope, key.id, envelope.fromMe, envelope.author)
      return [{ ...this.#base(envelope, messageId(envelope)), kind: 'edit', target, sender: envelope.sender, part }]
    }
    // REVOKE is zero, which the network leaves out.
    if ((type ?? REVOKE) !== REVOKE) return []
    // A group's admin may delete others' messages; in a direct chat nobody deletes what is not theirs.
    const byAdmin = envelope.chatKind === 'group' && key.participant
    if (envelope.chatKind === 'direct' && key.fromMe === false) return []
    const fromMe = byAdmin ? this.#who.isOwn(key.participant) : envelope.fromMe
    const target = await this.#idIn(envelope, key.id, fromMe, byAdmin ? key.participant : envelope.author)
    return [{ ...this.#base(envelope, messageId(envelope)), kind: 'delete', target }]
  }
}
