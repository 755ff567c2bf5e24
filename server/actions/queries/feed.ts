/**
 * The tail of the event log, and what its events touch. Auto-increment ids can commit out of order, so a reader keeps a
 * list of gaps for a few seconds, and a place to resume from lies below every gap that is still open.
 */
import type { AgentView, ChannelView } from '../../http/contract/session.ts'
import type { MessageView } from '../../http/contract/chats.ts'
import type { Instant } from '../../http/contract/common.ts'
import type { ChatFacts } from '../../domain/sight.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { agentViews, channelView } from './agents.ts'
import { listedColumns, type ListedChat } from './chatRows.ts'
import { eventColumns, type StoredEvent } from './eventLines.ts'
import { internalMessages } from './internalChats.ts'
import { loadAround, messageColumns, type LoadedMessages, type StoredMessage } from './messageViews.ts'

/** A transaction that takes longer than this between its insert and its commit is not waited for. */
export const gapPatience = 5000

export const feedAfter = (core: Core, id: number, limit: number): Promise<StoredEvent[]> =>
  core.db.all<StoredEvent>(`SELECT ${eventColumns} FROM event_log WHERE id > ? ORDER BY id LIMIT ${limit}`, [id])

export async function feedByIds(core: Core, ids: readonly number[]): Promise<StoredEvent[]> {
  if (ids.length === 0) return []
  return core.db.all<StoredEvent>(`SELECT ${eventColumns} FROM event_log WHERE id IN (${placeholders(ids.length)}) ORDER BY id`, ids)
}

/** First and last id there is; 0 and 0 for an empty log. */
export async function feedEnds(core: Core): Promise<{ first: number; last: number }> {
  const row = await core.db.get<{ first: number | null; last: number | null }>('SELECT MIN(id) AS first, MAX(id) AS last FROM event_log')
  return { first: row?.first ?? 0, last: row?.last ?? 0 }
}

/** The newest place below every gap that may still be filled. */
export async function feedPosition(core: Core): Promise<number> {
  const rows = await core.db.all<{ id: number; at: Instant }>('SELECT id, at FROM event_log ORDER BY id DESC LIMIT 500')
  const patience = core.clock.now() - gapPatience
  let position = rows[0]?.id ?? 0
  for (const [n, row] of rows.entries()) {
    const before = rows[n + 1]
    if (row.at < patience || !before) break
    if (before.id !== row.id - 1) position = before.id
  }
  return position
}

export const feedCursor = async (core: Core): Promise<string> => String(await feedPosition(core))

export type FeedChat = ListedChat & ChatFacts & { readonly remoteChatId: string }

/** A batch of events with the present state of what they touch. */
export interface FeedContent {
  readonly events: readonly StoredEvent[]
  readonly chats: ReadonlyMap<string, FeedChat>
  readonly loaded: LoadedMessages
  readonly messages: ReadonlyMap<string, StoredMessage>
  readonly agents: ReadonlyMap<string, AgentView>
  readonly channels: ReadonlyMap<string, ChannelView>
  readonly internal: ReadonlyMap<string, MessageView>
  readonly view: CatalogView
}

const showsAgent = /^(agent\.|membership\.|assignment\.|transfer\.completed|conversation\.resolved)/

/** Which message an event is about. */
export function messageIdOf(event: StoredEvent): string | null {
  if (!event.type.startsWith('message.')) return null
  const { messageId } = JSON.parse(event.data) as { messageId?: unknown }
  return typeof messageId === 'string' ? messageId : null
}

const internalIdOf = (event: StoredEvent): string | null => (JSON.parse(event.data) as { messageId?: string }).messageId ?? null

/** One query a table, whatever the number of events. */
export async function loadFeed(core: Core, events: readonly StoredEvent[]): Promise<FeedContent> {
  const unique = (values: readonly (string | null)[]): string[] => [...new Set(values.filter((value) => value !== null))]
  const chatIds = unique(events.map((event) => event.chatId))
  const messageIds = unique(events.map(messageIdOf))
  const agentIds = unique(events.filter((event) => showsAgent.test(event.type)).map((event) => event.agentId))
  const [view, chats, messages, agents, internal] = await Promise.all([
    core.catalog.read(),
    chatIds.length === 0 ? [] : core.db.all<Omit<FeedChat, 'apiOnly'>>(`SELECT ${listedColumns.join(', ')}, remoteChatId FROM chats WHERE id IN (${placeholders(chatIds.length)})`, chatIds),
    messageIds.length === 0 ? [] : core.db.all<StoredMessage>(`SELECT ${messageColumns.join(', ')} FROM messages WHERE id IN (${placeholders(messageIds.length)})`, messageIds),
    agentIds.length === 0 ? [] : agentViews(core, core.db, agentIds),
    internalMessages(core.db, unique(events.filter((event) => event.type === 'internal.message').map(internalIdOf))),
  ])
  const changed = new Set(events.filter((event) => event.type.startsWith('message.') && event.type !== 'message.created').map(messageIdOf))
  const fresh = new Set(messages.filter((message) => !changed.has(message.id)).map((message) => message.id))
  const channels = unique(events.filter((event) => event.type.startsWith('channel.')).map((event) => event.channelId))
    .map((id) => view.channel(id)).filter((channel) => channel !== undefined)
    .map((channel) => channelView(core, channel)).filter((channel) => channel !== null)
  return {
    events, view, loaded: await loadAround(core.db, messages, fresh), messages: new Map(messages.map((message) => [message.id, message])),
    chats: new Map(chats.map((chat) => [chat.id, { ...chat, apiOnly: view.channel(chat.channelId)?.inboundMode === 'api-only' }])),
    agents: new Map(agents.map((agent) => [agent.id, agent])), channels: new Map(channels.map((channel) => [channel.id, channel])),
    internal: new Map(internal.map((message) => [message.id, message])),
  }
}

/** Whether the place a client resumes from is still in the log, and how far it lies back. */
export async function feedDistance(core: Core, from: number): Promise<{ lost: boolean; behind: number }> {
  const { first, last } = await feedEnds(core)
  return { lost: from > last || (first > 0 && from < first - 1), behind: last - from }
}
