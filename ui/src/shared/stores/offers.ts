/** Chats that are offered to this agent just now; each leaves the page when its time is over, whatever else is heard. */
import { computed, ref } from 'vue'
import { defineStore } from 'pinia'
import type { FeedItem } from '../../../../server/http/contract/feed.ts'
import type { OfferView } from '../../../../server/http/contract/offers.ts'
import { api } from '../app/services.ts'
import { now } from '../app/clock.ts'

export const useOffers = defineStore('offers', () => {
  const all = ref<OfferView[]>([])
  const open = computed(() => all.value.filter((offer) => offer.expiresAt > now.value))

  const fill = (offers: readonly OfferView[]) => { all.value = [...offers] }
  const drop = (id: string) => { all.value = all.value.filter((offer) => offer.id !== id) }

  /** True when this is an offer that was not known. */
  function apply(item: FeedItem): boolean {
    if (!item.type.startsWith('distribution.')) return false
    if (item.offer) {
      if (all.value.some((offer) => offer.id === item.offer?.id)) return false
      all.value = [...all.value, item.offer]
      return true
    }
    if (typeof item.data['offerId'] === 'string') drop(item.data['offerId'])
    return false
  }

  /** @throws ApiFailure offer_gone, agent_paused, agent_full: the card is off the page all the same, for the server has said so. */
  async function accept(id: string): Promise<string> {
    try {
      return (await api.acceptOffer(id)).chatId
    } finally {
      drop(id)
    }
  }
  async function decline(id: string): Promise<void> {
    drop(id)
    await api.declineOffer(id)
  }

  return { open, fill, apply, accept, decline }
})
