/**
 * The inbound lane: takes what waits in up to 32 lanes and applies it, all rows of a lane in order, in one transaction
 * with one statement per table. Alone among the actions it changes several chats at once: it locks lanes, then chats,
 * each in ascending id, and a batch that fails is repeated lane by lane, so that one poisoned chat never stops the others
 * (docs/adr/0003-batches-of-the-inbound-lane.md).
 */
import type { InboundEvent, RemoteProfile } from '../../../plugins/sdk/bridge.ts'
import { isUniqueViolation } from '../../store/errors.ts'
import { forUpdate, placeholders } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { transact } from '../transact.ts'
import type { ChatWork } from '../work/work.ts'
import { Work } from '../work/work.ts'
import { Fold } from './fold.ts'
import { chatsOf, type Arriving } from './people.ts'
import { reviveEvent } from './revive.ts'
import { Targets, type EventRow } from './targets.ts'

/** Lanes in one transaction, and events at most. */
export const batchLanes = 32
const batchEvents = 512
/** After so many failures an event is set aside, kept with its error, and its lane goes on. */
const mostAttempts = 5

interface Lane { id: string; channelId: string; remoteChatId: string; chatId: string | null }

/** Lanes that somebody else held just then, and lanes where more waits than one batch takes: both to be asked for again. */
export interface Applied {
  readonly held: readonly string[]
  readonly more: readonly string[]
}

/** Applies what waits in these lanes. Throws only when the database is not there. */
export async function applyLanes(core: Core, laneIds: readonly string[]): Promise<Applied> {
  try {
    return await transact(core, (tx) => applyBatch(core, tx, laneIds))
  } catch (error) {
    if (laneIds.length > 1) {
      const results: Applied[] = []
      for (const id of laneIds) results.push(await applyLanes(core, [id]))
      return { held: results.flatMap((one) => one.held), more: results.flatMap((one) => one.more) }
    }
    return { held: [], more: await setBack(core, laneIds[0] ?? '', error) }
  }
}

/** Lanes with waiting events that no nudge told this process about: after a restart, or another process's leavings. */
export async function findWaitingLanes(core: Core, limit: number): Promise<string[]> {
  const rows = await core.db.all<{ pendingLane: string }>(
    'SELECT pendingLane FROM inbox_events WHERE pendingLane IS NOT NULL GROUP BY pendingLane ORDER BY MIN(id) LIMIT ?', [limit],
  )
  return rows.map((row) => row.pendingLane)
}

/** Age of the oldest event that waits, in ms; 0 when none does. For metrics and backpressure. */
export async function inboxLag(core: Core): Promise<{ waiting: number; oldestMs: number }> {
  const row = await core.db.get<{ n: number; oldest: number | null }>('SELECT COUNT(*) AS n, MIN(receivedAt) AS oldest FROM inbox_events WHERE pendingLane IS NOT NULL')
  return { waiting: row?.n ?? 0, oldestMs: row?.oldest ? Math.max(0, core.clock.now() - row.oldest) : 0 }
}

async function applyBatch(core: Core, tx: Tx, laneIds: readonly string[]): Promise<Applied> {
  const view = await core.catalog.read()
  const lanes = await tx.all<Lane>(
    `SELECT id, channelId, remoteChatId, chatId FROM lanes WHERE id IN (${placeholders(laneIds.length)}) ORDER BY id${forUpdate(tx.dialect, { skipLocked: true })}`, [...laneIds].sort(),
  )
  const mine = new Set(lanes.map((lane) => lane.id))
  const held = laneIds.filter((id) => !mine.has(id))
  if (lanes.length === 0) return { held, more: [] }
  const rows = (
    await tx.all<{ id: string; channelId: string; laneId: string; receivedAt: number; payload: string }>(
      `SELECT id, channelId, pendingLane AS laneId, receivedAt, payload FROM inbox_events WHERE pendingLane IN (${placeholders(lanes.length)}) ORDER BY id LIMIT ${batchEvents}`,
      lanes.map((lane) => lane.id),
    )
  ).map((row): EventRow => ({ id: row.id, channelId: row.channelId, laneId: row.laneId, receivedAt: row.receivedAt, event: reviveEvent(row.payload) }))
  if (rows.length === 0) return { held, more: [] }
  const work = new Work(core, tx, core.clock.now())
  const chats = await chatsByLane(core, tx, work, view, lanes, rows)
  // Under the chats' locks: a send that ends just now has either written its id, or will find what we keep for it.
  const targets = await Targets.load(tx, rows)
  const fold = new Fold(core, tx, work, view, targets)
  await fold.prepare(rows, chats)
  for (const row of rows) await fold.apply(row, chats.get(row.laneId))
  await fold.finish()
  await work.flush()
  await tx.later.run(
    `UPDATE inbox_events SET state = 'applied', pendingLane = NULL, appliedAt = ? WHERE id IN (${placeholders(rows.length)})`, [work.now, ...rows.map((row) => row.id)],
  )
  return { held, more: rows.length === batchEvents ? [...mine] : [] }
}

