/** What templates and quick replies know of the person in a chat (domain §8.5). */
import type { Actor } from '../../domain/permissions.ts'
import { formatPhone } from '../../domain/title.ts'
import type { Queryable } from '../../store/db.ts'
import type { CatalogView } from '../catalog.ts'

interface ContactRow { name: string; firstName: string | null; lastName: string | null; email: string | null; documentId: string | null; customFields: string | null }

/** Names as in the menus: contact, account, channel, queue, agent. What is not known is empty. */
export async function contactVariables(q: Queryable, view: CatalogView, chatId: string, actor: Pick<Actor, 'name'>): Promise<Record<string, unknown>> {
  const chat = await q.get<{ contactId: string | null; accountId: string | null; channelId: string; queueId: string | null; title: string }>(
    'SELECT contactId, accountId, channelId, queueId, title FROM chats WHERE id = ?', [chatId],
  )
  const [contact, phone] = await Promise.all([
    chat?.contactId ? q.get<ContactRow>('SELECT name, firstName, lastName, email, documentId, customFields FROM contacts WHERE id = ?', [chat.contactId]) : undefined,
    chat?.accountId
      ? q.get<{ value: string }>("SELECT COALESCE(wire, value) AS value FROM identifiers WHERE accountId = ? AND kind = 'phone' AND retiredAt IS NULL ORDER BY id LIMIT 1", [chat.accountId])
      : undefined,
  ])
  const name = contact?.name ?? chat?.title ?? ''
  return {
    contact: {
      name, firstName: contact?.firstName ?? firstNameOf(name), lastName: contact?.lastName ?? '', email: contact?.email ?? '', documentId: contact?.documentId ?? '',
      phone: phone ? formatPhone(phone.value) : '', business: '', custom: contact?.customFields ? (JSON.parse(contact.customFields) as unknown) : {},
    },
    channel: { name: view.channel(chat?.channelId ?? '')?.name ?? '' },
    queue: { name: view.queue(chat?.queueId ?? null)?.name ?? '' },
    agent: { name: actor.name },
  }
}

/** A name that begins with a digit or a plus is a number, not a person's. */
function firstNameOf(name: string): string {
  return /^[+\d]/.test(name) ? '' : (name.split(/\s+/)[0] ?? '')
}
