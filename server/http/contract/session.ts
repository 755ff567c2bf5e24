/**
 * Signing in and what a page needs at start.
 *
 *   GET    /app/appearance            → Appearance            (no session)
 *   POST   /app/session   SignIn      → 201 SessionView, sets the cookie. Errors: wrong_credentials, rate_limited,
 *                                       session_limit, sessions_closed (409: everything closed; signing in again works), forbidden
 *   GET    /app/session               → SessionView, or 401 unauthorized
 *   DELETE /app/session               → 204
 *   POST   /app/session/password ChangePassword → 204
 *   PATCH  /app/session/preferences Preferences → 204
 *   GET    /app/bootstrap             → Bootstrap
 *
 * Every write carries the header `x-csrf-token: <SessionView.csrf>`; without it: 403 csrf.
 * The two applications have a cookie each, so both can be open in one browser. A request speaks for the application that
 * its header `x-turno-app: agent|supervisor` names, else for the one whose page it comes from (Referer).
 * 422 validation: `details.fields` maps the path of each wrong value to a code. 429: header Retry-After, in seconds.
 * While `mustChangePassword` is true every other route answers 403 password_change_required.
 */
import { z } from 'zod'
import type { AppName, ChannelType, Destination, Instant, Locale, Role } from './common.ts'
import type { OfferView } from './offers.ts'
import type { ChannelCapabilities } from './capabilities.ts'

export const signIn = z.strictObject({
  app: z.enum(['agent', 'supervisor']),
  username: z.string().trim().min(1).max(190),
  password: z.string().min(1).max(400),
})
export type SignIn = z.infer<typeof signIn>

export const changePassword = z.strictObject({ current: z.string().min(1).max(400), next: z.string().min(1).max(400) })
export type ChangePassword = z.infer<typeof changePassword>

export const preferences = z.strictObject({
  locale: z.enum(['es', 'en']).optional(),
  theme: z.enum(['system', 'light', 'dark']).optional(),
  showEvents: z.boolean().optional(),
  sound: z.boolean().optional(),
  shortcuts: z.boolean().optional(),
})
export type Preferences = z.infer<typeof preferences>

export interface Appearance {
  companyName: string
  logoUrl: string | null
  locale: Locale
}

export interface SessionView {
  csrf: string
  app: AppName
  user: { id: string; username: string; name: string; role: Role; alsoAgent: boolean; avatarUrl: string | null }
  mustChangePassword: boolean
  preferences: Required<Preferences>
}

/** Permission names of domain.md §7.5; the server decides again for each object. */
export type Permission =
  | 'chat.initiate' | 'chat.transfer' | 'chat.resolve' | 'chat.bulk' | 'chat.rename' | 'contact.write' | 'consent.write'
  | 'quickreply.own' | 'report.own' | 'message.edit' | 'message.delete' | 'chat.transfer.force' | 'chat.take' | 'tag.create' | 'group.use'

export type Presence = 'online' | 'offline'

/** An agent as colleagues and supervisors see one. `load` counts assigned chats and open offers. */
export interface AgentView {
  id: string
  name: string
  username: string
  avatarUrl: string | null
  enabled: boolean
  presence: Presence
  /** Since when in this state (online, offline or paused). */
  since: Instant
  pause: { reasonId: string; reason: string; since: Instant; maxMinutes: number | null } | null
  /** After resolving: not eligible until then. */
  wrapUpUntil: Instant | null
  load: number
  /** 0 means unlimited. */
  capacity: number
  queueIds: string[]
}

export interface QueueView {
  id: string
  name: string
  slug: string
  avatarUrl: string | null
}

export interface PauseReasonView {
  id: string
  code: string
  name: string
  productive: boolean
  maxMinutes: number | null
}

/** Link status of a channel, domain.md §1.1. */
export type LinkStatus = 'unlinked' | 'linking' | 'connected' | 'reconnecting' | 'disconnected' | 'disabled'

export interface ChannelView {
  id: string
  name: string
  type: ChannelType
  bridge: string
  /** What customers see: a number, page or address. */
  address: string | null
  status: LinkStatus
  statusCode: string | null
  statusSince: Instant
  avatarUrl: string | null
  destination: Destination
  capabilities: ChannelCapabilities
}

export interface Bootstrap {
  session: SessionView
  permissions: Permission[]
  /** Own state; null when the user is not an agent. */
  me: AgentView | null
  agents: AgentView[]
  queues: QueueView[]
  pauseReasons: PauseReasonView[]
  channels: ChannelView[]
  /** What is offered to oneself just now. */
  offers: OfferView[]
  settings: { companyName: string; timezone: string; locale: Locale; maxUploadBytes: number }
  /** Server time at the answer: the browser's timers follow it. */
  now: Instant
  /** Where the feed goes on from (see feed.ts). */
  cursor: string
}
