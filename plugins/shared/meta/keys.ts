import { createHash } from 'node:crypto'
import type { InboundEvent } from '../../sdk/bridge.ts'

const hash = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')

/** Short enough for a key, long enough never to meet another body's: names what has no id of its own. */
export const bodyDigest = (rawBody: Uint8Array): string => hash(rawBody).slice(0, 20)

/** What a key may measure, with room for the host's own part. */
const longest = 200

/** The key of an event from its kind and the ids that make it unique. Longer than a key may be: its beginning and a digest. */
export function eventKey(kind: string, ...ids: readonly (string | number)[]): string {
  const key = [kind, ...ids].join(':')
  return key.length <= longest ? key : `${key.slice(0, longest - 41)}:${hash(key).slice(0, 40)}`
}

/** Each key once: a batch may hold the same news twice. */
export function once(events: readonly InboundEvent[]): InboundEvent[] {
  const seen = new Set<string>()
  return events.filter(event => {
    const key = `${event.account}\n${event.key}`
    return !seen.has(key) && seen.add(key)
  })
}
