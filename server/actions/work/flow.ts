/**
 * The moves of a chat (domain §2.5) on a locked unit of work: opening, queueing, assigning, releasing, closing.
 * Every action and the inbound lane make them here, so that rows, events and counters always agree.
 */
import { isAssigned } from '../../domain/chat.ts'
import { renderText } from '../../domain/customerText.ts'
import type { Actor } from '../../domain/permissions.ts'
import type { Instant } from '../../domain/ports.ts'
import { systemActor } from '../../domain/permissions.ts'
import { textFor, type Localized } from '../../domain/settings.ts'
import { placeholders } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import type { CatalogView, UserEntry } from '../catalog.ts'
import type { Core } from '../core.ts'
import { sayAutomatic } from './say.ts'
import { menuText } from './texts.ts'
import type { ChatWork, Work } from './work.ts'

type Who = Pick<Actor, 'kind' | 'id' | 'name'>

/** What the moves need of the open conversation. */
export interface ConversationFacts {
  id: string
  chatId: string
  openedAt: Instant
  queueId: string | null
  firstQueueId: string | null
  firstQueuedAt: Instant | null
  firstJoinedAt: Instant | null
  firstAgentReplyAt: Instant | null
  /** What a menu left to be said to the customer (texts.ts). */
  texts: string | null
}

export async function openConversationsOf(tx: Tx, chats: readonly ChatWork[]): Promise<Map<string, ConversationFacts>> {
  const ids = chats.flatMap((chat) => (chat.row.conversationId ? [chat.row.conversationId] : []))
  if (ids.length === 0) return new Map()
  const rows = await tx.all<ConversationFacts>(
    `SELECT id, chatId, openedAt, queueId, firstQueueId, firstQueuedAt, firstJoinedAt, firstAgentReplyAt, texts FROM conversations WHERE id IN (${placeholders(ids.length)})`, ids,
  )
  return new Map(rows.map((row) => [row.chatId, row]))
}

/** T2: IDLE or RESOLVED → ROUTING. The caller routes in the same transaction. */
export function openConversation(
  core: Core, work: Work, chat: ChatWork,
  how: { origin: 'customer' | 'agent' | 'supervisor' | 'api'; isFirst: boolean; actor: Who },
): ConversationFacts {
  const facts: ConversationFacts = {
    id: core.ids.next(), chatId: chat.id, openedAt: work.now, queueId: null, firstQueueId: null, firstQueuedAt: null, firstJoinedAt: null, firstAgentReplyAt: null, texts: null,
  }
  work.insert('conversations', {
    id: facts.id, chatId: chat.id, channelId: chat.row.channelId, accountId: chat.row.accountId, contactId: chat.row.contactId, origin: how.origin,
    isFirst: how.isFirst ? 1 : 0, openedAt: work.now, openedBy: how.actor.id, queueId: null, firstQueueId: null, firstQueuedAt: null, lastQueuedAt: null, firstJoinedAt: null,
  })
  chat.move('ROUTING')
  chat.row.conversationId = facts.id
  chat.row.queueId = null
  chat.event('conversation.opened', how.actor, { data: { origin: how.origin, isFirst: how.isFirst } })
  return facts
}

export interface Enqueue {
  readonly queueId: string
  readonly kind: 'route' | 'menu' | 'transfer' | 'bulk' | 'offline-policy' | 'initiated'
  readonly requester: Who
  /** The author of a transfer is left out until then (§3.8). */
  readonly author?: { readonly agentId: string; readonly until: Instant } | undefined
  /** Since when, if not since now: a transfer that was asked for earlier. */
  readonly queuedAt?: Instant
  /** The queue whose limits sent it here. */
  readonly overflowedFrom?: string
}

