/**
 * Giving waiting chats to agents (domain §3). A drain looks without locks, then locks the chats, the turn pointers of the
 * queues and the live rows of the agents, in that order and each in ascending id, looks again, and writes what was
 * decided for up to 32 chats of a list with one statement per table. Whoever lost a race is left for the next pass.
 *
 * Queues that share agents who are free are drained together, so that the chat that has the best claim on an agent gets
 * them, whichever queue it waits in (§3.5).
 */
import { isEligible, nextLook, planPass, type Decision, type Line, type WaitingChat } from '../../domain/distribution.ts'
import { isAssigned } from '../../domain/chat.ts'
import { systemActor } from '../../domain/permissions.ts'
import { insertMany, placeholders, updateMany } from '../../store/sql.ts'
import type { Queryable, Tx } from '../../store/db.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { MenuRuns } from '../menus/runs.ts'
import { notify, type NewNotice } from '../notices.ts'
import { enqueue, leaveQueue, leaveUnrouted, openConversationsOf, release, type ConversationFacts } from '../work/flow.ts'
import { closeOffer } from '../work/offers.ts'
import type { ChatWork } from '../work/work.ts'
import { Work } from '../work/work.ts'
import { join } from './join.ts'
import { lineOf, lockFree, lockTurns, membersAround, membersOf, namedMembers, offerColumns, policyOf, termsOf, waitingChat, waitingIn, type DistributionRow, type Member, type OfferRow } from './rows.ts'
import { saidBy } from '../queries/offers.ts'
import { missed, pauseThoseWhoMiss } from './missed.ts'
import { tellWaiting } from './telling.ts'

const batch = 32

/** Drains a list until there is nothing to do in it: a queue's, or that of one chat for which agents were named. Answers how many chats it did something for. */
export async function drainLine(core: Core, key: string): Promise<number> {
  let done = 0
  for (let looks = 0; looks < 10_000; looks++) {
    const view = await core.catalog.read()
    const { keys, rows } = await look(core, core.db, view, key)
    if (rows.length === 0) break
    const { acted, missedBy } = await core.db.transaction((tx) => pass(core, tx, view, keys, rows.map((row) => row.chatId)))
    await pauseThoseWhoMiss(core, view, missedBy)
    done += acted
    if (acted === 0) break
  }
  return done
}

/** Without locks, so that an idle trigger costs two reads: what waits, and the lists that compete for the same free agents. */
async function look(core: Core, q: Queryable, view: CatalogView, key: string): Promise<{ keys: string[]; rows: DistributionRow[] }> {
  const now = core.clock.now()
  const rows = await waitingIn(q, view, [key], now, batch)
  const nothing = { keys: [], rows: [] }
  if (rows.length === 0) return nothing
  if (view.queue(key) === undefined) return { keys: [key], rows }
  let around = await membersAround(q, view, key)
  const keys = new Set([key])
  for (let fresh = competing(around, keys, now); fresh.length > 0; fresh = competing(around, keys, now)) {
    for (const other of fresh) keys.add(other)
    for (const other of fresh) around = [...around, ...(await membersAround(q, view, other))]
  }
  const free = around.some((member) => member.key === key && isEligible(member, now))
  const due = rows.filter((row) => free || row.untold === 1 || row.enqueue === 0 || row.state === 'offered' || row.deadlineAt !== null || row.waits === 0)
  if (due.length === 0) return nothing
  const others = [...keys].filter((one) => one !== key)
  return { keys: [...keys], rows: [...due, ...(others.length === 0 ? [] : await waitingIn(q, view, others, now, batch))] }
}

/** Other lists in which agents who are free and serve one of `keys` serve too. */
function competing(members: readonly Member[], keys: ReadonlySet<string>, now: number): string[] {
  const free = new Set(members.filter((member) => keys.has(member.key) && isEligible(member, now)).map((member) => member.agentId))
  return [...new Set(members.filter((member) => free.has(member.agentId) && !keys.has(member.key)).map((member) => member.key))]
}

interface Scene {
  readonly core: Core
  readonly work: Work
  readonly view: CatalogView
  readonly runs: MenuRuns
  readonly lines: ReadonlyMap<string, Line>
  readonly offers: OfferRow[]
  readonly newOffers: OfferRow[]
  readonly notices: NewNotice[]
}

