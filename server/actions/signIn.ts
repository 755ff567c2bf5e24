/** Signing in and out, and what people change about their own account (domain §7.1, §7.2). */
import { DomainError } from '../domain/errors.ts'
import { checkPassword } from '../domain/passwords.ts'
import { systemActor, type Actor, type Role } from '../domain/permissions.ts'
import type { Instant, Passwords } from '../domain/ports.ts'
import type { Tx } from '../store/db.ts'
import { forUpdate } from '../store/sql.ts'
import { recordAudit } from './audit.ts'
import type { Core } from './core.ts'
import { endPresence } from './presence.ts'
import { activeSessions, closeSessions, insertSession, sessionById, takeSeat, type App, type CloseReason, type Session } from './sessions.ts'
import { beginAttempt, forgetAttempts, forgiveAttempt } from './signInAttempts.ts'
import { transact } from './transact.ts'

export interface SignInRequest {
  readonly app: App
  readonly username: string
  readonly password: string
  readonly address: string
  readonly userAgent: string
}

interface Candidate { id: string; username: string; name: string; role: Role; alsoAgent: number; enabled: number; passwordHash: string | null; seenHere: Instant | null }

/**
 * Throws `wrong_credentials`, `rate_limited`, `forbidden` (the other application), `session_limit`, and `sessions_closed`:
 * right, but the agent was signed in elsewhere, and everything has been closed (S16).
 */
export async function signIn(core: Core, passwords: Passwords, request: SignInRequest): Promise<{ token: string; session: Session }> {
  const username = request.username.trim().toLowerCase()
  const found = await core.db.get<Candidate>(
    `SELECT u.id, u.username, u.name, u.role, u.alsoAgent, u.enabled, u.passwordHash,
       (SELECT MAX(s.createdAt) FROM sessions s WHERE s.userId = u.id AND s.address = ?) AS seenHere
     FROM users u WHERE u.liveUsername = ? OR u.liveEmail = ?`,
    [request.address, username, username],
  )
  await beginAttempt(core, found?.username ?? username, request.address, found?.seenHere != null)
  const right = await passwords.verify(found?.enabled === 1 ? found.passwordHash : null, request.password)
  if (!found || !right) {
    await auditRefusal(core, request, found)
    throw new DomainError('wrong_credentials')
  }
  await forgiveAttempt(core, found.username, request.address)
  const attends = found.role === 'agent' || found.alsoAgent === 1
  if (request.app === 'agent' ? !attends : found.role === 'agent') throw new DomainError('forbidden', { app: request.app })
  return openSession(core, request, found)
}

async function auditRefusal(core: Core, request: SignInRequest, found: Candidate | undefined): Promise<void> {
  const actor: Actor = { ...systemActor, name: found?.name ?? '', address: request.address }
  await core.db.transaction((tx) =>
    // What was typed as a name may be a password: only names that exist are kept.
    recordAudit(core, tx, actor, { action: 'session.refused', subjectKind: 'user', ...(found ? { subjectId: found.id } : {}), after: { app: request.app } }),
  )
}

async function openSession(core: Core, request: SignInRequest, user: Candidate): Promise<{ token: string; session: Session }> {
  const actor: Actor = { kind: request.app === 'agent' ? 'agent' : user.role, id: user.id, name: user.name, address: request.address, rights: new Set() }
  const opened = await transact(core, async (tx, view) => {
    // Sign-ins of one user wait for one another, so that two devices cannot both find no active session.
    await tx.get(`SELECT id FROM users WHERE id = ?${forUpdate(tx.dialect)}`, [user.id])
    if (request.app === 'agent') {
      if ((await activeSessions(core, tx, user.id)).length > 0) {
        // A replaced session hands presence and pause on to the new one; closing all ends both.
        const reason: CloseReason = view.setting('session.onSecondLogin') === 'close-all' ? 'second_login' : 'replaced'
        await closeSessions(core, tx, actor, user.id, reason, { app: 'agent' })
        if (reason === 'second_login') {
          await endPresence(core, tx, user.id, reason, actor)
          return null
        }
      }
      await takeSeat(core, tx, user.id)
    }
    const session = await insertSession(core, tx, { userId: user.id, app: request.app, address: request.address, userAgent: request.userAgent })
    await recordAudit(core, tx, actor, { action: 'session.opened', subjectKind: 'user', subjectId: user.id, after: { app: request.app } })
    return session
  })
  if (!opened) throw new DomainError('sessions_closed')
  const session = await sessionById(core, opened.id)
  if (!session) throw new DomainError('unauthorized')
  return { token: opened.token, session }
}

export async function signOut(core: Core, session: Session): Promise<void> {
  await transact(core, (tx) => endSession(core, tx, session.actor, session.user.id, session.id, 'logout'))
}

/** Closes one session; presence ends with the agent's active one. */
async function endSession(core: Core, tx: Tx, actor: Actor, userId: string, sessionId: string, reason: Extract<CloseReason, 'logout' | 'expired'>): Promise<void> {
  const active = await activeSessions(core, tx, userId)
  await closeSessions(core, tx, actor, userId, reason, { only: sessionId })
  if (active.includes(sessionId)) await endPresence(core, tx, userId, reason, actor)
}

/** Throws `wrong_credentials`, `weak_password`. The user's other sessions are closed. */
export async function changePassword(core: Core, passwords: Passwords, session: Session, change: { current: string; next: string }): Promise<void> {
  const { user, actor } = session
  const row = await core.db.get<{ passwordHash: string | null }>('SELECT passwordHash FROM users WHERE id = ?', [user.id])
  await beginAttempt(core, user.username, actor.address ?? '', true)
  if (!(await passwords.verify(row?.passwordHash ?? null, change.current))) throw new DomainError('wrong_credentials')
  await forgiveAttempt(core, user.username, actor.address ?? '')
  checkPassword(change.next, user)
  if (change.next === change.current) throw new DomainError('weak_password', { reason: 'same' })
  const passwordHash = await passwords.hash(change.next)
  await transact(core, async (tx) => {
    await tx.run('UPDATE users SET passwordHash = ?, mustChangePassword = 0, updatedAt = ? WHERE id = ?', [passwordHash, core.clock.now(), user.id])
    await recordAudit(core, tx, actor, { action: 'user.password_changed', subjectKind: 'user', subjectId: user.id })
    const active = await activeSessions(core, tx, user.id)
    const closed = await closeSessions(core, tx, actor, user.id, 'password_changed', { except: session.id })
    if (active.some((id) => closed.includes(id))) await endPresence(core, tx, user.id, 'password_changed', actor)
  })
}

export async function savePreferences(core: Core, session: Session, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const preferences = { ...session.user.preferences, ...changes }
  await core.db.run('UPDATE users SET preferences = ? WHERE id = ?', [JSON.stringify(preferences), session.user.id])
}

/** Run every minute or so, by any process: closes what has idled too long, forgets old attempts. */
export async function sweepSessions(core: Core): Promise<void> {
  const expired = await core.db.all<{ id: string; userId: string }>(
    'SELECT id, userId FROM sessions WHERE closedAt IS NULL AND expiresAt <= ? LIMIT 200', [core.clock.now()],
  )
  for (const { id, userId } of expired) await transact(core, (tx) => endSession(core, tx, systemActor, userId, id, 'expired'))
  await forgetAttempts(core)
}
