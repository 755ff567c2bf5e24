/** Short notices at the foot of the page. Errors stay until they are closed, the rest leaves after six seconds. */
import { ref } from 'vue'
import { defineStore } from 'pinia'
import { describe } from '../lib/describe.ts'

export interface Toast {
  id: number
  kind: 'ok' | 'bad' | 'warn' | 'info'
  title: string
  text?: string
  action?: { label: string; run: () => void }
  /** Milliseconds until it leaves; null stays. */
  life: number | null
  /** Shown as a ring that empties: something happens when the time is over. */
  countdown?: boolean
}

let last = 0

export const useToasts = defineStore('toasts', () => {
  const items = ref<Toast[]>([])
  const timers = new Map<number, ReturnType<typeof setTimeout>>()

  function close(id: number): void {
    clearTimeout(timers.get(id))
    timers.delete(id)
    items.value = items.value.filter((one) => one.id !== id)
  }

  function show(toast: Omit<Toast, 'id' | 'life'> & { life?: number | null }): number {
    const id = (last += 1)
    const life = toast.life === undefined ? (toast.kind === 'bad' ? null : 6000) : toast.life
    items.value = [...items.value.slice(-3), { ...toast, id, life }]
    if (life !== null) timers.set(id, setTimeout(() => close(id), life))
    return id
  }

  /** A failure, in the server's words. */
  function fail(error: unknown, title?: string): void {
    const { message, help } = describe(error)
    show({ kind: 'bad', title: title ?? message, text: title ? `${message} ${help}`.trim() : help })
  }

  return { items, show, fail, close }
})
