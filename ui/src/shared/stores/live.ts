/** The page's connection: loads what it needs at start, follows the feed, and tells the other stores. */
import { computed, ref } from 'vue'
import { defineStore } from 'pinia'
import type { FeedBatch, FeedItem } from '../../../../server/http/contract/feed.ts'
import type { Board } from '../../../../server/http/contract/agents.ts'
import { api, hooks, openSocket } from '../app/services.ts'
import { serverNow, setServerTime } from '../app/clock.ts'
import { FeedClient, type FeedState } from '../feed/feed.ts'
import { useChats } from './chats.ts'
import { useDrafts } from './drafts.ts'
import { useDirectory } from './directory.ts'
import { useNotices } from './notices.ts'
import { useOffers } from './offers.ts'
import { useOutbox } from './outbox.ts'
import { useResolving } from './resolving.ts'
import { useSession } from './session.ts'
import { useThreads } from './threads.ts'

/** A blink of the line is nobody's business; from here on the page says it. */
const sayAfterMs = 1_500
/** More than the server ever sends again. */
const remembered = 10_000

export const useLive = defineStore('live', () => {
  const session = useSession()
  const directory = useDirectory()
  const chats = useChats()
  const threads = useThreads()
  const offers = useOffers()
  const outbox = useOutbox()
  const drafts = useDrafts()
  const notices = useNotices()
  const resolving = useResolving()

  const state = ref<FeedState>('idle')
  const retryAt = ref<number | null>(null)
  const lostSince = ref<number | null>(null)
  const said = ref(false)
  const ready = ref(false)
  const failure = ref<unknown>(null)
  const board = ref<Board | null>(null)
  const offline = computed(() => said.value)
  /** Called when the customer's message calls a resolution off. */
  let onCalledOff: (item: FeedItem) => void = () => undefined
  let sayTimer: ReturnType<typeof setTimeout> | null = null

  function onState(next: FeedState, at: number | null): void {
    const was = state.value
    state.value = next
    retryAt.value = at
    if (next === 'lost') {
      lostSince.value ??= Date.now()
      sayTimer ??= setTimeout(() => { said.value = true }, sayAfterMs)
    }
    if (next === 'live' || next === 'idle' || next === 'closed') {
      if (sayTimer) clearTimeout(sayTimer)
      sayTimer = null
      lostSince.value = null
      said.value = false
    }
    if (next === 'live' && was !== 'live') outbox.flush()
  }

  /** The cursor may lie a little behind what was sent, so an event can come twice. */
  const recent = new Set<string>()
  function firstTime(id: string): boolean {
    if (recent.has(id)) return false
    recent.add(id)
    if (recent.size > remembered) for (const old of [...recent].slice(0, remembered / 2)) recent.delete(old)
    return true
  }

  function onBatch(batch: FeedBatch): void {
    for (const item of batch.items) {
      if (!firstTime(item.id)) continue
      const before = item.chatId ? chats.rows.get(item.chatId) : undefined
      directory.apply(item)
      if (item.agent && item.agent.id === session.user?.id) setViewer()
      if (offers.apply(item) && item.offer) notices.offered(item.offer)
      threads.apply(item)
      if (item.message) outbox.settled(item.message)
      chats.apply(item)
      notices.hear(item, before)
      if (item.type === 'message.created' && item.message?.direction === 'in' && item.chatId && resolving.undo(item.chatId)) onCalledOff(item)
    }
  }

  const setViewer = () => chats.setViewer({ app: session.app, userId: session.user?.id ?? '', queueIds: directory.me?.queueIds ?? [] })

  async function bootstrap(): Promise<string> {
    const boot = await api.bootstrap()
    setServerTime(boot.now)
    directory.fill(boot)
    offers.fill(boot.offers)
    setViewer()
    return boot.cursor
  }

  const feed = new FeedClient(openSocket(), {
    onBatch,
    onState,
    onReload: async () => {
      const cursor = await bootstrap()
      await Promise.all([chats.reload(), threads.reload(notices.openChat), session.app === 'supervisor' ? loadBoard() : null])
      return cursor
    },
    onTyping: (signal) => threads.typing(signal, serverNow()),
    onBoard: (next) => { board.value = next },
    onClosed: (reason) => leave(reason),
  })
  addEventListener('online', () => feed.retryNow())
  document.addEventListener('visibilitychange', () => { if (!document.hidden) feed.retryNow() })

  async function loadBoard(): Promise<void> {
    board.value = await api.board()
  }

  async function enter(): Promise<void> {
    failure.value = null
    try {
      const cursor = await bootstrap()
      await Promise.all([chats.loadCounts(), drafts.load().catch(() => undefined)])
      ready.value = true
      feed.start(cursor)
    } catch (error) {
      failure.value = error
    }
  }

  /** Ends the session in this page; `reason` is shown on the sign-in page. */
  function leave(reason: string): void {
    resolving.flush()
    feed.stop()
    ready.value = false
    board.value = null
    chats.clear()
    offers.fill([])
    threads.clear()
    outbox.clear()
    drafts.clear()
    session.end(reason)
  }
  hooks.onUnauthorized = () => { if (session.view) leave('expired') }

  async function signOut(): Promise<void> {
    resolving.flush()
    drafts.flush()
    await api.signOut().catch(() => undefined)
    leave('logout')
  }

  const whenCalledOff = (handler: (item: FeedItem) => void) => { onCalledOff = handler }

  return { state, retryAt, offline, ready, failure, board, feed, enter, leave, signOut, loadBoard, whenCalledOff }
})
