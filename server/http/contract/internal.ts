/**
 * Chats between people of the house. They never leave Turno, and nobody sees one they are not part of.
 *
 *   GET  /app/colleagues                              → { items: ColleagueView[] }
 *   GET  /app/internal                                → { items: InternalChatView[] }  newest first
 *   POST /app/internal               NewInternalChat  → 201 InternalChatView           (a direct one that exists: 200)
 *   PATCH /app/internal/:id          InternalChange   → 200 InternalChatView           (groups)
 *   GET  /app/internal/:id/messages?before&limit      → InternalPage                   oldest first
 *   POST /app/internal/:id/messages  SendInternal     → 201 MessageView                (same clientId again: the first)
 *   POST /app/internal/:id/read      {}               → 204
 *   POST /app/internal/:id/leave     {}               → 204                            (groups)
 *
 * Feed: 'internal.message' (item.internal), 'internal.changed', 'internal.read'; each goes to members alone.
 */
import { z } from 'zod'
import type { Instant, Role } from './common.ts'
import { ulid } from './common.ts'
import type { MessageKind, MessageView } from './chats.ts'

export const newInternalChat = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('direct'), userId: ulid }),
  z.strictObject({ kind: z.literal('group'), title: z.string().trim().min(1).max(120), userIds: z.array(ulid).min(1).max(200) }),
])
export type NewInternalChat = z.infer<typeof newInternalChat>
export const internalChange = z.strictObject({ title: z.string().trim().min(1).max(120).optional(), add: z.array(ulid).max(200).optional() })
export type InternalChange = z.infer<typeof internalChange>

export const sendInternal = z.strictObject({
  clientId: z.string().min(8).max(64).regex(/^[A-Za-z0-9_-]+$/),
  text: z.string().max(65_536).default(''),
  mediaId: ulid.optional(),
  asVoice: z.boolean().default(false),
  quoteId: ulid.optional(),
  mentions: z.array(ulid).max(50).default([]),
}).refine((message) => message.text.trim() !== '' || message.mediaId !== undefined, { message: 'empty' })
export type SendInternal = z.input<typeof sendInternal>

export const internalPageQuery = z.strictObject({ before: ulid.optional(), limit: z.coerce.number().int().min(1).max(200).default(50) })

export interface ColleagueView {
  id: string
  name: string
  role: Role
  avatarUrl: string | null
}

export interface InternalChatView {
  id: string
  kind: 'direct' | 'group'
  /** Of a direct chat, the other one's name. */
  title: string
  avatarUrl: string | null
  members: { id: string; name: string }[]
  unread: number
  lastMessageAt: Instant
  preview: { authorId: string; author: string; kind: MessageKind; text: string } | null
}

/** `before`: the id to go on from; null at the beginning. */
export interface InternalPage {
  items: MessageView[]
  before: string | null
}