async function pass(core: Core, tx: Tx, view: CatalogView, keys: readonly string[], chatIds: readonly string[]): Promise<{ acted: number; missedBy: string[] }> {
  const now = core.clock.now()
  const work = new Work(core, tx, now)
  await work.lockChats(chatIds)
  // The lists again, now that nobody can change these chats.
  const rows = (await waitingIn(tx, view, keys, now, batch * 2)).filter((row) => stillWaits(work.chats.get(row.chatId), row))
  if (rows.length === 0) return { acted: 0, missedBy: [] }
  const queueKeys = keys.filter((key) => view.queue(key) !== undefined)
  const turns = await lockTurns(tx, queueKeys)
  const offers = await offersOf(tx, view, rows)
  const unlocked = [...(await membersOf(tx, view, queueKeys)), ...(await named(tx, view, rows))]
  const { freed, missedBy } = closeUnfit(work, offers, unlocked)
  const members = await lockFree(tx, unlocked, freed, now)
  const lines = new Map(keys.map((key) => [key, lineOf(view, key, members, turns.get(key) ?? 0)]))
  const waiting = rows.map((row) => waitingChat(view, row, offers.filter((offer) => offer.distributionId === row.id), now))
  const { decisions, pointers } = planPass(waiting, lines, now)

  const chats = rows.flatMap((row) => work.chats.get(row.chatId) ?? [])
  const conversations = await openConversationsOf(tx, chats)
  const runs = new MenuRuns(core, tx, work, view)
  await runs.prepare(chats.filter((chat) => chat.row.state === 'MENU'))
  const scene: Scene = { core, work, view, runs, lines, offers, newOffers: [], notices: [] }
  let acted = freed.size
  const left: { row: DistributionRow; chat: ChatWork; conversation: ConversationFacts }[] = []
  for (const [n, row] of rows.entries()) {
    const [chat, conversation, decision, facts] = [work.chats.get(row.chatId), conversations.get(row.chatId), decisions.get(row.chatId), waiting[n]]
    if (!chat || !conversation || !decision || !facts) continue
    // What is offered in this chat was read under its lock.
    work.offersKnown(chat.id)
    if (carry(scene, row, facts, chat, conversation, decision)) acted++
    if (decision.kind === 'wait' && row.waits === 1 && row.untold === 1) left.push({ row, chat, conversation })
  }
  acted += await tellWaiting(core, tx, work, view, left)
  await updateMany(tx.later, 'queue_turns', 'queueId', ['pointer'], [...pointers].filter(([key]) => turns.has(key)))
  if (missedBy.length > 0) await tx.later.run(`UPDATE agents SET missedOffers = missedOffers + 1 WHERE agentId IN (${placeholders(missedBy.length)})`, missedBy)
  await runs.finish()
  await notify(core, tx, scene.notices)
  await work.flush()
  await insertOffers(tx, scene.newOffers, new Map(rows.map((row) => [row.id, row.lineKey])), conversations)
  return { acted, missedBy }
}

/** Taken, resolved or moved meanwhile; or the menu went on. */
function stillWaits(chat: ChatWork | undefined, row: DistributionRow): boolean {
  if (!chat) return false
  return row.waits === 1 ? chat.row.state === 'QUEUED' : row.kind === 'transfer' ? isAssigned(chat.row.state) : chat.row.state === 'MENU'
}

async function offersOf(tx: Tx, view: CatalogView, rows: readonly DistributionRow[]): Promise<OfferRow[]> {
  const inviting = rows.filter((row) => row.state !== 'waiting' || row.attempt > 1 || row.lap > 1 || row.terms !== null || policyOf(view, row.lineKey).invite).map((row) => row.id)
  if (inviting.length === 0) return []
  return tx.all<OfferRow>(`SELECT ${offerColumns} FROM offers WHERE distributionId IN (${placeholders(inviting.length)}) ORDER BY id`, inviting)
}

async function named(tx: Tx, view: CatalogView, rows: readonly DistributionRow[]): Promise<Member[]> {
  const found: Member[] = []
  for (const row of rows) if (row.targetKind === 'agents') found.push(...(await namedMembers(tx, view, row.lineKey, termsOf(row).agents ?? [])))
  return found
}

/** Offers whose time is over, and those of agents who have gone, paused or left the queue (§3.3). */
function closeUnfit(work: Work, offers: OfferRow[], members: readonly Member[]): { freed: Map<string, number>; missedBy: string[] } {
  const freed = new Map<string, number>()
  const missedBy: string[] = []
  for (const offer of offers) {
    if (offer.endedAt !== null) continue
    const chat = work.chats.get(offer.chatId)
    const member = members.find((one) => one.agentId === offer.agentId)
    const reason = offer.expiresAt <= work.now ? 'expired' : !member ? 'removed' : !member.online ? 'agent_offline' : member.paused ? 'agent_paused' : null
    if (!chat || reason === null) continue
    closeOffer(work, chat, offer, reason === 'expired' ? 'expired' : 'withdrawn', reason === 'expired' ? null : reason, systemActor)
    Object.assign(offer, { endedAt: work.now, outcome: reason === 'expired' ? 'expired' : 'withdrawn' })
    freed.set(offer.agentId, (freed.get(offer.agentId) ?? 0) + offer.reserves)
    if (missed(reason)) missedBy.push(offer.agentId)
  }
  return { freed, missedBy }
}

