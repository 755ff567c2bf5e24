/** Users and agents as administrators list them. */
import { DomainError } from '../../domain/errors.ts'
import { idOrNone } from '../../domain/ids.ts'
import { can, type Actor } from '../../domain/permissions.ts'
import { modelsOf } from '../../store/models/index.ts'
import { placeholders } from '../../store/sql.ts'
import type { Core } from '../core.ts'
import { pauseReasonViewOf, type PauseReasonEditView } from '../pauseReasons.ts'
import { demand } from '../refusals.ts'
import { viewOf, type UserView } from '../users.ts'

/** By user name. Supervisors see agents, admins everybody. @throws DomainError `forbidden` */
export async function listUsers(
  core: Core,
  actor: Actor,
  filter: { role?: UserView['role']; enabled?: boolean } = {},
): Promise<UserView[]> {
  demand(actor, 'agents.manage')
  const role = can(actor, 'users.manage') ? filter.role : 'agent'
  const users = await modelsOf(core.db).users.findAll({
    where: { archivedAt: null, ...(role ? { role } : {}), ...(filter.enabled === undefined ? {} : { enabled: filter.enabled }) },
    order: [['username', 'ASC']],
  })
  return users.map(viewOf)
}

/** By id, user name or e-mail address. @throws DomainError forbidden, not_found */
export async function findUser(core: Core, actor: Actor, ref: string): Promise<UserView> {
  demand(actor, 'agents.manage')
  const { users } = modelsOf(core.db)
  const folded = ref.trim().toLowerCase()
  const user =
    (await users.findOne({ where: { id: idOrNone(ref), archivedAt: null } })) ??
    (await users.findOne({ where: { username: folded, archivedAt: null } })) ??
    (await users.findOne({ where: { email: folded, archivedAt: null } }))
  if (!user || (user.role !== 'agent' && !can(actor, 'users.manage'))) throw new DomainError('not_found', { user: ref })
  return viewOf(user)
}

export interface AgentEditView extends UserView {
  readonly presence: 'online' | 'offline'
  readonly presenceSince: number
  readonly pause: { readonly reason: string; readonly since: number } | null
  readonly load: number
  /** 0: unlimited. */
  readonly capacity: number
  readonly queues: readonly { readonly id: string; readonly name: string; readonly slug: string; readonly priority: number }[]
}

interface AgentState {
  agentId: string
  presence: 'online' | 'offline'
  presenceSince: number
  pausedSince: number | null
  pauseReason: string | null
  chatLoad: number
}

/** Whoever attends, by user name. @throws DomainError `forbidden` */
export async function listAgents(core: Core, actor: Actor): Promise<AgentEditView[]> {
  const users = (await listUsers(core, actor)).filter((user) => user.role === 'agent' || user.alsoAgent)
  if (users.length === 0) return []
  const ids = users.map((user) => user.id)
  const marks = placeholders(ids.length)
  const states = await core.db.all<AgentState>(
    `SELECT a.agentId, a.presence, a.presenceSince, a.pausedSince, p.reasonName AS pauseReason, a.chatLoad
     FROM agents a LEFT JOIN pauses p ON p.id = a.pauseId WHERE a.agentId IN (${marks})`,
    ids,
  )
  const memberships = await core.db.all<{ agentId: string; id: string; name: string; slug: string; priority: number }>(
    `SELECT m.agentId, q.id, q.name, q.slug, m.priority FROM memberships m
     JOIN queues q ON q.id = m.queueId WHERE m.agentId IN (${marks}) AND q.archivedAt IS NULL ORDER BY q.slug`,
    ids,
  )
  const byDefault = (await core.catalog.read()).setting('agents.defaultMaxChats')
  return users.map((user) => {
    const state = states.find((one) => one.agentId === user.id)
    return {
      ...user,
      presence: state?.presence ?? 'offline',
      presenceSince: state?.presenceSince ?? user.createdAt,
      pause: state?.pausedSince != null ? { reason: state.pauseReason ?? '', since: state.pausedSince } : null,
      load: state?.chatLoad ?? 0,
      capacity: user.maxChats ?? byDefault,
      queues: memberships.filter((one) => one.agentId === user.id).map(({ id, name, slug, priority }) => ({ id, name, slug, priority })),
    }
  })
}

/** @throws DomainError forbidden, not_found (also for a user who does not attend) */
export async function findAgent(core: Core, actor: Actor, ref: string): Promise<AgentEditView> {
  const user = await findUser(core, actor, ref)
  const agent = (await listAgents(core, actor)).find((one) => one.id === user.id)
  if (!agent) throw new DomainError('not_found', { agent: ref })
  return agent
}

/** By code, inactive ones too. @throws DomainError `forbidden` */
export async function listPauseReasons(core: Core, actor: Actor): Promise<PauseReasonEditView[]> {
  demand(actor, 'catalogues.manage')
  const reasons = await modelsOf(core.db).pauseReasons.findAll({ where: { archivedAt: null }, order: [['code', 'ASC']] })
  return reasons.map(pauseReasonViewOf)
}

/** By id or code. @throws DomainError forbidden, not_found */
export async function findPauseReason(core: Core, actor: Actor, ref: string): Promise<PauseReasonEditView> {
  const reason = (await listPauseReasons(core, actor)).find((one) => one.id === ref || one.code === ref)
  if (!reason) throw new DomainError('not_found', { pauseReason: ref })
  return reason
}
