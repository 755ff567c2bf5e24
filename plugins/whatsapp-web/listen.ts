/** What the client tells while a session lives, and what becomes of it: events for the host, in order. */
import type { BaileysEventMap, BinaryNode, Contact, WAMessage } from '@whiskeysockets/baileys'
import type { BridgeHost, InboundEvent } from '../sdk/index.ts'
import type { BookEntry } from './addressBook.ts'
import type { PhoneLid } from './baileys/authState.ts'
import { replayed } from './baileys/replay.ts'
import { groupEvents, isGroupStub } from './groups.ts'
import { identifiersOf, pairKnown } from './identities.ts'
import { isGroup, isNobody, isStatus, messageId, parseMessageId } from './ids.ts'
import type { Inbound } from './inbound.ts'
import { messageName } from './journal.ts'
import { refusedMessage } from './errors.ts'
import type { Session } from './session.ts'
import type { CompleteSettings } from './settings.ts'

const CIPHERTEXT = 2
const RECEIPTS = { 3: 'delivered', 4: 'read', 5: 'played' } as const
/** Events of a history sync that are handed over at once. */
const PORTION = 200

export interface ReachoutLock { readonly until: number }

export interface Listening {
  readonly host: BridgeHost
  readonly settings: CompleteSettings
  readonly session: Session
  readonly inbound: Inbound
  /** False once another session has taken over. */
  isCurrent(): boolean
  opened(): void
  closed(error: unknown): void
  locked(lock: ReachoutLock | null): void
}

type Update = BaileysEventMap['messages.update'][number]

