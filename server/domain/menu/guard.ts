/**
 * The auto-responder guard (§4.11, S15): two machines must not talk to each other for ever. Its state is a row of the
 * chat; these functions say what becomes of it. All messages are stored whatever the guard says; it only silences
 * automatic ones.
 */
import type { Instant } from './environment.ts'
import { fold } from '../fold.ts'

export interface GuardSettings {
  /** Customer messages… */
  readonly count: number
  /** …within so many seconds trip the guard. */
  readonly window: number
  /** Seconds of the first mute; doubled each time in the hour. */
  readonly mute: number
}
export const guardDefaults: GuardSettings = { count: 10, window: 10, mute: 30 }

export interface GuardState {
  /** Receipt of the latest customer messages, oldest first, as many as count. */
  readonly received: readonly Instant[]
  /** Menu answers in a row that came fast and with the same text. */
  readonly echoes: number
  readonly echo: string
  /** When it tripped within the last hour. */
  readonly trips: readonly Instant[]
  readonly mutedUntil: Instant | null
  /** Until a supervisor clears it or an agent resolves. */
  readonly quiet: boolean
}
export const noGuard: GuardState = { received: [], echoes: 0, echo: '', trips: [], mutedUntil: null, quiet: false }

const echoLimit = 6
const fast = 5000
const hour = 3_600_000
const mostTrips = 3

export interface GuardedMessage {
  readonly receivedAt: Instant
  readonly text: string
  /** When the bot's message it answers was handed to the bridge; null when a menu did not wait for it. */
  readonly answers: Instant | null
}
export interface Guarded {
  readonly state: GuardState
  /** The guard has just tripped: event chat.guard_tripped. `final`: third time in an hour, tag `autoresponder` and tell supervisors. */
  readonly tripped: { readonly reason: 'flood' | 'echo'; readonly mutedUntil: Instant; readonly final: boolean } | null
  /** No automatic message now. */
  readonly muted: boolean
}

export const isMuted = (state: GuardState, now: Instant): boolean => state.quiet || (state.mutedUntil !== null && now < state.mutedUntil)

/** A supervisor clears it, or an agent resolves. */
export const cleared = (): GuardState => noGuard

/** For each customer message of a chat that no agent holds, in the order of their receipt. */
export function guard(state: GuardState, message: GuardedMessage, settings: GuardSettings = guardDefaults): Guarded {
  const now = message.receivedAt
  const received = [...state.received, now].slice(-settings.count)
  const first = received[0] ?? now
  const flood = received.length >= settings.count && now - first <= settings.window * 1000
  const text = fold(message.text)
  const quick = message.answers !== null && now - message.answers <= fast
  const echoes = !quick ? 0 : text === state.echo && state.echoes > 0 ? state.echoes + 1 : 1
  const heard: GuardState = { ...state, received, echoes, echo: text }
  if (isMuted(state, now) || (!flood && echoes < echoLimit)) return { state: heard, tripped: null, muted: isMuted(state, now) }
  const trips = [...state.trips.filter((at) => now - at < hour), now]
  const mutedUntil = now + settings.mute * 1000 * 2 ** Math.min(trips.length - 1, mostTrips - 1)
  const final = trips.length >= mostTrips
  return {
    state: { received: [], echoes: 0, echo: '', trips, mutedUntil, quiet: final },
    tripped: { reason: flood ? 'flood' : 'echo', mutedUntil, final },
    muted: true,
  }
}
