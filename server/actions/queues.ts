/** Queues (domain §3, introduction): named by a slug that is unique among live ones, archived and never deleted. */
import { z } from 'zod'
import { strategies, type Strategy } from '../domain/distribution.ts'
import { DomainError } from '../domain/errors.ts'
import { idOrNone, ulid } from '../domain/ids.ts'
import type { Actor } from '../domain/permissions.ts'
import { localized } from '../domain/settings.ts'
import { slugOf } from '../domain/slug.ts'
import type { Tx } from '../store/db.ts'
import { modelsOf, type QueueModel } from '../store/models/index.ts'
import { recordAudit } from './audit.ts'
import { catalogChanged, difference } from './changes.ts'
import type { CatalogView } from './catalog.ts'
import type { Core } from './core.ts'
import { recordEvents } from './events.ts'
import { leaveQueue } from './memberships.ts'
import { demand, parsed, refusingClash } from './refusals.ts'
import { emptyQueue } from './releasing.ts'
import { transact } from './transact.ts'

/** A name whose slug is empty could never be told from another such. */
const name = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine((text) => slugOf(text) !== '', 'at least one letter or digit')
/** Texts customers read; one that is absent falls back to the setting of its kind, an empty one is not sent. */
const messages = z.strictObject({
  waiting: localized.optional(),
  join: localized.optional(),
  transfer: localized.optional(),
  resolve: localized.optional(),
})

const seconds = z.number().int().min(0).max(86_400)
/** How the queue gives its chats away (domain §3.10); null: as the install does. Times in seconds, 0 is none. */
const distribution = {
  mode: z.enum(['join', 'invite']).nullable().optional(),
  strategy: z.enum(strategies).nullable().optional(),
  widenAfter: seconds.nullable().optional(),
  inviteTimeout: z.number().int().min(3).max(3600).nullable().optional(),
  totalTimeout: seconds.nullable().optional(),
  weight: z.number().int().min(1).max(100).optional(),
  maxWaiting: z.number().int().min(0).max(100_000).optional(),
  maxWait: seconds.optional(),
  overflow: z.strictObject({ type: z.enum(['queue', 'menu']), id: ulid }).nullable().optional(),
  wrapUp: seconds.optional(),
}

export const newQueue = z.strictObject({ name, description: z.string().trim().max(2000).default(''), messages: messages.default({}), ...distribution })
export type NewQueue = z.input<typeof newQueue>
export const queueChange = z.strictObject({
  queueId: ulid,
  name: name.optional(),
  description: z.string().trim().max(2000).optional(),
  messages: messages.optional(),
  ...distribution,
})
export type QueueChange = z.input<typeof queueChange>

export interface QueueEditView {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly description: string
  readonly messages: z.infer<typeof messages>
  readonly mode: 'join' | 'invite' | null
  readonly strategy: Strategy | null
  readonly widenAfter: number | null
  readonly inviteTimeout: number | null
  readonly totalTimeout: number | null
  readonly weight: number
  readonly maxWaiting: number
  readonly maxWait: number
  readonly overflow: { readonly type: 'queue' | 'menu'; readonly id: string } | null
  readonly wrapUp: number
  readonly createdAt: number
}

const taken = { queues_live_slug: 'name', liveSlug: 'name' }

export function queueViewOf(queue: QueueModel): QueueEditView {
  const { id, name, slug, description, messages, createdAt } = queue
  return {
    id, name, slug, description, messages: messages ?? {}, createdAt, mode: queue.mode ?? null, strategy: queue.strategy ?? null, widenAfter: queue.widenAfter ?? null,
    inviteTimeout: queue.inviteTimeout ?? null, totalTimeout: queue.totalTimeout ?? null, weight: queue.weight, maxWaiting: queue.maxWaiting, maxWait: queue.maxWait,
    overflow: queue.overflow ?? null, wrapUp: queue.wrapUp,
  }
}

