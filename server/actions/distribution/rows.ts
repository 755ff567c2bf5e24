/** The live rows of distributions and offers, and the lists they wait in. */
import { isEligible, type Candidate, type Line, type Strategy, type WaitingChat } from '../../domain/distribution.ts'
import type { Instant } from '../../domain/ports.ts'
import { forUpdate, placeholders } from '../../store/sql.ts'
import type { Queryable, Tx } from '../../store/db.ts'
import type { CatalogView } from '../catalog.ts'

/** What a menu's invitation or a transfer asks of its distribution, beyond what the queue says. */
export interface Terms {
  /** Offers, whatever the queue's mode. */
  readonly invite?: boolean
  /** One lap only. */
  readonly once?: boolean
  /** Of an offer; seconds. */
  readonly timeout?: number
  /** These agents in this order, instead of a queue's. */
  readonly agents?: readonly string[]
  /** The menu run that waits for the outcome. */
  readonly runId?: string
  /** Shown on the card. */
  readonly message?: string | null
  readonly note?: string | null
  readonly requester?: { readonly kind: string; readonly id: string | null; readonly name: string }
}

export interface DistributionRow {
  id: string
  chatId: string
  conversationId: string
  lineKey: string
  targetKind: 'queue' | 'agents' | 'agent'
  kind: 'route' | 'menu' | 'transfer' | 'bulk' | 'offline-policy' | 'initiated'
  precedence: number
  queuedAt: Instant
  createdAt: Instant
  enqueue: number
  state: 'waiting' | 'offered' | 'resting'
  authorId: string | null
  authorUntil: Instant | null
  restUntil: Instant | null
  timeLeftMs: number | null
  deadlineAt: Instant | null
  lap: number
  attempt: number
  waits: number
  untold: number
  terms: string | null
}

export interface OfferRow {
  id: string
  distributionId: string
  chatId: string
  queueId: string | null
  agentId: string
  agentName: string
  attempt: number
  lap: number
  reserves: number
  offeredAt: Instant
  expiresAt: Instant
  endedAt: Instant | null
  outcome: 'accepted' | 'declined' | 'expired' | 'withdrawn' | null
}

const columns = [
  'id', 'chatId', 'conversationId', 'targetKind', 'kind', 'precedence', 'queuedAt', 'createdAt', 'enqueue', 'state', 'authorId', 'authorUntil', 'restUntil', 'timeLeftMs', 'deadlineAt',
  'lap', 'attempt', 'waits', 'untold', 'terms',
].map((column) => `d.${column}`).join(', ')
export const offerColumns = 'id, distributionId, chatId, queueId, agentId, agentName, attempt, lap, reserves, offeredAt, expiresAt, endedAt, outcome'

export const termsOf = (row: Pick<DistributionRow, 'terms'>): Terms => (row.terms === null ? {} : (JSON.parse(row.terms) as Terms))

/** How a queue gives its chats away: its own choice, else the install's (§3.10). */
export interface QueuePolicy {
  readonly invite: boolean
  readonly strategy: Strategy
  readonly weight: number
  readonly widenAfter: number
  readonly inviteTimeout: number
  readonly totalTimeout: number
}

export function policyOf(view: CatalogView, queueId: string | null): QueuePolicy {
  const queue = view.queue(queueId)
  const strategy = queue?.strategy ?? view.setting('distribution.strategy')
  return {
    // Offers to all are offers.
    invite: (queue?.mode ?? view.setting('distribution.mode')) === 'invite' || strategy === 'all', strategy, weight: queue?.weight ?? 1,
    widenAfter: (queue?.widenAfter ?? view.setting('distribution.widenAfter')) * 1000,
    inviteTimeout: (queue?.inviteTimeout ?? view.setting('distribution.inviteTimeout')) * 1000, totalTimeout: (queue?.totalTimeout ?? view.setting('distribution.totalTimeout')) * 1000,
  }
}

/**
 * What there may be to do in these lists: chats that want somebody now, in the list's order; chats whose offer is over or
 * whose agent is not there any more; chats that rest (somebody new may end it); and under `all` those that are offered.
 */
