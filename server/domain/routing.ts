/** Where a conversation goes (domain §2.6). */

export type Destination =
  | { readonly type: 'agent'; readonly id: string }
  | { readonly type: 'queue'; readonly id: string }
  | { readonly type: 'menu'; readonly id: string }
  | { readonly type: 'none' }

export interface RoutingFacts {
  readonly oneShot: Destination | null
  readonly boundAgentId: string | null
  readonly boundQueueId: string | null
  readonly channelDestination: Destination
  readonly fallbackQueueId: string | null
  /** Whether a destination exists and can take a chat now: agent enabled, queue live, menu published. */
  usable(destination: Destination): boolean
}

export interface RoutingDecision {
  readonly to: Destination
  /** Steps that could not be used, for a notice to supervisors. */
  readonly skipped: readonly Destination[]
  readonly fallback: boolean
}

/** The first usable step; then the fallback queue, unless the channel says `none`; then nobody (UNROUTED). */
export function chooseDestination(facts: RoutingFacts): RoutingDecision {
  const steps: Destination[] = []
  if (facts.oneShot) steps.push(facts.oneShot)
  if (facts.boundAgentId) steps.push({ type: 'agent', id: facts.boundAgentId })
  if (facts.boundQueueId) steps.push({ type: 'queue', id: facts.boundQueueId })
  if (facts.channelDestination.type !== 'none') steps.push(facts.channelDestination)
  const skipped: Destination[] = []
  for (const step of steps) {
    if (facts.usable(step)) return { to: step, skipped, fallback: false }
    skipped.push(step)
  }
  const fallback: Destination | null = facts.fallbackQueueId ? { type: 'queue', id: facts.fallbackQueueId } : null
  if (facts.channelDestination.type !== 'none' && fallback && facts.usable(fallback)) return { to: fallback, skipped, fallback: true }
  return { to: { type: 'none' }, skipped, fallback: false }
}
