/**
 * The rows of every list on screen. A list is asked for once, page by page; from then on the feed keeps it: a row that
 * comes to belong is put in, one that no longer does is taken out. Orders are computed when they are read.
 */
import { reactive, ref, shallowReactive } from 'vue'
import { defineStore } from 'pinia'
import type { ChatCounts, ChatRow } from '../../../../server/http/contract/chats.ts'
import type { FeedItem } from '../../../../server/http/contract/feed.ts'
import { api } from '../app/services.ts'
import { belongs, type ChatFilter, type Viewer } from '../lib/lists.ts'

export interface ListState {
  filter: ChatFilter
  ids: Set<string>
  next: string | null
  loading: boolean
  loaded: boolean
  error: unknown
}

const noCounts: ChatCounts = { pending: 0, following: 0, waiting: 0, resolved: 0, open: 0, queues: [] }
type Class = 'pending' | 'following' | 'waiting' | 'resolved' | 'open'
const classes: Class[] = ['pending', 'following', 'waiting', 'resolved', 'open']

const keyOf = (filter: ChatFilter) => JSON.stringify([filter.list, filter.queue, filter.agent, filter.channel, filter.q, filter.sort])

/** Counts follow the rows at once; every so often the server's own are fetched, because not every row is known here. */
const recountAfterMs = 10_000
const recountUnknownMs = 700

export const useChats = defineStore('chats', () => {
  const rows = shallowReactive(new Map<string, ChatRow>())
  const lists = reactive(new Map<string, ListState>())
  const counts = ref<ChatCounts>(noCounts)
  let viewer: Viewer = { app: 'agent', userId: '', queueIds: [] }
  let recount: ReturnType<typeof setTimeout> | null = null

  function setViewer(next: Viewer): void {
    viewer = next
  }

  function list(filter: ChatFilter): ListState {
    const key = keyOf(filter)
    let state = lists.get(key)
    if (!state) {
      lists.set(key, { filter, ids: new Set(), next: null, loading: false, loaded: false, error: null })
      state = lists.get(key) as ListState
    }
    return state
  }

  async function load(filter: ChatFilter, more = false): Promise<void> {
    const state = list(filter)
    if (state.loading || (more && state.next === null)) return
    state.loading = true
    state.error = null
    try {
      const page = await api.chats(filter, more ? state.next : null)
      if (!more) state.ids.clear()
      for (const row of page.items) {
        rows.set(row.id, row)
        state.ids.add(row.id)
      }
      state.next = page.next
      state.loaded = true
    } catch (error) {
      state.error = error
    } finally {
      state.loading = false
    }
  }

  async function loadCounts(): Promise<void> {
    counts.value = await api.counts()
  }

  function classOf(row: ChatRow | undefined, heldBefore: boolean): Class | null {
    if (!row) return null
    return classes.find((name) => (name !== 'open' || viewer.app === 'supervisor') && belongs(row, { list: name }, viewer, heldBefore)) ?? null
  }

  function put(row: ChatRow): void {
    const before = rows.get(row.id)
    const heldBefore = before?.agentId === viewer.userId || (before?.state === 'RESOLVED' && row.state === 'RESOLVED')
    move(classOf(before, true), classOf(row, heldBefore), before !== undefined)
    rows.set(row.id, row)
    for (const state of lists.values()) {
      const fits = belongs(row, state.filter, viewer, heldBefore || state.ids.has(row.id))
      if (!fits) state.ids.delete(row.id)
      // What a search found cannot be judged here; it only loses rows.
      else if (!state.filter.q && (state.loaded || state.loading)) state.ids.add(row.id)
    }
  }

  function remove(chatId: string): void {
    move(classOf(rows.get(chatId), true), null, rows.has(chatId))
    rows.delete(chatId)
    for (const state of lists.values()) state.ids.delete(chatId)
  }

  /** `known`: where the chat was is not a guess. */
  function move(from: Class | null, to: Class | null, known: boolean): void {
    if (from === to) return
    const next = { ...counts.value }
    if (from) next[from] = Math.max(0, next[from] - 1)
    if (to) next[to] += 1
    counts.value = next
    recount ??= setTimeout(() => {
      recount = null
      loadCounts().catch(() => undefined)
    }, known ? recountAfterMs : recountUnknownMs)
  }

  function apply(item: FeedItem): void {
    if (item.chat) put(item.chat)
    else if (item.chat === null && item.chatId) remove(item.chatId)
  }

  function patch(chatId: string, change: Partial<ChatRow>): void {
    const row = rows.get(chatId)
    if (row) put({ ...row, ...change })
  }

  /** After too long a silence: everything on screen is asked for again; what is not on screen is forgotten. */
  async function reload(): Promise<void> {
    const open = [...lists.values()].filter((state) => state.loaded)
    for (const [key, state] of lists) if (!state.loaded) lists.delete(key)
    await Promise.all([loadCounts(), ...open.map((state) => load(state.filter))])
  }

  function clear(): void {
    if (recount) clearTimeout(recount)
    recount = null
    rows.clear()
    lists.clear()
    counts.value = noCounts
  }

  return { rows, lists, counts, setViewer, list, load, loadCounts, put, patch, remove, apply, reload, clear }
})