/** Writes a decision down; false when nothing changed. */
function carry(scene: Scene, row: DistributionRow, facts: WaitingChat, chat: ChatWork, conversation: ConversationFacts, decision: Decision): boolean {
  const { core, work, view, runs } = scene
  switch (decision.kind) {
    case 'assign': {
      const agent = view.user(decision.agentId)
      if (!agent) return false
      // The queue gave its chats away by offers until just now.
      withdraw(scene, row, chat, 'removed')
      join(core, work, view, runs, chat, conversation, row, { agent, actor: systemActor })
      return true
    }
    case 'offer':
      offer(scene, row, facts, chat, decision)
      return true
    case 'wait': {
      // Nobody is there for a transfer that may wait: the agent is let go, as if it had been so from the beginning (T14).
      const goes = row.kind === 'transfer' && row.waits === 0 && row.enqueue === 1 && decision.nobody
      if (goes) toList(scene, row, chat, conversation)
      return note(scene, row, facts, decision) || goes
    }
    case 'expire':
      withdraw(scene, row, chat, 'time_limit')
      chat.event('distribution.expired', systemActor, { queueId: row.lineKey, data: { attempt: row.attempt, restUntil: decision.restUntil } })
      if (row.kind === 'transfer' && row.waits === 0) toList(scene, row, chat, conversation)
      note(scene, row, facts, decision)
      return true
    case 'fail':
      withdraw(scene, row, chat, 'time_limit')
      fail(scene, row, chat, conversation, decision.reason)
      return true
  }
}

function offer(scene: Scene, row: DistributionRow, facts: WaitingChat, chat: ChatWork, decision: Extract<Decision, { kind: 'offer' }>): void {
  const { core, work, view, lines } = scene
  const line = lines.get(row.lineKey)
  const terms = termsOf(row)
  const attempt = decision.anew ? row.attempt + 1 : row.attempt
  const queueId = row.targetKind === 'queue' ? row.lineKey : null
  const timeout = terms.timeout === undefined ? policyOf(view, queueId).inviteTimeout : terms.timeout * 1000
  const until = Math.min(work.now + timeout, decision.clock.deadlineAt ?? Infinity)
  for (const agentId of decision.agentIds) {
    const made: OfferRow = {
      id: core.ids.next(), distributionId: row.id, chatId: chat.id, queueId, agentId, agentName: view.user(agentId)?.name ?? '', attempt, lap: decision.lap,
      reserves: line?.strategy === 'all' ? 0 : 1, offeredAt: work.now, expiresAt: until, endedAt: null, outcome: null,
    }
    scene.newOffers.push(made)
    scene.offers.push(made)
    if (made.reserves === 1) work.load(agentId, 1)
    chat.event('distribution.offered', systemActor, { agentId, queueId, data: { offerId: made.id, agentName: made.agentName, queueName: view.queue(queueId)?.name ?? null, expiresAt: until, lap: decision.lap, ...saidBy(row) } })
  }
  work.update('distributions', row.id, {
    state: 'offered', lap: decision.lap, attempt, restUntil: null, timeLeftMs: decision.clock.timeLeft, deadlineAt: decision.clock.deadlineAt,
  })
  lookAgain(scene, row, facts, decision)
}

/** The clock and the rest of a chat that stays. */
function note(scene: Scene, row: DistributionRow, facts: WaitingChat, decision: Extract<Decision, { kind: 'wait' | 'expire' }>): boolean {
  const open = scene.offers.some((one) => one.distributionId === row.id && one.endedAt === null)
  const wanted = decision.kind === 'expire'
    ? { state: 'resting' as const, restUntil: decision.restUntil, timeLeftMs: null, deadlineAt: null }
    : { state: open ? ('offered' as const) : row.state === 'resting' ? ('resting' as const) : ('waiting' as const), restUntil: decision.restUntil, timeLeftMs: decision.clock.timeLeft, deadlineAt: decision.clock.deadlineAt }
  lookAgain(scene, row, facts, decision)
  if (wanted.state === row.state && wanted.restUntil === row.restUntil && wanted.timeLeftMs === row.timeLeftMs && wanted.deadlineAt === row.deadlineAt) return false
  scene.work.update('distributions', row.id, wanted)
  return true
}

