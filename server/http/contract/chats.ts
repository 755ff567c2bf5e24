/**
 * Chats, their timeline, and what people do with them.
 *
 *   GET  /app/chats?list&queue&agent&channel&q&sort&after&limit → ChatPage
 *   GET  /app/chats/counts                                  → ChatCounts
 *   GET  /app/chats/:id                                     → ChatDetail  (a supervisor's look is audited as monitor; never a read receipt)
 *   GET  /app/chats/:id/timeline?before|after|around&limit  → TimelinePage  (around: half a page on each side of that message)
 *   POST /app/chats/:id/messages     SendMessage            → 201 MessageView (same clientId again: the first message)
 *   POST /app/chats/:id/notes        SendNote               → 201 MessageView
 *   POST /app/chats/:id/messages/:messageId/resend          → 200 MessageView  (failed or uncertain)
 *   POST /app/chats/:id/messages/:messageId/discard         → 200 MessageView  (uncertain: settles it as failed)
 *   PUT  /app/chats/:id/messages/:messageId/reaction React    → 200 MessageView  (emoji null takes it off)
 *   POST /app/chats/:id/read         {}                     → 204 (assigned agent only)
 *   POST /app/chats/:id/resolve      ResolveChat            → 200 ChatRow
 *   POST /app/chats/:id/transfer     TransferChat           → 200 ChatRow | 202 ChatRow (queued, or offered: the agent keeps the chat until somebody accepts; offers.ts)
 *   POST /app/media  multipart field "file"                 → 201 MediaView
 *   GET  /app/media/:mediaId, /app/media/:mediaId/thumb     → the file (only to those who may see a chat with it)
 */
import { z } from 'zod'
import type { ActorView, ChannelType, Instant } from './common.ts'
import { ulid } from './common.ts'

export type ChatState = 'IDLE' | 'ROUTING' | 'MENU' | 'QUEUED' | 'TRANSIT' | 'UNROUTED' | 'PENDING' | 'FOLLOWUP' | 'RESOLVED'

/**
 * pending, following: held by the agent who asks (supervisors: by anyone). waiting: QUEUED in own queues
 * (supervisors: all queues). resolved: last held by the agent (supervisors: all). open: without an agent, not queued
 * (supervisors). all: everything (supervisors).
 */
export const chatList = z.enum(['pending', 'following', 'waiting', 'resolved', 'open', 'all'])
export type ChatListName = z.infer<typeof chatList>