export function listen(on: Listening): { pairs(pairs: readonly PhoneLid[]): void } {
  const { host, session, settings, inbound } = on
  const { socket, who, converter, journal, sent, library, auth } = session
  const now = (): number => host.clock.now().getTime()
  const events = (make: () => Promise<readonly InboundEvent[]>): void => inbound.push({ events: make })

  // --------------------------------------------------------------- messages

  const isWanted = (message: WAMessage): boolean => settings.groups || !isGroup(message.key.remoteJid ?? '')

  async function eventsOf(message: WAMessage, history: boolean): Promise<readonly InboundEvent[]> {
    if (!isWanted(message)) return []
    if (isGroupStub(message)) return history ? [] : groupEvents(session, message, host)
    // The library gives back what this line sent itself; the host knows it already.
    if (message.key.fromMe && await sent.get(message.key.id ?? '')) return []
    const made = await converter.message(message, { now: now(), ...(history ? { history: true as const } : {}) })
    for (const event of made) if (event.kind === 'message' && !event.fromAccount && !event.history) session.unread.add(event.chat, event.id)
    return made
  }

  function arrived(message: WAMessage): void {
    const { remoteJid, participant, id } = message.key
    const name = messageName(remoteJid, participant, id)
    // The real message will follow under the same name; only that one frees the journal.
    const pending = message.messageStubType === CIPHERTEXT
    inbound.push({ events: () => eventsOf(message, false), ...(pending ? {} : { stored: () => journal.handedOver(name) }) })
  }

  function replayLeftOver(): void {
    const own = { jid: auth.creds.me?.id ?? '', lid: auth.creds.me?.lid ?? '' }
    for (const entry of session.leftOver) {
      const message = replayed(library, entry, own)
      if (message) events(() => eventsOf(message, false))
    }
  }

  // --------------------------------------------------------------- receipts

  async function receipt({ key, update }: Update): Promise<readonly InboundEvent[]> {
    const kind = RECEIPTS[update.status as 3 | 4 | 5]
    const remote = key.remoteJid ?? ''
    if (!kind || !key.fromMe || isGroup(remote) || isStatus(remote) || isNobody(remote)) return []
    const entry = await sent.get(key.id ?? '')
    // A receipt may come from the other address of the one it was sent to.
    const chat = parseMessageId(entry?.remoteId ?? '')?.chat ?? await who.chat(remote)
    const target = entry?.remoteId ?? messageId({ chat, author: '', fromMe: true, id: key.id ?? '' })
    const at = typeof update.messageTimestamp === 'number' && update.messageTimestamp > 0 ? update.messageTimestamp * 1000 : now()
    return [{
      kind: 'receipt', key: `receipt|${target}|${kind}`, at: new Date(at), account: who.account, chat, chatKind: 'direct', target, receipt: kind,
      ...(entry ? { correlation: entry.idempotencyKey } : {}),
    }]
  }

  /** An acknowledgement that nobody waits for any more: the send had given up, or another process had sent it. */
  async function lateAck(id: string, error: string | undefined): Promise<readonly InboundEvent[]> {
    const entry = await sent.get(id)
    if (!entry) return []
    const kind = error ? 'failed' : 'sent'
    const chatKind = isGroup(entry.to) ? 'group' : 'direct'
    const { code, message } = error ? refusedMessage(error) : { code: 'unknown' as const, message: '' }
    return [{
      kind: 'receipt', key: `receipt|${entry.remoteId}|${kind}`, at: host.clock.now(), account: who.account, chat: parseMessageId(entry.remoteId)?.chat ?? entry.to, chatKind,
      target: entry.remoteId, receipt: kind, correlation: entry.idempotencyKey, ...(error ? { error: { code, remoteCode: error, message } } : {}),
    }]
  }

  async function acknowledged({ attrs: { id = '', error } }: BinaryNode): Promise<void> {
    const waiting = session.acks.get(id)
    session.acks.delete(id)
    if (error === '463') void socket.fetchAccountReachoutTimelock().catch(() => on.locked({ until: now() + 60_000 }))
    if (!error) await auth.writer.write(await sent.accepted(id))
    if (waiting) waiting(error)
    else events(() => lateAck(id, error))
  }

  // --------------------------------------------------- names and identities

  const contactEvent = async (entry: BookEntry): Promise<InboundEvent> => ({
    kind: 'contact', key: `book|${entry.phone ?? ''}|${entry.lid ?? ''}|${now()}`, at: host.clock.now(), account: who.account,
    profile: await who.profile(entry, { bookName: entry.name }),
  })

  async function booked(contacts: readonly Partial<Contact>[]): Promise<readonly InboundEvent[]> {
    if (!settings.phoneBook) return []
    const entries: BookEntry[] = []
    for (const { id = '', lid, phoneNumber, name } of contacts) {
      if (!name || isGroup(id) || isNobody(id) || who.isOwn(id)) continue
      entries.push({ name, ...await who.known(id, lid, phoneNumber) })
    }
    return Promise.all((await session.book.save(entries)).map(contactEvent))
  }

  function pairs(found: readonly PhoneLid[]): void {
    const others = found.filter(({ phone }) => !who.isOwn(`${phone}@s.whatsapp.net`))
    for (let from = 0; from < others.length; from += PORTION) {
      const portion = others.slice(from, from + PORTION)
      events(() => Promise.resolve(portion.map(({ phone, lid }): InboundEvent => ({
        kind: 'identity', key: `pair|${phone}|${lid}`, at: host.clock.now(), account: who.account, change: 'alias',
        before: identifiersOf({ phone }), now: identifiersOf(pairKnown({ phone, lid })),
      }))))
    }
  }

  function history({ contacts, messages }: BaileysEventMap['messaging-history.set']): void {
    for (let from = 0; from < contacts.length; from += PORTION) {
      const portion = contacts.slice(from, from + PORTION)
      events(() => booked(portion))
    }
    if (!settings.importHistory) return
    // The network lists the newest first.
    for (const message of [...messages].reverse()) events(() => eventsOf(message, true))
  }

  // ------------------------------------------------------------------ calls

  async function called(call: BaileysEventMap['call'][number]): Promise<readonly InboundEvent[]> {
    const state = call.status === 'offer' ? 'ringing' : call.status === 'timeout' ? 'missed' : null
    if (!state || call.isGroup || call.offline) return []
    if (state === 'ringing') session.calls.set(call.id, call.from)
    else session.calls.delete(call.id)
    const known = await who.known(call.from, call.callerPn, call.chatId)
    return [{
      kind: 'call', key: `call|${call.id}|${state}`, at: call.date, account: who.account, chat: await who.canonical(known), chatKind: 'direct',
      id: call.id, sender: await who.profile(known), state,
    }]
  }

  async function presence({ id, presences }: BaileysEventMap['presence.update']): Promise<void> {
    const name = async (jid: string): Promise<string> => (isGroup(jid) ? jid : who.canonical(await who.known(jid), false))
    for (const [participant, { lastKnownPresence }] of Object.entries(presences)) {
      if (who.isOwn(participant)) continue
      host.signal({
        kind: 'typing', chat: await name(id), sender: await name(participant),
        typing: lastKnownPresence === 'composing' || lastKnownPresence === 'recording',
      })
    }
  }

  function restricted(lock: { isActive?: boolean; timeEnforcementEnds?: Date }): void {
    const until = lock.timeEnforcementEnds?.getTime() ?? now() + 60_000
    on.locked(lock.isActive ? { until } : null)
    if (!lock.isActive) return
    events(() => Promise.resolve([{
      kind: 'account', key: `reachout|${until}`, at: host.clock.now(), account: who.account, code: 'reachout_limited', severity: 'warning',
      message: `WhatsApp does not let this number begin new chats until ${new Date(until).toISOString()}`,
    }]))
  }

  // ----------------------------------------------------------------- wiring

  const current = <T extends unknown[]>(work: (...values: T) => void) => (...values: T): void => { if (on.isCurrent()) work(...values) }

  socket.ev.process((map) => {
    if (!on.isCurrent()) return
    const saved = map['creds.update']
    // A refusal closes the line; nobody else needs to hear of it.
    if (saved) void auth.saveCreds().catch(() => undefined)
    const connection = map['connection.update']
    if (connection?.connection === 'open') on.opened()
    if (connection?.receivedPendingNotifications) journal.dropEarlier()
    if (connection?.reachoutTimeLock) restricted(connection.reachoutTimeLock)
    const synced = map['messaging-history.set']
    if (synced) history(synced)
    const named = map['contacts.upsert']
    if (named) events(() => booked(named))
    for (const message of map['messages.upsert']?.messages ?? []) arrived(message)
    for (const update of map['messages.update'] ?? []) if (update.update.status) events(() => receipt(update))
    for (const call of map.call ?? []) events(() => called(call))
    const typing = map['presence.update']
    if (typing) void presence(typing)
    for (const { id } of [...map['groups.update'] ?? [], ...map['groups.upsert'] ?? []]) if (id) session.groups.forget(id)
    const members = map['group-participants.update']
    if (members) session.groups.forget(members.id)
    if (map['message-capping.update']) events(() => Promise.resolve([{
      kind: 'account', key: `capping|${now()}`, at: host.clock.now(), account: who.account, code: 'new_chats_capped', severity: 'warning',
      message: 'WhatsApp has changed how many new chats this number may begin',
    }]))
    if (connection?.connection === 'close') on.closed(connection.lastDisconnect?.error)
  })
  socket.ws.on('CB:ack,class:message', current((ack: BinaryNode) => void acknowledged(ack)))
  replayLeftOver()
  return { pairs }
}
