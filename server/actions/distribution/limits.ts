/** Limits of waiting lists (domain §3.10): who finds a list full, or has waited too long, overflows once to another queue or to a menu. */
import { systemActor } from '../../domain/permissions.ts'
import type { Core } from '../core.ts'
import { MenuRuns } from '../menus/runs.ts'
import { notify } from '../notices.ts'
import { transact } from '../transact.ts'
import { enqueue, leaveQueue, openConversationsOf } from '../work/flow.ts'
import { Work } from '../work/work.ts'

/** Chats beyond the queue's limit, the last to come first; after a drain, so that only those count who were left waiting. */
export async function overflowFull(core: Core, queueId: string): Promise<number> {
  const queue = (await core.catalog.read()).queue(queueId)
  if (!queue?.overflow || queue.maxWaiting === 0) return 0
  const rows = await core.db.all<{ chatId: string }>(
    'SELECT chatId FROM distributions WHERE waitingFor = ? AND waits = 1 ORDER BY createdAt, id LIMIT 1000', [queueId],
  )
  let moved = 0
  for (const { chatId } of rows.slice(queue.maxWaiting)) if (await overflow(core, chatId, queueId, null)) moved++
  return moved
}

/** The chat's time in this list is over (a timer). */
export const overflowLate = (core: Core, chatId: string, queueId: string): Promise<boolean> => overflow(core, chatId, queueId, core.clock.now())

async function overflow(core: Core, chatId: string, queueId: string, lateAt: number | null): Promise<boolean> {
  return transact(core, async (tx, view) => {
    const queue = view.queue(queueId)
    const target = queue?.overflow
    if (!queue || !target) return false
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    if (!chat || chat.row.state !== 'QUEUED' || chat.row.queueId !== queueId) return false
    const leg = await tx.get<{ enteredAt: number }>('SELECT enteredAt FROM queue_legs WHERE openChatId = ?', [chatId])
    // It may have come here anew since the timer was set, or the limit may have been raised.
    if (!leg || (lateAt !== null && (queue.maxWait === 0 || leg.enteredAt + queue.maxWait * 1000 > lateAt))) return false
    const conversation = (await openConversationsOf(tx, [chat])).get(chatId)
    if (!conversation) return false
    // What overflowed once does not overflow again.
    if (await tx.get("SELECT id FROM queue_legs WHERE conversationId = ? AND outcome = 'overflowed' LIMIT 1", [conversation.id])) return false
    const menu = target.type === 'menu' ? view.menu(target.id) : undefined
    const usable = target.type === 'queue' ? target.id !== queueId && view.queue(target.id)?.archivedAt === null : menu?.archivedAt === null && menu.publishedVersion !== null && chat.row.botStopped === 0
    if (!usable) {
      await notify(core, tx, [{
        level: 'warning', code: 'overflow_unusable', audience: 'supervisors', data: { queueId, queueName: queue.name, target }, onceKey: `overflow:${queueId}:${Math.floor(work.now / 3_600_000)}`,
      }])
      return false
    }
    const runs = new MenuRuns(core, tx, work, view)
    if (target.type === 'menu') await runs.prepare([chat], [target.id])
    leaveQueue(work, chat, 'overflowed', systemActor)
    if (target.type === 'queue') enqueue(core, work, view, chat, conversation, { queueId: target.id, kind: 'route', requester: systemActor, overflowedFrom: queueId })
    else {
      chat.row.queueId = null
      runs.start(chat, conversation, { menuId: target.id, actor: systemActor })
    }
    await runs.finish()
    await work.flush()
    return true
  })
}
