/** What was begun and not sent, per chat and kind, until the tab is closed or the person signs out. */
import { reactive } from 'vue'
import { defineStore } from 'pinia'

const prefix = 'turno.draft.'
export type DraftKind = 'message' | 'note'
const keyOf = (chatId: string, kind: DraftKind) => `${chatId}:${kind}`

function stored(): [string, string][] {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(prefix)).map((key) => [key.slice(prefix.length), sessionStorage.getItem(key) ?? ''])
  } catch {
    return []
  }
}

export const useDrafts = defineStore('drafts', () => {
  const texts = reactive(new Map(stored()))

  const get = (chatId: string, kind: DraftKind): string => texts.get(keyOf(chatId, kind)) ?? ''

  function set(chatId: string, kind: DraftKind, text: string): void {
    const key = keyOf(chatId, kind)
    if (text) texts.set(key, text)
    else texts.delete(key)
    try {
      if (text) sessionStorage.setItem(prefix + key, text)
      else sessionStorage.removeItem(prefix + key)
    } catch {
      return
    }
  }

  function clear(): void {
    for (const key of [...texts.keys()]) {
      const [chatId = '', kind] = key.split(':')
      set(chatId, kind as DraftKind, '')
    }
  }

  return { get, set, clear }
})
