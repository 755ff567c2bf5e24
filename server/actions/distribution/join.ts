/** The agent who was found joins: from a waiting list (T5), from a menu that looked for somebody (T5), or at a transfer (T13). */
import { isAssigned } from '../../domain/chat.ts'
import { systemActor, type Actor } from '../../domain/permissions.ts'
import type { CatalogView, UserEntry } from '../catalog.ts'
import type { Core } from '../core.ts'
import type { MenuRuns } from '../menus/runs.ts'
import { assign, leaveQueue, release, type ConversationFacts } from '../work/flow.ts'
import { leaveNote } from '../work/note.ts'
import type { ChatWork, Work } from '../work/work.ts'
import { termsOf, type DistributionRow } from './rows.ts'

export function join(
  core: Core, work: Work, view: CatalogView, runs: MenuRuns, chat: ChatWork, conversation: ConversationFacts, row: DistributionRow,
  who: { agent: UserEntry; actor: Pick<Actor, 'kind' | 'id' | 'name'> },
): void {
  const { agent, actor } = who
  const queueId = row.targetKind === 'queue' ? row.lineKey : null
  const nameQueue = (): void => {
    if (queueId === null || chat.row.queueId === queueId) return
    chat.row.queueId = queueId
    work.update('conversations', conversation.id, { queueId })
  }
  if (isAssigned(chat.row.state)) {
    const terms = termsOf(row)
    work.endDistribution(chat, 'assigned', 'accepted_by_other')
    const from = release(work, chat, 'transfer', actor)
    nameQueue()
    assign(core, work, view, chat, conversation, { agent, kind: 'transfer', actor, waitedSince: chat.row.waitingSince })
    chat.event('transfer.completed', { ...systemActor, ...terms.requester, kind: (terms.requester?.kind ?? 'system') as Actor['kind'] }, {
      agentId: agent.id, data: { from, targetKind: row.targetKind === 'queue' ? 'queue' : 'agent', targetId: queueId ?? agent.id, targetName: view.queue(queueId)?.name ?? agent.name },
    })
    if (terms.note && terms.requester) leaveNote(core, work, chat, terms.requester, terms.note)
    return
  }
  if (chat.row.state === 'MENU') {
    runs.input(chat, { kind: 'joined', agentId: agent.id })
    work.endDistribution(chat, 'assigned', 'accepted_by_other')
    nameQueue()
    chat.row.waitingSince ??= chat.row.lastInboundSort ?? work.now
    chat.row.unread = Math.max(1, chat.row.unread)
    assign(core, work, view, chat, conversation, { agent, kind: 'distribution', actor, waitedSince: null })
    return
  }
  const waitedSince = chat.row.queuedAt
  leaveQueue(work, chat, 'assigned', actor, 'accepted_by_other')
  assign(core, work, view, chat, conversation, { agent, kind: 'distribution', actor, waitedSince })
}
