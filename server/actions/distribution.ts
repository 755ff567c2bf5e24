/**
 * Giving waiting chats to agents (domain §3). A drain reads its candidates without locks, locks the chats, the queue's
 * turn pointer and the members' live rows, in that order and each in ascending id, re-checks, and writes the assignments
 * of up to 32 chats with one statement per table. Whoever lost a race is left for the next pass.
 */
import { assignInTurns, isEligible, type Candidate } from '../domain/distribution.ts'
import { systemActor } from '../domain/permissions.ts'
import { forUpdate, placeholders } from '../store/sql.ts'
import type { Queryable, Tx } from '../store/db.ts'
import type { CatalogView } from './catalog.ts'
import type { Core } from './core.ts'
import { assign, leaveQueue, openConversationsOf } from './work/flow.ts'
import { Work } from './work/work.ts'

const batch = 32

interface Waiting { chatId: string; queuedAt: number; authorId: string | null }

/** Drains one queue until nobody waits or nobody is free. One at a time per queue and process. */
export async function drainQueue(core: Core, queueId: string): Promise<number> {
  let assigned = 0
  for (;;) {
    const now = core.clock.now()
    // Looked at without locks, so that an idle trigger costs two reads.
    const waiting = await waitingIn(core.db, queueId, now, batch)
    if (waiting.length === 0) return assigned
    const view = await core.catalog.read()
    if (!(await membersOf(core.db, view, queueId)).some((member) => isEligible(member, now))) return assigned
    const done = await core.db.transaction((tx) => drainBatch(core, tx, view, queueId, waiting.map((chat) => chat.chatId)))
    assigned += done
    if (done === 0) return assigned
  }
}

/** Queues where somebody waits; the sweep drains each. */
export async function queuesWithWaiting(core: Core): Promise<string[]> {
  const rows = await core.db.all<{ waitingFor: string }>('SELECT DISTINCT waitingFor FROM distributions WHERE waitingFor IS NOT NULL')
  return rows.map((row) => row.waitingFor)
}

/** The queues of an agent, the one whose first chat has waited longest first (until weights decide). */
export async function queuesOfAgent(q: Queryable, agentId: string): Promise<string[]> {
  const rows = await q.all<{ queueId: string }>(
    `SELECT m.queueId FROM memberships m LEFT JOIN distributions d ON d.waitingFor = m.queueId WHERE m.agentId = ? GROUP BY m.queueId ORDER BY MIN(d.queuedAt) IS NULL, MIN(d.queuedAt)`, [agentId],
  )
  return rows.map((row) => row.queueId)
}

async function drainBatch(core: Core, tx: Tx, view: CatalogView, queueId: string, chatIds: readonly string[]): Promise<number> {
  const now = core.clock.now()
  const work = new Work(core, tx, now)
  await work.lockChats(chatIds)
  // The list again, now that nobody can change it: only chats that still wait here, in their order.
  const waiting = (await waitingIn(tx, queueId, now, batch * 2)).filter((chat) => work.chats.get(chat.chatId)?.row.state === 'QUEUED')
  if (waiting.length === 0) return 0
  const turn = await tx.get<{ pointer: number }>(`SELECT pointer FROM queue_turns WHERE queueId = ?${forUpdate(tx.dialect)}`, [queueId])
  const members = await lockMembers(tx, view, queueId, now)
  const { choices, pointer } = assignInTurns(
    waiting.map((chat) => ({ chatId: chat.chatId, excludedAgentId: chat.authorId })), members, turn?.pointer ?? 0, now,
  )
  if (choices.length === 0) return 0
  const chosen = choices.flatMap((choice) => work.chats.get(choice.chatId) ?? [])
  const conversations = await openConversationsOf(tx, chosen)
  for (const choice of choices) {
    const chat = work.chats.get(choice.chatId)
    const conversation = conversations.get(choice.chatId)
    const agent = view.user(choice.agentId)
    if (!chat || !conversation || !agent) continue
    const waitedSince = chat.row.queuedAt
    leaveQueue(work, chat, 'assigned', systemActor)
    assign(core, work, view, chat, conversation, { agent, kind: 'distribution', actor: systemActor, waitedSince })
  }
  await tx.run('UPDATE queue_turns SET pointer = ? WHERE queueId = ?', [pointer, queueId])
  await work.flush()
  return choices.length
}

/** The waiting list in its order (§3.5). The author of a transfer is named only while excluded. */
async function waitingIn(q: Queryable, queueId: string, now: number, limit: number): Promise<Waiting[]> {
  return q.all<Waiting>(
    `SELECT chatId, queuedAt, CASE WHEN authorUntil > ? THEN authorId END AS authorId FROM distributions
      WHERE waitingFor = ? ORDER BY precedence, queuedAt, chatId LIMIT ?`, [now, queueId, limit],
  )
}

interface MemberRow { membershipId: number; agentId: string; presence: string; pausedSince: number | null; chatLoad: number; wrapUpUntil: number | null }

const memberSql = `SELECT m.id AS membershipId, a.agentId, a.presence, a.pausedSince, a.chatLoad, a.wrapUpUntil FROM memberships m JOIN agents a ON a.agentId = m.agentId WHERE m.queueId = ?`

function candidates(view: CatalogView, rows: readonly MemberRow[]): Candidate[] {
  return rows.flatMap((row) => {
    const user = view.user(row.agentId)
    if (!user || user.archivedAt !== null) return []
    return [{
      membershipId: row.membershipId, agentId: row.agentId, enabled: user.enabled, online: row.presence === 'online', paused: row.pausedSince !== null, load: row.chatLoad,
      capacity: view.capacity(user), wrapUpUntil: row.wrapUpUntil,
    }]
  })
}

/** Members as they are, unlocked: for a first look, for boards and transfer targets. */
export async function membersOf(q: Queryable, view: CatalogView, queueId: string): Promise<Candidate[]> {
  return candidates(view, await q.all<MemberRow>(memberSql, [queueId]))
}

/** Locks the live rows of those who look free, in ascending id, and reads them again under the lock. */
export async function lockMembers(tx: Tx, view: CatalogView, queueId: string, now: number): Promise<Candidate[]> {
  const free = (await membersOf(tx, view, queueId)).filter((member) => isEligible(member, now))
  if (free.length === 0) return []
  const membership = new Map(free.map((member) => [member.agentId, member.membershipId]))
  const rows = await tx.all<Omit<MemberRow, 'membershipId'>>(
    `SELECT agentId, presence, pausedSince, chatLoad, wrapUpUntil FROM agents WHERE agentId IN (${placeholders(free.length)}) ORDER BY agentId${forUpdate(tx.dialect)}`,
    [...membership.keys()].sort(),
  )
  return candidates(view, rows.map((row) => ({ ...row, membershipId: membership.get(row.agentId) ?? 0 })))
}
