/**
 * From who wrote to the account, contact and chat they are (domain §1.1, §2.7, §6.1). The provider's stable ids are the
 * key; unique keys, not look-ups, keep one person from becoming two: a clash fails the batch, and its repetition finds
 * the winner.
 */
import type { RemoteIdentifier, RemoteProfile } from '../../../plugins/sdk/bridge.ts'
import { digitsOf, reversed, words } from '../../domain/fold.ts'
import { chatTitle, formatPhone } from '../../domain/title.ts'
import { placeholders } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import type { ChannelEntry } from '../catalog.ts'
import type { Core } from '../core.ts'
import type { ChatRow } from '../work/rows.ts'
import type { ChatWork, Work } from '../work/work.ts'

export interface Arriving {
  readonly laneId: string
  readonly channel: ChannelEntry
  readonly remoteChatId: string
  readonly kind: 'direct' | 'group'
  /** Of the customer; null for a group, or when only our own echoes came. */
  readonly profile: RemoteProfile | null
  /** False: only a chat that exists is wanted. */
  readonly make: boolean
}

const identityKey = (channelType: string, id: RemoteIdentifier): string => `${channelType}\n${id.kind}\n${id.scope}\n${id.value}`
const phoneOf = (profile: RemoteProfile | null): string | null => profile?.identifiers.find((id) => id.kind === 'phone')?.value ?? null

/** Finds or makes the chat of each lane that has none yet; the answer is by lane. */
export async function chatsOf(core: Core, tx: Tx, work: Work, arriving: readonly Arriving[]): Promise<Map<string, ChatWork>> {
  const found = new Map<string, ChatWork>()
  if (arriving.length === 0) return found
  const accounts = await findAccounts(tx, arriving)
  const chatIds = await findChats(tx, arriving, accounts)
  await work.lockChats([...chatIds.values()])
  const made = new Map<string, ChatWork>()
  for (const lane of arriving) {
    const known = work.chats.get(chatIds.get(lane.laneId) ?? '')
    const accountId = accountOf(lane, accounts)
    const twin = accountId === null ? undefined : made.get(`${lane.channel.id}\n${accountId}`)
    const chat = known ?? twin ?? (lane.make ? makeChat(core, work, lane, accounts) : undefined)
    if (!chat) continue
    found.set(lane.laneId, chat)
    made.set(`${lane.channel.id}\n${chat.row.accountId ?? lane.remoteChatId}`, chat)
    work.update('lanes', lane.laneId, { chatId: chat.id })
  }
  return found
}

interface AccountFound { readonly accountId: string; readonly contactId: string }

async function findAccounts(tx: Tx, arriving: readonly Arriving[]): Promise<Map<string, AccountFound>> {
  const identities = arriving.flatMap((lane) => (lane.profile?.identifiers ?? []).map((id) => ({ ...id, channelType: lane.channel.channelType })))
  if (identities.length === 0) return new Map()
  const values = [...new Set(identities.map((id) => id.value))]
  const rows = await tx.all<{ channelType: string; kind: RemoteIdentifier['kind']; scope: string; value: string; accountId: string; contactId: string }>(
    `SELECT i.channelType, i.kind, i.scope, i.value, i.accountId, a.contactId FROM identifiers i JOIN accounts a ON a.id = i.accountId
     WHERE i.channelType IN (${placeholders(new Set(identities.map((id) => id.channelType)).size)}) AND i.kind IN (${placeholders(new Set(identities.map((id) => id.kind)).size)})
       AND i.liveValue IN (${placeholders(values.length)})`,
    [...new Set(identities.map((id) => id.channelType)), ...new Set(identities.map((id) => id.kind)), ...values],
  )
  return new Map(rows.map((row) => [identityKey(row.channelType, row), { accountId: row.accountId, contactId: row.contactId }]))
}

/** Stable ids are listed before the phone by the bridges; the first that is known decides. */
function accountOf(lane: Arriving, accounts: ReadonlyMap<string, AccountFound>): string | null {
  for (const id of lane.profile?.identifiers ?? []) {
    const found = accounts.get(identityKey(lane.channel.channelType, id))
    if (found) return found.accountId
  }
  return null
}