export async function waitingIn(q: Queryable, view: CatalogView, keys: readonly string[], now: Instant, limit: number): Promise<DistributionRow[]> {
  const found = new Map<string, DistributionRow>()
  for (const key of keys) {
    const toAll = view.queue(key) !== undefined && policyOf(view, key).strategy === 'all'
    const ordered = `ORDER BY d.precedence, d.queuedAt, d.chatId LIMIT ${limit}`
    const held = 'AND (d.heldUntil IS NULL OR d.heldUntil <= ?)'
    const rows = await q.all<DistributionRow>(
      `SELECT * FROM (SELECT ${columns}, d.waitingFor AS lineKey FROM distributions d WHERE d.waitingFor = ? ${held} AND d.state <> 'offered' AND (d.restUntil IS NULL OR d.restUntil <= ?) ${ordered}) a
       UNION ALL
       SELECT * FROM (SELECT ${columns}, d.waitingFor AS lineKey FROM distributions d WHERE d.waitingFor = ? AND d.state <> 'offered' AND d.restUntil > ? ${ordered}) b
       UNION ALL
       SELECT * FROM (SELECT ${columns}, d.waitingFor AS lineKey FROM offers o JOIN distributions d ON d.id = o.distributionId JOIN agents a ON a.agentId = o.agentId
         WHERE o.openLine = ? AND (o.expiresAt <= ? OR d.deadlineAt <= ? OR ? = 1 OR a.presence <> 'online' OR a.pausedSince IS NOT NULL
           OR (o.queueId IS NOT NULL AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.queueId = o.queueId AND m.agentId = o.agentId))) ${ordered}) c`,
      [key, now, now, key, now, key, now, now, toAll ? 1 : 0],
    )
    for (const row of rows) found.set(row.id, row)
  }
  return [...found.values()]
}

export interface Member extends Candidate {
  readonly key: string
}

interface MemberRow {
  key: string; membershipId: number; priority: number; agentId: string; presence: string; pausedSince: number | null; chatLoad: number; wrapUpUntil: number | null; lastAssignedAt: number | null
}
const liveColumns = 'a.agentId, a.presence, a.pausedSince, a.chatLoad, a.wrapUpUntil, a.lastAssignedAt'

function candidate(view: CatalogView, row: MemberRow): Member[] {
  const user = view.user(row.agentId)
  if (!user || user.archivedAt !== null) return []
  return [{
    key: row.key, membershipId: row.membershipId, agentId: row.agentId, priority: row.priority, enabled: user.enabled, online: row.presence === 'online', paused: row.pausedSince !== null,
    load: row.chatLoad, capacity: view.capacity(user), wrapUpUntil: row.wrapUpUntil, lastAssignedAt: row.lastAssignedAt,
  }]
}

/** Members of queues as they are, unlocked. */
export async function membersOf(q: Queryable, view: CatalogView, queueIds: readonly string[]): Promise<Member[]> {
  if (queueIds.length === 0) return []
  const rows = await q.all<MemberRow>(
    `SELECT m.queueId AS \`key\`, m.id AS membershipId, m.priority, ${liveColumns} FROM memberships m JOIN agents a ON a.agentId = m.agentId WHERE m.queueId IN (${placeholders(queueIds.length)})`, queueIds,
  )
  return rows.flatMap((row) => candidate(view, row))
}

/** Members of a queue, and where they serve other queues in which somebody waits. */
export async function membersAround(q: Queryable, view: CatalogView, queueId: string): Promise<Member[]> {
  const rows = await q.all<MemberRow>(
    `SELECT m.queueId AS \`key\`, m.id AS membershipId, m.priority, ${liveColumns} FROM memberships m JOIN agents a ON a.agentId = m.agentId
      WHERE m.queueId = ? OR (m.agentId IN (SELECT o.agentId FROM memberships o WHERE o.queueId = ?) AND EXISTS (SELECT 1 FROM distributions d WHERE d.waitingFor = m.queueId))`, [queueId, queueId],
  )
  return rows.flatMap((row) => candidate(view, row))
}

/** The agents a menu or a transfer named, in its order. */
export async function namedMembers(q: Queryable, view: CatalogView, key: string, agentIds: readonly string[]): Promise<Member[]> {
  if (agentIds.length === 0) return []
  const rows = await q.all<Omit<MemberRow, 'key' | 'membershipId' | 'priority'>>(`SELECT ${liveColumns} FROM agents a WHERE a.agentId IN (${placeholders(agentIds.length)})`, agentIds)
  return rows.flatMap((row) => candidate(view, { ...row, key, membershipId: agentIds.indexOf(row.agentId) + 1, priority: 1 }))
}

/**
 * Locks the live rows of those who look free, in ascending id, and reads them again under the lock; whoever does not look
 * free stays as read, and is not chosen. `freed`: places that this transaction gives back.
 */
