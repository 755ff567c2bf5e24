/** The chats a viewer may see, as SQL (domain §12; domain/sight.ts decides the same for one chat). */
import { can } from '../../domain/permissions.ts'
import type { Viewer } from '../../domain/sight.ts'
import type { Value } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'

export interface Condition {
  readonly sql: string
  readonly params: readonly Value[]
}

const historySince = (core: Core, view: CatalogView): number => core.clock.now() - view.setting('agents.historyDays') * 86_400_000

/** Conditions on `column`, a chat's id: `row` for who it is, `text` for what was said in it too. None for those who see all. */
export function seenBy(core: Core, view: CatalogView, viewer: Viewer, column: string, what: 'row' | 'text'): Condition | null {
  if (can(viewer.actor, 'chats.all')) return null
  const { agentId } = viewer
  if (agentId === null) return { sql: '1 = 0', params: [] }
  const queues = what === 'row' || can(viewer.actor, 'chat.take') ? [...viewer.queueIds] : []
  const parts: Condition[] = [
    { sql: "SELECT id FROM chats WHERE agentId = ? AND kind = 'direct'", params: [agentId] },
    { sql: 'SELECT chatId FROM assignments WHERE agentId = ? AND endedAt >= ?', params: [agentId, historySince(core, view)] },
    ...(queues.length > 0 ? [{ sql: `SELECT id FROM chats WHERE state = 'QUEUED' AND queueId IN (${placeholders(queues.length)})`, params: queues }] : []),
    ...(can(viewer.actor, 'group.use') ? [{ sql: "SELECT id FROM chats WHERE kind = 'group'", params: [] }] : []),
  ]
  return { sql: `${column} IN (${parts.map((part) => part.sql).join(' UNION ')})`, params: parts.flatMap((part) => part.params) }
}

/** Of a chat `c` that a colleague holds, only messages `m` up to the end of the viewer's own last stay. */
export function saidInTime(viewer: Viewer): Condition | null {
  if (can(viewer.actor, 'chats.all') || viewer.agentId === null) return null
  return {
    sql: `(c.agentId IS NULL OR c.agentId = ? OR m.sortAt <= (SELECT MAX(s.endedAt) FROM assignments s WHERE s.chatId = c.id AND s.agentId = ?))`,
    params: [viewer.agentId, viewer.agentId],
  }
}

/** Lines whose chats are their own client's alone. */
export function withoutApiOnly(view: CatalogView): Condition | null {
  const hidden = view.channels().filter((channel) => channel.inboundMode === 'api-only').map((channel) => channel.id)
  return hidden.length > 0 ? { sql: `c.channelId NOT IN (${placeholders(hidden.length)})`, params: hidden } : null
}
