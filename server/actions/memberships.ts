/**
 * Who attends which queue (domain §3). The queue's row is the lock: changes of one queue's members follow each other.
 * The order of joining is the order of turns, so that whoever stays keeps their place.
 */
import { z } from 'zod'
import { DomainError } from '../domain/errors.ts'
import { ulid } from '../domain/ids.ts'
import type { Actor } from '../domain/permissions.ts'
import type { Tx } from '../store/db.ts'
import { modelsOf, type QueueModel, type UserModel } from '../store/models/index.ts'
import { recordAudit } from './audit.ts'
import { catalogChanged } from './changes.ts'
import type { Core } from './core.ts'
import { recordEvents } from './events.ts'
import { demand, parsed } from './refusals.ts'

export interface MembershipChange {
  readonly added: number
  readonly removed: number
}

const ids = z.array(ulid).max(5000)
const priority = z.number().int().min(1).max(9)
export const queueMembers = z.strictObject({ queueId: ulid, agentIds: ids, priority: priority.optional() })
export type QueueMembers = z.input<typeof queueMembers>
export const agentQueues = z.strictObject({ agentId: ulid, queueIds: ids })
export type AgentQueues = z.input<typeof agentQueues>

/** Whoever is a member already stays, with the priority given. @throws DomainError forbidden, validation, not_found */
export async function addMembers(core: Core, actor: Actor, input: QueueMembers): Promise<MembershipChange> {
  const { queueId, agentIds, priority } = checked(actor, queueMembers, input)
  return core.db.transaction(async (tx) => {
    const [queue] = await lockQueues(core, tx, [queueId])
    return applyChange(core, tx, actor, queue as QueueModel, await attendants(core, tx, agentIds), [], priority)
  })
}

/** Whoever is no member is passed over. @throws DomainError forbidden, validation, not_found */
export async function removeMembers(core: Core, actor: Actor, input: QueueMembers): Promise<MembershipChange> {
  const { queueId, agentIds } = checked(actor, queueMembers, input)
  return core.db.transaction(async (tx) => {
    const [queue] = await lockQueues(core, tx, [queueId])
    return applyChange(core, tx, actor, queue as QueueModel, [], await attendants(core, tx, agentIds))
  })
}

/** The queue has these members from now on, and no other. @throws DomainError forbidden, validation, not_found */
export async function replaceMembers(core: Core, actor: Actor, input: QueueMembers): Promise<MembershipChange> {
  const { queueId, agentIds, priority } = checked(actor, queueMembers, input)
  return core.db.transaction(async (tx) => {
    const [queue] = await lockQueues(core, tx, [queueId])
    const wanted = await attendants(core, tx, agentIds)
    const members = await modelsOf(core.db).memberships.findAll({ where: { queueId }, transaction: tx.models })
    const leaving = members.map((member) => member.agentId).filter((id) => !agentIds.includes(id))
    return applyChange(core, tx, actor, queue as QueueModel, wanted, await attendants(core, tx, leaving), priority)
  })
}

/** The agent attends these queues from now on, and no other. @throws DomainError forbidden, validation, not_found */
export async function replaceQueues(core: Core, actor: Actor, input: AgentQueues): Promise<MembershipChange> {
  const { agentId, queueIds } = checked(actor, agentQueues, input)
  return core.db.transaction(async (tx) => {
    const present = await modelsOf(core.db).memberships.findAll({ where: { agentId }, transaction: tx.models })
    const leaving = present.map((member) => member.queueId).filter((id) => !queueIds.includes(id))
    const queues = await lockQueues(core, tx, [...queueIds, ...leaving])
    const agents = await attendants(core, tx, [agentId])
    let change: MembershipChange = { added: 0, removed: 0 }
    for (const queue of queues) {
      const joins = queueIds.includes(queue.id)
      const { added, removed } = await applyChange(core, tx, actor, queue, joins ? agents : [], joins ? [] : agents)
      change = { added: change.added + added, removed: change.removed + removed }
    }
    return change
  })
}

/** For who ceases to attend: within the caller's transaction. */
export async function leaveQueues(core: Core, tx: Tx, actor: Actor, user: UserModel): Promise<void> {
  const present = await modelsOf(core.db).memberships.findAll({ where: { agentId: user.id }, transaction: tx.models })
  for (const queue of await lockQueues(
    core,
    tx,
    present.map((member) => member.queueId),
  ))
    await applyChange(core, tx, actor, queue, [], [user])
}

