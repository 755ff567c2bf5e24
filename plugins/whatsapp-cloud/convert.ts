/**
 * From one webhook body to events. Pure and total: every entry, change, message
 * and status is read, whatever the others look like, and what nobody knows is
 * told as an `account` note or an `unsupported` part rather than dropped.
 *
 * It depends on the body alone, not on a channel's settings: one address may
 * serve several numbers of several accounts. Events of a whole WhatsApp account
 * (templates, alerts) carry that account's id as their identity, all others the
 * phone number id.
 */
import type { InboundEvent, RemoteProfile } from '../sdk/bridge.ts'
import { refuse } from '../shared/meta/limits.ts'
import { instant, obj, objOr, objects, optional, parseJson, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import { readFault } from '../shared/meta/errors.ts'
import { bodyDigest, eventKey, once } from '../shared/meta/keys.ts'
import { accountEvents } from './accountEvents.ts'
import { note } from './change.ts'
import type { Change } from './change.ts'
import { contextOf, isOwnCard, partOf } from './content.ts'
import { groupEvents } from './groups.ts'
import { bsuidOf, identifiers, idsIn, person, phoneOf, senderOf } from './identity.ts'
import { statusEvents } from './statuses.ts'

/** @throws {BridgeError} bad_request for a body that is not this network's. */
export function parse(rawBody: Uint8Array): InboundEvent[] {
  const body = obj(parseJson(rawBody))
  if (body?.object !== 'whatsapp_business_account' || !Array.isArray(body.entry)) throw refuse('Not a webhook of a WhatsApp Business account')
  const digest = bodyDigest(rawBody)
  return once(objects(body.entry).flatMap((entry, e) =>
    objects(entry.changes).flatMap((change, c) => {
      const value = objOr(change.value)
      const metadata = objOr(value.metadata)
      const waba = str(entry.id) ?? 'unknown'
      return changeEvents({
        field: str(change.field) ?? 'unknown',
        value,
        waba,
        account: str(metadata.phone_number_id) ?? waba,
        ownPhone: phoneOf(metadata.display_phone_number),
        place: `${digest}:${e}:${c}`,
        entryTime: entry.time,
      })
    })))
}

function changeEvents(change: Change): InboundEvent[] {
  const reader = Object.hasOwn(fields, change.field) ? fields[change.field] : undefined
  return reader ? reader(change) : accountEvents(change)
}

const fields: Readonly<Record<string, (change: Change) => InboundEvent[]>> = {
  messages: change => [
    ...objects(change.value.messages).flatMap((message, index) => messageEvents(change, message, index)),
    ...statusEvents(change),
    ...faultEvents(change),
  ],
  smb_message_echoes: change => objects(change.value.message_echoes).flatMap((message, index) => ownMessage(change, message, index, {})),
  history: historyEvents,
  smb_app_state_sync: phoneBookEvents,
  user_preferences: preferenceEvents,
  user_id_update: userIdEvents,
  calls: callEvents,
  group_lifecycle_update: groupEvents,
  group_settings_update: groupEvents,
  group_participants_update: groupEvents,
  group_participant_update: groupEvents,
  group_status_update: groupEvents,
}

function messageEvents(change: Change, message: Obj, index: number): InboundEvent[] {
  const at = instant(message.timestamp, change.entryTime)
  if (message.type === 'system') return systemEvents(change, message, at, index)
  const sender = senderOf(message, change.value.contacts, change.waba)
  if (!sender) return [note(change, at, index, 'message_without_sender', `A message of type ${str(message.type) ?? 'unknown'} names no sender`, 'warning')]
  const events = inboundOf(change, message, sender, at, index, chatOf(message, sender))
  return isOwnCard(message) ? [...events, ...sharedNumber(change, message, sender, at)] : events
}

interface Chat { readonly chat: string; readonly chatKind: 'direct' | 'group'; readonly partner?: RemoteProfile }
function chatOf(message: Obj, partner: RemoteProfile): Chat {
  const group = str(message.group_id)
  return group ? { chat: group, chatKind: 'group' } : { chat: partner.user, chatKind: 'direct' }
}

/** Message, reaction, edit or deletion, from the customer or from the phone. */
function inboundOf(
  change: Change, message: Obj, sender: RemoteProfile, at: Date, index: number, chat: Chat,
  own: { readonly fromAccount?: 'phone'; readonly history?: true } = {},
): InboundEvent[] {
  const id = str(message.id) ?? `${change.field}:${change.place}:${index}`
  const base = { key: eventKey('m', id), at, account: change.account, ...chat }
  const target = targetOf(message)
  if (target && message.type === 'reaction') {
    // No emoji, or an empty one: the reaction was taken back.
    return [{ ...base, kind: 'reaction', target, sender, emoji: str(objOr(message.reaction).emoji) ?? null }]
  }
  if (target && message.type === 'edit') return [{ ...base, kind: 'edit', target, sender, part: partOf(objOr(objOr(message.edit).message), at) }]
  if (target && message.type === 'revoke') return [{ ...base, kind: 'delete', target }]
  return [{
    ...base, kind: 'message', id, sender,
    fromAccount: own.fromAccount ?? false,
    parts: [partOf(message, at)],
    context: contextOf(message),
    ...(own.history && { history: true as const }),
  }]
}

const targetOf = (message: Obj): string | undefined =>
  str(objOr(message.reaction).message_id) ?? str(objOr(message.edit).original_message_id) ?? str(objOr(message.revoke).original_message_id)

/** What the business wrote on its own phone (coexistence), perhaps to someone new to us. */
function ownMessage(change: Change, message: Obj, index: number, own: { readonly history?: true }): InboundEvent[] {
  const at = instant(message.timestamp, change.entryTime)
  const partner = person(idsIn(message, 'to', 'to_user_id', 'to_parent_user_id'), change.waba)
  const line = person({ phone: phoneOf(message.from) ?? change.ownPhone }, change.waba)
  if (!partner || !line) return [note(change, at, index, 'message_without_recipient', 'A message from the phone names no recipient', 'warning')]
  return inboundOf(change, message, line, at, index, { ...chatOf(message, partner), partner }, { fromAccount: 'phone', ...own })
}

/** Their own card, sent because we asked: from now on this number is theirs. */
function sharedNumber(change: Change, message: Obj, sender: RemoteProfile, at: Date): InboundEvent[] {
  const phone = objects(message.contacts).filter(contact => contact.origin === 'contact_request')
    .flatMap(contact => objects(contact.phones)).map(entry => phoneOf(entry.wa_id)).find(Boolean)
  const known = sender.identifiers.filter(identifier => identifier.kind !== 'phone')
  if (!phone || known.length === 0) return []
  return [{ kind: 'identity', key: eventKey('i', phone, sender.user), at, account: change.account, change: 'alias', before: known, now: identifiers({ phone }, change.waba) }]
}

function systemEvents(change: Change, message: Obj, at: Date, index: number): InboundEvent[] {
  const system = objOr(message.system)
  const type = str(system.type) ?? 'unknown'
  const id = str(message.id) ?? `${change.place}:${index}`
  const before = identifiers({
    phone: phoneOf(system.previous_wa_id) ?? (type === 'user_changed_number' ? phoneOf(message.from) : undefined),
    bsuid: bsuidOf(system.previous_user_id) ?? (type === 'user_changed_number' && system.user_id !== undefined ? bsuidOf(message.from_user_id) : undefined),
    parent: bsuidOf(system.previous_parent_user_id),
  }, change.waba)
  const now = identifiers({
    phone: phoneOf(system.wa_id) ?? phoneOf(system.new_wa_id),
    bsuid: bsuidOf(system.user_id),
    parent: bsuidOf(system.parent_user_id),
  }, change.waba)
  const moved = (type === 'user_changed_number' || type === 'user_changed_user_id') && before.length > 0 && now.length > 0
  if (moved) return [{ kind: 'identity', key: eventKey('m', id), at, account: change.account, change: 'replaced', before, now }]
  return [note(change, at, id, `system:${type}`, str(system.body) ?? type)]
}

function userIdEvents(change: Change): InboundEvent[] {
  return objects(change.value.user_id_update).flatMap((update, index): InboundEvent[] => {
    const at = instant(update.timestamp, change.entryTime)
    const ids = objOr(update.user_id)
    const parents = objOr(update.parent_user_id)
    const before = identifiers({ bsuid: bsuidOf(ids.previous), parent: bsuidOf(parents.previous) }, change.waba)
    const now = identifiers({ phone: phoneOf(update.wa_id), bsuid: bsuidOf(ids.current), parent: bsuidOf(parents.current) }, change.waba)
    if (before.length === 0 || now.length === 0) return [note(change, at, index, 'user_id_update', str(update.detail) ?? 'A user id changed', 'warning')]
    const key = eventKey('i', before[0]?.value ?? '', now[0]?.value ?? '', at.getTime())
    return [{ kind: 'identity', key, at, account: change.account, change: 'replaced', before, now }]
  })
}

/** The customer's own switch for marketing messages. */
function preferenceEvents(change: Change): InboundEvent[] {
  return objects(change.value.user_preferences).flatMap((preference, index): InboundEvent[] => {
    const at = instant(preference.timestamp, change.entryTime)
    const user = person(idsIn(preference, 'wa_id', 'user_id', 'parent_user_id'), change.waba)
    const state = preference.value === 'stop' ? 'out' : preference.value === 'resume' ? 'in' : undefined
    if (!user || !state) return [note(change, at, index, 'user_preferences', str(preference.detail) ?? 'A preference changed', 'warning')]
    const base = { account: change.account, at, chat: user.user, chatKind: 'direct' as const }
    return [{ ...base, kind: 'opt', key: eventKey('o', user.user, state, at.getTime()), user, state, scope: 'marketing' }]
  })
}

/** What the phone had before the number was linked: stored, never acted on. */
function historyEvents(change: Change): InboundEvent[] {
  return objects(change.value.history).flatMap((chunk, h) => [
    ...objects(chunk.errors).map((error, index) => note(change, instant(change.entryTime), `${h}:${index}`, `history:${str(error.code) ?? 'unknown'}`, readFault(error).message, 'warning')),
    ...objects(chunk.threads).flatMap((thread, t) => objects(thread.messages).flatMap((message, m): InboundEvent[] => {
      const at = instant(message.timestamp, change.entryTime)
      const index = (h * 1000 + t) * 100_000 + m
      const fromPhone = change.ownPhone !== undefined && phoneOf(message.from) === change.ownPhone
      if (fromPhone) return ownMessage(change, { to: thread.id, ...message }, index, { history: true })
      const sender = senderOf(message, change.value.contacts, change.waba)
      if (!sender) return [note(change, at, index, 'message_without_sender', 'A message of the history names no sender', 'warning')]
      return inboundOf(change, message, sender, at, index, chatOf(message, sender), { history: true })
    })),
  ])
}

function phoneBookEvents(change: Change): InboundEvent[] {
  return objects(change.value.state_sync).flatMap((sync, index): InboundEvent[] => {
    const contact = objOr(sync.contact)
    const at = instant(objOr(sync.metadata).timestamp, change.entryTime)
    const profile = person({ phone: phoneOf(contact.phone_number), bsuid: bsuidOf(contact.user_id) }, change.waba)
    const bookName = str(contact.full_name) ?? str(contact.first_name)
    if (!profile || sync.action === 'remove') return [note(change, at, index, 'phone_book', `An entry of the phone's address book: ${str(sync.action) ?? 'unknown'}`)]
    return [{ kind: 'contact', key: eventKey('b', profile.user, at.getTime()), at, account: change.account, profile: { ...profile, ...optional('bookName', bookName) } }]
  })
}

/** Calls are told, not answered. Those that the business made are not the customer's. */
function callEvents(change: Change): InboundEvent[] {
  return objects(change.value.calls).flatMap((call, index): InboundEvent[] => {
    const at = instant(call.timestamp, change.entryTime)
    const id = str(call.id)
    const sender = senderOf(call, change.value.contacts, change.waba)
    const event = str(call.event) ?? 'unknown'
    const ours = call.direction === 'BUSINESS_INITIATED' || (sender?.user !== undefined && sender.user === change.ownPhone)
    if (!id || !sender || ours || (event !== 'connect' && event !== 'terminate')) {
      return [note(change, at, index, `call:${event}`, `Call ${id ?? ''}`.trim())]
    }
    const missed = event === 'terminate'
    if (missed && call.status === 'COMPLETED') return [note(change, at, index, 'call:completed', `Call ${id}`)]
    return [{ kind: 'call', key: eventKey('l', id, event), at, account: change.account, chat: sender.user, chatKind: 'direct', id, sender, state: missed ? 'missed' : 'ringing' }]
  })
}

/** Errors beside the messages: about the number, not about one message. */
function faultEvents(change: Change): InboundEvent[] {
  return objects(change.value.errors).map((error, index) => {
    const fault = readFault(error)
    return note(change, instant(change.entryTime), `error:${index}`, `error:${fault.remoteCode ?? 'unknown'}`, fault.message, 'error')
  })
}

