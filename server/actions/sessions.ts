/**
 * Server-side sessions (domain §7.1, §7.2): a random token in a cookie, its hash in a row. A session is active while a
 * socket of it is connected, or lost for less than presence.grace; an agent has one active session at most.
 * Presence follows the sockets and is written in actions/presence.
 */
import { createHash, randomBytes } from 'node:crypto'
import { DomainError } from '../domain/errors.ts'
import { rightsOf, type Actor, type AgentPermission, type Role } from '../domain/permissions.ts'
import type { Instant } from '../domain/ports.ts'
import type { Queryable, Tx } from '../store/db.ts'
import { forUpdate, placeholders } from '../store/sql.ts'
import { recordAudit } from './audit.ts'
import type { Core } from './core.ts'
import { recordEvents } from './events.ts'

export type App = 'agent' | 'supervisor'
export type CloseReason = 'second_login' | 'replaced' | 'supervisor' | 'logout' | 'expired' | 'disabled' | 'password_changed'

/** A live session and on whose behalf its requests run. */
export interface Session {
  readonly id: string
  readonly app: App
  readonly csrf: string
  readonly createdAt: Instant
  readonly lastSeenAt: Instant
  readonly expiresAt: Instant
  readonly user: {
    readonly id: string
    readonly username: string
    readonly name: string
    readonly role: Role
    readonly alsoAgent: boolean
    readonly avatarMediaId: string | null
    readonly mustChangePassword: boolean
    readonly preferences: Readonly<Record<string, unknown>>
  }
  /** In the agent application everybody is an agent, whatever else they are (domain §1.2). */
  readonly actor: Actor
}

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

interface SessionRow {
  id: string; app: App; csrf: string; createdAt: Instant; lastSeenAt: Instant; expiresAt: Instant
  userId: string; username: string; name: string; role: Role; alsoAgent: number; avatarMediaId: string | null
  mustChangePassword: number; preferences: string | null; profileId: string | null
}

const sessionColumns = `s.id, s.app, s.csrf, s.createdAt, s.lastSeenAt, s.expiresAt, u.id AS userId, u.username, u.name, u.role, u.alsoAgent,
  u.avatarMediaId, u.mustChangePassword, u.preferences, u.profileId`

/** The session of a token, or null: unknown, closed, expired, or of a user who may no longer be here. */
export async function findSession(core: Core, token: string, address?: string): Promise<Session | null> {
  return readSession(core, 's.tokenHash = ?', hashToken(token), address)
}

export async function sessionById(core: Core, id: string): Promise<Session | null> {
  return readSession(core, 's.id = ?', id)
}

async function readSession(core: Core, where: string, value: string, address?: string): Promise<Session | null> {
  const row = await core.db.get<SessionRow>(
    `SELECT ${sessionColumns} FROM sessions s JOIN users u ON u.id = s.userId
     WHERE ${where} AND s.closedAt IS NULL AND s.expiresAt > ? AND u.enabled = 1 AND u.archivedAt IS NULL`,
    [value, core.clock.now()],
  )
  return row && mayEnter(row.app, row.role, row.alsoAgent === 1) ? sessionOf(row, await actorOf(core.db, row, address)) : null
}

function sessionOf(row: SessionRow, actor: Actor): Session {
  return {
    id: row.id, app: row.app, csrf: row.csrf, createdAt: row.createdAt, lastSeenAt: row.lastSeenAt, expiresAt: row.expiresAt,
    user: {
      id: row.userId, username: row.username, name: row.name, role: row.role, alsoAgent: row.alsoAgent === 1, avatarMediaId: row.avatarMediaId,
      mustChangePassword: row.mustChangePassword === 1, preferences: row.preferences ? (JSON.parse(row.preferences) as Record<string, unknown>) : {},
    },
    actor,
  }
}

const mayEnter = (app: App, role: Role, alsoAgent: boolean): boolean => (app === 'agent' ? role === 'agent' || alsoAgent : role !== 'agent')

async function actorOf(q: Queryable, row: SessionRow, address?: string): Promise<Actor> {
  const who = { id: row.userId, name: row.name, ...(address === undefined ? {} : { address }) }
  if (row.app === 'supervisor') return { ...who, kind: row.role, rights: rightsOf(row.role, row.alsoAgent === 1) }
  const grants = await q.all<{ subjectKind: 'user' | 'profile'; permission: AgentPermission; allowed: number }>(
    "SELECT subjectKind, permission, allowed FROM permission_grants WHERE (subjectKind = 'user' AND subjectId = ?) OR (subjectKind = 'profile' AND subjectId = ?)",
    [row.userId, row.profileId ?? ''],
  )
  const of = (kind: 'user' | 'profile'): Map<AgentPermission, boolean> =>
    new Map(grants.filter((grant) => grant.subjectKind === kind).map((grant) => [grant.permission, grant.allowed === 1]))
  return { ...who, kind: 'agent', rights: rightsOf('agent', true, of('profile'), of('user')) }
}

export interface NewSession {
  readonly userId: string
  readonly app: App
  readonly address: string
  readonly userAgent: string
}

