/** Events come back from their row as JSON: instants are dates again, and nothing else changes. */
import type { InboundEvent } from '../../../plugins/sdk/bridge.ts'

const dated = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

export function reviveEvent(payload: string): InboundEvent {
  return JSON.parse(payload, (key, value: unknown) =>
    (key === 'at' || key === 'expiresAt' || key === 'upTo') && typeof value === 'string' && dated.test(value) ? new Date(value) : value,
  ) as InboundEvent
}
