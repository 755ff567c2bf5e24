/**
 * Choosing agents for waiting chats (domain §3). Pure: the caller has locked what it passes in, and writes what comes out.
 * A pass looks at the waiting chats of one or more lists in one order, decides about each, and counts what it has given
 * away as it goes.
 */
import type { Instant } from './ports.ts'

export type Strategy = 'turns' | 'longest-idle' | 'fewest' | 'linear' | 'all'
export const strategies = ['turns', 'longest-idle', 'fewest', 'linear', 'all'] as const satisfies readonly Strategy[]

export interface Candidate {
  readonly membershipId: number
  readonly agentId: string
  /** Tier 1 comes first (§3.10). */
  readonly priority: number
  readonly enabled: boolean
  readonly online: boolean
  readonly paused: boolean
  /** Assigned chats and open offers that reserve a place. */
  readonly load: number
  /** 0 is unlimited. */
  readonly capacity: number
  readonly wrapUpUntil: Instant | null
  readonly lastAssignedAt: Instant | null
}

/** A list that is drained: a queue's, or that of the agents a menu or a transfer named. */
export interface Line {
  readonly key: string
  readonly members: readonly Candidate[]
  /** Membership id last selected; 0 for none. */
  readonly pointer: number
  readonly strategy: Strategy
  readonly weight: number
  /** Times in ms. */
  readonly widenAfter: number
  readonly lapPause: number
  readonly restAfterExpiry: number
}

export interface OfferFacts {
  readonly agentId: string
  readonly lap: number
  readonly open: boolean
  readonly declined: boolean
}

export interface WaitingChat {
  readonly chatId: string
  /** Of its line. */
  readonly key: string
  readonly priority: number
  readonly queuedAt: Instant
  /** Beginning of the leg, from which tiers widen. */
  readonly since: Instant
  /** The author of a transfer, who is left out while this is set (§3.8). */
  readonly excludedAgentId: string | null
  /** Offers instead of assignments at once. */
  readonly invite: boolean
  /** May wait when nobody is there. */
  readonly enqueue: boolean
  /** One round of offers and no more: an invitation by a menu, a transfer to a person. */
  readonly once: boolean
  /** 0 is none; ms. */
  readonly totalTimeout: number
  /** What is left of it while it does not run; null before the first offer. */
  readonly timeLeft: number | null
  readonly deadlineAt: Instant | null
  /** Pause between laps, or rest after an attempt that nobody accepted. */
  readonly restUntil: Instant | null
  readonly lap: number
  /** Offers of this attempt; those of the attempt before it while it rests. */
  readonly offers: readonly OfferFacts[]
  readonly resting: boolean
}

export type FailReason = 'unavailable' | 'declined' | 'expired' | 'time_limit'

export interface Clock {
  readonly timeLeft: number | null
  readonly deadlineAt: Instant | null
}

export type Decision =
  | { readonly kind: 'assign'; readonly agentId: string }
  | { readonly kind: 'offer'; readonly agentIds: readonly string[]; readonly lap: number; readonly clock: Clock; /** A rest is over, an attempt begins. */ readonly anew: boolean }
  /** Stays as it is, with its clock running or not. `rest`: nothing more happens until then. */
  | { readonly kind: 'wait'; readonly clock: Clock; readonly restUntil: Instant | null; readonly nobody: boolean }
  /** The time limit has passed and the chat may wait: it rests. */
  | { readonly kind: 'expire'; readonly restUntil: Instant }
  | { readonly kind: 'fail'; readonly reason: FailReason }

export interface Pass {
  readonly decisions: ReadonlyMap<string, Decision>
  /** Where they have moved. */
  readonly pointers: ReadonlyMap<string, number>
}

/** §3.1 “Eligible agent”, as far as the agent alone decides it. */
export function isEligible(candidate: Candidate, now: Instant): boolean {
  return (
    candidate.enabled && candidate.online && !candidate.paused &&
    (candidate.capacity === 0 || candidate.load < candidate.capacity) &&
    (candidate.wrapUpUntil === null || candidate.wrapUpUntil <= now)
  )
}