/** For a queue that ends: within the caller's transaction, which holds the queue's lock. */
export async function leaveQueue(core: Core, tx: Tx, actor: Actor, queue: QueueModel): Promise<void> {
  const members = await modelsOf(core.db).memberships.findAll({ where: { queueId: queue.id }, transaction: tx.models })
  await applyChange(
    core,
    tx,
    actor,
    queue,
    [],
    await attendants(
      core,
      tx,
      members.map((member) => member.agentId),
    ),
  )
}

function checked<S extends z.ZodType>(actor: Actor, schema: S, input: unknown): z.infer<S> {
  demand(actor, 'queues.manage')
  return parsed(schema, input)
}

/** In ascending id, each once. */
async function lockQueues(core: Core, tx: Tx, queueIds: readonly string[]): Promise<QueueModel[]> {
  const wanted = [...new Set(queueIds)]
  const queues = await modelsOf(core.db).queues.findAll({
    where: { id: wanted, archivedAt: null },
    order: [['id', 'ASC']],
    transaction: tx.models,
    lock: true,
  })
  refuseUnknown('queueId', wanted, queues)
  return queues
}

async function attendants(core: Core, tx: Tx, agentIds: readonly string[]): Promise<UserModel[]> {
  const wanted = [...new Set(agentIds)]
  if (wanted.length === 0) return []
  const users = await modelsOf(core.db).users.findAll({
    where: { id: wanted, archivedAt: null },
    order: [['id', 'ASC']],
    transaction: tx.models,
    lock: true,
  })
  const agents = users.filter((user) => user.role === 'agent' || user.alsoAgent)
  refuseUnknown('agentId', wanted, agents)
  // In the order asked for: it is the order of joining.
  return wanted.map((id) => agents.find((agent) => agent.id === id) as UserModel)
}

function refuseUnknown(field: string, wanted: readonly string[], found: readonly { id: string }[]): void {
  const unknown = wanted.filter((id) => !found.some((one) => one.id === id))
  if (unknown.length) throw new DomainError('not_found', { field, ids: unknown })
}

async function applyChange(
  core: Core,
  tx: Tx,
  actor: Actor,
  queue: QueueModel,
  joining: readonly UserModel[],
  leaving: readonly UserModel[],
  priority?: number,
): Promise<MembershipChange> {
  const { memberships } = modelsOf(core.db)
  const transaction = tx.models
  const present = new Set((await memberships.findAll({ where: { queueId: queue.id }, transaction })).map((member) => member.agentId))
  const added = joining.filter((user) => !present.has(user.id))
  const removed = leaving.filter((user) => present.has(user.id))
  const now = core.clock.now()
  await memberships.bulkCreate(
    added.map((user) => ({ queueId: queue.id, agentId: user.id, priority: priority ?? 1, createdAt: now })),
    { transaction },
  )
  const stay = joining.filter((user) => present.has(user.id)).map((user) => user.id)
  if (priority !== undefined && stay.length)
    await memberships.update({ priority }, { where: { queueId: queue.id, agentId: stay }, transaction })
  if (removed.length) await memberships.destroy({ where: { queueId: queue.id, agentId: removed.map((user) => user.id) }, transaction })
  const event = (type: string) => (user: UserModel) => ({
    type,
    at: now,
    actor,
    queueId: queue.id,
    agentId: user.id,
    data: { queueName: queue.name, agentName: user.name, by: actor.name },
  })
  await recordEvents(core, tx, [...added.map(event('membership.added')), ...removed.map(event('membership.removed'))])
  const names = (users: readonly UserModel[]): string[] => users.map((user) => user.username)
  if (added.length || removed.length || (priority !== undefined && stay.length)) {
    await recordAudit(core, tx, actor, {
      action: 'queue.members',
      subjectKind: 'queue',
      subjectId: queue.id,
      after: { added: names(added), removed: names(removed), ...(priority ? { priority } : {}) },
    })
    await catalogChanged(core, tx, [queue.id])
  }
  // Somebody new may serve who waits there, or a tier has changed (domain §3.6).
  if (added.length || priority !== undefined) tx.after(() => core.wake.nudge('drain', [queue.id]))
  return { added: added.length, removed: removed.length }
}
