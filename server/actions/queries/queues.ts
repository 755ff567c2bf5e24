/** Queues and their members as administrators list them. */
import { DomainError } from '../../domain/errors.ts'
import type { Actor } from '../../domain/permissions.ts'
import { slugOf } from '../../domain/slug.ts'
import { modelsOf } from '../../store/models/index.ts'
import type { Core } from '../core.ts'
import { queueViewOf, type QueueEditView } from '../queues.ts'
import { demand } from '../refusals.ts'

export interface QueueListView extends QueueEditView {
  readonly members: number
  readonly waiting: number
  readonly assigned: number
}

/** By slug. @throws DomainError `forbidden` */
export async function listQueues(core: Core, actor: Actor): Promise<QueueListView[]> {
  demand(actor, 'queues.manage')
  const queues = await modelsOf(core.db).queues.findAll({ where: { archivedAt: null }, order: [['slug', 'ASC']] })
  const counts = async (sql: string): Promise<Map<string, number>> =>
    new Map((await core.db.all<{ id: string; n: number }>(sql)).map((row) => [row.id, row.n]))
  const members = await counts('SELECT queueId AS id, COUNT(*) AS n FROM memberships GROUP BY queueId')
  const waiting = await counts(
    "SELECT waitingFor AS id, COUNT(*) AS n FROM distributions WHERE waitingFor IS NOT NULL AND waits = 1 AND targetKind = 'queue' GROUP BY waitingFor",
  )
  const assigned = await counts(
    'SELECT queueId AS id, COUNT(*) AS n FROM chats WHERE queueId IS NOT NULL AND agentId IS NOT NULL GROUP BY queueId',
  )
  return queues.map((queue) => ({
    ...queueViewOf(queue),
    members: members.get(queue.id) ?? 0,
    waiting: waiting.get(queue.id) ?? 0,
    assigned: assigned.get(queue.id) ?? 0,
  }))
}

/** By id, slug or name. @throws DomainError forbidden, not_found */
export async function findQueue(core: Core, actor: Actor, ref: string): Promise<QueueListView> {
  const slug = slugOf(ref)
  const queues = await listQueues(core, actor)
  const queue = queues.find((one) => one.id === ref) ?? queues.find((one) => one.slug === slug)
  if (!queue) throw new DomainError('not_found', { queue: ref })
  return queue
}

export interface MemberView {
  readonly agentId: string
  readonly username: string
  readonly name: string
  readonly enabled: boolean
  readonly presence: 'online' | 'offline'
  readonly paused: boolean
  readonly load: number
  readonly priority: number
  readonly since: number
}

/** In the order of turns. @throws DomainError forbidden, not_found */
export async function listMembers(core: Core, actor: Actor, queueId: string): Promise<MemberView[]> {
  await findQueue(core, actor, queueId)
  const rows = await core.db.all<
    Omit<MemberView, 'enabled' | 'paused' | 'load'> & { enabled: number; pauseId: string | null; chatLoad: number }
  >(
    `SELECT m.agentId, u.username, u.name, u.enabled, a.presence, a.pauseId, a.chatLoad, m.priority, m.createdAt AS since
     FROM memberships m JOIN users u ON u.id = m.agentId JOIN agents a ON a.agentId = m.agentId WHERE m.queueId = ? ORDER BY m.id`,
    [queueId],
  )
  return rows.map(({ pauseId, chatLoad, ...row }) => ({ ...row, enabled: row.enabled === 1, paused: pauseId !== null, load: chatLoad }))
}
