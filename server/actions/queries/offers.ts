/** What is offered to an agent just now (contract/offers.ts). */
import type { OfferView } from '../../http/contract/offers.ts'
import type { Instant } from '../../domain/ports.ts'
import type { Queryable } from '../../store/db.ts'
import type { CatalogView } from '../catalog.ts'
import { termsOf } from '../distribution/rows.ts'
import { chatRow, listedColumns, type ListedChat } from './chatRows.ts'

const columns = listedColumns.map((column) => `c.${column}`).join(', ')

export async function openOffers(q: Queryable, view: CatalogView, agentId: string, now: Instant): Promise<OfferView[]> {
  const rows = await q.all<ListedChat & { offerId: string; offerQueueId: string | null; offeredAt: Instant; expiresAt: Instant; terms: string | null }>(
    `SELECT o.id AS offerId, o.queueId AS offerQueueId, o.offeredAt, o.expiresAt, d.terms, ${columns}
       FROM offers o JOIN distributions d ON d.id = o.distributionId JOIN chats c ON c.id = o.chatId WHERE o.openAgentId = ? AND o.expiresAt > ? ORDER BY o.offeredAt, o.id`, [agentId, now],
  )
  return rows.map((row) => offerView(view, row, { id: row.offerId, queueId: row.offerQueueId, offeredAt: row.offeredAt, expiresAt: row.expiresAt, ...saidBy(row) }))
}

/** Who hands the chat over, and what whoever takes it is told. */
export function saidBy(row: { terms: string | null }): { from: string | null; message: string | null } {
  const { requester, message, note } = termsOf(row)
  return { from: requester?.name ?? null, message: message ?? note ?? null }
}

export function offerView(view: CatalogView, chat: ListedChat, offer: Pick<OfferView, 'id' | 'queueId' | 'offeredAt' | 'expiresAt' | 'from' | 'message'>): OfferView {
  const row = chatRow(view, chat, false)
  return {
    ...offer, chatId: row.id, title: row.title, avatarUrl: row.avatarUrl, channelId: row.channelId, channelType: row.channelType, queueName: view.queue(offer.queueId)?.name ?? null,
    preview: row.preview?.text ?? '', waitingSince: row.waitingSince,
  }
}
