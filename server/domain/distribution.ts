/** Choosing agents for waiting chats (domain §3). Pure: the caller has locked what it passes in. */
import type { Instant } from './ports.ts'

export interface Candidate {
  readonly membershipId: number
  readonly agentId: string
  readonly enabled: boolean
  readonly online: boolean
  readonly paused: boolean
  /** Assigned chats and open offers. */
  readonly load: number
  /** 0 is unlimited. */
  readonly capacity: number
  readonly wrapUpUntil: Instant | null
}

export interface WaitingChat {
  readonly chatId: string
  /** The author of a transfer, who is left out while this is set (§3.8). */
  readonly excludedAgentId: string | null
}

export interface Choice {
  readonly chatId: string
  readonly agentId: string
  readonly membershipId: number
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

/**
 * Strategy `turns` for a whole list: each waiting chat, in the list's order, goes to the next eligible member after the
 * pointer, whose load then counts one more. Skipped members do not move the pointer; every selection does. A chat for
 * which nobody is eligible stays, and does not block those behind it.
 */
export function assignInTurns(
  waiting: readonly WaitingChat[],
  members: readonly Candidate[],
  pointer: number,
  now: Instant,
): { choices: Choice[]; pointer: number } {
  const loads = new Map(members.map((m) => [m.agentId, m.load]))
  const choices: Choice[] = []
  let at = pointer
  for (const chat of waiting) {
    const chosen = inTurn(members, at).find(
      (m) => m.agentId !== chat.excludedAgentId && isEligible({ ...m, load: loads.get(m.agentId) ?? m.load }, now),
    )
    if (!chosen) continue
    choices.push({ chatId: chat.chatId, agentId: chosen.agentId, membershipId: chosen.membershipId })
    loads.set(chosen.agentId, (loads.get(chosen.agentId) ?? chosen.load) + 1)
    at = chosen.membershipId
  }
  return { choices, pointer: at }
}