/** Inserts the row and returns the token, which is nowhere else. */
export async function insertSession(core: Core, tx: Tx, session: NewSession): Promise<{ id: string; token: string }> {
  const view = await core.catalog.read()
  const token = randomBytes(32).toString('base64url')
  const id = core.ids.next()
  const now = core.clock.now()
  await tx.run(
    'INSERT INTO sessions (id, tokenHash, csrf, userId, app, address, userAgent, createdAt, lastSeenAt, expiresAt) VALUES (?,?,?,?,?,?,?,?,?,?)',
    [
      id, hashToken(token), randomBytes(24).toString('base64url'), session.userId, session.app, session.address, session.userAgent.slice(0, 500),
      now, now, now + view.setting('session.idle') * 1000,
    ],
  )
  return { id, token }
}

/** SQL for “active”, over sessions `s`; its one parameter is the latest instant of a loss that has outlived the grace. */
const activeSql = 's.closedAt IS NULL AND s.connectedAt IS NOT NULL AND (s.lostAt IS NULL OR s.lostAt > ?)'

async function graceLine(core: Core): Promise<Instant> {
  return core.clock.now() - (await core.catalog.read()).setting('presence.grace') * 1000
}

/** The agent's active sessions in the agent application. */
export async function activeSessions(core: Core, q: Queryable, userId: string): Promise<string[]> {
  const rows = await q.all<{ id: string }>(`SELECT s.id FROM sessions s WHERE s.userId = ? AND s.app = 'agent' AND ${activeSql}`, [userId, await graceLine(core)])
  return rows.map((row) => row.id)
}

/** Throws `session_limit` when no seat is left for this agent (domain §7.1). Agents who come at the same time wait for one another. */
export async function takeSeat(core: Core, tx: Tx, userId: string): Promise<void> {
  const limit = (await core.catalog.read()).setting('session.maxConcurrent')
  if (limit === 0) return
  const lock = 'lock.seats'
  await tx.run(`INSERT ${tx.dialect === 'sqlite' ? 'OR IGNORE' : 'IGNORE'} INTO meta (name, value) VALUES (?, '')`, [lock])
  await tx.get(`SELECT name FROM meta WHERE name = ?${forUpdate(tx.dialect)}`, [lock])
  const taken = await tx.get<{ n: number }>(
    `SELECT COUNT(DISTINCT s.userId) AS n FROM sessions s WHERE s.app = 'agent' AND s.userId <> ? AND ${activeSql}`, [userId, await graceLine(core)],
  )
  if ((taken?.n ?? 0) >= limit) throw new DomainError('session_limit', { limit })
}

/**
 * Closes sessions in the transaction of the deed that ends them; every process tells its sockets within a second.
 * The caller also ends presence (actions/presence `endPresence`). Returns the ids that were still open.
 */
export async function closeSessions(core: Core, tx: Tx, actor: Actor, userId: string, reason: CloseReason, which: { only?: string; except?: string; app?: App } = {}): Promise<string[]> {
  const open = await tx.all<{ id: string; app: App }>(
    `SELECT id, app FROM sessions WHERE userId = ? AND closedAt IS NULL ORDER BY id${forUpdate(tx.dialect)}`, [userId],
  )
  const closing = open.filter((row) => (!which.only || row.id === which.only) && row.id !== which.except && (!which.app || row.app === which.app))
  if (closing.length === 0) return []
  const now = core.clock.now()
  const ids = closing.map((row) => row.id)
  await tx.run(`UPDATE sessions SET closedAt = ?, closeReason = ? WHERE id IN (${placeholders(ids.length)})`, [now, reason, ...ids])
  const agents = closing.filter((row) => row.app === 'agent')
  await recordEvents(core, tx, agents.map((row) => ({ type: 'agent.session_closed', at: now, actor, agentId: userId, data: { reason, sessionId: row.id, by: actor.name } })))
  for (const row of closing) await recordAudit(core, tx, actor, { action: 'session.closed', subjectKind: 'user', subjectId: userId, after: { reason, app: row.app } })
  tx.after(() => core.wake.nudge('control', ['sessions']))
  return ids
}

/** Requests keep a session alive. Written once a minute at most. */
export async function touchSession(core: Core, session: Session): Promise<void> {
  const now = core.clock.now()
  if (now - session.lastSeenAt < 60_000) return
  const idle = (await core.catalog.read()).setting('session.idle') * 1000
  await core.db.run('UPDATE sessions SET lastSeenAt = ?, expiresAt = ? WHERE id = ? AND closedAt IS NULL', [now, now + idle, session.id])
}

/** Which of these sessions have ended, and why: each process asks for those it holds sockets of. */
export async function endedSessions(core: Core, ids: readonly string[]): Promise<Map<string, CloseReason>> {
  if (ids.length === 0) return new Map()
  const rows = await core.db.all<{ id: string; closeReason: CloseReason | null }>(
    `SELECT s.id, s.closeReason FROM sessions s WHERE s.id IN (${placeholders(ids.length)}) AND (s.closedAt IS NOT NULL OR s.expiresAt <= ?)`,
    [...ids, core.clock.now()],
  )
  return new Map(rows.map((row) => [row.id, row.closeReason ?? 'expired']))
}
