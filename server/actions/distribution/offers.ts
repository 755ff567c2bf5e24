/** Offers of chats to agents (domain §3.3): made by the drain, accepted or declined here. */
import { DomainError } from '../../domain/errors.ts'
import { systemActor, type Actor } from '../../domain/permissions.ts'
import { forUpdate } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import type { CatalogView, UserEntry } from '../catalog.ts'
import type { Core } from '../core.ts'
import { MenuRuns } from '../menus/runs.ts'
import { transact } from '../transact.ts'
import { closeOffer, type OpenOffer } from '../work/offers.ts'
import { Work } from '../work/work.ts'
import { openConversationsOf } from '../work/flow.ts'
import { join } from './join.ts'
import { lockTurns, offerColumns, termsOf, type DistributionRow, type OfferRow } from './rows.ts'

/**
 * The agent takes the chat that was offered to them. Of several who accept at once one wins.
 * @throws DomainError not_found (not theirs), offer_gone, agent_offline, agent_paused, agent_full
 */
export async function acceptOffer(core: Core, actor: Actor, offerId: string): Promise<{ chatId: string }> {
  return transact(core, async (tx, view) => {
    const { work, offer, distribution } = await openOffer(core, tx, actor, offerId)
    const chat = work.chats.get(offer.chatId)
    const agent = view.user(offer.agentId)
    if (!chat || !agent) throw new DomainError('offer_gone')
    const turns = await lockTurns(tx, offer.queueId === null ? [] : [offer.queueId])
    await mayTake(tx, view, agent, offer)
    const conversation = (await openConversationsOf(tx, [chat])).get(chat.id)
    if (!conversation) throw new DomainError('offer_gone')
    const runs = new MenuRuns(core, tx, work, view)
    if (chat.row.state === 'MENU') await runs.prepare([chat])
    closeOffer(work, chat, offer, 'accepted', null, actor)
    join(core, work, view, runs, chat, conversation, distribution, { agent, actor })
    // Under `all` the turn moves to whoever takes the chat.
    if (offer.reserves === 0 && offer.queueId !== null && turns.has(offer.queueId)) {
      await tx.later.run('UPDATE queue_turns SET pointer = COALESCE((SELECT id FROM memberships WHERE queueId = ? AND agentId = ?), pointer) WHERE queueId = ?', [offer.queueId, agent.id, offer.queueId])
    }
    await tx.later.run('UPDATE agents SET missedOffers = 0 WHERE agentId = ?', [agent.id])
    await runs.finish()
    await work.flush()
    return { chatId: chat.id }
  })
}

/** @throws DomainError not_found, offer_gone */
export async function declineOffer(core: Core, actor: Actor, offerId: string): Promise<void> {
  await transact(core, async (tx) => {
    const { work, offer, distribution } = await openOffer(core, tx, actor, offerId)
    const chat = work.chats.get(offer.chatId)
    if (!chat) throw new DomainError('offer_gone')
    closeOffer(work, chat, offer, 'declined', null, actor)
    if (!(await othersOpen(tx, offer))) work.update('distributions', distribution.id, { state: 'waiting' })
    await tx.later.run('UPDATE agents SET missedOffers = 0 WHERE agentId = ?', [offer.agentId])
    work.drain(distribution.lineKey)
    await work.flush()
  })
}

/** The chat of the offer is locked; the offer is open and this agent's. */
async function openOffer(core: Core, tx: Tx, actor: Actor, offerId: string): Promise<{ work: Work; offer: OfferRow; distribution: DistributionRow }> {
  const named = await tx.get<{ chatId: string }>('SELECT chatId FROM offers WHERE id = ? AND agentId = ?', [offerId, actor.id])
  if (!named || actor.kind !== 'agent') throw new DomainError('not_found')
  const work = new Work(core, tx, core.clock.now())
  await work.lockChats([named.chatId])
  const offer = await tx.get<OfferRow>(`SELECT ${offerColumns} FROM offers WHERE id = ?`, [offerId])
  if (!offer || offer.endedAt !== null || offer.expiresAt <= work.now) throw new DomainError('offer_gone')
  const distribution = await tx.get<DistributionRow>('SELECT *, targetId AS lineKey FROM distributions WHERE id = ? AND endedAt IS NULL', [offer.distributionId])
  if (!distribution) throw new DomainError('offer_gone')
  return { work, offer, distribution }
}

async function othersOpen(tx: Tx, offer: OfferRow): Promise<boolean> {
  return (await tx.get('SELECT id FROM offers WHERE openDistributionId = ? AND id <> ? LIMIT 1', [offer.distributionId, offer.id])) !== undefined
}

/** Checked again under the agent's lock: they may have paused, left the queue, or be full by now. */
async function mayTake(tx: Tx, view: CatalogView, agent: UserEntry, offer: OfferRow): Promise<void> {
  const row = await tx.get<{ presence: string; pausedSince: number | null; chatLoad: number }>(`SELECT presence, pausedSince, chatLoad FROM agents WHERE agentId = ?${forUpdate(tx.dialect)}`, [agent.id])
  if (!row || row.presence !== 'online') throw new DomainError('agent_offline', { agent: agent.name })
  if (row.pausedSince !== null) throw new DomainError('agent_paused', { agent: agent.name })
  if (offer.queueId !== null && !(await tx.get('SELECT id FROM memberships WHERE queueId = ? AND agentId = ?', [offer.queueId, agent.id]))) throw new DomainError('offer_gone')
  const capacity = view.capacity(agent)
  if (offer.reserves === 0 && capacity !== 0 && row.chatLoad >= capacity) throw new DomainError('agent_full', { agent: agent.name })
}

/**
 * The author of a transfer that is on its way, or a supervisor, takes it back; the agent keeps the chat.
 * @throws DomainError not_found, forbidden
 */
export async function cancelTransfer(core: Core, actor: Actor, chatId: string): Promise<void> {
  await transact(core, async (tx) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    const row = await tx.get<DistributionRow>("SELECT *, targetId AS lineKey FROM distributions WHERE openChatId = ? AND kind = 'transfer' AND waits = 0", [chatId])
    if (!chat || !row) throw new DomainError('not_found')
    if (actor.id !== termsOf(row).requester?.id && !actor.rights.has('chats.write.any')) throw new DomainError('forbidden')
    work.endDistribution(chat, 'cancelled', 'removed')
    chat.event('transfer.failed', actor, { data: { reason: 'cancelled', by: actor.name } })
    await work.flush()
  })
}

/** Open offers of chats whose distribution has ended otherwise. */
export function withdrawn(work: Work, offers: readonly OpenOffer[], reasonOf: (chatId: string) => string): void {
  for (const offer of offers) {
    const chat = work.chats.get(offer.chatId)
    if (chat) closeOffer(work, chat, offer, 'withdrawn', reasonOf(offer.chatId), systemActor)
  }
}
