/**
 * The live feed: one socket, resumed by cursor after every loss, so that nothing is missed and nothing comes twice.
 * It retries by itself (backoff.ts), at once when the browser says the network is back, and gives up only when the
 * server says the session is closed.
 */
import type { FeedBatch, ResumeAnswer, TypingSignal } from '../../../../server/http/contract/feed.ts'
import type { Board } from '../../../../server/http/contract/agents.ts'
import { backoff } from './backoff.ts'

/** The part of a socket.io client that is used here, so that tests can put their own in its place. */
export interface FeedSocket {
  connected: boolean
  connect: () => unknown
  disconnect: () => unknown
  on: (event: string, listener: (...args: never[]) => void) => unknown
  emit: (event: string, ...args: unknown[]) => unknown
}

export type FeedState = 'idle' | 'connecting' | 'live' | 'lost' | 'closed'

export interface FeedHandlers {
  onBatch: (batch: FeedBatch) => void
  /** Too much was missed. Resolves with the cursor of a fresh load. */
  onReload: () => Promise<string>
  onTyping: (signal: TypingSignal) => void
  onBoard: (board: Board) => void
  onClosed: (reason: string) => void
  /** `retryAt`: when the next attempt starts, while the state is `lost`. */
  onState: (state: FeedState, retryAt: number | null) => void
}

export interface FeedTools {
  now: () => number
  random: () => number
  after: (ms: number, run: () => void) => () => void
}

const browserTools: FeedTools = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** The server refuses a handshake without a session with this message. */
const refused = 'unauthorized'

export class FeedClient {
  private cursor: string | null = null
  private state: FeedState = 'idle'
  private attempt = 0
  private cancelRetry: (() => void) | null = null
  private readonly watched = new Set<string>()
  private readonly socket: FeedSocket
  private readonly handlers: FeedHandlers
  private readonly tools: FeedTools

  constructor(socket: FeedSocket, handlers: FeedHandlers, tools: FeedTools = browserTools) {
    this.socket = socket
    this.handlers = handlers
    this.tools = tools
    socket.on('connect', () => this.resume())
    socket.on('disconnect', () => this.lost())
    socket.on('connect_error', (error: Error) => (error.message === refused ? this.close('expired') : this.lost()))
    socket.on('events', (batch: FeedBatch) => {
      this.handlers.onBatch(batch)
      this.cursor = batch.cursor
    })
    socket.on('reload', () => void this.reload())
    socket.on('typing', (signal: TypingSignal) => this.handlers.onTyping(signal))
    socket.on('board', (board: Board) => this.handlers.onBoard(board))
    socket.on('session_closed', ({ reason }: { reason: string }) => this.close(reason))
  }

  start(cursor: string): void {
    this.cursor = cursor
    this.enter('connecting')
    this.socket.connect()
  }

  /** Leaves without a word; `start` may follow. */
  stop(): void {
    this.cancelRetry?.()
    this.watched.clear()
    this.enter('idle')
    this.socket.disconnect()
  }

  retryNow(): void {
    if (this.state !== 'lost') return
    this.cancelRetry?.()
    this.connect()
  }

  watch(chatId: string): void {
    this.watched.add(chatId)
    if (this.state === 'live') this.socket.emit('watch', { chatId }, () => undefined)
  }

  unwatch(chatId: string): void {
    if (this.watched.delete(chatId) && this.state === 'live') this.socket.emit('unwatch', { chatId })
  }

  /** Colleagues are told either way; the customer is not of a note. */
  typing(chatId: string, typing: boolean, note = false): void {
    if (this.state === 'live') this.socket.emit('typing', { chatId, typing, ...(note ? { note } : {}) })
  }

  private connect(): void {
    this.enter('connecting')
    this.socket.connect()
  }

  private resume(): void {
    this.socket.emit('resume', { cursor: this.cursor }, (answer: ResumeAnswer) => {
      if (!answer.ok) return void this.reload()
      this.cursor ??= answer.cursor
      this.live()
    })
  }

  private live(): void {
    this.attempt = 0
    this.enter('live')
    for (const chatId of this.watched) this.socket.emit('watch', { chatId }, () => undefined)
  }

  private async reload(): Promise<void> {
    try {
      this.cursor = await this.handlers.onReload()
    } catch {
      this.socket.disconnect()
      return
    }
    if (this.socket.connected) this.resume()
  }

  private lost(): void {
    if (this.state === 'idle' || this.state === 'closed') return
    this.cancelRetry?.()
    const wait = backoff(this.attempt, this.tools.random())
    this.attempt += 1
    this.enter('lost', this.tools.now() + wait)
    this.cancelRetry = this.tools.after(wait, () => this.connect())
  }

  private close(reason: string): void {
    if (this.state === 'idle' || this.state === 'closed') return
    this.cancelRetry?.()
    this.enter('closed')
    this.socket.disconnect()
    this.handlers.onClosed(reason)
  }

  private enter(state: FeedState, retryAt: number | null = null): void {
    this.state = state
    this.handlers.onState(state, retryAt)
  }
}
