/**
 * One visitor's conversation: what was said, what waits to be sent, and the line to the server. Nothing is lost by a
 * broken line: what was written waits here (texts also across a reload) and goes out in order under the same client
 * ids, and what was missed is read from the history.
 */
import { computed, reactive } from 'vue'
import type { Frame, Identify, PageConfig, PageMessage, PagePart, PageQuote, PageSpeaker, Prechat, SendReply, SendRequest, SessionReply } from '../../../plugins/widget/frames.ts'
import { ApiError, keep, kept, type Api } from './api.ts'
import { connect, type Line } from './line.ts'
import { change, fromAccount, lastOfAccount, markRead, merge, resumeFrom, without, type Item } from './timeline.ts'

type Job = { readonly kind: 'send'; readonly request: SendRequest } | { readonly kind: 'file'; readonly file: Blob; readonly query: Record<string, string> }
type Content = { text: string } | { choice: { via: 'button' | 'list'; id: string; title: string } } | { location: { latitude: number; longitude: number } }

export interface ChatState {
  phase: 'loading' | 'ready' | 'refused'
  /** What the server says when it refuses the page. */
  refusal: string
  items: Item[]
  missing: SessionReply['missing']
  fresh: boolean
  agent: PageSpeaker | null
  typing: boolean
  online: boolean
  /** Sending goes on at this instant; 0: no wait. */
  waitUntil: number
  unread: number
}

const typingLasts = 6000
const clientId = (): string => [...crypto.getRandomValues(new Uint8Array(15))].map((byte) => (byte % 36).toString(36)).join('') + Date.now().toString(36)

