/** Deliveries and reads: Messenger tells an instant, Instagram a message, up to which all is meant. */
import type { InboundEvent } from '../../../sdk/bridge.ts'
import { instant, list, num, str } from '../json.ts'
import type { Obj } from '../json.ts'
import { eventKey } from '../keys.ts'
import type { Happening } from './parse.ts'

export function receiptEvents(one: Happening, content: Obj): InboundEvent[] {
  const receipt = one.source.delivery === content ? 'delivered' as const : 'read' as const
  const base = { kind: 'receipt' as const, account: one.account, at: one.at, chat: one.partner.user, chatKind: 'direct' as const, receipt }
  const key = (...ids: (string | number)[]) => eventKey('s', receipt, ...ids)
  const listed = list(content.mids).flatMap(mid => str(mid) ?? [])
  const each = [...new Set(listed)].map(mid => ({ ...base, key: key(mid), target: mid }))
  const mid = str(content.mid)
  const upTo = mid ?? (num(content.watermark) === undefined ? undefined : instant(content.watermark))
  if (upTo === undefined) return each
  return [...each, { ...base, key: key(one.partner.user, typeof upTo === 'string' ? upTo : upTo.getTime()), target: { upTo } }]
}
