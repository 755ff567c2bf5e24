/** A chat as a line of a list: everything it shows comes from its own row and the catalog, so a page of chats is one query. */
import type { ActorView, Instant } from '../../http/contract/common.ts'
import type { ChatRow, MessageKind, MessageStatus } from '../../http/contract/chats.ts'
import type { ChatState } from '../../domain/chat.ts'
import type { Sight } from '../../domain/sight.ts'
import type { CatalogView } from '../catalog.ts'

export interface ListedChat {
  id: string; channelId: string; accountId: string | null; kind: 'direct' | 'group'; state: ChatState; conversationId: string | null
  agentId: string | null; lastAgentId: string | null; queueId: string | null; title: string; subtitle: string | null; avatarMediaId: string | null
  priority: number; unread: number; waitingSince: Instant | null; queuedAt: Instant | null; lastMessageAt: Instant | null; lastInboundAt: Instant | null
  previewKind: MessageKind | null; previewAuthor: ActorView['kind'] | null; previewText: string | null; previewStatus: MessageStatus | null
}

export const listedColumns = [
  'id', 'channelId', 'accountId', 'kind', 'state', 'conversationId', 'agentId', 'lastAgentId', 'queueId', 'title', 'subtitle', 'avatarMediaId', 'priority', 'unread',
  'waitingSince', 'queuedAt', 'lastMessageAt', 'lastInboundAt', 'previewKind', 'previewAuthor', 'previewText', 'previewStatus',
] as const satisfies readonly (keyof ListedChat)[]

export const mediaUrl = (mediaId: string | null): string | null => (mediaId === null ? null : `/app/media/${mediaId}`)

/** `limited`: name, channel and wait; nothing that was said. */
export function chatRow(view: CatalogView, chat: ListedChat, limited: boolean): ChatRow {
  return {
    id: chat.id, channelId: chat.channelId, channelType: channelTypeOf(view, chat.channelId), state: chat.state, title: chat.title, subtitle: chat.subtitle,
    avatarUrl: mediaUrl(chat.avatarMediaId), conversationId: chat.conversationId,
    agentId: chat.agentId, agentName: view.user(chat.agentId)?.name ?? null, queueId: chat.queueId, queueName: view.queue(chat.queueId)?.name ?? null,
    priority: chat.priority, unread: chat.unread, waitingSince: chat.waitingSince, queuedAt: chat.queuedAt, lastMessageAt: chat.lastMessageAt, lastInboundAt: chat.lastInboundAt,
    preview: limited || chat.previewKind === null
      ? null
      : { kind: chat.previewKind, author: chat.previewAuthor ?? 'system', text: chat.previewText ?? '', status: chat.previewStatus },
    limited,
  }
}

/** Preview and counters of a chat that a colleague holds go beyond an earlier stay. */
export const isLimited = (sight: Sight, chat: Pick<ListedChat, 'agentId'>): boolean => sight === 'row' || (sight === 'past' && chat.agentId !== null)

export function channelTypeOf(view: CatalogView, channelId: string): ChatRow['channelType'] {
  return (view.channel(channelId)?.channelType ?? 'widget') as ChatRow['channelType']
}
