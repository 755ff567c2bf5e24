/**
 * Who may do what (domain §7.5 and §12). Features ask `can(actor, …)` and the access functions of
 * actions/access.ts; they never compare a role's name.
 */
export type Role = 'agent' | 'supervisor' | 'admin'

/** What agents may be granted or denied one by one or by profile; true is the default of a fresh install. */
export const agentPermissions = {
  'chat.initiate': true, 'chat.transfer': true, 'chat.resolve': true, 'chat.bulk': true, 'chat.rename': true, 'contact.write': true,
  'consent.write': true, 'quickreply.own': true, 'report.own': true,
  'message.edit': false, 'message.delete': false, 'chat.transfer.force': false, 'chat.take': false, 'tag.create': false, 'group.use': false,
} as const
export type AgentPermission = keyof typeof agentPermissions

/** Rights that come with a role and are not granted one by one. */
const roleRights = {
  /** Sees every chat, watches silently, writes notes anywhere. */
  'chats.all': ['supervisor', 'admin'],
  'chats.write.any': ['supervisor', 'admin'],
  'agents.steer': ['supervisor', 'admin'],
  'supervisors.steer': ['admin'],
  'board.see': ['supervisor', 'admin'],
  'queues.manage': ['supervisor', 'admin'],
  'agents.manage': ['supervisor', 'admin'],
  /** Pause reasons and the other small lists that agents pick from. */
  'catalogues.manage': ['supervisor', 'admin'],
  'menus.edit': ['supervisor', 'admin'],
  'users.manage': ['admin'],
  'channels.route': ['supervisor', 'admin'],
  'channels.manage': ['admin'],
  'channels.log': ['admin'],
  'settings.manage': ['admin'],
  'audit.read': ['admin'],
  'app.supervisor': ['supervisor', 'admin'],
} as const satisfies Record<string, readonly Role[]>
export type RoleRight = keyof typeof roleRights
export type Right = AgentPermission | RoleRight

/** Somebody (or something) on whose behalf an action runs. */
export interface Actor {
  readonly kind: 'agent' | 'supervisor' | 'admin' | 'system' | 'menu' | 'api' | 'cli' | 'customer' | 'phone'
  /** User id; null for system, menu, customer, phone, and the CLI. */
  readonly id: string | null
  readonly name: string
  /** Where the request came from, for the audit log. */
  readonly address?: string
  readonly rights: ReadonlySet<Right>
}

const isAgentPermission = (right: Right): right is AgentPermission => right in agentPermissions

/** The rights of a user: those of the role, and for whoever attends the defaults changed by profile, then by the user's own grants. */
export function rightsOf(
  role: Role,
  attends: boolean,
  profile: ReadonlyMap<AgentPermission, boolean> = new Map(),
  own: ReadonlyMap<AgentPermission, boolean> = new Map(),
): Set<Right> {
  const rights = new Set<Right>()
  for (const [right, roles] of Object.entries(roleRights)) {
    if ((roles as readonly Role[]).includes(role)) rights.add(right as RoleRight)
  }
  for (const [permission, byDefault] of Object.entries(agentPermissions)) {
    const name = permission as AgentPermission
    // Supervisors and admins are not held back by what agents must be granted.
    const granted = role !== 'agent' || (attends && (own.get(name) ?? profile.get(name) ?? byDefault))
    if (granted) rights.add(name)
  }
  return rights
}

export const can = (actor: Actor, right: Right): boolean => actor.rights.has(right)

const all = new Set<Right>([...(Object.keys(agentPermissions) as AgentPermission[]), ...(Object.keys(roleRights) as RoleRight[])])
/** Turno itself: timers, distribution, sweeps. */
export const systemActor: Actor = { kind: 'system', id: null, name: 'Turno', rights: all }
/** The operating system's user at the command line has the machine, hence everything (domain §12.1). */
export const cliActor = (user: string): Actor => ({ kind: 'cli', id: null, name: `cli:${user}`, rights: all })
export { isAgentPermission }
