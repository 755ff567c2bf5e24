/**
 * Closing a user's sessions from outside of them (disabled, another password, signed out by a supervisor).
 * For an agent this is going offline: the pause ends with the session (domain §7.3); held chats stay held.
 */
import type { Actor } from '../domain/permissions.ts'
import type { Tx } from '../store/db.ts'
import { forUpdate } from '../store/sql.ts'
import type { Core } from './core.ts'
import { recordEvents, type NewEvent } from './events.ts'

export type CloseReason = 'disabled' | 'password_changed' | 'supervisor'

/** Within the caller's transaction, after whatever it locks above the agent. Returns how many sessions were open. */
export async function closeSessions(
  core: Core,
  tx: Tx,
  actor: Actor,
  user: { id: string; name: string },
  reason: CloseReason,
): Promise<number> {
  const now = core.clock.now()
  const open = await tx.all<{ id: string }>(
    `SELECT id FROM sessions WHERE userId = ? AND closedAt IS NULL ORDER BY id${forUpdate(tx.dialect)}`,
    [user.id],
  )
  await tx.run('UPDATE sessions SET closedAt = ?, closeReason = ? WHERE userId = ? AND closedAt IS NULL', [now, reason, user.id])
  const agent = await tx.get<{ presence: string; presenceSince: number; pauseId: string | null; pausedSince: number | null }>(
    `SELECT presence, presenceSince, pauseId, pausedSince FROM agents WHERE agentId = ?${forUpdate(tx.dialect)}`,
    [user.id],
  )
  const events: NewEvent[] = []
  const event = (type: string, data: Record<string, unknown>): void => {
    events.push({ type, at: now, actor, agentId: user.id, data: { agentName: user.name, by: actor.name, ...data } })
  }
  for (const { id } of open) event('agent.session_closed', { reason, sessionId: id })
  if (agent?.pauseId) {
    await tx.run('UPDATE pauses SET endedAt = ?, endedBy = ?, endKind = ? WHERE id = ?', [
      now,
      actor.id,
      reason === 'supervisor' ? 'supervisor' : 'session_closed',
      agent.pauseId,
    ])
    event('agent.unpaused', { reason: 'session_closed', duration: now - (agent.pausedSince ?? now) })
  }
  if (agent?.presence === 'online') event('agent.offline', { reason: 'session_closed', duration: now - agent.presenceSince })
  if (agent && (agent.presence === 'online' || agent.pauseId)) {
    await tx.run(
      `UPDATE agents SET presence = 'offline', presenceSince = ?, pauseId = NULL, pauseReasonId = NULL, pausedSince = NULL,
         sessionId = NULL, lostAt = NULL WHERE agentId = ?`,
      [now, user.id],
    )
  }
  await recordEvents(core, tx, events)
  if (open.length) tx.after(() => core.wake.nudge('control', [user.id]))
  return open.length
}
