/** The supervisor's board (domain §9.2): figures of now, from the chats that are open, and today's resolutions. */
import { DateTime } from 'luxon'
import type { Board, BoardQueue } from '../../http/contract/agents.ts'
import type { AgentView } from '../../http/contract/session.ts'
import type { ChatState } from '../../domain/chat.ts'
import type { Instant } from '../../domain/ports.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { agentViews, queueView } from './agents.ts'

interface OpenChats { state: ChatState; queueId: string | null; agentId: string | null; n: number; queuedAt: Instant | null }
interface Unattended { n: number; since: Instant | null }

export async function readBoard(core: Core): Promise<Board> {
  const view = await core.catalog.read()
  const at = core.clock.now()
  const [chats, unattended, resolved, agents] = await Promise.all([readOpen(core), readUnattended(core), readResolvedToday(core, view, at), agentViews(core, core.db)])
  const sum = (of: (row: OpenChats) => boolean): number => chats.filter(of).reduce((total, row) => total + row.n, 0)
  const oldest = (rows: readonly OpenChats[]): Instant | null => rows.reduce<Instant | null>((first, row) => earlier(first, row.queuedAt), null)
  const queued = chats.filter((row) => row.state === 'QUEUED')
  const signedIn = agents.filter((agent) => agent.presence === 'online')
  return {
    at, waiting: sum((row) => row.state === 'QUEUED'), longestWaitSince: oldest(queued), inMenu: sum((row) => row.state === 'MENU'),
    unattended: unattended.n, unattendedSince: unattended.since,
    pending: sum((row) => row.state === 'PENDING'), following: sum((row) => row.state === 'FOLLOWUP'),
    agentsAvailable: signedIn.filter((agent) => isAvailable(agent, at)).length, agentsSignedIn: signedIn.length,
    resolvedToday: [...resolved.values()].reduce((total, n) => total + n, 0),
    queues: view.queues().map((queue): BoardQueue => {
      const members = agents.filter((agent) => agent.queueIds.includes(queue.id))
      const waiting = queued.filter((row) => row.queueId === queue.id)
      const { id: queueId, name, avatarUrl } = queueView(queue)
      return {
        queueId, name, avatarUrl, waiting: waiting.reduce((total, row) => total + row.n, 0), longestWaitSince: oldest(waiting),
        available: members.filter((agent) => isAvailable(agent, at)).length, signedIn: members.filter((agent) => agent.presence === 'online').length,
        paused: members.filter((agent) => agent.presence === 'online' && agent.pause).length, members: members.length,
        pending: sum((row) => row.state === 'PENDING' && row.queueId === queue.id), following: sum((row) => row.state === 'FOLLOWUP' && row.queueId === queue.id),
      }
    }),
    agents: agents.map((agent) => ({
      ...agent, pending: sum((row) => row.state === 'PENDING' && row.agentId === agent.id), following: sum((row) => row.state === 'FOLLOWUP' && row.agentId === agent.id),
      resolvedToday: resolved.get(agent.id) ?? 0,
    })),
  }
}

const earlier = (a: Instant | null, b: Instant | null): Instant | null => (a === null ? b : b === null ? a : Math.min(a, b))

/** Could be given a chat now (domain §3.2). */
export function isAvailable(agent: AgentView, now: Instant): boolean {
  return agent.enabled && agent.presence === 'online' && agent.pause === null && (agent.wrapUpUntil ?? 0) <= now && (agent.capacity === 0 || agent.load < agent.capacity)
}

const readOpen = (core: Core): Promise<OpenChats[]> =>
  core.db.all<OpenChats>(
    `SELECT state, queueId, agentId, COUNT(*) AS n, MIN(queuedAt) AS queuedAt FROM chats
     WHERE state IN ('PENDING', 'FOLLOWUP', 'QUEUED', 'MENU') AND kind = 'direct' GROUP BY state, queueId, agentId`,
  )

/** UNROUTED, and the customer spoke last. */
async function readUnattended(core: Core): Promise<Unattended> {
  const row = await core.db.get<Unattended>(
    "SELECT COUNT(*) AS n, MIN(COALESCE(waitingSince, lastInboundAt)) AS since FROM chats WHERE state = 'UNROUTED' AND previewAuthor = 'customer'",
  )
  return row ?? { n: 0, since: null }
}

/** By the agent whose assignment was the last; the day is that of the install's time zone. */
async function readResolvedToday(core: Core, view: CatalogView, at: Instant): Promise<Map<string, number>> {
  const midnight = DateTime.fromMillis(at, { zone: view.setting('general.timezone') }).startOf('day').toMillis()
  const rows = await core.db.all<{ agentId: string | null; n: number }>(
    "SELECT closeAgentId AS agentId, COUNT(*) AS n FROM conversations WHERE closedAt >= ? AND closeKind IN ('agent', 'supervisor') GROUP BY closeAgentId", [midnight],
  )
  return new Map(rows.map((row) => [row.agentId ?? '', row.n]))
}
