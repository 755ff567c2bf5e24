/**
 * Who is who. Since 2026 a person has a business-scoped user id (BSUID) and may
 * hide the number behind a username, so a phone is one identifier among others
 * and never the key by itself (provider page "Identity").
 */
import type { RemoteIdentifier, RemoteProfile } from '../sdk/bridge.ts'
import { objOr, objects, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'

/** Ids of a parent portfolio are valid across its businesses, so they must not compete with the business's own. */
const parentScope = 'parent'

const bsuidForm = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/
const phoneForm = /^\+?[0-9]{5,20}$/

/** Some stacks put a BSUID where the phone belongs: a value with letters is not a phone. */
export const phoneOf = (value: unknown): string | undefined => {
  const text = str(value)
  return text !== undefined && phoneForm.test(text) ? text.replace('+', '') : undefined
}
export const bsuidOf = (value: unknown): string | undefined => {
  const text = str(value)
  return text !== undefined && bsuidForm.test(text) ? text : undefined
}

interface Ids { readonly phone?: string; readonly bsuid?: string; readonly parent?: string }

export function identifiers(ids: Ids, waba: string): RemoteIdentifier[] {
  return [
    ...(ids.bsuid ? [{ kind: 'bsuid' as const, scope: waba, value: ids.bsuid }] : []),
    ...(ids.parent ? [{ kind: 'bsuid' as const, scope: parentScope, value: ids.parent }] : []),
    ...(ids.phone ? [{ kind: 'phone' as const, scope: '', value: ids.phone }] : []),
  ]
}

/** Null when nothing in the event says who it is. */
export function person(ids: Ids, waba: string, contact: Obj = {}): RemoteProfile | null {
  const [first, ...rest] = identifiers(ids, waba)
  if (!first) return null
  const profile = objOr(contact.profile)
  const name = str(profile.name)
  const username = str(profile.username)?.replace(/^@/, '')
  return {
    user: ids.bsuid ?? ids.phone ?? first.value,
    identifiers: [first, ...rest],
    ...(name && { name }),
    ...(username && { username }),
  }
}

/** The sender of a message, enriched by the entry of `contacts[]` that belongs to it. */
export function senderOf(message: Obj, contacts: unknown, waba: string): RemoteProfile | null {
  const all = objects(contacts)
  const given = idsIn(message, 'from', 'from_user_id', 'from_parent_user_id')
  const own = all.find(contact => sameIds(idsIn(contact, 'wa_id', 'user_id', 'parent_user_id'), given))
    // A message without any sender field, and one contact beside it, can only be from that one.
    ?? (all.length === 1 && !given.phone && !given.bsuid ? all[0] : undefined)
  const fromContact = own ? idsIn(own, 'wa_id', 'user_id', 'parent_user_id') : {}
  return person({
    phone: given.phone ?? fromContact.phone,
    bsuid: given.bsuid ?? fromContact.bsuid,
    parent: given.parent ?? fromContact.parent,
  }, waba, own)
}

/** Reads one of Meta's triples of fields, whatever stands in the phone's place. */
export function idsIn(source: Obj, phoneField: string, userField: string, parentField: string): Ids {
  return {
    phone: phoneOf(source[phoneField]),
    bsuid: bsuidOf(source[userField]) ?? bsuidOf(source[phoneField]),
    parent: bsuidOf(source[parentField]),
  }
}

const sameIds = (a: Ids, b: Ids): boolean =>
  (a.phone !== undefined && a.phone === b.phone) || (a.bsuid !== undefined && a.bsuid === b.bsuid)
