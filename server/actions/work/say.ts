/** Messages that leave Turno: the one place that writes a public message and its outbox row (domain §8.7, §8.8). */
import type { Part } from '../../../plugins/sdk/bridge.ts'
import { contentOf, previewOf } from '../../domain/content.ts'
import type { Actor } from '../../domain/permissions.ts'
import type { Instant } from '../../domain/ports.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import type { MessageRow } from './rows.ts'
import type { ChatWork, Work } from './work.ts'

export interface Saying {
  readonly part: Part
  /** What the outbox hands to the bridge instead of `part`, when they differ (a signature before the text). */
  readonly sent?: Part
  readonly author: Pick<Actor, 'kind' | 'id' | 'name'>
  readonly human: boolean
  readonly clientKey?: string | null
  readonly mediaId?: string | null
  readonly quoteId?: string | null
  readonly replyTo?: unknown
  readonly extra?: Record<string, unknown>
  /** The prompt of a menu run that this message completes: the run is told when it goes to the bridge. */
  readonly prompt?: { readonly runId: string; readonly serial: number }
}

/** Adds a public outbound message to a chat, with its outbox row, event and preview. The caller has made every check. */
export function say(core: Core, work: Work, view: CatalogView, chat: ChatWork, saying: Saying): MessageRow {
  const { now } = work
  const content = contentOf(saying.part)
  const extra = content.extra || saying.extra ? { ...content.extra, ...saying.extra } : null
  // After everything that is already there: a message we write answers what the person who wrote it saw.
  const sortAt = Math.max(now, chat.row.lastMessageAt ?? 0)
  const message: MessageRow = {
    ...blankMessage(core.ids.next(), chat, now, sortAt), direction: 'out', kind: content.kind, authorKind: saying.author.kind, authorId: saying.author.id,
    authorName: saying.author.name, body: content.body, extra: extra ? JSON.stringify(extra) : null, mediaId: saying.mediaId ?? null, quoteId: saying.quoteId ?? null,
    clientKey: saying.clientKey ?? null, status: 'queued',
  }
  work.messages.push(message)
  work.outbox.push({
    id: core.ids.next(), chatId: chat.id, channelId: chat.row.channelId, messageId: message.id, op: 'send',
    payload: { part: saying.sent ?? saying.part, replyTo: saying.replyTo, prompt: saying.prompt }, author: saying.human ? 'human' : 'automatic',
    expiresAt: now + view.setting('outbox.ttl', { channelId: chat.row.channelId }) * 1000,
  })
  showInList(chat, message)
  chat.event('message.created', saying.author, { data: { messageId: message.id, direction: 'out', kind: message.kind, author: saying.author.kind } })
  return message
}

/** Texts Turno writes by itself; nothing is said while the channel is off, because it would arrive out of place. */
export function sayAutomatic(core: Core, work: Work, view: CatalogView, chat: ChatWork, text: string): void {
  const channel = view.channel(chat.row.channelId)
  if (text.trim() === '' || !channel?.enabled || channel.archivedAt !== null || channel.status === 'disconnected' || channel.status === 'unlinked') return
  say(core, work, view, chat, { part: { kind: 'text', text }, author: { kind: 'system', id: null, name: 'Turno' }, human: false })
}

export function blankMessage(id: string, chat: ChatWork, at: Instant, sortAt: Instant): MessageRow {
  return {
    id, chatId: chat.id, conversationId: chat.row.conversationId, channelId: chat.row.channelId, direction: 'in', kind: 'text', visibility: 'public', authorKind: 'customer',
    authorId: null, authorName: '', body: '', extra: null, mediaId: null, quoteId: null, context: null, clientKey: null, part: 0, status: null, errorCode: null,
    errorRemoteCode: null, flags: 0, at, sortAt, sentAt: null, deliveredAt: null, readAt: null, playedAt: null, editedAt: null, deletedAt: null,
  }
}

/** The chat's row in lists shows its newest message. Notes stay out: a glance at a list over a shoulder must not show them. */
export function showInList(chat: ChatWork, message: MessageRow): void {
  if (message.sortAt < (chat.row.lastMessageAt ?? 0)) return
  chat.row.lastMessageAt = message.sortAt
  // While somebody waits for an answer the list shows what they said, not what Turno said by itself since.
  if (message.authorKind === 'system' && chat.row.waitingSince !== null) return
  chat.row.previewKind = message.kind
  chat.row.previewAuthor = message.authorKind
  chat.row.previewText = previewOf(message.body)
  chat.row.previewMessageId = message.id
  chat.row.previewStatus = message.status
}
