/** What one agent may do beside or against the defaults (domain §7.5). */
import { z } from 'zod'
import { DomainError } from '../domain/errors.ts'
import { idOrNone, ulid } from '../domain/ids.ts'
import { agentPermissions, isAgentPermission, rightsOf, type Actor, type AgentPermission, type Right } from '../domain/permissions.ts'
import type { Queryable } from '../store/db.ts'
import { modelsOf } from '../store/models/index.ts'
import { recordAudit } from './audit.ts'
import { catalogChanged } from './changes.ts'
import type { Core } from './core.ts'
import { demand, parsed } from './refusals.ts'

export const permissionNames = Object.keys(agentPermissions) as AgentPermission[]

export const permissionChange = z.strictObject({
  userId: ulid,
  /** Null goes back to the profile's or the default. */
  permissions: z.partialRecord(z.enum(permissionNames), z.boolean().nullable()),
})
export type PermissionChange = z.input<typeof permissionChange>

export interface PermissionEntry {
  readonly name: AgentPermission
  readonly allowed: boolean
  /** Set for this user alone. */ readonly own: boolean
}

/** @throws DomainError forbidden, validation, not_found (also for a user who is not of role agent: others are not held back) */
export async function setPermissions(core: Core, actor: Actor, input: PermissionChange): Promise<PermissionEntry[]> {
  demand(actor, 'agents.manage')
  const { userId, permissions } = parsed(permissionChange, input)
  await core.db.transaction(async (tx) => {
    const { users, grants } = modelsOf(core.db)
    const user = await users.findOne({ where: { id: userId, role: 'agent', archivedAt: null }, transaction: tx.models, lock: true })
    if (!user) throw new DomainError('not_found', { userId })
    for (const [permission, allowed] of Object.entries(permissions)) {
      const where = { subjectKind: 'user' as const, subjectId: userId, permission }
      await grants.destroy({ where, transaction: tx.models })
      if (allowed !== null) await grants.create({ ...where, allowed }, { transaction: tx.models })
    }
    await recordAudit(core, tx, actor, { action: 'user.permissions', subjectKind: 'user', subjectId: userId, after: permissions })
    await catalogChanged(core, tx, [userId])
  })
  return listPermissions(core, actor, userId)
}

/** Every permission as it holds for the user. @throws DomainError forbidden, not_found */
export async function listPermissions(core: Core, actor: Actor, userId: string): Promise<PermissionEntry[]> {
  demand(actor, 'agents.manage')
  const user = await modelsOf(core.db).users.findOne({ where: { id: idOrNone(userId), archivedAt: null } })
  if (!user) throw new DomainError('not_found', { userId })
  const { rights, own } = await rightsOfUser(core.db, user)
  return permissionNames.map((name) => ({ name, allowed: rights.has(name), own: own.has(name) }))
}

/** The rights of a user in the database: role, profile and own grants. */
export async function rightsOfUser(
  q: Queryable,
  user: {
    readonly id: string
    readonly role: 'agent' | 'supervisor' | 'admin'
    readonly alsoAgent: boolean
    readonly profileId?: string | null
  },
): Promise<{ rights: ReadonlySet<Right>; own: ReadonlyMap<AgentPermission, boolean> }> {
  const rows = await q.all<{ subjectKind: 'user' | 'profile'; permission: string; allowed: number }>(
    `SELECT subjectKind, permission, allowed FROM permission_grants
     WHERE (subjectKind = 'user' AND subjectId = ?) OR (subjectKind = 'profile' AND subjectId = ?)`,
    [user.id, user.profileId ?? ''],
  )
  const of = (kind: 'user' | 'profile'): Map<AgentPermission, boolean> => {
    const map = new Map<AgentPermission, boolean>()
    for (const row of rows)
      if (row.subjectKind === kind && isAgentPermission(row.permission as Right))
        map.set(row.permission as AgentPermission, row.allowed === 1)
    return map
  }
  const own = of('user')
  return { rights: rightsOf(user.role, user.role === 'agent' || user.alsoAgent, of('profile'), own), own }
}
