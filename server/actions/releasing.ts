/** Handing over what somebody leaves behind (T13, T16, T8): one transaction for each chat, so that it can be repeated. */
import { DomainError } from '../domain/errors.ts'
import type { Actor } from '../domain/permissions.ts'
import type { Core } from './core.ts'
import { transferChat } from './conversations.ts'
import { transact } from './transact.ts'
import { openConversationsOf } from './work/flow.ts'
import { Work } from './work/work.ts'

export interface ReleaseTarget {
  readonly type: 'queue' | 'agent'
  readonly id: string
}

/** The chats an agent holds. Returns how many went. @throws DomainError not_found, agent_disabled (the target) */
export async function releaseChats(core: Core, actor: Actor, agentId: string, target: ReleaseTarget): Promise<number> {
  return handOver(core, actor, await core.db.all<{ id: string }>('SELECT id FROM chats WHERE agentId = ? ORDER BY id', [agentId]), target)
}

/** The chats that wait in a queue go on waiting in another; those that agents have through it stay with them, under the other. */
export async function emptyQueue(core: Core, actor: Actor, queueId: string, target: ReleaseTarget & { type: 'queue' }): Promise<number> {
  const waiting = await core.db.all<{ id: string }>(
    "SELECT chatId AS id FROM distributions WHERE waitingFor = ? AND waits = 1 AND targetKind = 'queue' ORDER BY queuedAt, chatId",
    [queueId],
  )
  const moved = await handOver(core, actor, waiting, target)
  const assigned = await core.db.all<{ id: string }>('SELECT id FROM chats WHERE queueId = ? AND agentId IS NOT NULL ORDER BY id', [
    queueId,
  ])
  for (const { id } of assigned) await nameQueue(core, id, queueId, target.id)
  return moved + assigned.length
}

async function nameQueue(core: Core, chatId: string, from: string, to: string): Promise<void> {
  await transact(core, async (tx) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    if (!chat || chat.row.queueId !== from || chat.row.agentId === null) return
    const conversation = (await openConversationsOf(tx, [chat])).get(chat.id)
    chat.row.queueId = to
    if (conversation) work.update('conversations', conversation.id, { queueId: to })
    await work.flush()
  })
}

async function handOver(core: Core, actor: Actor, chats: readonly { id: string }[], target: ReleaseTarget): Promise<number> {
  let moved = 0
  for (const { id } of chats) {
    try {
      await transferChat(core, actor, id, { target, enqueue: true, force: true })
      moved++
    } catch (error) {
      // Resolved or handed over by somebody else in the meantime.
      if (!(error instanceof DomainError) || !['already_resolved', 'same_agent'].includes(error.code)) throw error
    }
  }
  return moved
}
