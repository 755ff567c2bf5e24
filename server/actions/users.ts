/**
 * The people who sign in (domain §7.1, §12). Supervisors administer agents, admins everybody. Whoever attends chats
 * (role agent, or `alsoAgent`) has a row in `agents` and takes a seat while enabled.
 */
import { z } from 'zod'
import { DomainError } from '../domain/errors.ts'
import { idOrNone, ulid } from '../domain/ids.ts'
import { can, type Actor, type Role } from '../domain/permissions.ts'
import type { Tx } from '../store/db.ts'
import { modelsOf, type UserModel } from '../store/models/index.ts'
import { forUpdate } from '../store/sql.ts'
import { recordAudit } from './audit.ts'
import { catalogChanged, difference } from './changes.ts'
import type { Core } from './core.ts'
import { recordEvents } from './events.ts'
import { checkNoChats } from './holding.ts'
import { leaveQueues } from './memberships.ts'
import { newPassword } from './passwords.ts'
import { endPresence, type OfflineReason } from './presence.ts'
import { parsed, refusingClash } from './refusals.ts'
import { releaseChats, type ReleaseTarget } from './releasing.ts'
import { takeSeat } from './seats.ts'
import { closeSessions, type CloseReason } from './sessions.ts'
import { transact } from './transact.ts'

export const username = z
  .string()
  .trim()
  .normalize('NFKC')
  .toLowerCase()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._+-]{1,63}$/u, '2 to 64 letters, digits, and . _ + - inside')
const name = z.string().trim().min(1).max(120)
const email = z.email().max(190).toLowerCase().nullable()
const role = z.enum(['agent', 'supervisor', 'admin'])
const maxChats = z.number().int().min(0).max(10_000).nullable()

export const newUser = z.strictObject({
  username,
  name,
  role,
  email: email.default(null),
  alsoAgent: z.boolean().default(false),
  maxChats: maxChats.default(null),
  /** Absent: Turno makes one up and returns it. */
  password: z.string().optional(),
  /** By default true exactly when the password was made up by Turno. */
  mustChangePassword: z.boolean().optional(),
})
export type NewUser = z.input<typeof newUser>

export const userChange = z.strictObject({
  userId: ulid,
  username: username.optional(),
  name: name.optional(),
  role: role.optional(),
  email: email.optional(),
  alsoAgent: z.boolean().optional(),
  maxChats: maxChats.optional(),
})
export type UserChange = z.input<typeof userChange>

/** Never with the password's hash. */
export interface UserView {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly role: Role
  readonly email: string | null
  readonly alsoAgent: boolean
  readonly enabled: boolean
  readonly maxChats: number | null
  readonly mustChangePassword: boolean
  readonly createdAt: number
}

const taken = { users_live_username: 'username', liveUsername: 'username', users_live_email: 'email', liveEmail: 'email' }

export const attends = (user: { readonly role: Role; readonly alsoAgent: boolean }): boolean => user.role === 'agent' || user.alsoAgent

export function viewOf(user: UserModel): UserView {
  const { id, username, name, role, email, alsoAgent, enabled, maxChats, mustChangePassword, createdAt } = user
  return { id, username, name, role, email: email ?? null, alsoAgent, enabled, maxChats: maxChats ?? null, mustChangePassword, createdAt }
}

/** @throws DomainError validation, forbidden, weak_password, name_taken (details.field), agent_limit */
export async function createUser(core: Core, actor: Actor, input: NewUser): Promise<{ user: UserView; generatedPassword: string | null }> {
  const { password, mustChangePassword, ...values } = parsed(newUser, input)
  checkManages(actor, values.role)
  const secret = await newPassword(values, password)
  const user = await refusingClash(taken, () =>
    transact(core, (tx) =>
      insertUser(core, tx, actor, {
        ...values,
        passwordHash: secret.hash,
        mustChangePassword: mustChangePassword ?? secret.generated !== null,
      }),
    ),
  )
  return { user, generatedPassword: secret.generated }
}

export interface UserValues
  extends Pick<UserView, 'username' | 'name' | 'role' | 'email' | 'alsoAgent' | 'maxChats' | 'mustChangePassword'> {
  readonly passwordHash: string
}

/** Within the caller's transaction, which has checked the values. @throws DomainError `agent_limit` */
export async function insertUser(core: Core, tx: Tx, actor: Actor, values: UserValues): Promise<UserView> {
  const now = core.clock.now()
  if (attends(values)) await takeSeat(tx)
  const user = await modelsOf(core.db).users.create(
    { ...values, id: core.ids.next(), createdAt: now, updatedAt: now },
    { transaction: tx.models },
  )
  const { passwordHash: _, ...told } = values
  await recordAudit(core, tx, actor, { action: 'user.create', subjectKind: 'user', subjectId: user.id, after: told })
  if (attends(user)) {
    await startAttending(core, tx, user)
    await agentEvent(core, tx, actor, 'agent.created', user)
  }
  await catalogChanged(core, tx, [user.id])
  return viewOf(user)
}

