/**
 * Which screens an event of the record goes to, and how much of it (domain §2.9, §12). What a viewer may see follows
 * from the present state of the chat, so that an event that comes late shows nothing of what went to somebody else.
 */
import { sightOf, type ChatFacts, type Viewer } from './sight.ts'
import { can } from './permissions.ts'

export interface FeedViewer extends Viewer {
  /** Chats on screen: their messages are wanted too, though they are not the viewer's own. */
  readonly watching: ReadonlySet<string>
}

export interface HappenedTo {
  readonly type: string
  readonly chatId: string | null
  readonly agentId: string | null
  readonly queueId: string | null
}

/**
 * full: the row, and the message or timeline line. row: the row only. limited: the row without what was said. gone: the
 * chat has left the viewer's lists. offer: a chat is offered to the viewer, or is no more. plain: an event of no chat. skip: not for this viewer.
 */
export type Share = 'full' | 'row' | 'limited' | 'gone' | 'offer' | 'plain' | 'skip'

/** Events that everybody's screen follows: colleagues as transfer targets, queues, the state of the lines. */
const forEverybody = /^(agent\.(online|offline|paused|unpaused|wrapup_started|wrapup_ended|created|updated|disabled)|membership\.|queue\.(created|updated|deleted)$|channel\.|quickreply\.)/
/** Carries ids of sessions; the sockets concerned are told in another way. */
const forNobody = new Set(['agent.session_closed'])

/** Addressed to one person, named by the event's agent id: not even supervisors see those of others. */
const personal = /^(internal\.|mention\.)/

/** To whom a chat is offered sees the card, whatever else they see of the chat. */
const offers = /^distribution\.(offered|accepted|declined|offer_expired|withdrawn)$/

export function shareOf(viewer: FeedViewer, event: HappenedTo, chat: ChatFacts | undefined): Share {
  if (forNobody.has(event.type)) return 'skip'
  if (personal.test(event.type)) return event.agentId !== null && event.agentId === viewer.actor.id ? 'plain' : 'skip'
  if (event.chatId === null) return forEverybody.test(event.type) || can(viewer.actor, 'chats.all') ? 'plain' : 'skip'
  if (!chat) return 'skip'
  if (viewer.agentId !== null && event.agentId === viewer.agentId && offers.test(event.type)) return 'offer'
  const watched = viewer.watching.has(event.chatId)
  const sight = sightOf(viewer, chat, chat.lastAgentId !== null && chat.lastAgentId === viewer.agentId)
  switch (sight) {
    case 'held':
      return 'full'
    case 'all': case 'open':
      return watched ? 'full' : 'row'
    case 'row':
      return event.type.startsWith('message.') ? 'skip' : 'limited'
    case 'past':
      if (chat.state === 'RESOLVED') return watched ? 'full' : 'row'
      return touches(viewer, event) ? 'gone' : 'skip'
    case 'none':
      return touches(viewer, event) ? 'gone' : 'skip'
  }
}

/** The event ended the viewer's stay, or took the chat off a list of the viewer's queues. */
function touches(viewer: FeedViewer, event: HappenedTo): boolean {
  if (viewer.agentId === null || event.type.startsWith('message.')) return false
  return event.agentId === viewer.agentId || (event.queueId !== null && viewer.queueIds.has(event.queueId))
}
