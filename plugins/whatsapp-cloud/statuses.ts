/** What became of our messages (provider page "Statuses"). */
import type { InboundEvent } from '../sdk/bridge.ts'
import { classify, readFault } from '../shared/meta/errors.ts'
import { instant, objOr, objects, optional, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import { eventKey } from '../shared/meta/keys.ts'
import { note } from './change.ts'
import type { Change } from './change.ts'
import { errors } from './errors.ts'
import { identifiers, idsIn, person } from './identity.ts'

type Receipt = Extract<InboundEvent, { kind: 'receipt' }>
const receipts: Readonly<Record<string, Receipt['receipt']>> = { sent: 'sent', delivered: 'delivered', read: 'read', played: 'played', failed: 'failed' }

const marketingStopped = 131050

export function statusEvents(change: Change): InboundEvent[] {
  return objects(change.value.statuses).flatMap((status, index) => statusEvent(change, status, index))
}

function statusEvent(change: Change, status: Obj, index: number): InboundEvent[] {
  const at = instant(status.timestamp, change.entryTime)
  const id = str(status.id)
  const name = str(status.status) ?? 'unknown'
  const receipt = Object.hasOwn(receipts, name) ? receipts[name] : undefined
  const recipient = person(idsIn(status, 'recipient_id', 'recipient_user_id', 'recipient_parent_user_id'), change.waba)
  const group = str(status.group_id) ?? (status.recipient_type === 'group' ? str(status.recipient_id) : undefined)
  const chat = group ?? recipient?.user ?? str(status.recipient_id)
  if (!id || !receipt || !chat) return [note(change, at, `status:${index}`, `status:${name}`, `A status of message ${id ?? 'unknown'}`)]
  const participant = str(status.recipient_participant_user_id) ?? str(status.recipient_participant_id)
  const event: Receipt = {
    kind: 'receipt',
    // In a group every member reports on the same message.
    key: eventKey('s', id, name, ...(participant ? [participant] : [])),
    at, account: change.account, chat, chatKind: group ? 'group' : 'direct',
    ...optional('partner', group ? undefined : recipient ?? undefined),
    target: id, receipt,
    ...optional('correlation', str(status.biz_opaque_callback_data)),
    ...optional('error', receipt === 'failed' ? failure(status) : undefined),
    ...optional('price', price(objOr(status.pricing))),
  }
  return group ? [event] : [event, ...learned(change, status, at), ...marketingStop(change, status, at)]
}

function failure(status: Obj): Receipt['error'] {
  const fault = readFault(objects(status.errors)[0] ?? {})
  return { code: classify(errors, fault).code, ...optional('remoteCode', fault.remoteCode), message: fault.message }
}

function price(pricing: Obj): Receipt['price'] {
  const category = str(pricing.category)
  if (!category) return undefined
  return { billable: pricing.billable === true, category, model: str(pricing.pricing_model) ?? str(pricing.type) ?? 'unknown' }
}

/** Written to a phone, answered with the person's id: from now on both are known, also when the number gets hidden later. */
function learned(change: Change, status: Obj, at: Date): InboundEvent[] {
  const { phone, bsuid } = idsIn(status, 'recipient_id', 'recipient_user_id', 'recipient_parent_user_id')
  if (!phone || !bsuid) return []
  return [{
    kind: 'identity', key: eventKey('i', phone, bsuid), at, account: change.account, change: 'alias',
    before: identifiers({ phone }, change.waba), now: identifiers({ bsuid }, change.waba),
  }]
}

/** The refusal that says so counts as the customer's marketing stop. */
function marketingStop(change: Change, status: Obj, at: Date): InboundEvent[] {
  const user = person(idsIn(status, 'recipient_id', 'recipient_user_id', 'recipient_parent_user_id'), change.waba)
  const stopped = objects(status.errors).some(error => readFault(error).code === marketingStopped)
  if (!user || !stopped) return []
  return [{ kind: 'opt', key: eventKey('o', user.user, 'out', str(status.id) ?? ''), at, account: change.account, chat: user.user, chatKind: 'direct', user, state: 'out', scope: 'marketing' }]
}
