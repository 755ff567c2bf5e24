/**
 * Who is here, and who is paused (domain §7.3). Presence follows the sockets of a session: the first connects the agent,
 * the last one's loss starts a grace, and only when that has passed is the agent offline. Pauses are one state of the
 * agent, for all queues at once.
 */
import { DomainError } from '../domain/errors.ts'
import { can, systemActor, type Actor } from '../domain/permissions.ts'
import type { Instant } from '../domain/ports.ts'
import { forUpdate, insertMany, upsertMany } from '../store/sql.ts'
import type { Tx } from '../store/db.ts'
import { accessAgent } from './access.ts'
import type { Core } from './core.ts'
import { linesOfAgent } from './distribution/rows.ts'
import { recordEvents } from './events.ts'
import { activeSessions, closeSessions, takeSeat } from './sessions.ts'
import { setTimers } from './timers.ts'
import { transact } from './transact.ts'

export type OfflineReason = 'logout' | 'connection_lost' | 'second_login' | 'replaced' | 'supervisor' | 'disabled' | 'expired' | 'password_changed'

interface AgentState {
  agentId: string
  presence: 'online' | 'offline'
  presenceSince: Instant
  pauseId: string | null
  pausedSince: Instant | null
  sessionId: string | null
  lostAt: Instant | null
}

const lockAgent = (tx: Tx, agentId: string): Promise<AgentState | undefined> =>
  tx.get<AgentState>(`SELECT agentId, presence, presenceSince, pauseId, pausedSince, sessionId, lostAt FROM agents WHERE agentId = ?${forUpdate(tx.dialect)}`, [agentId])

/** Chats wait for whoever is free again, and what is offered to whoever is gone goes to the next: the agent's lists are drained, longest wait first. */
async function drainListsOf(core: Core, tx: Tx, agentId: string): Promise<void> {
  const lines = await linesOfAgent(tx, agentId)
  if (lines.length > 0) tx.after(() => core.wake.nudge('drain', lines))
}

/**
 * A socket of an agent's session is there. Reconnecting within the grace emits nothing. A session whose grace is over may
 * come back if no other of the agent is active, else it is closed (`closed`), and if a seat is free, else `session_limit`
 * is thrown (domain §7.3).
 */
export async function agentConnected(core: Core, sessionId: string): Promise<'connected' | 'closed'> {
  return transact(core, async (tx) => {
    const session = await tx.get<{ userId: string; app: string; name: string }>(
      'SELECT s.userId, s.app, u.name FROM sessions s JOIN users u ON u.id = s.userId WHERE s.id = ? AND s.closedAt IS NULL', [sessionId],
    )
    if (!session || session.app !== 'agent') return 'closed'
    const now = core.clock.now()
    const state = await lockAgent(tx, session.userId)
    if (!state) return 'closed'
    const active = await activeSessions(core, tx, session.userId)
    if (active.some((id) => id !== sessionId)) {
      await closeSessions(core, tx, { ...systemActor, name: session.name }, session.userId, 'second_login', { only: sessionId })
      return 'closed'
    }
    if (!active.includes(sessionId)) await takeSeat(core, tx, session.userId)
    const sockets = await tx.get<{ connections: number }>('SELECT connections FROM session_sockets WHERE sessionId = ? AND processId = ?', [sessionId, core.processId])
    await upsertMany(tx, 'session_sockets', ['sessionId', 'processId'], ['sessionId', 'processId', 'connections'], [[sessionId, core.processId, (sockets?.connections ?? 0) + 1]])
    await tx.run('UPDATE sessions SET connectedAt = ?, lostAt = NULL WHERE id = ?', [now, sessionId])
    if (state.presence === 'online') {
      await tx.run('UPDATE agents SET sessionId = ?, lostAt = NULL WHERE agentId = ?', [sessionId, session.userId])
      return 'connected'
    }
    await tx.run("UPDATE agents SET presence = 'online', presenceSince = ?, sessionId = ?, lostAt = NULL WHERE agentId = ?", [now, sessionId, session.userId])
    await recordEvents(core, tx, [
      { type: 'agent.online', at: now, agentId: session.userId, actor: { kind: 'agent', id: session.userId, name: session.name }, data: { sessionId, agentName: session.name, offlineFor: now - state.presenceSince } },
    ])
    await drainListsOf(core, tx, session.userId)
    return 'connected'
  })
}

/** A socket is gone; the last one starts the grace. */
export async function agentDisconnected(core: Core, sessionId: string): Promise<void> {
  await transact(core, async (tx) => {
    await tx.run('UPDATE session_sockets SET connections = connections - 1 WHERE sessionId = ? AND processId = ?', [sessionId, core.processId])
    await tx.run('DELETE FROM session_sockets WHERE sessionId = ? AND processId = ? AND connections <= 0', [sessionId, core.processId])
    await startGrace(core, tx, [sessionId])
  })
}