function lookAgain(scene: Scene, row: DistributionRow, facts: WaitingChat, decision: Decision): void {
  const line = scene.lines.get(row.lineKey)
  if (!line) return
  const ends = scene.offers.filter((one) => one.distributionId === row.id && one.endedAt === null).map((one) => one.expiresAt)
  const at = nextLook(facts, decision, line, { offersEnd: ends.length === 0 ? null : Math.min(...ends), excludedUntil: facts.excludedAgentId === null ? null : row.authorUntil }, scene.work.now)
  if (at !== null) scene.work.timer({ kind: 'drain', subjectId: row.chatId, dueAt: at, data: { queueId: row.lineKey } })
}

function withdraw(scene: Scene, row: DistributionRow, chat: ChatWork, reason: string): void {
  for (const open of scene.offers.filter((one) => one.distributionId === row.id && one.endedAt === null)) {
    closeOffer(scene.work, chat, open, 'withdrawn', reason, systemActor)
    Object.assign(open, { endedAt: scene.work.now, outcome: 'withdrawn' })
  }
}

/** T14: a transfer that nobody has accepted, and that may wait, waits; since when it was asked for. */
function toList(scene: Scene, row: DistributionRow, chat: ChatWork, conversation: ConversationFacts): void {
  const { core, work, view } = scene
  const requester = { ...systemActor, ...termsOf(row).requester }
  release(work, chat, 'transfer', requester as typeof systemActor)
  work.endDistribution(chat, 'moved', 'removed')
  enqueue(core, work, view, chat, conversation, {
    queueId: row.lineKey, kind: 'transfer', requester: requester as typeof systemActor, queuedAt: row.queuedAt,
    author: row.authorId !== null && row.authorUntil !== null ? { agentId: row.authorId, until: row.authorUntil } : undefined,
  })
}

function fail(scene: Scene, row: DistributionRow, chat: ChatWork, conversation: ConversationFacts, reason: Extract<Decision, { kind: 'fail' }>['reason']): void {
  const { core, work, view, runs } = scene
  if (row.kind === 'transfer' && row.waits === 0) {
    work.endDistribution(chat, 'failed', 'time_limit')
    const requester = termsOf(row).requester
    chat.event('transfer.failed', systemActor, { data: { reason, requesterId: requester?.id ?? null } })
    if (requester?.id) scene.notices.push({ level: 'warning', code: 'transfer_failed', audience: requester.id, data: { chatId: chat.id, chatTitle: chat.row.title, reason } })
    return
  }
  chat.event('distribution.failed', systemActor, { queueId: row.targetKind === 'queue' ? row.lineKey : null, data: { reason } })
  if (row.waits === 0) {
    work.endDistribution(chat, 'failed', 'time_limit')
    runs.input(chat, reason === 'declined' ? { kind: 'declined' } : reason === 'expired' ? { kind: 'offerExpired' } : { kind: 'distributionFailed', reason: 'unavailable' })
    return
  }
  // T7.
  leaveQueue(work, chat, 'failed', systemActor)
  const fallback = view.setting('routing.fallbackQueue')
  if (fallback !== null && fallback !== row.lineKey && view.queue(fallback)?.archivedAt === null) {
    enqueue(core, work, view, chat, conversation, { queueId: fallback, kind: 'route', requester: systemActor })
  } else leaveUnrouted(chat, 'distribution_failed')
  scene.notices.push({ level: 'warning', code: 'distribution_failed', audience: 'supervisors', data: { chatId: chat.id, chatTitle: chat.row.title } })
}

async function insertOffers(tx: Tx, made: readonly OfferRow[], keys: ReadonlyMap<string, string>, conversations: ReadonlyMap<string, ConversationFacts>): Promise<void> {
  if (made.length === 0) return
  await insertMany(
    tx.later, 'offers', ['id', 'distributionId', 'chatId', 'conversationId', 'lineKey', 'queueId', 'agentId', 'agentName', 'attempt', 'lap', 'reserves', 'offeredAt', 'expiresAt'],
    made.map((one) => [
      one.id, one.distributionId, one.chatId, conversations.get(one.chatId)?.id ?? null, keys.get(one.distributionId) ?? '', one.queueId, one.agentId, one.agentName, one.attempt, one.lap, one.reserves, one.offeredAt, one.expiresAt,
    ]),
  )
}
