/**
 * What a message that came in does to its chat: the rows of domain §2.3, in their order.
 * Pure: the caller has stored or will store the message; here it is only decided what follows.
 */
import type { ChatState } from './chat.ts'
import { isAssigned } from './chat.ts'
import type { Instant } from './ports.ts'

export interface InboundFacts {
  /** live: a customer's message; echo: ours, sent outside Turno; history: from a sync; waiting: standby or not yet readable. */
  readonly nature: 'live' | 'echo' | 'history' | 'waiting'
  readonly chatKind: 'direct' | 'group'
  /** The sender is another channel of this install (row 7). */
  readonly ownLine: boolean
  readonly channelEnabled: boolean
  /** A call, not a message (row 8). */
  readonly call: boolean
  /** Provider's time of this message, not later than its receipt. */
  readonly sortAt: Instant
  readonly state: ChatState
  /** Newest customer message this chat has processed. */
  readonly lastInboundSort: Instant | null
  /** The assigned agent's last message. */
  readonly lastAgentMessageAt: Instant | null
  /** When the last conversation closed. */
  readonly lastClosedAt: Instant | null
  readonly oneShot: boolean
  /** Words that stop or resume the bot, from a role that may say them (rows 5 and 10). */
  readonly phrase: 'stop' | 'resume' | null
  /** A special phrase, and whether the chat waits already where it leads (row 12). */
  readonly special: 'elsewhere' | 'same target' | null
  /** The auto-responder guard keeps automatic messages back (row 15). */
  readonly muted: boolean
}

/**
 * store: nothing but the message. pending / followup: status of an assigned chat. stay: queued, keeps its place.
 * menu: the chat's run is given the message. stopBot, resumeBot: §4.9. special: to the phrase's queue or agent (§4.10). unroute: nobody may be put in charge now. route: open a conversation if none, then choose a destination.
 * `late` marks a message that came out of order and was placed by its own time.
 */
export interface InboundDecision {
  readonly then: 'store' | 'pending' | 'followup' | 'stay' | 'unroute' | 'route' | 'menu' | 'stopBot' | 'resumeBot' | 'special'
  readonly late: boolean
  /** Row of the table, for traces and tests. */
  readonly row: string
}

const decision = (row: string, then: InboundDecision['then'], late = false): InboundDecision => ({ row, then, late })

export function decideInbound(facts: InboundFacts): InboundDecision {
  if (facts.chatKind === 'group') return decision('4', 'store')
  if (facts.nature === 'echo') {
    if (facts.phrase) return decision('5', facts.phrase === 'stop' ? 'stopBot' : 'resumeBot')
    return decision('5', facts.state === 'PENDING' ? 'followup' : 'store')
  }
  if (facts.nature === 'history') return decision('6', 'store')
  if (facts.nature === 'waiting') return decision('6b', 'store')
  if (facts.ownLine) return decision('7', 'store')
  const assigned = isAssigned(facts.state)
  if (!facts.channelEnabled) {
    if (assigned) return decision('7b', 'pending')
    return decision('7b', facts.state === 'QUEUED' ? 'stay' : 'unroute')
  }
  if (facts.call) return decision('8', 'store')
  if (facts.lastInboundSort !== null && facts.sortAt < facts.lastInboundSort) {
    const open = facts.state !== 'IDLE' && facts.state !== 'RESOLVED'
    if (open) return decision('9', assigned && facts.sortAt > (facts.lastAgentMessageAt ?? 0) ? 'pending' : 'store', true)
    if (facts.lastClosedAt !== null && facts.sortAt < facts.lastClosedAt) return decision('9', 'store', true)
  }
  if (facts.phrase) return decision('10', facts.phrase === 'stop' ? 'stopBot' : 'resumeBot')
  if (facts.special === 'elsewhere' && !assigned) return decision('12', 'special')
  if (assigned) return decision('13', 'pending')
  if (facts.state === 'QUEUED') return decision('14', 'stay')
  if (facts.muted) return decision('15', 'store')
  if (facts.state === 'TRANSIT' || facts.oneShot) return decision('16', 'route')
  if (facts.state === 'MENU') return decision('17', 'menu')
  return decision('18', 'route')
}
