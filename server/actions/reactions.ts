/** A person's reaction to a message, where the channel carries one. A line has one voice there: the newest reaction is the line's. */
import { DomainError } from '../domain/errors.ts'
import type { Actor } from '../domain/permissions.ts'
import { upsertMany } from '../store/sql.ts'
import { accessChat } from './access.ts'
import { checkLine, checkWindow } from './messages.ts'
import type { Core } from './core.ts'
import { transact } from './transact.ts'
import { Work } from './work/work.ts'

/** Of the line itself among those who reacted. */
const ours = 'line'

/** `emoji` null takes it off. @throws DomainError not_found, forbidden, channel_disconnected, not_supported, window_closed */
export async function reactTo(core: Core, actor: Actor, chatId: string, messageId: string, emoji: string | null): Promise<void> {
  await transact(core, async (tx, view) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    await accessChat(core, tx, actor, chatId, 'write')
    if (!chat) throw new DomainError('not_found')
    const { channel, capabilities } = checkLine(core, view, chat)
    if (capabilities.reactions !== 'send' && capabilities.reactions !== 'both') throw new DomainError('not_supported', { feature: 'reactions' })
    checkWindow(capabilities, chat, work.now)
    const target = await tx.get<{ providerId: string }>(
      "SELECT i.providerId FROM messages m JOIN message_ids i ON i.messageId = m.id WHERE m.id = ? AND m.chatId = ? AND m.visibility = 'public' AND m.deletedAt IS NULL ORDER BY i.part LIMIT 1", [messageId, chatId],
    )
    // Never accepted by the network: there is nothing to react to.
    if (!target) throw new DomainError('not_found')
    if (emoji === null) await tx.run('DELETE FROM reactions WHERE messageId = ? AND byKey = ?', [messageId, ours])
    else await upsertMany(tx, 'reactions', ['messageId', 'byKey'], ['messageId', 'byKey', 'byName', 'fromCustomer', 'emoji', 'at'], [[messageId, ours, actor.name, 0, emoji, work.now]])
    work.outbox.push({
      id: core.ids.next(), chatId, channelId: channel.id, messageId: null, op: 'react', payload: { target: target.providerId, emoji }, author: 'human',
      expiresAt: work.now + view.setting('outbox.ttl', { channelId: channel.id }) * 1000,
    })
    chat.event('message.reaction', actor, { data: { messageId } })
    await work.flush()
  })
}
