/**
 * Resolving with five seconds to think again: the chat leaves the list at once, the server is told when the time is
 * over, or when the page is left. A message of the customer in between calls it off.
 */
import { reactive } from 'vue'
import { defineStore } from 'pinia'
import type { ResolveChat } from '../../../../server/http/contract/chats.ts'
import { api } from '../app/services.ts'
import { useChats } from './chats.ts'

export const undoMs = 5_000

interface Pending {
  body: ResolveChat
  timer: ReturnType<typeof setTimeout>
  onDone: (error: unknown) => void
}

export const useResolving = defineStore('resolving', () => {
  const chats = useChats()
  const hidden = reactive(new Set<string>())
  const pending = new Map<string, Pending>()

  function start(chatId: string, body: ResolveChat, onDone: (error: unknown) => void): void {
    hidden.add(chatId)
    pending.set(chatId, { body, onDone, timer: setTimeout(() => void commit(chatId), undoMs) })
  }

  async function commit(chatId: string): Promise<void> {
    const one = pending.get(chatId)
    if (!one) return
    pending.delete(chatId)
    try {
      chats.put(await api.resolve(chatId, one.body))
      one.onDone(null)
    } catch (error) {
      one.onDone(error)
    } finally {
      hidden.delete(chatId)
    }
  }

  /** True when there was something to call off. */
  function undo(chatId: string): boolean {
    const one = pending.get(chatId)
    if (!one) return false
    clearTimeout(one.timer)
    pending.delete(chatId)
    hidden.delete(chatId)
    return true
  }

  /** The page is going away: what was decided is done now. */
  function flush(): void {
    for (const [chatId, one] of pending) {
      clearTimeout(one.timer)
      api.resolve(chatId, one.body, true).catch(() => undefined)
    }
    pending.clear()
  }
  addEventListener('pagehide', flush)

  return { hidden, start, undo, flush }
})
