/**
 * The live feed, over socket.io (WebSocket only) at path `/socket`, namespace `/app`, authenticated by the session cookie of the
 * application that the handshake names: `auth: { app: 'agent' | 'supervisor' }`. A refused handshake carries `data.code`.
 *
 * Client → server:
 *   'resume'  { cursor: string | null }, ack ResumeAnswer   once after every (re)connection. `cursor` is the last one received
 *                                                           (Bootstrap.cursor at first): what was missed follows as 'events'.
 *   'watch'   { chatId }, ack { ok: boolean }               the thread on screen: typing and message deltas of a chat that is not
 *                                                           one's own (supervisors). Not an assignment, no read receipt.
 *   'unwatch' { chatId }
 *   'typing'  { chatId, typing, note? }                     the agent's own typing, to colleagues and, unless it is a note, to the customer (where the bridge can)
 * Server → client:
 *   'events'  FeedBatch      in order; apply, then remember `cursor`
 *                            A chat that becomes one's own (assignment.started with one's own agentId) brings its row, not what
 *                            was said while it was not: a thread that is on screen or kept is fetched again then.
 *   'reload'  { reason }     too much was missed: fetch everything again (GET /app/bootstrap)
 *   'typing'  TypingSignal   forgotten after 6 s
 *   'board'   Board          supervisors, at most once a second, when something changed
 *   'session_closed' { reason: 'second_login'|'replaced'|'supervisor'|'logout'|'expired'|'disabled'|'password_changed' }
 */
import type { ActorView, Instant } from './common.ts'
import type { ChatRow, EventLine, MessageView } from './chats.ts'
import type { OfferView } from './offers.ts'
import type { AgentView, ChannelView } from './session.ts'

export interface FeedBatch {
  cursor: string
  items: FeedItem[]
}

/**
 * One event of the log, with the present state of what it touches. `chat` is the row as the reader may see it;
 * null together with `chatId` means: no longer visible, take it off every list. `type` is a name of domain.md §2.9.
 */
export interface FeedItem {
  id: string
  at: Instant
  type: string
  chatId: string | null
  agentId: string | null
  queueId: string | null
  actor: ActorView
  data: Record<string, unknown>
  chat?: ChatRow | null
  /** message.*: the message as it is now (new, edited, another status, a reaction). */
  message?: MessageView
  /** Events that are shown as a line in the timeline. */
  line?: EventLine
  agent?: AgentView
  channel?: ChannelView
  /** internal.message: what was said, to members of that chat alone. */
  internal?: MessageView
  /** distribution.offered to oneself. */
  offer?: OfferView
}

export type ResumeAnswer = { ok: true; cursor: string } | { ok: false; reload: true }

export interface TypingSignal {
  chatId: string
  who: ActorView
  typing: boolean
}
