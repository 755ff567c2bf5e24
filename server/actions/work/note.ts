/** An internal note in a chat (domain §8.3): it has no outbox row, and no customer ever sees it. */
import type { Core } from '../core.ts'
import { blankMessage } from './say.ts'
import type { ChatWork, Work } from './work.ts'

export function leaveNote(core: Core, work: Work, chat: ChatWork, author: { readonly kind: string; readonly id: string | null; readonly name: string }, text: string): void {
  const id = core.ids.next()
  work.messages.push({
    ...blankMessage(id, chat, work.now, Math.max(work.now, chat.row.lastMessageAt ?? 0)), direction: 'out', kind: 'note', visibility: 'internal', authorKind: author.kind,
    authorId: author.id, authorName: author.name, body: text,
  })
  chat.event('message.note_created', author as Parameters<ChatWork['event']>[1], { data: { messageId: id } })
}
