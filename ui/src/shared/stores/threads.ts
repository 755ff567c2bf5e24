/**
 * Conversations that are or were on screen. The newest page is loaded on opening, older ones by scrolling; the feed adds
 * and changes. A thread the feed does not keep (a supervisor looks elsewhere) is asked for again when it is reopened.
 */
import { shallowReactive } from 'vue'
import { defineStore } from 'pinia'
import type { ChatDetail, MessageView, TimelineItem } from '../../../../server/http/contract/chats.ts'
import type { FeedItem, TypingSignal } from '../../../../server/http/contract/feed.ts'
import { api } from '../app/services.ts'
import { firstUnread, mergeItems } from '../lib/timeline.ts'

export interface Thread {
  chatId: string
  detail: ChatDetail | null
  items: TimelineItem[]
  before: string | null
  loading: boolean
  loadingOlder: boolean
  error: unknown
  /** The unread line's place, fixed when the chat was opened. */
  unreadFrom: string | null
  typing: { name: string; customer: boolean; until: number }[]
  openedAt: number
}

const keepThreads = 12
const typingLifeMs = 6_000

export const useThreads = defineStore('threads', () => {
  const threads = shallowReactive(new Map<string, Thread>())
  /** Items the feed brought while a page was on its way: newer than the page's. */
  const fresh = new Map<string, Map<string, TimelineItem>>()

  function blank(chatId: string): Thread {
    return shallowReactive({
      chatId, detail: null, items: [], before: null, loading: false, loadingOlder: false, error: null, unreadFrom: null, typing: [], openedAt: 0,
    }) as Thread
  }

  function forget(): void {
    const old = [...threads.values()].sort((a, b) => b.openedAt - a.openedAt).slice(keepThreads)
    for (const thread of old) threads.delete(thread.chatId)
  }

  const settle = (chatId: string, items: TimelineItem[]) => items.map((item) => fresh.get(chatId)?.get(item.id) ?? item)

  async function open(chatId: string, unread: number, now: number): Promise<Thread> {
    let thread = threads.get(chatId)
    if (!thread) threads.set(chatId, (thread = blank(chatId)))
    thread.openedAt = now
    forget()
    await refresh(thread)
    thread.unreadFrom = firstUnread(thread.items, unread)
    return thread
  }

  async function refresh(thread: Thread): Promise<void> {
    const { chatId } = thread
    thread.loading = true
    thread.error = null
    fresh.set(chatId, new Map())
    try {
      const [detail, page] = await Promise.all([api.chat(chatId), api.timeline(chatId)])
      const known = new Set(thread.items.map((item) => item.id))
      // Where the pages do not meet, what is known is older than a gap: start again from the newest page.
      const meets = thread.items.length === 0 || page.before === null || page.items.some((item) => known.has(item.id))
      const late = [...(fresh.get(chatId)?.values() ?? [])]
      thread.items = mergeItems(meets ? mergeItems(thread.items, settle(chatId, page.items)) : page.items, late)
      if (!meets || known.size === 0) thread.before = page.before
      thread.detail = detail
    } catch (error) {
      thread.error = error
    } finally {
      thread.loading = false
      fresh.delete(chatId)
    }
  }

  async function older(chatId: string): Promise<void> {
    const thread = threads.get(chatId)
    if (!thread || thread.loadingOlder || thread.before === null) return
    thread.loadingOlder = true
    try {
      const page = await api.timeline(chatId, { before: thread.before })
      thread.items = mergeItems(page.items, thread.items)
      thread.before = page.before
    } finally {
      thread.loadingOlder = false
    }
  }

  function put(item: TimelineItem): void {
    fresh.get(item.chatId)?.set(item.id, item)
    const thread = threads.get(item.chatId)
    if (thread) thread.items = mergeItems(thread.items, [item])
  }

  function apply(item: FeedItem): void {
    if (item.message) putMessage(item.message)
    if (item.line) put(item.line)
    const thread = item.chatId ? threads.get(item.chatId) : undefined
    if (!thread?.detail) return
    if (item.chat) thread.detail = { ...thread.detail, row: item.chat }
    // Who may do what here changes with the holder and the state; the server says it anew.
    if (item.type.startsWith('assignment.') || item.type.startsWith('conversation.')) void redetail(thread)
  }

  async function redetail(thread: Thread): Promise<void> {
    const detail = await api.chat(thread.chatId).catch(() => null)
    if (detail) thread.detail = detail
  }

  function putMessage(message: MessageView): void {
    put(message)
    const thread = threads.get(message.chatId)
    if (!thread) return
    if (message.direction === 'in') thread.typing = thread.typing.filter((one) => !one.customer)
    if (message.direction === 'in' && thread.detail) thread.detail = { ...thread.detail, windowClosesAt: extended(thread.detail, message.at) }
  }

  /** A customer's message opens the window anew; its length is what was left plus what had passed when it was read. */
  function extended(detail: ChatDetail, at: number): number | null {
    const { windowClosesAt, row } = detail
    if (windowClosesAt === null || row.lastInboundAt === null) return windowClosesAt
    return Math.max(windowClosesAt, windowClosesAt + (at - row.lastInboundAt))
  }

  function typing(signal: TypingSignal, now: number): void {
    const thread = threads.get(signal.chatId)
    if (!thread) return
    const others = thread.typing.filter((one) => one.name !== signal.who.name && one.until > now)
    const one = { name: signal.who.name, customer: signal.who.kind === 'customer', until: now + typingLifeMs }
    thread.typing = signal.typing ? [...others, one] : others
  }

  /** The chat on screen is brought up to date; the others are forgotten, because they may have holes. */
  async function reload(current: string | null): Promise<void> {
    for (const id of [...threads.keys()]) if (id !== current) threads.delete(id)
    const thread = current ? threads.get(current) : undefined
    if (thread) await refresh(thread)
  }

  const clear = () => threads.clear()

  return { threads, open, refresh, older, put: putMessage, apply, typing, reload, clear }
})