/** @throws DomainError forbidden, validation, name_taken, overflow_required, invalid_destination */
export async function createQueue(core: Core, actor: Actor, input: NewQueue): Promise<QueueEditView> {
  demand(actor, 'queues.manage')
  const values = parsed(newQueue, input)
  checkDistribution(await core.catalog.read(), null, values)
  return refusingClash(taken, () => core.db.transaction((tx) => insertQueue(core, tx, actor, values)))
}

/** Within the caller's transaction, which has checked the values. */
export async function insertQueue(core: Core, tx: Tx, actor: Actor, values: z.output<typeof newQueue>): Promise<QueueEditView> {
  const now = core.clock.now()
  const { queues, queueTurns } = modelsOf(core.db)
  const queue = await queues.create(
    { ...definedOnly(values), id: core.ids.next(), slug: slugOf(values.name), createdAt: now, updatedAt: now },
    { transaction: tx.models },
  )
  await queueTurns.create({ queueId: queue.id }, { transaction: tx.models })
  await recordAudit(core, tx, actor, { action: 'queue.create', subjectKind: 'queue', subjectId: queue.id, after: values })
  await queueEvent(core, tx, actor, 'queue.created', queue)
  await catalogChanged(core, tx, [queue.id])
  return queueViewOf(queue)
}

/** A new name is a new slug. @throws DomainError forbidden, validation, not_found, name_taken, overflow_required, invalid_destination */
export async function updateQueue(core: Core, actor: Actor, input: QueueChange): Promise<QueueEditView> {
  demand(actor, 'queues.manage')
  const { queueId, ...change } = parsed(queueChange, input)
  return refusingClash(taken, () =>
    transact(core, async (tx, view) => {
      const queue = await lockQueue(core, tx, queueId)
      const before = queueViewOf(queue)
      const changed = difference<Record<string, unknown>>({ ...before }, change)
      if (Object.keys(changed.after).length === 0) return before
      checkDistribution(view, queueId, { ...before, ...definedOnly(change) })
      await queue.update(
        { ...changed.after, ...(change.name === undefined ? {} : { slug: slugOf(change.name) }), updatedAt: core.clock.now() },
        { transaction: tx.models },
      )
      await recordAudit(core, tx, actor, { action: 'queue.update', subjectKind: 'queue', subjectId: queueId, ...changed })
      await queueEvent(core, tx, actor, 'queue.updated', queue, { changed: Object.keys(changed.after) })
      await catalogChanged(core, tx, [queueId])
      return queueViewOf(queue)
    }),
  )
}

/**
 * Archives. `force` removes the members first, and with `moveTo` hands the chats that wait or are assigned through it to
 * another queue; references from channels, contacts and `routing.fallbackQueue` always block it.
 * @throws DomainError forbidden, not_found, in_use (details: what uses it), has_waiting_chats, has_members
 */
export async function removeQueue(
  core: Core,
  actor: Actor,
  input: { queueId: string; force?: boolean; moveTo?: string },
): Promise<{ moved: number }> {
  demand(actor, 'queues.manage')
  const moved = input.force && input.moveTo ? await moveChats(core, actor, input.queueId, input.moveTo) : 0
  await core.db.transaction(async (tx) => {
    const { queueId, force = false } = input
    const queue = await lockQueue(core, tx, queueId)
    await checkUnused(tx, queueId)
    const count = async (sql: string): Promise<number> => (await tx.get<{ n: number }>(sql, [queueId]))?.n ?? 0
    const waiting = await count("SELECT COUNT(*) AS n FROM distributions WHERE waitingFor = ? AND waits = 1 AND targetKind = 'queue'")
    const assigned = await count('SELECT COUNT(*) AS n FROM chats WHERE queueId = ? AND agentId IS NOT NULL')
    if (waiting || assigned) throw new DomainError('has_waiting_chats', { waiting, assigned })
    const members = await count('SELECT COUNT(*) AS n FROM memberships WHERE queueId = ?')
    if (members && !force) throw new DomainError('has_members', { members })
    if (members) await leaveQueue(core, tx, actor, queue)
    const now = core.clock.now()
    await queue.update({ archivedAt: now, updatedAt: now }, { transaction: tx.models })
    await recordAudit(core, tx, actor, {
      action: 'queue.remove',
      subjectKind: 'queue',
      subjectId: queueId,
      before: { ...queueViewOf(queue) },
    })
    await queueEvent(core, tx, actor, 'queue.deleted', queue)
    await catalogChanged(core, tx, [queueId])
  })
  return { moved }
}

