/** Who sees which chat, and how much of it (domain §12): decided here for requests, lists and the live feed alike. */
import type { ChatState } from './chat.ts'
import { can, type Actor } from './permissions.ts'
import type { Instant } from './ports.ts'

export interface ChatFacts {
  readonly kind: 'direct' | 'group'
  readonly state: ChatState
  readonly agentId: string | null
  readonly queueId: string | null
  readonly lastAgentId: string | null
  /** A line whose chats are its own client's alone (domain §10.3). */
  readonly apiOnly: boolean
}

export interface Viewer {
  readonly actor: Actor
  /** Null for whoever does not attend. */
  readonly agentId: string | null
  readonly queueIds: ReadonlySet<string>
}

/**
 * all: everything, as supervisors. held: the chat is the viewer's own. past: read-only, from an earlier stay.
 * open: waits in an own queue and may be read, because the viewer may take it. row: waits in an own queue; name,
 * channel and wait only. none: for the viewer it does not exist.
 */
export type Sight = 'all' | 'held' | 'past' | 'open' | 'row' | 'none'

/** `stayed`: the viewer's last stay in the chat lies within agents.historyDays. */
export function sightOf(viewer: Viewer, chat: ChatFacts, stayed: boolean): Sight {
  if (chat.apiOnly && viewer.actor.id !== null) return 'none'
  if (can(viewer.actor, 'chats.all')) return 'all'
  if (viewer.agentId === null) return 'none'
  if (chat.kind === 'group') return can(viewer.actor, 'group.use') ? 'held' : 'none'
  if (chat.agentId === viewer.agentId) return 'held'
  const waits = chat.state === 'QUEUED' && chat.queueId !== null && viewer.queueIds.has(chat.queueId)
  if (waits && can(viewer.actor, 'chat.take')) return 'open'
  if (stayed) return 'past'
  return waits ? 'row' : 'none'
}

/** How far an earlier stay lets one read: to its end while a colleague holds the chat, else everything. */
export function readableUntil(sight: Sight, chat: ChatFacts, stayEndedAt: Instant | null): Instant | null {
  return sight === 'past' && chat.agentId !== null ? stayEndedAt : null
}

export type ChatVerb = 'row' | 'see' | 'write' | 'note' | 'transfer' | 'resolve' | 'monitor'

/** Whether somebody with this sight may do it. Sight `none` never gets here: that is “not found”. */
export function mayDo(actor: Actor, sight: Sight, verb: ChatVerb): boolean {
  const own = sight === 'held' || sight === 'all'
  switch (verb) {
    case 'row':
      return true
    case 'see':
      return sight !== 'row'
    case 'write': case 'note':
      return sight === 'held' || (sight === 'all' && can(actor, 'chats.write.any'))
    case 'transfer':
      return own && can(actor, 'chat.transfer')
    case 'resolve':
      return own && can(actor, 'chat.resolve')
    case 'monitor':
      return sight === 'all' && can(actor, 'chats.all')
  }
}