/** `problem` is told what the owner of the site should know: a wrong signature, a forgotten origin. */
export function createChat(api: Api, config: PageConfig, page: string, problem: (error: ApiError) => void) {
  const outboxName = `turno.outbox.${config.key}`
  const seenName = `turno.seen.${config.key}`
  const userName = `turno.user.${config.key}`
  const state = reactive<ChatState>({
    phase: 'loading', refusal: '', items: [], missing: [], fresh: false, agent: null, typing: false, online: true, waitUntil: 0, unread: 0,
  })
  const jobs = new Map<string, Job>()
  let identity: Identify | null = null
  let line: Line | null = null
  let sending = false
  let retry: ReturnType<typeof setTimeout> | null = null
  let failures = 0
  let renewedAt = 0
  let turn: Promise<unknown> = Promise.resolve()
  let typingTimer: ReturnType<typeof setTimeout> | null = null
  let watched = false
  let confirmed = ''
  let greeted = false
  let upload = new AbortController()

  // ------------------------------------------------------------- session
  async function session(prechat?: Prechat): Promise<void> {
    const reply = await api.session({ page, ...(identity ? { identify: identity } : {}), ...(prechat ? { prechat } : {}) })
    state.missing = reply.missing
    state.fresh = reply.fresh
    renewedAt = Date.now()
  }

  /** Whoever the visitor is changes one step at a time. */
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const next = turn.then(step, step)
    turn = next.catch(() => undefined)
    return next
  }

  const start = (): Promise<void> => inTurn(async () => {
    state.phase = 'loading'
    restore()
    try {
      await session()
      state.phase = 'ready'
      if (!state.fresh) await resume()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (!error.again) {
        state.phase = 'refused'
        state.refusal = error.message
        problem(error)
        return
      }
      state.online = false
      later(start, error.retryAfterMs)
      return
    }
    line ??= connect(api.base, config.key, {
      token: () => api.token ?? '',
      frame: receive,
      online: back,
      offline: () => { state.online = false },
      expired: () => { inTurn(() => session()).then(() => { line?.reconnect() }, () => undefined) },
    })
    void flush()
  })

  /** The visitor becomes a user of the site, or with null nobody in particular, if they were a user on this device. */
  const become = (user: Identify | null): Promise<void> => inTurn(async () => {
    const before = kept(userName)
    if (before === null && user === null) return
    if (before !== null && before !== user?.userId) forget()
    identity = user
    try {
      await session()
      keep(userName, user?.userId ?? null)
      if (before === user?.userId) return
      state.items = state.items.filter((item) => item.state !== 'sent')
      await resume()
      line?.reconnect()
      void flush()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.again) return
      identity = null
      problem(error)
    }
  })

  /** This device knows nothing of the conversation any more; the company keeps it. */
  function forget(): void {
    upload.abort()
    upload = new AbortController()
    api.token = null
    jobs.clear()
    keep(outboxName, null)
    keep(seenName, null)
    confirmed = ''
    Object.assign(state, { items: [], agent: null, typing: false, unread: 0, fresh: true })
    greeted = false
  }

  const startOver = (): Promise<void> => inTurn(async () => {
    forget()
    identity = null
    keep(userName, null)
    await session()
    line?.reconnect()
  })

  // ------------------------------------------------------------- reading
  async function resume(): Promise<void> {
    for (;;) {
      const after = resumeFrom(state.items)
      const { messages, more, agent } = await api.history(after)
      take(messages)
      if (agent && !state.agent) state.agent = agent
      if (!more || messages.length === 0 || resumeFrom(state.items) === after) return
    }
  }

  function take(messages: readonly PageMessage[]): void {
    const known = new Set(state.items.filter((item) => item.state === 'sent').map((item) => item.key))
    const fresh = messages.filter((message) => message.from !== 'visitor' && !known.has(message.id))
    state.items = merge(state.items, messages)
    for (const item of state.items) if (item.state === 'sent') jobs.delete(item.key)
    save()
    if (fresh.length > 0) {
      setTyping(false)
      if (!watched) state.unread += known.size > 0 ? fresh.length : unseen()
      void confirm()
    }
  }

  /** What was said since somebody last looked, on an earlier page. */
  function unseen(): number {
    const last = state.items.findLastIndex((item) => item.key === kept(seenName))
    return state.items.slice(last + 1).filter(fromAccount).length
  }

  function receive(frame: Frame): void {
    if (frame.type === 'message') {
      take([frame.message])
      if (frame.message.from === 'agent' && frame.message.speaker) state.agent = frame.message.speaker
    } else if (frame.type === 'status') state.items = markRead(state.items, frame.upTo)
    else if (frame.type === 'typing') setTyping(frame.typing)
    else if (frame.type === 'agent') state.agent = frame.agent
  }

  function setTyping(typing: boolean): void {
    state.typing = typing
    if (typingTimer) clearTimeout(typingTimer)
    typingTimer = typing ? setTimeout(() => { state.typing = false }, typingLasts) : null
  }

  /** Tells the company how far its messages were delivered, or read while somebody looks. */
  async function confirm(): Promise<void> {
    const last = lastOfAccount(state.items)
    const told = last && `${watched ? 'read' : 'delivered'} ${last.message.id}`
    if (!last || !told || told === confirmed || confirmed === `read ${last.message.id}`) return
    confirmed = told
    if (watched) keep(seenName, last.message.id)
    await api.read(last.message.id, watched ? 'read' : 'delivered').catch(() => { confirmed = '' })
  }

  /** Somebody looks at the end of the conversation, or not any more. */
  function watch(now: boolean): void {
    watched = now
    if (!now) return
    state.unread = 0
    void confirm()
  }

  /** The window was opened: the menu speaks first where the channel says so. */
  function opened(): void {
    if (!config.greetOnOpen || greeted || state.phase !== 'ready' || state.missing.length > 0 || state.items.length > 0) return
    greeted = true
    api.open().catch(() => { greeted = false })
  }

  // ------------------------------------------------------------- writing
  function add(part: PagePart, job: Job, id: string, replyTo?: PageQuote): void {
    jobs.set(id, job)
    state.items = [...state.items, {
      key: id, state: 'sending', message: { id, clientId: id, at: Date.now(), from: 'visitor', parts: [part], ...(replyTo ? { replyTo } : {}) },
    }]
    save()
    void flush()
  }

  const quoting = (replyTo: PageQuote | null): { replyTo?: string } => (replyTo ? { replyTo: replyTo.id } : {})

  function say(content: Content, replyTo: PageQuote | null = null): void {
    const id = clientId()
    const part: PagePart = 'text' in content
      ? { kind: 'text', text: content.text }
      : 'choice' in content ? { kind: 'choice', title: content.choice.title } : { kind: 'location', ...content.location }
    add(part, { kind: 'send', request: { clientId: id, ...content, ...quoting(replyTo) } }, id, replyTo ?? undefined)
  }

  function sendFile(file: File | Blob, options: { name: string; voice?: boolean; durationMs?: number }, replyTo: PageQuote | null = null): void {
    const id = clientId()
    const family = file.type.split('/')[0]
    const kind = options.voice ? 'voice' : family === 'image' || family === 'video' || family === 'audio' ? family : 'document'
    const media = { url: URL.createObjectURL(file), mimeType: file.type, size: file.size, fileName: options.name }
    add(
      { kind, media, ...(options.durationMs === undefined ? {} : { durationMs: options.durationMs }) },
      {
        kind: 'file',
        file,
        query: {
          clientId: id, name: options.name, ...quoting(replyTo), ...(options.voice ? { voice: '1' } : {}),
          ...(options.durationMs === undefined ? {} : { durationMs: String(options.durationMs) }),
        },
      },
      id,
      replyTo ?? undefined,
    )
  }

  async function perform(key: string, job: Job): Promise<SendReply> {
    if (job.kind === 'send') return api.send(job.request)
    return api.upload(job.file, job.query, (progress) => { state.items = change(state.items, key, { progress }) }, upload.signal)
  }

  /** One at a time, in the order written: a later message never overtakes one that waits. */
  async function flush(): Promise<void> {
    if (sending || retry !== null || state.phase !== 'ready') return
    sending = true
    try {
      for (;;) {
        const next = state.items.find((item) => (item.state === 'sending' || item.state === 'waiting') && jobs.has(item.key))
        const job = next && jobs.get(next.key)
        if (!next || !job) return
        state.items = change(state.items, next.key, { state: 'sending' })
        try {
          const { message } = await perform(next.key, job)
          failures = 0
          state.waitUntil = 0
          state.online = true
          take([message])
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          if (!await mend(next.key, error)) return
        }
      }
    } finally {
      sending = false
    }
  }

  /** True when sending may go on at once. */
  async function mend(key: string, error: ApiError): Promise<boolean> {
    if (error.again) {
      state.items = state.items.map((item) => (item.state === 'sending' ? { ...item, state: 'waiting' } : item))
      if (error.code === 'offline') state.online = false
      if (error.code === 'rate_limited') state.waitUntil = Date.now() + error.retryAfterMs
      later(flush, error.retryAfterMs)
      return false
    }
    if (error.code === 'unauthorized' && failures++ < 2) {
      // The session ran out while the page stayed open: a new visitor says it.
      api.token = null
      state.items = state.items.filter((item) => item.state !== 'sent')
      return inTurn(() => session()).then(() => { line?.reconnect(); return true }, () => { later(flush, 0); return false })
    }
    if (error.code === 'prechat_required') {
      state.missing = error.fields as ChatState['missing']
      state.items = change(state.items, key, { state: 'waiting' })
      return false
    }
    state.items = change(state.items, key, { state: 'failed', error: error.message })
    save()
    return true
  }

  /** Tries again after the time the server asked for, or ever more slowly up to half a minute. */
  function later(run: () => unknown, afterMs: number): void {
    if (retry !== null) return
    const wait = afterMs > 0 ? afterMs : Math.min(30_000, 1000 * 2 ** Math.min(failures++, 5))
    retry = setTimeout(() => { retry = null; void run() }, wait)
  }

  /** The line is there again: read what was missed, twice, as something may have been stored in between; send what waits. */
  function back(): void {
    state.online = true
    if (retry !== null && state.waitUntil <= Date.now() && state.phase === 'ready') {
      clearTimeout(retry)
      retry = null
    }
    const catchUp = (): void => { resume().catch(() => undefined) }
    if (!state.fresh || state.items.length > 0) {
      catchUp()
      setTimeout(catchUp, 3000)
    }
    void flush()
  }

  function again(key: string): void {
    state.items = change(state.items, key, { state: 'waiting' })
    void flush()
  }

  function discard(key: string): void {
    jobs.delete(key)
    state.items = without(state.items, key)
    save()
  }

  // --------------------------------------------------- across a reload
  function save(): void {
    const waiting = state.items.flatMap((item) => {
      const job = jobs.get(item.key)
      return job?.kind === 'send' && item.state !== 'sent' ? [{ message: item.message, request: job.request }] : []
    })
    keep(outboxName, waiting.length > 0 ? JSON.stringify(waiting) : null)
  }

  function restore(): void {
    if (state.items.length > 0) return
    let saved: { message: PageMessage; request: SendRequest }[]
    try {
      saved = JSON.parse(kept(outboxName) ?? '[]') as typeof saved
    } catch {
      saved = []
    }
    for (const { request } of saved) jobs.set(request.clientId, { kind: 'send', request })
    state.items = saved.map(({ message, request }) => ({ key: request.clientId, message, state: 'waiting' }))
  }

  return {
    state,
    config,
    api,
    /** Nothing said yet, and the company asks for something first. */
    asks: computed(() => state.missing.length > 0
      || (state.fresh && state.items.length === 0 && !greeted && Object.values(config.prechat).some((wanted) => wanted !== 'off'))),
    exists: computed(() => state.items.some((item) => item.state === 'sent' || fromAccount(item))),
    start, become, startOver, watch, opened, say, sendFile, again, discard,
    async introduce(prechat: Prechat): Promise<void> {
      await inTurn(() => session(prechat))
      state.fresh = false
      opened()
      void flush()
    },
    typing: (typing: boolean): void => { if (state.phase === 'ready' && state.online) api.typing(typing).catch(() => undefined) },
    /** A look at the history from time to time finds what a lost frame did not bring. */
    refresh: (): void => {
      if (state.phase !== 'ready') return
      if (Date.now() - renewedAt > 6 * 3_600_000) inTurn(() => session()).catch(() => undefined)
      if (state.items.length > 0) resume().catch(() => undefined)
    },
  }
}
export type Chat = ReturnType<typeof createChat>