async function moveChats(core: Core, actor: Actor, queueId: string, moveTo: string): Promise<number> {
  if (moveTo === queueId) throw new DomainError('invalid_destination', { queueId: moveTo })
  // Before anything moves: what blocks the removal must not be found afterwards.
  await core.db.transaction(async (tx) => {
    await lockQueue(core, tx, queueId)
    await lockQueue(core, tx, moveTo)
    await checkUnused(tx, queueId)
  })
  return emptyQueue(core, actor, queueId, { type: 'queue', id: moveTo })
}

async function lockQueue(core: Core, tx: Tx, queueId: string): Promise<QueueModel> {
  const queue = await modelsOf(core.db).queues.findOne({
    where: { id: idOrNone(queueId), archivedAt: null },
    transaction: tx.models,
    lock: true,
  })
  if (!queue) throw new DomainError('not_found', { queueId })
  return queue
}

async function checkUnused(tx: Tx, queueId: string): Promise<void> {
  const fallback = await tx.get("SELECT name FROM settings WHERE name = 'routing.fallbackQueue' AND value = ?", [JSON.stringify(queueId)])
  const channels = await tx.all<{ name: string }>(
    "SELECT name FROM channels WHERE destinationType = 'queue' AND destinationId = ? AND archivedAt IS NULL",
    [queueId],
  )
  const contacts = await tx.get<{ n: number }>('SELECT COUNT(*) AS n FROM contacts WHERE boundQueueId = ? AND archivedAt IS NULL', [
    queueId,
  ])
  const uses = {
    ...(fallback ? { setting: 'routing.fallbackQueue' } : {}),
    ...(channels.length ? { channels: channels.map((channel) => channel.name) } : {}),
    ...(contacts?.n ? { contacts: contacts.n } : {}),
  }
  if (Object.keys(uses).length) throw new DomainError('in_use', uses)
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }
const definedOnly = <T extends object>(values: T): Defined<T> => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>

/** What does not go together: offers to all without offers, a limit that leads nowhere. */
function checkDistribution(view: CatalogView, queueId: string | null, wanted: Pick<NewQueue, 'mode' | 'strategy' | 'maxWaiting' | 'maxWait' | 'overflow'>): void {
  const mode = wanted.mode ?? view.setting('distribution.mode')
  if ((wanted.strategy ?? view.setting('distribution.strategy')) === 'all' && mode !== 'invite') throw new DomainError('validation', { fields: { strategy: 'needs_invite' } })
  const { overflow } = wanted
  if (((wanted.maxWaiting ?? 0) > 0 || (wanted.maxWait ?? 0) > 0) && !overflow) throw new DomainError('overflow_required')
  if (!overflow) return
  const menu = overflow.type === 'menu' ? view.menu(overflow.id) : undefined
  const usable = overflow.type === 'queue' ? overflow.id !== queueId && view.queue(overflow.id)?.archivedAt === null : menu?.archivedAt === null && menu.publishedVersion !== null
  if (!usable) throw new DomainError('invalid_destination', { overflow })
}

async function queueEvent(
  core: Core,
  tx: Tx,
  actor: Actor,
  type: string,
  queue: QueueModel,
  data: Record<string, unknown> = {},
): Promise<void> {
  await recordEvents(core, tx, [
    { type, at: core.clock.now(), actor, queueId: queue.id, data: { queueName: queue.name, by: actor.name, ...data } },
  ])
}