export async function lockFree(tx: Tx, members: readonly Member[], freed: ReadonlyMap<string, number>, now: Instant): Promise<Member[]> {
  const freeing = (member: Member): Member => ({ ...member, load: member.load - (freed.get(member.agentId) ?? 0) })
  const free = [...new Set(members.filter((member) => isEligible(freeing(member), now)).map((member) => member.agentId))].sort()
  if (free.length === 0) return members.map(freeing)
  const rows = await tx.all<Omit<MemberRow, 'key' | 'membershipId' | 'priority'>>(
    `SELECT ${liveColumns} FROM agents a WHERE a.agentId IN (${placeholders(free.length)}) ORDER BY a.agentId${forUpdate(tx.dialect)}`, free,
  )
  const live = new Map(rows.map((row) => [row.agentId, row]))
  return members.map((member) => {
    const row = live.get(member.agentId)
    // Not looked at under the lock: not to be chosen, but signed in as far as tiers are concerned.
    if (!row) return { ...freeing(member), enabled: member.enabled && !free.includes(member.agentId), paused: true }
    return freeing({
      ...member, online: row.presence === 'online', paused: row.pausedSince !== null, load: row.chatLoad, wrapUpUntil: row.wrapUpUntil, lastAssignedAt: row.lastAssignedAt,
    })
  })
}

export async function lockTurns(tx: Tx, queueIds: readonly string[]): Promise<Map<string, number>> {
  if (queueIds.length === 0) return new Map()
  const rows = await tx.all<{ queueId: string; pointer: number }>(
    `SELECT queueId, pointer FROM queue_turns WHERE queueId IN (${placeholders(queueIds.length)}) ORDER BY queueId${forUpdate(tx.dialect)}`, [...queueIds].sort(),
  )
  return new Map(rows.map((row) => [row.queueId, row.pointer]))
}

export function lineOf(view: CatalogView, key: string, members: readonly Member[], pointer: number): Line {
  const own = members.filter((member) => member.key === key)
  const queue = view.queue(key) === undefined ? null : key
  const policy = policyOf(view, queue)
  return {
    key, members: own, pointer, strategy: queue === null ? 'linear' : policy.strategy, weight: policy.weight, widenAfter: policy.widenAfter,
    lapPause: view.setting('distribution.lapPause') * 1000, restAfterExpiry: view.setting('distribution.restAfterExpiry') * 1000,
  }
}

export type WaitingFacts = Omit<DistributionRow, 'id' | 'conversationId' | 'kind' | 'waits' | 'untold'>

export function waitingChat(view: CatalogView, row: WaitingFacts, offers: readonly OfferRow[], now: Instant): WaitingChat {
  const terms = termsOf(row)
  const policy = policyOf(view, row.targetKind === 'queue' ? row.lineKey : null)
  return {
    chatId: row.chatId, key: row.lineKey, priority: -row.precedence, queuedAt: row.queuedAt, since: row.createdAt,
    excludedAgentId: row.authorUntil !== null && row.authorUntil > now ? row.authorId : null,
    invite: terms.invite ?? policy.invite, enqueue: row.enqueue === 1, once: terms.once ?? false, totalTimeout: terms.once ? 0 : policy.totalTimeout,
    timeLeft: row.timeLeftMs, deadlineAt: row.deadlineAt, restUntil: row.restUntil, lap: row.lap, resting: row.state === 'resting',
    offers: offers.filter((offer) => offer.attempt === row.attempt).map((offer) => ({ agentId: offer.agentId, lap: offer.lap, open: offer.endedAt === null, declined: offer.outcome === 'declined' })),
  }
}

/** Lists where there may be something to do; the sweep drains each. */
export async function linesWithWaiting(q: Queryable): Promise<string[]> {
  const rows = await q.all<{ waitingFor: string }>('SELECT DISTINCT waitingFor FROM distributions WHERE waitingFor IS NOT NULL')
  return rows.map((row) => row.waitingFor)
}

/** The lists to drain when an agent is free, gone or changed: their queues, the one whose first chat has waited longest first, and those in which they were named. */
export async function linesOfAgent(q: Queryable, agentId: string): Promise<string[]> {
  const queues = await q.all<{ queueId: string }>(
    `SELECT m.queueId FROM memberships m LEFT JOIN distributions d ON d.waitingFor = m.queueId WHERE m.agentId = ? GROUP BY m.queueId ORDER BY MIN(d.queuedAt) IS NULL, MIN(d.queuedAt)`, [agentId],
  )
  const offered = await q.all<{ lineKey: string }>('SELECT DISTINCT lineKey FROM offers WHERE openAgentId = ?', [agentId])
  return [...new Set([...queues.map((row) => row.queueId), ...offered.map((row) => row.lineKey)])]
}