export const chatQuery = z.strictObject({
  list: chatList,
  queue: ulid.optional(),
  agent: ulid.optional(),
  channel: ulid.optional(),
  /** Name, phone digits or account: folded, partial. */
  q: z.string().trim().max(120).optional(),
  /** recent: newest activity first. waiting: longest waiting first. */
  sort: z.enum(['recent', 'waiting']).default('recent'),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
export type ChatQuery = z.infer<typeof chatQuery>

export interface ChatRow {
  id: string
  channelId: string
  channelType: ChannelType
  state: ChatState
  title: string
  /** Phone or user name below the title, when there is one. */
  subtitle: string | null
  avatarUrl: string | null
  conversationId: string | null
  agentId: string | null
  agentName: string | null
  queueId: string | null
  queueName: string | null
  priority: number
  /** Customer messages since the assigned agent last opened the chat. */
  unread: number
  /** First customer message nobody answered yet; the waiting timer. */
  waitingSince: Instant | null
  /** QUEUED: since when in this queue. */
  queuedAt: Instant | null
  lastMessageAt: Instant | null
  lastInboundAt: Instant | null
  preview: { kind: MessageKind; author: ActorView['kind']; text: string; status: MessageStatus | null } | null
  /** True when the reader may see the row but not the text (own queues' waiting list without chat.take). */
  limited: boolean
}

export interface ChatPage {
  items: ChatRow[]
  next: string | null
}

export interface ChatCounts {
  pending: number
  following: number
  waiting: number
  resolved: number
  open: number
  /** Per queue: chats of the lists above held by or waiting for the asker. */
  queues: { queueId: string; pending: number; following: number; waiting: number; longestWaitSince: Instant | null }[]
}

export interface ChatDetail {
  row: ChatRow
  contact: { id: string; name: string; email: string | null; accounts: { id: string; channelType: ChannelType; address: string | null; thisChat: boolean }[] }
  conversations: { id: string; openedAt: Instant; closedAt: Instant | null; queueName: string | null; agentName: string | null; closeKind: string | null }[]
  files: { mediaId: string; messageId: string; kind: MessageKind; name: string; size: number; mime: string; at: Instant; thumb: boolean }[]
  /** Staff who joined or wrote here, each with a seat that never changes: their colour follows from it. */
  seats: { userId: string; seat: number }[]
  /** What the reader may do now; the server checks again. */
  may: { write: boolean; note: boolean; resolve: boolean; transfer: boolean }
  /** When the channel's window for free text closes; null: no window. */
  windowClosesAt: Instant | null
  /** Where the timeline's live part goes on from. */
  cursor: string
}

export type MessageKind =
  | 'text' | 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker' | 'location' | 'contacts' | 'template'
  | 'interactive' | 'button_reply' | 'list_reply' | 'form' | 'call' | 'order' | 'unsupported' | 'note'
export type MessageStatus = 'queued' | 'sending' | 'uncertain' | 'sent' | 'delivered' | 'read' | 'played' | 'failed'

export interface MediaView {
  id: string
  mime: string
  size: number
  name: string
  width: number | null
  height: number | null
  durationMs: number | null
  state: 'pending' | 'ready' | 'failed'
  /** A reduced picture exists at /app/media/:id/thumb. */
  thumb: boolean
}

export interface MessageView {
  type: 'message'
  id: string
  chatId: string
  conversationId: string | null
  clientId: string | null
  direction: 'in' | 'out'
  kind: MessageKind
  visibility: 'public' | 'internal'
  author: ActorView
  /** Text, caption, or the title of what was pressed. Never HTML. */
  text: string
  media: MediaView | null
  location: { latitude: number; longitude: number; name: string | null; address: string | null } | null
  /** What the kind carries besides: contact cards, buttons sent, form values, order, unsupported type. */
  extra: Record<string, unknown> | null
  quote: { messageId: string | null; author: string; kind: MessageKind; text: string } | null
  referral: { kind: string; title: string | null; body: string | null; url: string | null } | null
  reactions: { by: string; emoji: string; fromCustomer: boolean }[]
  status: MessageStatus | null
  /** Why it failed or is uncertain, in the reader's language; `code` is stable. */
  failure: { code: string; message: string; help: string } | null
  at: Instant
  sentAt: Instant | null
  deliveredAt: Instant | null
  readAt: Instant | null
  editedAt: Instant | null
  deletedAt: Instant | null
  /** Came out of order and was placed by its own time. */
  late: boolean
}

/** A line in the timeline that is not a message: joins, transfers, resolves. Each user can hide them. */
export interface EventLine {
  type: 'event'
  id: string
  chatId: string
  at: Instant
  event: string
  actor: ActorView
  data: Record<string, unknown>
}

export type TimelineItem = MessageView | EventLine

/** Oldest first. `before`/`after` are opaque positions for the next request in that direction; null where it ends. */
export interface TimelinePage {
  items: TimelineItem[]
  before: string | null
  after: string | null
}

export const timelineQuery = z.strictObject({
  before: z.string().max(200).optional(),
  after: z.string().max(200).optional(),
  around: ulid.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

const clientId = z.string().min(8).max(64).regex(/^[A-Za-z0-9_-]+$/)
/** Text, or one file with an optional caption. Several files are several messages. */
export const sendMessage = z
  .strictObject({
    clientId,
    text: z.string().max(65536).default(''),
    mediaId: ulid.optional(),
    /** voice: show and send the audio as a voice note. */
    asVoice: z.boolean().default(false),
    location: z.strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180), name: z.string().max(200).optional(), address: z.string().max(400).optional() }).optional(),
    quoteId: ulid.optional(),
  })
  .refine((m) => m.text.trim() !== '' || m.mediaId !== undefined || m.location !== undefined, { message: 'empty' })
export type SendMessage = z.input<typeof sendMessage>

export const react = z.strictObject({ emoji: z.string().min(1).max(20).nullable() })
export type React = z.infer<typeof react>

export const sendNote = z.strictObject({ clientId, text: z.string().trim().min(1).max(65536), mentions: z.array(ulid).max(50).default([]) })
export type SendNote = z.input<typeof sendNote>

export const resolveChat = z.strictObject({ sendMessage: z.boolean().default(false), note: z.string().trim().max(500).optional() })
export type ResolveChat = z.input<typeof resolveChat>

export const transferChat = z.strictObject({
  target: z.discriminatedUnion('type', [z.strictObject({ type: z.literal('agent'), id: ulid }), z.strictObject({ type: z.literal('queue'), id: ulid }), z.strictObject({ type: z.literal('menu'), id: ulid, node: z.string().max(64).optional() })]),
  /** Queue targets: wait there when nobody is free. Default: the setting transfer.enqueue. */
  enqueue: z.boolean().optional(),
  /** Agent targets: even if offline, paused or full (needs chat.transfer.force, or a supervisor). */
  force: z.boolean().default(false),
  note: z.string().trim().max(2000).optional(),
})
export type TransferChat = z.input<typeof transferChat>