async function startGrace(core: Core, tx: Tx, sessionIds: readonly string[]): Promise<void> {
  const now = core.clock.now()
  const grace = (await core.catalog.read()).setting('presence.grace') * 1000
  for (const sessionId of sessionIds) {
    const left = await tx.get<{ n: number }>('SELECT COUNT(*) AS n FROM session_sockets WHERE sessionId = ?', [sessionId])
    if ((left?.n ?? 0) > 0) continue
    await tx.run('UPDATE sessions SET lostAt = ? WHERE id = ? AND closedAt IS NULL AND lostAt IS NULL', [now, sessionId])
    await tx.run("UPDATE agents SET lostAt = ? WHERE sessionId = ? AND presence = 'online' AND lostAt IS NULL", [now, sessionId])
  }
  await setTimers(core, tx, sessionIds.map((sessionId) => ({ kind: 'presence' as const, subjectId: sessionId, dueAt: now + grace })))
}

/** Ends presence and pause in a transaction that already has its reason; chats stay with the agent. */
export async function endPresence(core: Core, tx: Tx, agentId: string, reason: OfflineReason, by: Actor): Promise<void> {
  const now = core.clock.now()
  const state = await lockAgent(tx, agentId)
  if (!state) return
  // A lost connection ends presence only: the pause is a decision, and outlives it.
  if (reason !== 'connection_lost' && state.pauseId !== null) await endPause(core, tx, state, by, reason === 'logout' ? 'logout' : 'session_closed')
  if (state.presence === 'offline') return
  await tx.run("UPDATE agents SET presence = 'offline', presenceSince = ?, sessionId = NULL, lostAt = NULL WHERE agentId = ?", [now, agentId])
  const name = (await core.catalog.read()).user(agentId)?.name ?? ''
  await recordEvents(core, tx, [
    { type: 'agent.offline', at: now, agentId, actor: by, data: { reason, sessionId: state.sessionId, agentName: name, by: by.name, onlineFor: now - state.presenceSince } },
  ])
  await drainListsOf(core, tx, agentId)
}

export async function goOffline(core: Core, agentId: string, reason: OfflineReason, by: Actor = systemActor): Promise<void> {
  await transact(core, (tx) => endPresence(core, tx, agentId, reason, by))
}

/** Agents whose last socket was lost longer ago than the grace. Part of the timers' sweep; answers how many went offline. */
export async function expirePresence(core: Core): Promise<number> {
  const grace = (await core.catalog.read()).setting('presence.grace') * 1000
  const line = core.clock.now() - grace
  const lost = await core.db.all<{ agentId: string }>("SELECT agentId FROM agents WHERE presence = 'online' AND lostAt IS NOT NULL AND lostAt <= ?", [line])
  for (const { agentId } of lost) {
    await transact(core, async (tx) => {
      const state = await lockAgent(tx, agentId)
      // Came back meanwhile.
      if (state?.presence === 'online' && state.lostAt !== null && state.lostAt <= line) await endPresence(core, tx, agentId, 'connection_lost', systemActor)
    })
  }
  return lost.length
}

/** Sockets of processes that are gone were never said goodbye to: their sessions start the grace now. */
export async function forgetProcesses(core: Core, processIds: readonly string[]): Promise<void> {
  for (const processId of processIds) {
    await transact(core, async (tx) => {
      const sessions = await tx.all<{ sessionId: string }>('SELECT sessionId FROM session_sockets WHERE processId = ?', [processId])
      await tx.run('DELETE FROM session_sockets WHERE processId = ?', [processId])
      await tx.run('DELETE FROM processes WHERE id = ?', [processId])
      await startGrace(core, tx, sessions.map((row) => row.sessionId))
    })
  }
}

export async function pauseAgent(core: Core, actor: Actor, agentId: string, reasonId: string): Promise<void> {
  await accessAgent(core, actor, agentId, 'steer')
  await transact(core, async (tx) => {
    const reason = await tx.get<Reason>(
      'SELECT id, code, name, productive, maxMinutes FROM pause_reasons WHERE id = ? AND active = 1 AND archivedAt IS NULL', [reasonId],
    )
    if (!reason) throw new DomainError('reason_required')
    const state = await lockAgent(tx, agentId)
    if (!state) throw new DomainError('not_found')
    if (state.presence !== 'online') throw new DomainError('agent_offline')
    if (state.pauseId !== null) throw new DomainError('already_paused')
    await beginPause(core, tx, agentId, reason, actor)
  })
}

interface Reason { id: string; code: string; name: string; productive: number; maxMinutes: number | null }

