/**
 * Presence and pauses, one's own and (supervisors) other people's, and the board.
 *
 *   POST   /app/pause        PauseRequest     → 200 AgentView   (reason_required, agent_offline, already_paused)
 *   DELETE /app/pause                         → 200 AgentView   (not_paused)
 *   POST   /app/agents/:id/pause PauseRequest → 200 AgentView   (supervisors)
 *   DELETE /app/agents/:id/pause              → 200 AgentView   (supervisors)
 *   POST   /app/agents/:id/sign-out           → 204             (supervisors)
 *   GET    /app/board                         → Board           (supervisors)
 */
import { z } from 'zod'
import { ulid } from './common.ts'
import type { Instant } from './common.ts'
import type { AgentView } from './session.ts'

export const pauseRequest = z.strictObject({ reasonId: ulid })
export type PauseRequest = z.infer<typeof pauseRequest>

export interface BoardAgent extends AgentView {
  pending: number
  following: number
  resolvedToday: number
}

export interface BoardQueue {
  queueId: string
  name: string
  avatarUrl: string | null
  waiting: number
  longestWaitSince: Instant | null
  /** Members online, unpaused, below capacity. */
  available: number
  signedIn: number
  paused: number
  members: number
  pending: number
  following: number
}

export interface Board {
  at: Instant
  waiting: number
  longestWaitSince: Instant | null
  inMenu: number
  /** UNROUTED chats whose last message is the customer's, and the oldest of them. */
  unattended: number
  unattendedSince: Instant | null
  pending: number
  following: number
  agentsAvailable: number
  agentsSignedIn: number
  resolvedToday: number
  queues: BoardQueue[]
  agents: BoardAgent[]
}