/**
 * Who ceases to attend must hold no chats (`has_chats`), leaves every queue and is signed out.
 * @throws DomainError validation, not_found, forbidden, name_taken, last_admin, agent_limit, has_chats
 */
export async function updateUser(core: Core, actor: Actor, input: UserChange): Promise<UserView> {
  const { userId, ...change } = parsed(userChange, input)
  return refusingClash(taken, () =>
    transact(core, async (tx) => {
      const user = await lockUser(core, tx, actor, userId)
      const before = viewOf(user)
      const changed = difference<Record<string, unknown>>({ ...before }, change)
      if (Object.keys(changed.after).length === 0) return before
      const next = { ...before, ...definedOf(change) }
      checkManages(actor, next.role)
      if (before.role === 'admin' && next.role !== 'admin') await checkNotLastAdmin(tx, user)
      if (attends(next) && !attends(before)) {
        if (before.enabled) await takeSeat(tx)
        await startAttending(core, tx, user)
      } else if (!attends(next) && attends(before)) {
        await checkNoChats(tx, user)
        await stopAttending(core, tx, actor, user)
      }
      await user.update({ ...changed.after, updatedAt: core.clock.now() }, { transaction: tx.models })
      // A session carries the rights of its role.
      if (next.role !== before.role) await signOut(core, tx, actor, user.id, 'disabled')
      await recordAudit(core, tx, actor, { action: 'user.update', subjectKind: 'user', subjectId: userId, ...changed })
      const type = !attends(before) ? 'agent.created' : attends(next) ? 'agent.updated' : 'agent.disabled'
      if (attends(before) || attends(next)) await agentEvent(core, tx, actor, type, user, { changed: Object.keys(changed.after) })
      if (attends(next)) await drainQueuesOf(core, tx, userId)
      await catalogChanged(core, tx, [userId])
      return viewOf(user)
    }),
  )
}

/** Closes every session. Without a password Turno makes one up, which must be changed at the next sign-in. */
export async function setPassword(
  core: Core,
  actor: Actor,
  input: { userId: string; password?: string; mustChangePassword?: boolean },
): Promise<{ user: UserView; generatedPassword: string | null }> {
  const owner = await modelsOf(core.db).users.findOne({ where: { id: idOrNone(input.userId), archivedAt: null } })
  if (!owner) throw new DomainError('not_found', { userId: input.userId })
  checkManages(actor, owner.role)
  const secret = await newPassword(owner, input.password)
  const user = await transact(core, async (tx) => {
    const user = await lockUser(core, tx, actor, input.userId)
    const mustChangePassword = input.mustChangePassword ?? secret.generated !== null
    await user.update({ passwordHash: secret.hash, mustChangePassword, updatedAt: core.clock.now() }, { transaction: tx.models })
    await signOut(core, tx, actor, user.id, 'password_changed')
    await recordAudit(core, tx, actor, { action: 'user.set_password', subjectKind: 'user', subjectId: user.id })
    return viewOf(user)
  })
  return { user, generatedPassword: secret.generated }
}

/** Idempotent. @throws DomainError not_found, forbidden, agent_limit */
export async function enableUser(core: Core, actor: Actor, input: { userId: string }): Promise<UserView> {
  return transact(core, async (tx) => {
    const user = await lockUser(core, tx, actor, input.userId)
    if (user.enabled) return viewOf(user)
    if (attends(user)) await takeSeat(tx)
    await user.update({ enabled: true, updatedAt: core.clock.now() }, { transaction: tx.models })
    await recordAudit(core, tx, actor, { action: 'user.enable', subjectKind: 'user', subjectId: user.id })
    if (attends(user)) {
      await agentEvent(core, tx, actor, 'agent.updated', user, { changed: ['enabled'] })
      await drainQueuesOf(core, tx, user.id)
    }
    await catalogChanged(core, tx, [user.id])
    return viewOf(user)
  })
}

/**
 * Closes the sessions; nobody gives them chats from then on. With `releaseTo` the chats they hold go there, one by one;
 * what was left when something failed goes when it is called again.
 * @throws DomainError not_found, forbidden, last_admin, has_chats (without `releaseTo`), agent_disabled (the target)
 */
