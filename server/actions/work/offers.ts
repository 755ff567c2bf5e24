/** The end of an offer, in the unit of work of its chat. */
import type { Actor } from '../../domain/permissions.ts'
import type { ChatWork, Work } from './work.ts'

export interface OpenOffer {
  readonly id: string
  readonly chatId: string
  readonly agentId: string
  readonly agentName: string
  readonly queueId: string | null
  readonly reserves: number
  readonly offeredAt: number
}

const eventOf = { accepted: 'distribution.accepted', declined: 'distribution.declined', expired: 'distribution.offer_expired', withdrawn: 'distribution.withdrawn' } as const

/** `reason` of a withdrawal: accepted_by_other, agent_offline, agent_paused, removed, resolved, time_limit. */
export function closeOffer(work: Work, chat: ChatWork, offer: OpenOffer, outcome: keyof typeof eventOf, reason: string | null, actor: Pick<Actor, 'kind' | 'id' | 'name'>): void {
  work.update('offers', offer.id, { endedAt: work.now, outcome, reason })
  if (offer.reserves === 1) work.load(offer.agentId, -1)
  if (outcome !== 'accepted') work.freed(offer.agentId)
  chat.event(eventOf[outcome], actor, {
    agentId: offer.agentId, queueId: offer.queueId, data: { offerId: offer.id, agentName: offer.agentName, ...(reason === null ? {} : { reason }), offeredFor: work.now - offer.offeredAt },
  })
}
