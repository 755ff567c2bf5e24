/**
 * The only way from an id that a user sent to a row (domain §12): no sight of the object is `not_found`, whatever the
 * verb; sight without the right is `forbidden`. Give it the transaction of the action, after its locks.
 */
import { DomainError } from '../domain/errors.ts'
import { can, type Actor } from '../domain/permissions.ts'
import type { Instant } from '../domain/ports.ts'
import { mayDo, readableUntil, sightOf, type ChatFacts, type ChatVerb, type Sight, type Viewer } from '../domain/sight.ts'
import type { Queryable } from '../store/db.ts'
import type { CatalogView, UserEntry } from './catalog.ts'
import type { Core } from './core.ts'
import { accessInternal } from './internalChats.ts'

export type { ChatVerb }

export interface AccessedChat extends ChatFacts {
  readonly id: string
  readonly channelId: string
  readonly accountId: string | null
  readonly contactId: string | null
  readonly conversationId: string | null
  readonly remoteChatId: string
  readonly lastInboundAt: Instant | null
}

export interface ChatAccess {
  readonly chat: AccessedChat
  readonly sight: Sight
  /** Nothing later than this may be shown. */
  readonly until: Instant | null
}

/** The viewer in the part that depends on tables: own queues. Whoever acts as an agent has an agent id. */
export async function viewerOf(q: Queryable, actor: Actor): Promise<Viewer> {
  if (actor.kind !== 'agent' || actor.id === null) return { actor, agentId: null, queueIds: new Set() }
  const rows = await q.all<{ queueId: string }>('SELECT queueId FROM memberships WHERE agentId = ?', [actor.id])
  return { actor, agentId: actor.id, queueIds: new Set(rows.map((row) => row.queueId)) }
}

const isApiOnly = (view: CatalogView, channelId: string): boolean => view.channel(channelId)?.inboundMode === 'api-only'

export async function accessChat(core: Core, q: Queryable, actor: Actor, chatId: string, verb: ChatVerb): Promise<ChatAccess> {
  const view = await core.catalog.read()
  const row = await q.get<Omit<AccessedChat, 'apiOnly'>>(
    'SELECT id, channelId, accountId, contactId, conversationId, remoteChatId, lastInboundAt, kind, state, agentId, queueId, lastAgentId FROM chats WHERE id = ?', [chatId],
  )
  if (!row) throw new DomainError('not_found')
  const chat = { ...row, apiOnly: isApiOnly(view, row.channelId) }
  const access = await lookAt(core, q, view, actor, chat)
  if (access.sight === 'none') throw new DomainError('not_found')
  if (!mayDo(actor, access.sight, verb)) throw new DomainError('forbidden')
  return access
}

async function lookAt(core: Core, q: Queryable, view: CatalogView, actor: Actor, chat: AccessedChat): Promise<ChatAccess> {
  const alone: Viewer = { actor, agentId: actor.kind === 'agent' ? actor.id : null, queueIds: new Set() }
  const atOnce = sightOf(alone, chat, false)
  if (atOnce !== 'none' || alone.agentId === null) return { chat, sight: atOnce, until: null }
  const viewer = chat.state === 'QUEUED' ? await viewerOf(q, actor) : alone
  const stay = await q.get<{ startedAt: Instant; endedAt: Instant | null }>(
    'SELECT startedAt, endedAt FROM assignments WHERE chatId = ? AND agentId = ? ORDER BY startedAt DESC LIMIT 1', [chat.id, alone.agentId],
  )
  const since = core.clock.now() - view.setting('agents.historyDays') * 86_400_000
  const endedAt = stay?.endedAt ?? null
  const sight = sightOf(viewer, chat, endedAt !== null && endedAt >= since)
  return { chat, sight, until: readableUntil(sight, chat, endedAt) }
}

/** Colleagues see each other; steering (pause, unpause, sign out) is for supervisors over agents, for administrators over supervisors too. */
export async function accessAgent(core: Core, actor: Actor, agentId: string, verb: 'see' | 'steer'): Promise<UserEntry> {
  const view = await core.catalog.read()
  const user = view.user(agentId)
  if (!user || user.archivedAt !== null || !(user.role === 'agent' || user.alsoAgent)) throw new DomainError('not_found')
  if (verb === 'steer' && actor.id !== agentId && !can(actor, user.role === 'agent' ? 'agents.steer' : 'supervisors.steer')) throw new DomainError('forbidden')
  return user
}

export interface AccessedMedia {
  readonly id: string
  readonly sha256: string | null
  readonly thumbSha256: string | null
  readonly mime: string
  readonly size: number
  readonly name: string
  readonly state: 'pending' | 'ready' | 'failed'
  readonly kind: string | null
  readonly chatId: string | null
  readonly messageId: string | null
  readonly uploadedBy: string | null
}

/**
 * A file is seen with the message it belongs to; an upload not yet sent only by whoever brought it; an avatar (kind
 * `avatar`, no chat) by everybody who is signed in.
 */
export async function accessMedia(core: Core, q: Queryable, actor: Actor, mediaId: string): Promise<AccessedMedia> {
  const media = await q.get<AccessedMedia>(
    'SELECT id, sha256, thumbSha256, mime, size, name, state, kind, chatId, messageId, uploadedBy FROM media WHERE id = ?', [mediaId],
  )
  if (!media) throw new DomainError('not_found')
  if (media.chatId === null) {
    if (media.kind === 'internal') {
      const message = await q.get<{ chatId: string }>('SELECT chatId FROM internal_messages WHERE id = ?', [media.messageId])
      await accessInternal(q, actor, message?.chatId ?? '')
      return media
    }
    if (media.kind === 'avatar' || (media.uploadedBy !== null && media.uploadedBy === actor.id)) return media
    throw new DomainError('not_found')
  }
  const access = await accessChat(core, q, actor, media.chatId, 'row')
  const message = media.messageId === null ? undefined : await q.get<{ sortAt: Instant; deletedAt: Instant | null }>('SELECT sortAt, deletedAt FROM messages WHERE id = ?', [media.messageId])
  const tooLate = access.until !== null && (message?.sortAt ?? Infinity) > access.until
  const taken = message?.deletedAt != null && !showsDeleted(await core.catalog.read(), actor)
  // The row of a waiting chat is seen, its content is not: to that viewer the file does not exist.
  if (access.sight === 'row' || tooLate || taken) throw new DomainError('not_found')
  return media
}

/** Content that the customer took back (domain §8.2). */
export function showsDeleted(view: CatalogView, actor: Actor): boolean {
  const who = view.setting('message.showDeleted')
  return who === 'everyone' || (who === 'supervisors' && can(actor, 'chats.all'))
}
