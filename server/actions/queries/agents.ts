/** Agents as colleagues and supervisors see them, and the small catalogues a page starts with. */
import type { AgentView, ChannelView, PauseReasonView, QueueView } from '../../http/contract/session.ts'
import type { Instant } from '../../http/contract/common.ts'
import type { Queryable } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView, ChannelEntry, QueueEntry, UserEntry } from '../catalog.ts'
import type { Core } from '../core.ts'
import { mediaUrl } from './chatRows.ts'

interface StoredAgent {
  agentId: string; presence: 'online' | 'offline'; presenceSince: Instant; chatLoad: number; wrapUpUntil: Instant | null
  pauseReasonId: string | null; pausedSince: Instant | null; pauseReason: string | null; pauseMinutes: number | null
}

/** All agents, or the ones named, in the order of their names. */
export async function agentViews(core: Core, q: Queryable, only?: readonly string[]): Promise<AgentView[]> {
  const view = await core.catalog.read()
  const users = view.agents().filter((user) => !only || only.includes(user.id))
  if (users.length === 0) return []
  const some = only ? { sql: ` WHERE {} IN (${placeholders(only.length)})`, params: only } : { sql: '', params: [] }
  const [states, memberships] = await Promise.all([
    q.all<StoredAgent>(
      `SELECT a.agentId, a.presence, a.presenceSince, a.chatLoad, a.wrapUpUntil, a.pauseReasonId, a.pausedSince, r.name AS pauseReason, r.maxMinutes AS pauseMinutes
       FROM agents a LEFT JOIN pause_reasons r ON r.id = a.pauseReasonId${some.sql.replace('{}', 'a.agentId')}`, some.params,
    ),
    q.all<{ agentId: string; queueId: string }>(`SELECT agentId, queueId FROM memberships${some.sql.replace('{}', 'agentId')}`, some.params),
  ])
  const byId = new Map(states.map((state) => [state.agentId, state]))
  const queues = new Map<string, string[]>()
  for (const { agentId, queueId } of memberships) if (view.queue(queueId)?.archivedAt === null) queues.set(agentId, [...(queues.get(agentId) ?? []), queueId])
  return users.map((user) => agentView(view, user, byId.get(user.id), queues.get(user.id) ?? [])).sort((a, b) => a.name.localeCompare(b.name))
}

function agentView(view: CatalogView, user: UserEntry, state: StoredAgent | undefined, queueIds: string[]): AgentView {
  const pause = state?.pauseReasonId && state.pausedSince !== null
    ? { reasonId: state.pauseReasonId, reason: state.pauseReason ?? '', since: state.pausedSince, maxMinutes: state.pauseMinutes }
    : null
  const online = state?.presence === 'online'
  return {
    id: user.id, name: user.name, username: user.username, avatarUrl: mediaUrl(user.avatarMediaId), enabled: user.enabled,
    presence: state?.presence ?? 'offline', since: online && pause ? pause.since : (state?.presenceSince ?? 0), pause,
    wrapUpUntil: state?.wrapUpUntil ?? null, load: state?.chatLoad ?? 0, capacity: view.capacity(user), queueIds,
  }
}

export const queueView = (queue: QueueEntry): QueueView => ({ id: queue.id, name: queue.name, slug: queue.slug, avatarUrl: mediaUrl(queue.avatarMediaId) })

/** Null while no bridge of that type is loaded: the channel cannot do anything then. */
export function channelView(core: Core, channel: ChannelEntry): ChannelView | null {
  const capabilities = core.bridges.capabilities(channel.id)
  if (!capabilities) return null
  return {
    id: channel.id, name: channel.name, type: channel.channelType as ChannelView['type'], bridge: channel.bridge, address: channel.address,
    status: (channel.enabled ? channel.status : 'disabled') as ChannelView['status'], statusCode: channel.statusCode, statusSince: channel.statusSince,
    avatarUrl: mediaUrl(channel.avatarMediaId), destination: channel.destination, capabilities,
  }
}

export async function pauseReasonViews(q: Queryable): Promise<PauseReasonView[]> {
  const rows = await q.all<Omit<PauseReasonView, 'productive'> & { productive: number }>(
    'SELECT id, code, name, productive, maxMinutes FROM pause_reasons WHERE active = 1 AND archivedAt IS NULL ORDER BY name',
  )
  return rows.map((row) => ({ ...row, productive: row.productive === 1 }))
}
