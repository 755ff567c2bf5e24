/** Rows of the message path as they are in the tables. Columns: store/migrations/0001-core.ts. */
import type { ChatState } from '../../domain/chat.ts'
import type { MessageStatus } from '../../domain/messageStatus.ts'
import type { Instant } from '../../domain/ports.ts'

export interface ChatRow {
  id: string
  channelId: string
  accountId: string | null
  contactId: string | null
  kind: 'direct' | 'group'
  remoteChatId: string
  state: ChatState
  conversationId: string | null
  agentId: string | null
  lastAgentId: string | null
  queueId: string | null
  title: string
  customName: string | null
  subtitle: string | null
  avatarMediaId: string | null
  priority: number
  botStopped: number
  oneShot: string | null
  guard: string | null
  unread: number
  waitingSince: Instant | null
  queuedAt: Instant | null
  lastMessageAt: Instant | null
  lastInboundAt: Instant | null
  lastInboundSort: Instant | null
  previewKind: string | null
  previewAuthor: string | null
  previewText: string | null
  previewMessageId: string | null
  previewStatus: string | null
  readThrough: string | null
  seq: number
  createdAt: Instant
  updatedAt: Instant
}
export const chatColumns = [
  'id', 'channelId', 'accountId', 'contactId', 'kind', 'remoteChatId', 'state', 'conversationId', 'agentId', 'lastAgentId', 'queueId', 'title', 'customName',
  'subtitle', 'avatarMediaId', 'priority', 'botStopped', 'oneShot', 'guard', 'unread', 'waitingSince', 'queuedAt', 'lastMessageAt', 'lastInboundAt', 'lastInboundSort',
  'previewKind', 'previewAuthor', 'previewText', 'previewMessageId', 'previewStatus', 'readThrough', 'seq', 'createdAt', 'updatedAt',
] as const satisfies readonly (keyof ChatRow)[]

export type MessageKind =
  | 'text' | 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker' | 'location' | 'contacts' | 'template'
  | 'interactive' | 'button_reply' | 'list_reply' | 'form' | 'call' | 'order' | 'unsupported' | 'note'

/** Bits of messages.flags. */
export const messageFlags = { late: 1, history: 2, standby: 4, pending: 8, ownLine: 16 } as const

export interface MessageRow {
  id: string
  chatId: string
  conversationId: string | null
  channelId: string | null
  direction: 'in' | 'out'
  kind: MessageKind
  visibility: 'public' | 'internal'
  authorKind: string
  authorId: string | null
  authorName: string
  body: string
  extra: string | null
  mediaId: string | null
  quoteId: string | null
  context: string | null
  clientKey: string | null
  part: number
  status: MessageStatus | null
  errorCode: string | null
  errorRemoteCode: string | null
  flags: number
  at: Instant
  sortAt: Instant
  sentAt: Instant | null
  deliveredAt: Instant | null
  readAt: Instant | null
  playedAt: Instant | null
  editedAt: Instant | null
  deletedAt: Instant | null
}
export const messageColumns = [
  'id', 'chatId', 'conversationId', 'channelId', 'direction', 'kind', 'visibility', 'authorKind', 'authorId', 'authorName', 'body', 'extra', 'mediaId',
  'quoteId', 'context', 'clientKey', 'part', 'status', 'errorCode', 'errorRemoteCode', 'flags', 'at', 'sortAt', 'sentAt', 'deliveredAt', 'readAt', 'playedAt',
  'editedAt', 'deletedAt',
] as const satisfies readonly (keyof MessageRow)[]