async function beginPause(core: Core, tx: Tx, agentId: string, reason: Reason, by: Actor): Promise<void> {
  const now = core.clock.now()
  const id = core.ids.next()
  await tx.run(
    'INSERT INTO pauses (id, agentId, reasonId, reasonCode, reasonName, productive, startedAt, startedBy) VALUES (?,?,?,?,?,?,?,?)',
    [id, agentId, reason.id, reason.code, reason.name, reason.productive, now, by.id],
  )
  await tx.run('UPDATE agents SET pauseId = ?, pauseReasonId = ?, pausedSince = ? WHERE agentId = ?', [id, reason.id, now, agentId])
  await recordEvents(core, tx, [
    {
      type: 'agent.paused', at: now, agentId, actor: by,
      data: { reasonId: reason.id, reasonCode: reason.code, reason: reason.name, productive: reason.productive === 1, maxMinutes: reason.maxMinutes, by: by.name },
    },
  ])
  await drainListsOf(core, tx, agentId)
}

const missedCode = 'missed_offers'

/** Too many offers in a row went by (§3.3): a pause with the system's own reason, which is made when it is first needed. */
export async function pauseForMissing(core: Core, agentId: string, most: number): Promise<boolean> {
  return transact(core, async (tx) => {
    const state = await lockAgent(tx, agentId)
    const row = await tx.get<{ missedOffers: number }>('SELECT missedOffers FROM agents WHERE agentId = ?', [agentId])
    if (state?.presence !== 'online' || state.pauseId !== null || (row?.missedOffers ?? 0) < most) return false
    const known = await tx.get<Reason>('SELECT id, code, name, productive, maxMinutes FROM pause_reasons WHERE code = ? AND archivedAt IS NULL', [missedCode])
    const reason = known ?? { id: core.ids.next(), code: missedCode, name: 'Ofertas sin respuesta', productive: 0, maxMinutes: null }
    // Not active: agents do not pick it.
    if (!known) await insertMany(tx, 'pause_reasons', ['id', 'code', 'name', 'active', 'productive', 'createdAt'], [[reason.id, reason.code, reason.name, 0, 0, core.clock.now()]], { ignore: true })
    await beginPause(core, tx, agentId, reason, systemActor)
    await tx.run('UPDATE agents SET missedOffers = 0 WHERE agentId = ?', [agentId])
    return true
  })
}

/** The time after a chat is over: by its timer, or early because the disposition was filled in (§3.10). */
export async function endWrapUp(core: Core, agentId: string, { early = false } = {}): Promise<void> {
  await transact(core, async (tx) => {
    const row = await tx.get<{ wrapUpUntil: number | null }>(`SELECT wrapUpUntil FROM agents WHERE agentId = ?${forUpdate(tx.dialect)}`, [agentId])
    if (!row || row.wrapUpUntil === null || (!early && row.wrapUpUntil > core.clock.now())) return
    await tx.run('UPDATE agents SET wrapUpUntil = NULL WHERE agentId = ?', [agentId])
    await recordEvents(core, tx, [{ type: 'agent.wrapup_ended', at: core.clock.now(), agentId, actor: systemActor, data: { early } }])
    await drainListsOf(core, tx, agentId)
  })
}

export async function unpauseAgent(core: Core, actor: Actor, agentId: string): Promise<void> {
  await accessAgent(core, actor, agentId, 'steer')
  await transact(core, async (tx) => {
    const state = await lockAgent(tx, agentId)
    if (!state || state.pauseId === null) throw new DomainError('not_paused')
    await endPause(core, tx, state, actor, actor.id === agentId ? 'unpause' : 'supervisor')
    await drainListsOf(core, tx, agentId)
  })
}

async function endPause(core: Core, tx: Tx, state: AgentState, by: Actor, endKind: 'unpause' | 'logout' | 'supervisor' | 'session_closed'): Promise<void> {
  const now = core.clock.now()
  await tx.run('UPDATE pauses SET endedAt = ?, endedBy = ?, endKind = ? WHERE id = ?', [now, by.id, endKind, state.pauseId])
  await tx.run('UPDATE agents SET pauseId = NULL, pauseReasonId = NULL, pausedSince = NULL WHERE agentId = ?', [state.agentId])
  await recordEvents(core, tx, [
    { type: 'agent.unpaused', at: now, agentId: state.agentId, actor: by, data: { endKind, by: by.name, pausedFor: state.pausedSince === null ? null : now - state.pausedSince } },
  ])
}

/** A supervisor ends all of an agent's sessions; the agent is told by whom. */
export async function signOutAgent(core: Core, actor: Actor, agentId: string): Promise<void> {
  await accessAgent(core, actor, agentId, 'steer')
  if (!can(actor, 'agents.steer')) throw new DomainError('forbidden')
  await transact(core, async (tx) => {
    await closeSessions(core, tx, actor, agentId, 'supervisor')
    await endPresence(core, tx, agentId, 'supervisor', actor)
  })
}
