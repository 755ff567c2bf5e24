/** Menus that look for a person and go on when there is none (domain §5.2: distribute without waiting, invite). */
import { DomainError } from '../../domain/errors.ts'
import { assignInTurns, isEligible } from '../../domain/distribution.ts'
import { systemActor } from '../../domain/permissions.ts'
import { forUpdate } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { lockMembers } from '../distribution.ts'
import { transact } from '../transact.ts'
import { assign, openConversationsOf } from '../work/flow.ts'
import { Work } from '../work/work.ts'
import { MenuRuns } from './runs.ts'

export interface Wanted { readonly queueId: string | null; /** In this order; without a queue. */ readonly agentIds: readonly string[] }

/** Gives the chat to whoever is free now, or tells the run that nobody is. */
export async function findPerson(core: Core, at: { chatId: string; runId: string }, wanted: Wanted, none: { kind: 'distributionFailed'; reason: 'unavailable' } | { kind: 'declined' }): Promise<void> {
  await transact(core, async (tx, view) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([at.chatId])
    if (!chat || chat.row.state !== 'MENU') return
    const runs = new MenuRuns(core, tx, work, view)
    await runs.prepare([chat])
    const run = runs.runOf(chat)
    if (run?.id !== at.runId || (run.wait?.kind !== 'distribution' && run.wait?.kind !== 'invite')) return
    const conversation = (await openConversationsOf(tx, [chat])).get(chat.id)
    if (!conversation) throw new DomainError('not_found')
    const chosen = wanted.queueId === null ? await firstFree(tx, view, wanted.agentIds) : await nextInTurn(tx, view, wanted.queueId, chat.id, work.now)
    const agent = view.user(chosen)
    if (!agent) runs.input(chat, none)
    else {
      runs.input(chat, { kind: 'joined', agentId: agent.id })
      if (wanted.queueId !== null) {
        chat.row.queueId = wanted.queueId
        work.update('conversations', conversation.id, { queueId: wanted.queueId })
      }
      chat.row.waitingSince ??= chat.row.lastInboundSort ?? work.now
      chat.row.unread = Math.max(1, chat.row.unread)
      assign(core, work, view, chat, conversation, { agent, kind: 'distribution', actor: systemActor, waitedSince: null })
    }
    await runs.finish()
    await work.flush()
  })
}

/** Nobody overtakes: where others wait for the queue, there is nobody free for this chat. */
async function nextInTurn(tx: Tx, view: CatalogView, queueId: string, chatId: string, now: number): Promise<string | null> {
  const turn = await tx.get<{ pointer: number }>(`SELECT pointer FROM queue_turns WHERE queueId = ?${forUpdate(tx.dialect)}`, [queueId])
  const ahead = await tx.get<{ chatId: string }>('SELECT chatId FROM distributions WHERE waitingFor = ? LIMIT 1', [queueId])
  if (ahead) return null
  const members = await lockMembers(tx, view, queueId, now)
  const { choices, pointer } = assignInTurns([{ chatId, excludedAgentId: null }], members.filter((member) => isEligible(member, now)), turn?.pointer ?? 0, now)
  const [choice] = choices
  if (!choice) return null
  await tx.run('UPDATE queue_turns SET pointer = ? WHERE queueId = ?', [pointer, queueId])
  return choice.agentId
}

async function firstFree(tx: Tx, view: CatalogView, agentIds: readonly string[]): Promise<string | null> {
  for (const id of agentIds) {
    const user = view.user(id)
    if (!user?.enabled || user.archivedAt !== null) continue
    const row = await tx.get<{ presence: string; pausedSince: number | null; chatLoad: number; wrapUpUntil: number | null }>(`SELECT presence, pausedSince, chatLoad, wrapUpUntil FROM agents WHERE agentId = ?${forUpdate(tx.dialect)}`, [id])
    const capacity = view.capacity(user)
    if (row?.presence === 'online' && row.pausedSince === null && (capacity === 0 || row.chatLoad < capacity)) return id
  }
  return null
}