/** Members in the order in which their turn comes: after the pointer first, then from the beginning (one full lap). */
export function inTurn<C extends { readonly membershipId: number }>(members: readonly C[], pointer: number): C[] {
  const ordered = [...members].sort((a, b) => a.membershipId - b.membershipId)
  return [...ordered.filter((m) => m.membershipId > pointer), ...ordered.filter((m) => m.membershipId <= pointer)]
}

/** The members of the tiers that take part: the first, then one more each `widenAfter`, or at once where nobody of the former is signed in (§3.10). */
export function ofTiers<C extends Candidate>(members: readonly C[], since: Instant, widenAfter: number, now: Instant): C[] {
  const tiers = tiersOf(members)
  const last = tiers.findLastIndex((_, n) => n === 0 || now >= since + n * widenAfter || !members.some((m) => m.online && m.priority < (tiers[n] as number)))
  return members.filter((m) => m.priority <= (tiers[last] ?? 0))
}

/** When the next tier joins this chat's candidates; null when all have. */
export function nextTierAt(members: readonly Candidate[], since: Instant, widenAfter: number, now: Instant): Instant | null {
  const times = tiersOf(members).map((_, n) => since + n * widenAfter)
  return times.find((at) => at > now) ?? null
}

const tiersOf = (members: readonly Candidate[]): number[] => [...new Set(members.map((m) => m.priority))].sort((a, b) => a - b)

/** Ties go by turn, whatever the strategy. */
function ordered(line: Line, members: readonly Candidate[], pointer: number): Candidate[] {
  const turn = inTurn(members, pointer)
  switch (line.strategy) {
    case 'turns': case 'all': return turn
    case 'linear': return [...members].sort((a, b) => a.membershipId - b.membershipId)
    case 'fewest': return turn.sort((a, b) => a.load - b.load)
    case 'longest-idle': return turn.sort((a, b) => (a.lastAssignedAt ?? 0) - (b.lastAssignedAt ?? 0))
  }
}

/** §3.5: by priority, then by time waited × weight; within a list that is its own order. */
export function inOrder(waiting: readonly WaitingChat[], lines: ReadonlyMap<string, Line>, now: Instant): WaitingChat[] {
  const waited = (chat: WaitingChat): number => (now - chat.queuedAt) * (lines.get(chat.key)?.weight ?? 1)
  return [...waiting].sort((a, b) => b.priority - a.priority || waited(b) - waited(a) || a.queuedAt - b.queuedAt || (a.chatId < b.chatId ? -1 : 1))
}

/** Decides about every waiting chat. A chat for which nobody is there does not block those behind it. */
export function planPass(waiting: readonly WaitingChat[], lines: ReadonlyMap<string, Line>, now: Instant): Pass {
  const given = new Map<string, number>()
  const assigned = new Set<string>()
  const pointers = new Map<string, number>()
  const decisions = new Map<string, Decision>()
  for (const chat of inOrder(waiting, lines, now)) {
    const line = lines.get(chat.key)
    if (!line) continue
    const members = line.members.map((m) => ({
      ...m, load: m.load + (given.get(m.agentId) ?? 0), lastAssignedAt: assigned.has(m.agentId) ? now : m.lastAssignedAt,
    }))
    const pointer = pointers.get(line.key) ?? line.pointer
    const decision = decide(chat, line, members, pointer, now)
    decisions.set(chat.chatId, decision)
    const reserves = decision.kind === 'assign' || (decision.kind === 'offer' && line.strategy !== 'all')
    const chosen = decision.kind === 'assign' ? [decision.agentId] : decision.kind === 'offer' ? decision.agentIds : []
    for (const agentId of chosen) {
      if (reserves) given.set(agentId, (given.get(agentId) ?? 0) + 1)
      if (decision.kind === 'assign') assigned.add(agentId)
      const membership = line.members.find((m) => m.agentId === agentId)?.membershipId
      if (membership !== undefined && reserves) pointers.set(line.key, membership)
    }
  }
  return { decisions, pointers }
}