async function findChats(tx: Tx, arriving: readonly Arriving[], accounts: ReadonlyMap<string, AccountFound>): Promise<Map<string, string>> {
  const wanted = arriving.map((lane) => ({ lane, accountId: accountOf(lane, accounts) }))
  const channels = [...new Set(arriving.map((lane) => lane.channel.id))]
  const accountIds = [...new Set(wanted.flatMap((w) => (w.accountId ? [w.accountId] : [])))]
  const remoteIds = [...new Set(arriving.map((lane) => lane.remoteChatId))]
  const rows = await tx.all<{ id: string; channelId: string; accountId: string | null; remoteChatId: string }>(
    `SELECT id, channelId, accountId, remoteChatId FROM chats WHERE channelId IN (${placeholders(channels.length)})
       AND (remoteChatId IN (${placeholders(remoteIds.length)})${accountIds.length > 0 ? ` OR accountId IN (${placeholders(accountIds.length)})` : ''})`,
    [...channels, ...remoteIds, ...accountIds],
  )
  const answer = new Map<string, string>()
  for (const { lane, accountId } of wanted) {
    const row = rows.find((r) => r.channelId === lane.channel.id && (r.remoteChatId === lane.remoteChatId || (accountId !== null && r.accountId === accountId)))
    if (row) answer.set(lane.laneId, row.id)
  }
  return answer
}

function makeChat(core: Core, work: Work, lane: Arriving, accounts: Map<string, AccountFound>): ChatWork {
  const person = lane.kind === 'group' ? null : (knownPerson(lane, accounts) ?? makePerson(core, work, lane, accounts))
  const phone = phoneOf(lane.profile)
  const id = core.ids.next()
  const title = lane.kind === 'group' ? (lane.profile?.name ?? lane.remoteChatId) : titleFor(lane, id)
  const row: ChatRow = {
    id, channelId: lane.channel.id, accountId: person?.accountId ?? null, contactId: person?.contactId ?? null, kind: lane.kind, remoteChatId: lane.remoteChatId,
    state: 'IDLE', conversationId: null, agentId: null, lastAgentId: null, queueId: null, title, customName: null,
    subtitle: phone ? formatPhone(phone) : (lane.profile?.username ?? null), avatarMediaId: null, priority: 0, botStopped: 0, oneShot: null, guard: null, unread: 0,
    waitingSince: null, queuedAt: null, lastMessageAt: null, lastInboundAt: null, lastInboundSort: null, previewKind: null, previewAuthor: null, previewText: null,
    previewMessageId: null, previewStatus: null, readThrough: null, seq: 0, createdAt: work.now, updatedAt: work.now,
  }
  const chat = work.newChat(row)
  chat.event('chat.created', { kind: 'customer', id: null, name: title })
  const digits = phone ? digitsOf(phone) : null
  work.insert('search', { kind: 'chat', refId: id, words: words(title), digits, digitsReversed: digits ? reversed(digits) : null })
  return chat
}

function titleFor(lane: Arriving, chatId: string): string {
  return chatTitle({
    customName: null, contactName: null, contactNameSource: null, bookName: lane.profile?.bookName ?? null, usePhoneBookName: lane.channel.options.usePhoneBookName !== false,
    profileName: lane.profile?.name ?? null, phone: phoneOf(lane.profile), username: lane.profile?.username ?? null, shortId: chatId.slice(-4),
  })
}

function knownPerson(lane: Arriving, accounts: ReadonlyMap<string, AccountFound>): AccountFound | null {
  for (const id of lane.profile?.identifiers ?? []) {
    const found = accounts.get(identityKey(lane.channel.channelType, id))
    if (found) return found
  }
  return null
}

function makePerson(core: Core, work: Work, lane: Arriving, accounts: Map<string, AccountFound>): AccountFound {
  const person = { accountId: core.ids.next(), contactId: core.ids.next() }
  const { now } = work
  const name = titleFor(lane, person.contactId)
  work.insert('contacts', { id: person.contactId, name, nameSource: 'profile', createdAt: now, updatedAt: now })
  work.insert('accounts', {
    id: person.accountId, contactId: person.contactId, channelType: lane.channel.channelType, profileName: lane.profile?.name ?? null,
    bookName: lane.profile?.bookName ?? null, username: lane.profile?.username ?? null, createdAt: now, updatedAt: now,
  })
  // Without a profile (an echo of ours opened the lane) the remote chat is all that is known; it will show who it is.
  for (const id of lane.profile?.identifiers ?? []) {
    work.insert('identifiers', {
      id: core.ids.next(), accountId: person.accountId, channelType: lane.channel.channelType, kind: id.kind, scope: id.scope, value: id.value, createdAt: now,
    })
    accounts.set(identityKey(lane.channel.channelType, id), person)
  }
  return person
}
