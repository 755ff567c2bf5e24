/**
 * Chats that are offered to an agent (domain §3.3).
 *
 *   GET  /app/offers              → OfferView[]     one's own that are open (Bootstrap.offers has them too)
 *   POST /app/offers/:id/accept   → { chatId }      errors: not_found, offer_gone, agent_paused, agent_offline, agent_full
 *   POST /app/offers/:id/decline  → 204             errors: not_found, offer_gone
 *   POST /app/chats/:id/transfer/cancel → 204       takes back a transfer that is offered; errors: not_found, forbidden
 *
 * The feed brings `distribution.offered` with `offer`, and the end of one's own offer as distribution.accepted, .declined,
 * .offer_expired or .withdrawn, with `data.offerId`.
 */
import type { ChannelType, Instant } from './common.ts'

export interface OfferView {
  id: string
  chatId: string
  title: string
  avatarUrl: string | null
  channelId: string
  channelType: ChannelType
  queueId: string | null
  queueName: string | null
  /** What the customer said last; empty when it has no words. */
  preview: string
  waitingSince: Instant | null
  offeredAt: Instant
  expiresAt: Instant
  /** A colleague hands the chat over. */
  from: string | null
  /** What the menu or the colleague says to whoever takes it. */
  message: string | null
}
