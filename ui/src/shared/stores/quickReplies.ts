/** The texts people use again. Asked for when the first `/` is typed, and anew after a while. */
import { ref, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import type { QuickReplyView } from '../../../../server/http/contract/desk.ts'
import { api } from '../app/services.ts'
import { fold } from '../lib/text.ts'

const freshForMs = 60_000

export const useQuickReplies = defineStore('quickReplies', () => {
  const items = shallowRef<QuickReplyView[]>([])
  const loaded = ref(false)
  let asked = 0

  async function load(): Promise<void> {
    if (Date.now() - asked < freshForMs) return
    asked = Date.now()
    try {
      items.value = (await api.quickReplies()).items
      loaded.value = true
    } catch (error) {
      asked = 0
      throw error
    }
  }

  /** By shortcut first, then by title, then by what they say. */
  function find(query: string): QuickReplyView[] {
    const wanted = fold(query)
    const rank = (one: QuickReplyView) => (fold(one.shortcut).startsWith(wanted) ? 0 : fold(one.title).includes(wanted) ? 1 : fold(one.text).includes(wanted) ? 2 : 3)
    return items.value.map((one) => ({ one, at: rank(one) })).filter(({ at }) => at < 3).sort((a, b) => a.at - b.at).map(({ one }) => one)
  }

  return { items, loaded, load, find }
})