/** T4, T14: into a waiting list, always at its end; the list is drained afterwards by the same path as ever. */
export function enqueue(core: Core, work: Work, view: CatalogView, chat: ChatWork, conversation: ConversationFacts, how: Enqueue): void {
  const queue = view.queue(how.queueId)
  const queuedAt = how.queuedAt ?? work.now
  chat.move('QUEUED')
  chat.row.queueId = how.queueId
  chat.row.queuedAt = queuedAt
  const firstQueuedAt = conversation.firstQueuedAt ?? queuedAt
  work.update('conversations', conversation.id, {
    queueId: how.queueId, firstQueueId: conversation.firstQueueId ?? how.queueId, firstQueuedAt, lastQueuedAt: queuedAt,
  })
  Object.assign(conversation, { queueId: how.queueId, firstQueueId: conversation.firstQueueId ?? how.queueId, firstQueuedAt })
  work.insert('distributions', {
    id: core.ids.next(), chatId: chat.id, conversationId: conversation.id, targetKind: 'queue', targetId: how.queueId, kind: how.kind, requesterKind: how.requester.kind,
    requesterId: how.requester.id, enqueue: 1, precedence: -chat.row.priority, queuedAt, state: 'waiting', authorId: how.author?.agentId ?? null,
    authorUntil: how.author?.until ?? null, createdAt: work.now,
  })
  work.insert('queue_legs', {
    id: core.ids.next(), chatId: chat.id, conversationId: conversation.id, queueId: how.queueId, queueName: queue?.name ?? '', queuedAt, enteredAt: work.now, overflowedFrom: how.overflowedFrom ?? null,
  })
  chat.event('queue.entered', how.requester, { data: { queueName: queue?.name ?? null, queuedAt, kind: how.kind } })
  work.drain(how.queueId)
  if (queue && queue.maxWait > 0) work.timer({ kind: 'overflow', subjectId: chat.id, dueAt: work.now + queue.maxWait * 1000, data: { queueId: how.queueId } })
}

/** Somebody is looked for while an agent or a menu still has the chat (T5, T13): a transfer that is offered, a menu's search. */
export function seek(core: Core, work: Work, chat: ChatWork, conversation: ConversationFacts, how: Seek): void {
  const lineKey = how.queueId ?? chat.id
  work.insert('distributions', {
    id: core.ids.next(), chatId: chat.id, conversationId: conversation.id, targetKind: how.queueId === null ? 'agents' : 'queue', targetId: lineKey, kind: how.kind,
    requesterKind: how.requester.kind, requesterId: how.requester.id, enqueue: how.enqueue ? 1 : 0, precedence: -chat.row.priority, queuedAt: work.now, state: 'waiting',
    authorId: how.author?.agentId ?? null, authorUntil: how.author?.until ?? null, createdAt: work.now, waits: 0, terms: JSON.stringify(how.terms),
  })
  work.drain(lineKey)
}

export interface Seek {
  /** Null: among the agents that the terms name. */
  readonly queueId: string | null
  readonly kind: 'menu' | 'transfer'
  readonly enqueue: boolean
  readonly requester: Who
  readonly terms: object
  readonly author?: { readonly agentId: string; readonly until: Instant } | undefined
}

/** The chat leaves the waiting list it is in. */
export function leaveQueue(work: Work, chat: ChatWork, outcome: 'assigned' | 'taken' | 'moved' | 'overflowed' | 'failed' | 'closed', actor: Who, reason: 'accepted_by_other' | 'resolved' | 'removed' = 'removed'): void {
  if (chat.row.queuedAt === null) return
  work.endDistribution(chat, outcome, reason)
  work.end('queue_legs', chat.id, { leftAt: work.now, outcome })
  chat.event('queue.left', actor, { data: { outcome, queuedAt: chat.row.queuedAt } })
  chat.row.queuedAt = null
}

export interface Assign {
  readonly agent: UserEntry
  readonly kind: 'distribution' | 'transfer' | 'forced' | 'initiated' | 'taken'
  readonly actor: Who
  /** Since when the customer waited for this agent, for `waited`. */
  readonly waitedSince: Instant | null
}

/** T5, T13, T21, T23: the agent joins at once. A former agent must have been released in the same transaction. */
export function assign(core: Core, work: Work, view: CatalogView, chat: ChatWork, conversation: ConversationFacts, how: Assign): void {
  chat.move('PENDING')
  chat.row.agentId = how.agent.id
  chat.row.lastAgentId = how.agent.id
  chat.row.oneShot = null
  work.insert('assignments', {
    id: core.ids.next(), chatId: chat.id, conversationId: conversation.id, agentId: how.agent.id, agentName: how.agent.name, queueId: chat.row.queueId, kind: how.kind,
    startedAt: work.now, waited: how.waitedSince === null ? null : Math.max(0, work.now - how.waitedSince),
  })
  if (conversation.firstJoinedAt === null) {
    conversation.firstJoinedAt = work.now
    work.update('conversations', conversation.id, { firstJoinedAt: work.now })
  }
  work.load(how.agent.id, 1, { assigned: true })
  chat.event('assignment.started', how.actor, { agentId: how.agent.id, data: { kind: how.kind, agentName: how.agent.name, queueName: view.queue(chat.row.queueId)?.name ?? null, waited: how.waitedSince === null ? null : work.now - how.waitedSince } })
  sayAutomatic(core, work, view, chat, joinText(work, view, chat, conversation, how))
}