async function chatsByLane(core: Core, tx: Tx, work: Work, view: CatalogView, lanes: readonly Lane[], rows: readonly EventRow[]): Promise<Map<string, ChatWork>> {
  await work.lockChats(lanes.flatMap((lane) => (lane.chatId ? [lane.chatId] : [])))
  const chats = new Map<string, ChatWork>()
  const arriving: Arriving[] = []
  for (const lane of lanes) {
    const known = lane.chatId ? work.chats.get(lane.chatId) : undefined
    const channel = view.channel(lane.channelId)
    if (known) chats.set(lane.id, known)
    else if (channel && lane.remoteChatId !== '') {
      const events = rows.filter((row) => row.laneId === lane.id).map((row) => row.event)
      arriving.push({ laneId: lane.id, channel, remoteChatId: lane.remoteChatId, kind: kindOf(events), profile: customerOf(events), make: events.some(makesChat) })
    }
  }
  for (const [laneId, chat] of await chatsOf(core, tx, work, arriving)) chats.set(laneId, chat)
  return chats
}

/** A receipt or a deletion of something unknown is no reason for a chat to exist. */
const makesChat = (event: InboundEvent): boolean => event.kind === 'message' || event.kind === 'call' || event.kind === 'referral' || event.kind === 'edit'
const kindOf = (events: readonly InboundEvent[]): 'direct' | 'group' => (events.some((event) => 'chatKind' in event && event.chatKind === 'group') ? 'group' : 'direct')

function customerOf(events: readonly InboundEvent[]): RemoteProfile | null {
  for (const event of events) {
    if (event.kind === 'message' && event.fromAccount === false) return event.sender
    if (event.kind === 'call' || event.kind === 'referral' || event.kind === 'edit') return event.sender
  }
  // Of a chat that we opened outside of Turno, the network says with whom it is.
  for (const event of events) if ('partner' in event && event.partner) return event.partner
  return null
}

/**
 * One lane failed by itself. A clash with somebody who made the same person a moment earlier is tried again at once;
 * an event that keeps failing is set aside with its error, so that its lane goes on.
 */
async function setBack(core: Core, laneId: string, error: unknown): Promise<string[]> {
  const message = error instanceof Error ? error.message : String(error)
  const first = await core.db.get<{ id: string; attempts: number; channelId: string }>('SELECT id, attempts, channelId FROM inbox_events WHERE pendingLane = ? ORDER BY id LIMIT 1', [laneId])
  if (!first) return []
  const aside = first.attempts + 1 >= mostAttempts
  core.log[aside ? 'error' : 'warn']('inbound event failed', { eventId: first.id, channelId: first.channelId, attempts: first.attempts + 1, setAside: aside, error: message })
  await core.db.run(
    aside ? "UPDATE inbox_events SET attempts = attempts + 1, error = ?, state = 'failed', pendingLane = NULL WHERE id = ?" : 'UPDATE inbox_events SET attempts = attempts + 1, error = ? WHERE id = ?',
    [message.slice(0, 2000), first.id],
  )
  return aside || isUniqueViolation(error) ? [laneId] : []
}