function decide(chat: WaitingChat, line: Line, members: readonly Candidate[], pointer: number, now: Instant): Decision {
  if (chat.deadlineAt !== null && now >= chat.deadlineAt) {
    return chat.enqueue ? { kind: 'expire', restUntil: now + line.restAfterExpiry } : { kind: 'fail', reason: 'time_limit' }
  }
  const taking = ofTiers(members, chat.since, line.widenAfter, now)
  const eligible = ordered(line, taking.filter((m) => m.agentId !== chat.excludedAgentId && isEligible(m, now)), pointer)
  if (!chat.invite) {
    const [first] = eligible
    if (first) return { kind: 'assign', agentId: first.agentId }
    return chat.enqueue ? { kind: 'wait', clock: { timeLeft: null, deadlineAt: null }, restUntil: null, nobody: true } : { kind: 'fail', reason: 'unavailable' }
  }
  return invite(chat, line, eligible, now)
}

/** §3.3: laps of offers, with a pause between them. */
function invite(chat: WaitingChat, line: Line, eligible: readonly Candidate[], now: Instant): Decision {
  const open = chat.offers.some((offer) => offer.open)
  const reached = new Set(chat.offers.filter((offer) => chat.resting || offer.lap === chat.lap).map((offer) => offer.agentId))
  const fresh = eligible.filter((m) => !reached.has(m.agentId))
  const clock = clockOf(chat, open || eligible.length > 0, now)
  const stay = (restUntil: Instant | null): Decision => ({ kind: 'wait', clock, restUntil, nobody: eligible.length === 0 && !open })
  const offer = (to: readonly Candidate[], lap: number, anew = false): Decision => ({
    kind: 'offer', agentIds: (line.strategy === 'all' ? to : to.slice(0, 1)).map((m) => m.agentId), lap, anew,
    clock: anew || (chat.deadlineAt === null && chat.timeLeft === null) ? begun(chat, now) : clock,
  })
  // While one is asked the others wait their turn; under `all` whoever becomes free is asked too.
  if (open) return line.strategy === 'all' && fresh.length > 0 ? offer(fresh, chat.lap) : stay(null)
  const rests = chat.restUntil !== null && now < chat.restUntil
  if (chat.resting) {
    if (!rests) return eligible.length > 0 ? offer(eligible, 1, true) : stay(null)
    return fresh.length > 0 ? offer(fresh, 1, true) : stay(chat.restUntil)
  }
  if (fresh.length > 0) return offer(fresh, chat.lap)
  if (chat.once && (chat.offers.length > 0 || !chat.enqueue)) return { kind: 'fail', reason: chat.offers.length === 0 ? 'unavailable' : chat.offers.some((one) => one.declined) ? 'declined' : 'expired' }
  if (eligible.length === 0) return chat.enqueue ? stay(null) : { kind: 'fail', reason: 'unavailable' }
  // Everybody who is here was asked once.
  if (chat.restUntil === null) return stay(now + line.lapPause)
  return rests ? stay(chat.restUntil) : offer(eligible, chat.lap + 1)
}

const begun = (chat: WaitingChat, now: Instant): Clock => (chat.totalTimeout === 0 ? { timeLeft: null, deadlineAt: null } : { timeLeft: null, deadlineAt: now + chat.totalTimeout })

/** §3.4: the limit runs from the first offer while somebody could take the chat, and stands still while nobody could. */
function clockOf(chat: WaitingChat, somebody: boolean, now: Instant): Clock {
  if (chat.deadlineAt !== null) return somebody ? { timeLeft: null, deadlineAt: chat.deadlineAt } : { timeLeft: Math.max(0, chat.deadlineAt - now), deadlineAt: null }
  if (chat.timeLeft !== null && somebody) return { timeLeft: null, deadlineAt: now + chat.timeLeft }
  return { timeLeft: chat.timeLeft, deadlineAt: null }
}

/** When this chat must be looked at again though nothing happens; null for never. */
export function nextLook(chat: WaitingChat, decision: Decision, line: Line, times: { readonly offersEnd: Instant | null; readonly excludedUntil: Instant | null }, now: Instant): Instant | null {
  const due: (Instant | null)[] = [times.excludedUntil, nextTierAt(line.members, chat.since, line.widenAfter, now)]
  if (decision.kind === 'offer') due.push(decision.clock.deadlineAt, times.offersEnd)
  else if (decision.kind === 'wait') due.push(decision.clock.deadlineAt, decision.restUntil, times.offersEnd)
  else if (decision.kind === 'expire') due.push(decision.restUntil)
  else return null
  const later = due.filter((at) => at !== null).filter((at) => at > now)
  return later.length === 0 ? null : Math.min(...later)
}
