/** Whom a chat can be passed to, and whether they could take it now. The server decides again. */
import type { AgentView, QueueView } from '../../../../server/http/contract/session.ts'

export type Availability = 'available' | 'full' | 'paused' | 'wrapUp' | 'offline'

export function availability(agent: AgentView, now: number): Availability {
  if (agent.presence === 'offline') return 'offline'
  if (agent.pause) return 'paused'
  if (agent.capacity > 0 && agent.load >= agent.capacity) return 'full'
  return agent.wrapUpUntil !== null && agent.wrapUpUntil > now ? 'wrapUp' : 'available'
}

export interface AgentTarget { agent: AgentView; state: Availability }
export interface QueueTarget { queue: QueueView; available: number; members: number }

const rank: Record<Availability, number> = { available: 0, wrapUp: 1, full: 2, paused: 3, offline: 4 }

/** Those who can take it first, the least busy before the others. */
export function agentTargets(agents: Iterable<AgentView>, except: string | null, now: number): AgentTarget[] {
  return [...agents]
    .filter((agent) => agent.enabled && agent.id !== except)
    .map((agent) => ({ agent, state: availability(agent, now) }))
    .sort((a, b) => rank[a.state] - rank[b.state] || a.agent.load - b.agent.load || a.agent.name.localeCompare(b.agent.name))
}

export function queueTargets(queues: readonly QueueView[], agents: Iterable<AgentView>, now: number): QueueTarget[] {
  const all = [...agents]
  return queues.map((queue) => {
    const members = all.filter((agent) => agent.enabled && agent.queueIds.includes(queue.id))
    return { queue, members: members.length, available: members.filter((agent) => availability(agent, now) === 'available').length }
  })
}
