import type { InboundEvent } from '../sdk/bridge.ts'
import type { Obj } from '../shared/meta/json.ts'
import { eventKey } from '../shared/meta/keys.ts'

/** One change of a body with what all of its readers need. */
export interface Change {
  readonly field: string
  readonly value: Obj
  /** The WhatsApp business account (`entry[].id`). */
  readonly waba: string
  /** The phone number id, or the account where the change names no number. */
  readonly account: string
  /** The business's own number, digits only. */
  readonly ownPhone?: string
  /** Makes keys for what has no id: same body, same keys. */
  readonly place: string
  /** `entry[].time`, for what carries no time of its own. */
  readonly entryTime: unknown
}

/** A note for the administrators: nothing disappears in silence. */
export const note = (change: Change, at: Date, index: number | string, code: string, message: string, severity: 'info' | 'warning' | 'error' = 'info'): InboundEvent =>
  ({ kind: 'account', key: eventKey('n', change.field, change.place, index), at, account: change.account, code, message, severity })
