/**
 * One box for everything: names, numbers and what was said.
 *
 *   GET /app/search?q&after&limit           → SearchAnswer   (`after` goes on with the messages)
 *   GET /app/chats/:id/search?q&after       → MessageHits    (within one thread)
 */
import { z } from 'zod'
import type { ActorView, Instant } from './common.ts'
import type { ChatRow, MessageKind } from './chats.ts'

export const searchQuery = z.strictObject({
  q: z.string().trim().min(1).max(120),
  after: z.string().max(40).optional(),
  limit: z.coerce.number().int().min(1).max(50).default(20),
})
export type SearchQuery = z.infer<typeof searchQuery>

export interface MessageHit {
  messageId: string
  chatId: string
  /** The chat as the reader may see it; null within one thread. */
  chat: ChatRow | null
  at: Instant
  author: ActorView
  kind: MessageKind
  /** The part of the text in which it was found. */
  text: string
}

/** `total`: how many there are; more than `most` are not counted. */
export interface MessageHits {
  items: MessageHit[]
  total: number
  counted: boolean
  next: string | null
}

export interface SearchAnswer {
  chats: { items: ChatRow[]; total: number; counted: boolean }
  messages: MessageHits
}