/** At a transfer only the transfer's message is sent, never the join message as well (§4.1). */
function joinText(work: Work, view: CatalogView, chat: ChatWork, conversation: ConversationFacts, how: Assign): string {
  const name = how.kind === 'transfer' ? ('transfer' as const) : how.kind === 'initiated' ? null : ('join' as const)
  if (name === null) return ''
  const agent = { id: how.agent.id, name: how.agent.name }
  const own = name === 'join' ? menuText(conversation.texts, 'join', { agent }, { now: work.now, country: view.setting('general.country') }) : undefined
  if (own !== undefined) return own
  const texts: Localized = view.queue(chat.row.queueId)?.messages[name] ?? view.setting(`${name}.message`, { queueId: chat.row.queueId, channelId: chat.row.channelId })
  return renderText(textFor(texts, null, view.setting('general.locale')), { agent: { name: how.agent.name }, queue: { name: view.queue(chat.row.queueId)?.name ?? '' } })
}

/** The assigned agent leaves the chat; what follows is the caller's. */
export function release(work: Work, chat: ChatWork, endKind: 'transfer' | 'resolved' | 'released' | 'superseded', actor: Who): string | null {
  const agentId = chat.row.agentId
  if (agentId === null) return null
  work.end('assignments', chat.id, { endedAt: work.now, endKind })
  work.load(agentId, -1)
  chat.event('assignment.ended', actor, { agentId, data: { endKind } })
  chat.row.agentId = null
  chat.row.unread = 0
  work.freed(agentId)
  return agentId
}

/** T22: nobody is in charge until somebody acts. */
export function leaveUnrouted(chat: ChatWork, reason: string): void {
  if (chat.row.state === 'UNROUTED') return
  chat.move('UNROUTED')
  chat.event('conversation.unrouted', systemActor, { data: { reason } })
}

/** PENDING and FOLLOWUP (§2.4); `cause` is the message that did it. */
export function flip(chat: ChatWork, to: 'PENDING' | 'FOLLOWUP', actor: Who, cause: string): void {
  const from = chat.row.state
  if (!isAssigned(from) || from === to) return
  chat.move(to)
  chat.event('conversation.status_changed', actor, { data: { from, to, cause } })
}

export interface Close {
  readonly actor: Who
  readonly closeKind: 'agent' | 'supervisor' | 'menu' | 'inactivity' | 'consent_declined' | 'superseded' | 'api' | 'system'
  readonly counts: { inbound: number; outbound: number }
  readonly note?: string | null
  readonly bulk?: boolean
  readonly farewell?: boolean
}

/** T17, §4.2: everything that is open in the chat ends, in this order. */
export function close(work: Work, chat: ChatWork, how: Close): void {
  const heldBy = chat.row.agentId
  // A transfer or a menu may be looking for somebody while the chat waits in no list.
  if (chat.row.queuedAt === null && (isAssigned(chat.row.state) || how.actor.kind !== 'menu')) work.endDistribution(chat, 'closed', 'resolved')
  leaveQueue(work, chat, 'closed', how.actor, 'resolved')
  release(work, chat, 'resolved', how.actor)
  chat.row.oneShot = null
  chat.row.waitingSince = null
  chat.row.unread = 0
  chat.row.priority = 0
  // A person looked at it. What menus close may be an auto-responder's still.
  if (how.closeKind === 'agent' || how.closeKind === 'supervisor' || how.closeKind === 'api') chat.row.guard = null
  if (chat.row.conversationId) {
    work.update('conversations', chat.row.conversationId, {
      closedAt: work.now, closedByKind: how.actor.kind, closedById: how.actor.id, closeKind: how.closeKind, closeAgentId: heldBy, bulk: how.bulk ? 1 : 0,
      inboundCount: how.counts.inbound, outboundCount: how.counts.outbound, ...(how.note ? { dispositionNote: how.note } : {}),
    })
  }
  chat.move('RESOLVED')
  chat.event('conversation.resolved', how.actor, { agentId: heldBy, data: { closeKind: how.closeKind, bulk: how.bulk ?? false, farewell: how.farewell ?? false } })
  chat.row.conversationId = null
}
