import type { Locale } from '../../http/contract/common.ts'
import type { MessageView } from '../../http/contract/chats.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Actor } from '../../domain/permissions.ts'
import { showsDeleted } from '../access.ts'
import type { Core } from '../core.ts'
import { loadAround, messageColumns, messageView, type StoredMessage } from './messageViews.ts'

/** One message as it is now, for whoever just wrote or changed it: they had access to its chat a moment ago. */
export async function readMessage(core: Core, actor: Actor, messageId: string, locale: Locale): Promise<MessageView> {
  const message = await core.db.get<StoredMessage>(`SELECT ${messageColumns.join(', ')} FROM messages WHERE id = ?`, [messageId])
  if (!message) throw new DomainError('not_found')
  const deleted = showsDeleted(await core.catalog.read(), actor)
  return messageView(await loadAround(core.db, [message]), message, { locale, deleted })
}
