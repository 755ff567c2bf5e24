/**
 * The agent's desk: drafts, kept lists, the files of a chat, quick replies.
 *
 *   GET    /app/drafts                                → { items: DraftView[] }         one's own
 *   PUT    /app/chats/:id/draft        SaveDraft      → 204                            (an empty text forgets it)
 *   GET    /app/views                                 → { items: SavedView[] }         one's own, of this application
 *   POST   /app/views                  NewView        → 201 SavedView
 *   DELETE /app/views/:id                             → 204
 *   GET    /app/chats/:id/files?kind&q&after          → FilePage                       newest first
 *   GET    /app/quick-replies                         → { items: QuickReplyView[] }    those one may use
 *   POST   /app/quick-replies          NewQuickReply  → 201 QuickReplyView             (own: quickreply.own; others: supervisors)
 *   PATCH  /app/quick-replies/:id      QuickReplyChange → 200 QuickReplyView
 *   DELETE /app/quick-replies/:id                     → 204
 *   POST   /app/chats/:id/quick-replies/:replyId/fill → FilledReply                    with the contact's data in it
 *   GET    /app/categories                            → { items: CategoryView[] }      of quick replies and templates
 *   POST   /app/categories             NewCategory    → 201 CategoryView               (supervisors)
 *   PATCH  /app/categories/:id         NewCategory    → 200 CategoryView
 *   DELETE /app/categories/:id                        → 204
 */
import { z } from 'zod'
import type { ActorView, Instant } from './common.ts'
import { ulid } from './common.ts'
import type { MediaView, MessageKind } from './chats.ts'

export const draftKind = z.enum(['message', 'note'])
export type DraftKind = z.infer<typeof draftKind>
export const saveDraft = z.strictObject({ kind: draftKind, text: z.string().max(65_536) })
export type SaveDraft = z.infer<typeof saveDraft>
export interface DraftView {
  chatId: string
  kind: DraftKind
  text: string
  updatedAt: Instant
}

export const viewFilter = z.strictObject({
  list: z.string().max(20),
  sort: z.enum(['recent', 'waiting']).optional(),
  queue: ulid.optional(),
  channel: ulid.optional(),
  agent: ulid.optional(),
  tag: ulid.optional(),
})
export type ViewFilter = z.infer<typeof viewFilter>
export const newView = z.strictObject({ name: z.string().trim().min(1).max(60), filter: viewFilter })
export type NewView = z.infer<typeof newView>
export interface SavedView {
  id: string
  name: string
  filter: ViewFilter
}

export const fileKinds = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const
export const filesQuery = z.strictObject({
  kind: z.enum(fileKinds).optional(),
  q: z.string().trim().max(120).optional(),
  after: ulid.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(40),
})
export type FilesQuery = z.input<typeof filesQuery>
export interface FileView {
  media: MediaView
  messageId: string
  kind: MessageKind
  author: ActorView
  direction: 'in' | 'out'
  at: Instant
}
export interface FilePage {
  items: FileView[]
  next: string | null
}

const shortcut = z.string().trim().toLowerCase().regex(/^[a-z0-9_-]{1,40}$/, 'letters, digits, - and _')
export const quickReplyScope = z.enum(['all', 'queue', 'own'])
const quickReplyFields = {
  shortcut,
  title: z.string().trim().min(1).max(120),
  text: z.string().max(20_000),
  categoryId: ulid.nullable(),
  /** One's own upload; null takes it off. */
  mediaId: ulid.nullable(),
}
export const newQuickReply = z.strictObject({
  ...quickReplyFields, categoryId: quickReplyFields.categoryId.default(null), mediaId: quickReplyFields.mediaId.default(null),
  scope: quickReplyScope, queueId: ulid.nullable().default(null),
}).refine((reply) => reply.text.trim() !== '' || reply.mediaId !== null, { path: ['text'], message: 'empty' })
  .refine((reply) => (reply.scope === 'queue') === (reply.queueId !== null), { path: ['queueId'], message: 'queue' })
export type NewQuickReply = z.input<typeof newQuickReply>
export const quickReplyChange = z.strictObject(quickReplyFields).partial()
export type QuickReplyChange = z.infer<typeof quickReplyChange>

export interface QuickReplyView {
  id: string
  shortcut: string
  title: string
  text: string
  categoryId: string | null
  scope: z.infer<typeof quickReplyScope>
  queueId: string | null
  media: { mime: string; name: string; size: number } | null
  /** The reader may change and remove it. */
  mine: boolean
}

export interface FilledReply {
  text: string
  /** Names of variables the contact has no value for: they stand in the text and are for the agent to replace. */
  missing: string[]
  /** A copy for this one message. */
  media: MediaView | null
}

export const newCategory = z.strictObject({ name: z.string().trim().min(1).max(120) })
export type NewCategory = z.infer<typeof newCategory>
export interface CategoryView {
  id: string
  name: string
}
