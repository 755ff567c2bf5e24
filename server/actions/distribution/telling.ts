/** What a customer is told who is left waiting (domain §3.5, F035), where they stand, and how long it may take (§3.10). */
import { renderText } from '../../domain/customerText.ts'
import { estimatedWait, median } from '../../domain/waiting.ts'
import { systemActor } from '../../domain/permissions.ts'
import { textFor } from '../../domain/settings.ts'
import type { Queryable, Tx } from '../../store/db.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import type { ConversationFacts } from '../work/flow.ts'
import { sayAutomatic } from '../work/say.ts'
import { menuText } from '../work/texts.ts'
import type { ChatWork, Work } from '../work/work.ts'
import type { DistributionRow } from './rows.ts'

/** Handlings that an estimate looks at, and those it needs at least. */
const handlings = 20

/** Once per leg: the record says that nobody was there, and the customer gets the waiting message if there is one. */
export async function tellWaiting(core: Core, tx: Tx, work: Work, view: CatalogView, left: readonly { row: DistributionRow; chat: ChatWork; conversation: ConversationFacts }[]): Promise<number> {
  const paces = new Map<string, number | null>()
  for (const { row, chat, conversation } of left) {
    const queue = view.queue(row.lineKey)
    const own = JSON.parse(conversation.texts ?? '{}') as { waiting?: unknown }
    const template = textFor(queue?.messages.waiting, null, view.setting('general.locale'))
    const position = await positionOf(tx, row)
    let text = ''
    if (own.waiting !== undefined || template !== '') {
      if (!paces.has(row.lineKey)) paces.set(row.lineKey, await paceOf(tx, row.lineKey))
      const minutes = estimatedWait(position, paces.get(row.lineKey) ?? null)
      const wait = { position, ...(minutes === null ? {} : { estimatedWait: minutes }) }
      text = menuText(conversation.texts, 'waiting', wait, { now: work.now, country: view.setting('general.country') }) ??
        renderText(template, { position, estimatedWait: minutes ?? '', queue: { name: queue?.name ?? '' } })
    }
    chat.event('queue.no_agents', systemActor, { queueId: row.lineKey, data: { queueName: queue?.name ?? null, queuedAt: row.queuedAt, position } })
    sayAutomatic(core, work, view, chat, text)
    work.update('distributions', row.id, { untold: 0 })
    work.noticeSent(chat.id)
  }
  return left.length
}

/** Place in the list, from 1. */
export async function positionOf(q: Queryable, row: Pick<DistributionRow, 'lineKey' | 'precedence' | 'queuedAt' | 'chatId'>): Promise<number> {
  const ahead = await q.get<{ n: number }>(
    `SELECT COUNT(*) AS n FROM distributions WHERE waitingFor = ? AND waits = 1
        AND (precedence < ? OR (precedence = ? AND (queuedAt < ? OR (queuedAt = ? AND chatId < ?))))`, [row.lineKey, row.precedence, row.precedence, row.queuedAt, row.queuedAt, row.chatId],
  )
  return (ahead?.n ?? 0) + 1
}

/** Milliseconds until the queue takes its next chat, by its last handlings and the agents signed in; null when too little is known. */
export async function paceOf(q: Queryable, queueId: string): Promise<number | null> {
  const rows = await q.all<{ took: number }>(
    `SELECT endedAt - startedAt AS took FROM assignments WHERE queueId = ? AND endedAt IS NOT NULL ORDER BY endedAt DESC LIMIT ${handlings}`, [queueId],
  )
  const middle = median(rows.map((row) => row.took))
  const here = await q.get<{ n: number }>("SELECT COUNT(*) AS n FROM memberships m JOIN agents a ON a.agentId = m.agentId WHERE m.queueId = ? AND a.presence = 'online'", [queueId])
  return middle === null || !here?.n ? null : middle / here.n
}
