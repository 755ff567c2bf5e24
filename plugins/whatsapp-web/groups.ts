/** Groups: what the network tells of them, and their administration. */
import type { GroupMetadata, GroupParticipant, WAMessage } from '@whiskeysockets/baileys'
import type { BridgeHost, GroupFacet, HostMedia, InboundEvent, RemoteGroup } from '../sdk/index.ts'
import { BridgeError } from '../sdk/index.ts'
import { failedQuery } from './errors.ts'
import { isGroup } from './ids.ts'
import type { Session } from './session.ts'
import { addressOf } from './outgoing.ts'

/** Members came or went, or a property changed (`WebMessageInfo.StubType`). */
const CREATED = 20
const JOINED = new Set([27, 31, 71, 140])
const REMOVED = 28
const LEFT = 32
const CHANGED = new Set([21, 22, 23, 24, 25, 26, 29, 30, 33])

export const isGroupStub = (message: WAMessage): boolean => {
  const stub = message.messageStubType ?? 0
  return isGroup(message.key.remoteJid ?? '') && !message.message && (stub === CREATED || stub === REMOVED || stub === LEFT || JOINED.has(stub) || CHANGED.has(stub))
}

/** A picture larger than this is none. */
const PICTURE_BYTES = 5 * 1024 * 1024

const asRole = (admin: GroupParticipant['admin']): 'member' | 'admin' | 'owner' => (admin === 'superadmin' ? 'owner' : admin === 'admin' ? 'admin' : 'member')

export async function remoteGroup(session: Session, group: GroupMetadata, picture?: string): Promise<RemoteGroup> {
  const members = await Promise.all(group.participants.map(async (one) => {
    const own = session.who.isOwn(one.id) || session.who.isOwn(one.phoneNumber)
    const profile = own ? session.who.ownProfile() : await session.who.profile(await session.who.known(one.id, one.phoneNumber, one.lid))
    return { profile, role: asRole(one.admin) }
  }))
  return {
    chat: group.id, subject: group.subject, members, ...(group.desc ? { description: group.desc } : {}),
    ...(picture ? { picture: session.seal.remote({ kind: 'plain', url: picture }) } : {}),
  }
}

async function metadata(session: Session, jid: string, fresh = false): Promise<GroupMetadata> {
  const cached = fresh ? undefined : session.groups.get(jid)
  if (cached) return cached
  const found = await session.socket.groupMetadata(jid)
  session.groups.set(found)
  return found
}

interface Affected { readonly id?: string; readonly phoneNumber?: string }

function affected(message: WAMessage): Affected[] {
  return (message.messageStubParameters ?? []).flatMap((one: string) => {
    try {
      return [JSON.parse(one) as Affected]
    } catch {
      return []
    }
  })
}

function changeOf(session: Session, message: WAMessage): 'state' | 'joined' | 'left' | 'removed' {
  const stub = message.messageStubType ?? 0
  const mine = affected(message).some(({ id, phoneNumber }) => session.who.isOwn(id) || session.who.isOwn(phoneNumber))
  if (stub === CREATED) return 'joined'
  if (!mine) return 'state'
  return JOINED.has(stub) ? 'joined' : stub === REMOVED ? 'removed' : stub === LEFT ? 'left' : 'state'
}

/** The group as it is now. Of a group that this line no longer belongs to, what was last known. */
export async function groupEvents(session: Session, message: WAMessage, host: Pick<BridgeHost, 'clock'>): Promise<InboundEvent[]> {
  const jid = message.key.remoteJid ?? ''
  const change = changeOf(session, message)
  const last = session.groups.get(jid)
  let group = last
  try {
    if (change === 'state' || change === 'joined') group = await metadata(session, jid, true)
  } catch {
    group = last
  }
  const remote = group ? await remoteGroup(session, group) : { chat: jid, subject: '', members: [] }
  if (!group && change === 'state') return []
  const author = message.key.participant ?? message.participant
  const seconds = Number(message.messageTimestamp ?? 0)
  return [{
    kind: 'group', key: `group|${jid}|${message.key.id ?? ''}`, at: seconds > 0 ? new Date(seconds * 1000) : host.clock.now(), account: session.who.account,
    chat: jid, chatKind: 'group', change, group: remote,
    ...(author ? { by: session.who.isOwn(author) ? session.who.account : await session.who.chat(author, message.key.participantAlt) } : {}),
  }]
}

async function bytesOf(media: HostMedia): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of media.open() as AsyncIterable<Uint8Array>) {
    chunks.push(Buffer.from(chunk))
    size += Buffer.byteLength(chunk)
    if (size > PICTURE_BYTES) throw new BridgeError('permanent', 'media_too_large', 'A group\'s picture may not be larger than 5 MB')
  }
  return Buffer.concat(chunks)
}

export function groupFacet(session: () => Session): GroupFacet {
  const ask = async <T>(work: (open: Session) => Promise<T>): Promise<T> => {
    try {
      return await work(session())
    } catch (error) {
      throw failedQuery(error)
    }
  }
  const addresses = (open: Session, users: readonly string[]): Promise<string[]> => Promise.all(users.map((user) => addressOf(open, user)))
  return {
    list: () => ask(async (open) => {
      const groups = Object.values(await open.socket.groupFetchAllParticipating())
      groups.forEach((group) => open.groups.set(group))
      return Promise.all(groups.map((group) => remoteGroup(open, group)))
    }),
    get: (chat) => ask(async (open) => {
      const group = await metadata(open, chat, true)
      const picture = await open.socket.profilePictureUrl(chat, 'image', 10_000).catch(() => undefined)
      return remoteGroup(open, group, picture)
    }),
    create: (subject, members) => ask(async (open) => {
      const group = await open.socket.groupCreate(subject, await addresses(open, members))
      open.groups.set(group)
      return remoteGroup(open, group)
    }),
    update: (chat, change) => ask(async (open) => {
      if (change.subject !== undefined) await open.socket.groupUpdateSubject(chat, change.subject)
      if (change.description !== undefined) await open.socket.groupUpdateDescription(chat, change.description)
      if (change.picture) await open.socket.updateProfilePicture(chat, await bytesOf(change.picture))
      open.groups.forget(chat)
    }),
    inviteLink: (chat, revoke) => ask(async (open) => {
      const code = revoke ? await open.socket.groupRevokeInvite(chat) : await open.socket.groupInviteCode(chat)
      if (!code) throw new BridgeError('permanent', 'bad_request', 'The group has no invite link for this number')
      return `https://chat.whatsapp.com/${code}`
    }),
    changeMembers: (chat, change, members) => ask(async (open) => {
      const results = await open.socket.groupParticipantsUpdate(chat, await addresses(open, members), change)
      open.groups.forget(chat)
      const refused = results.filter(({ status }) => status !== '200')
      if (refused.length === 0) return
      const [first] = refused
      throw new BridgeError('permanent', 'bad_request', `WhatsApp refused ${refused.length} of ${members.length} members`, { remoteCode: first?.status })
    }),
    leave: (chat) => ask(async (open) => {
      await open.socket.groupLeave(chat)
      open.groups.forget(chat)
    }),
  }
}