export async function disableUser(
  core: Core,
  actor: Actor,
  input: { userId: string; releaseTo?: ReleaseTarget },
): Promise<UserView & { released: number }> {
  const user = await transact(core, async (tx) => {
    const user = await lockUser(core, tx, actor, input.userId)
    if (!user.enabled) return viewOf(user)
    if (user.role === 'admin') await checkNotLastAdmin(tx, user)
    if (!input.releaseTo) await checkNoChats(tx, user)
    await user.update({ enabled: false, updatedAt: core.clock.now() }, { transaction: tx.models })
    await signOut(core, tx, actor, user.id, 'disabled')
    await recordAudit(core, tx, actor, { action: 'user.disable', subjectKind: 'user', subjectId: user.id })
    if (attends(user)) await agentEvent(core, tx, actor, 'agent.disabled', user, { reason: 'disabled' })
    await catalogChanged(core, tx, [user.id])
    return viewOf(user)
  })
  const released = input.releaseTo ? await releaseChats(core, actor, user.id, input.releaseTo) : 0
  return { ...user, released }
}

/**
 * Archives: history keeps the name, the user name is free again. With `releaseTo` disables and hands over first.
 * @throws DomainError not_found, forbidden, last_admin, has_chats (without `releaseTo`), agent_disabled (the target)
 */
export async function removeUser(
  core: Core,
  actor: Actor,
  input: { userId: string; releaseTo?: ReleaseTarget },
): Promise<{ released: number }> {
  const released = input.releaseTo ? (await disableUser(core, actor, input)).released : 0
  await transact(core, async (tx) => {
    const user = await lockUser(core, tx, actor, input.userId)
    if (user.role === 'admin' && user.enabled) await checkNotLastAdmin(tx, user)
    await checkNoChats(tx, user)
    const now = core.clock.now()
    await signOut(core, tx, actor, user.id, 'disabled')
    if (attends(user)) await stopAttending(core, tx, actor, user)
    await user.update({ enabled: false, archivedAt: now, updatedAt: now, passwordHash: null }, { transaction: tx.models })
    await recordAudit(core, tx, actor, { action: 'user.remove', subjectKind: 'user', subjectId: user.id, before: { ...viewOf(user) } })
    if (attends(user)) await agentEvent(core, tx, actor, 'agent.disabled', user, { reason: 'removed' })
    await catalogChanged(core, tx, [user.id])
  })
  return { released }
}

function checkManages(actor: Actor, role: Role): void {
  if (!can(actor, 'users.manage') && !(role === 'agent' && can(actor, 'agents.manage'))) throw new DomainError('forbidden', { role })
}

async function lockUser(core: Core, tx: Tx, actor: Actor, userId: string): Promise<UserModel> {
  const user = await modelsOf(core.db).users.findOne({
    where: { id: idOrNone(userId), archivedAt: null },
    transaction: tx.models,
    lock: true,
  })
  if (!user) throw new DomainError('not_found', { userId })
  checkManages(actor, user.role)
  return user
}

/** Locks the other admins: of two who remove each other at once, one is refused. */
async function checkNotLastAdmin(tx: Tx, user: UserModel): Promise<void> {
  const admins = await tx.all<{ id: string }>(
    `SELECT id FROM users WHERE role = 'admin' AND enabled = 1 AND archivedAt IS NULL ORDER BY id${forUpdate(tx.dialect)}`,
  )
  if (admins.every((admin) => admin.id === user.id)) throw new DomainError('last_admin')
}

/** Every session is closed, and an agent is offline at once; held chats stay held. */
async function signOut(core: Core, tx: Tx, actor: Actor, userId: string, reason: CloseReason & OfflineReason): Promise<void> {
  await closeSessions(core, tx, actor, userId, reason)
  await endPresence(core, tx, userId, reason, actor)
}

async function startAttending(core: Core, tx: Tx, user: { id: string }): Promise<void> {
  await modelsOf(core.db).agents.create({ agentId: user.id, presenceSince: core.clock.now() }, { transaction: tx.models })
}

async function stopAttending(core: Core, tx: Tx, actor: Actor, user: UserModel): Promise<void> {
  await signOut(core, tx, actor, user.id, 'disabled')
  await leaveQueues(core, tx, actor, user)
  await modelsOf(core.db).agents.destroy({ where: { agentId: user.id }, transaction: tx.models })
}

async function agentEvent(
  core: Core,
  tx: Tx,
  actor: Actor,
  type: string,
  user: UserModel,
  data: Record<string, unknown> = {},
): Promise<void> {
  await recordEvents(core, tx, [
    { type, at: core.clock.now(), actor, agentId: user.id, data: { agentName: user.name, by: actor.name, ...data } },
  ])
}

/** Somebody may serve now who could not before (domain §3.6). */
async function drainQueuesOf(core: Core, tx: Tx, agentId: string): Promise<void> {
  const rows = await tx.all<{ queueId: string }>('SELECT queueId FROM memberships WHERE agentId = ?', [agentId])
  if (rows.length)
    tx.after(() =>
      core.wake.nudge(
        'drain',
        rows.map((row) => row.queueId),
      ),
    )
}

const definedOf = <T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
