/**
 * What was begun and not sent, per chat and kind. It stays in this tab at once, and on the server a moment after the
 * last key, so that it is there on another device or after signing in again.
 */
import { reactive } from 'vue'
import { defineStore } from 'pinia'
import { api } from '../app/services.ts'

const prefix = 'turno.draft.'
export type DraftKind = 'message' | 'note'
const keyOf = (chatId: string, kind: DraftKind) => `${chatId}:${kind}`
const saveAfterMs = 1_000

function stored(): [string, string][] {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(prefix)).map((key) => [key.slice(prefix.length), sessionStorage.getItem(key) ?? ''])
  } catch {
    return []
  }
}

export const useDrafts = defineStore('drafts', () => {
  const texts = reactive(new Map(stored()))
  const saving = new Map<string, { timer: ReturnType<typeof setTimeout>; save: () => void }>()

  const get = (chatId: string, kind: DraftKind): string => texts.get(keyOf(chatId, kind)) ?? ''

  function hold(key: string, text: string): void {
    if (text) texts.set(key, text)
    else texts.delete(key)
    try {
      if (text) sessionStorage.setItem(prefix + key, text)
      else sessionStorage.removeItem(prefix + key)
    } catch {
      return
    }
  }

  function set(chatId: string, kind: DraftKind, text: string): void {
    const key = keyOf(chatId, kind)
    if ((texts.get(key) ?? '') === text) return
    hold(key, text)
    clearTimeout(saving.get(key)?.timer)
    const save = () => {
      saving.delete(key)
      // A chat that went to somebody else meanwhile takes no draft; the text is still here.
      api.saveDraft(chatId, { kind, text: get(chatId, kind) }).catch(() => undefined)
    }
    saving.set(key, { timer: setTimeout(save, saveAfterMs), save })
  }

  /** Those of the server; what stands in this tab is newer. */
  async function load(): Promise<void> {
    const { items } = await api.drafts()
    for (const { chatId, kind, text } of items) if (!texts.has(keyOf(chatId, kind))) hold(keyOf(chatId, kind), text)
  }

  /** Nothing waits for its moment any longer: the session is about to end. */
  function flush(): void {
    for (const { timer, save } of [...saving.values()]) {
      clearTimeout(timer)
      save()
    }
  }

  /** Takes everything off this browser; the server keeps it. */
  function clear(): void {
    for (const { timer } of saving.values()) clearTimeout(timer)
    saving.clear()
    for (const key of [...texts.keys()]) hold(key, '')
  }

  return { get, set, load, flush, clear }
})
