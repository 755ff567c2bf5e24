/**
 * How many guesses a password gets (domain §7; nothing here can lock a company out).
 *
 * - A user name tried from one address is blocked for a while after a few failures, there and nowhere else.
 * - A user name tried from everywhere, and an address that tries everybody, are only slowed down, and whoever has signed
 *   in from that address before is exempt: an office behind one address goes on working while somebody guesses.
 * Failures decay, so that nothing has to be lifted by hand.
 */
import type { Instant } from './ports.ts'

export interface Guard {
  readonly failures: number
  readonly lastAt: Instant
  readonly blockedUntil: Instant | null
}

export interface Guards {
  /** User name and address together. */
  readonly pair: Guard | null
  readonly user: Guard | null
  readonly address: Guard | null
}

const minute = 60_000
/** One failure is forgotten per so much time. */
const forgetEvery = { pair: 10 * minute, user: 3 * minute, address: minute } as const
const pairFree = 5
const firstBlock = 30_000
const longestBlock = 15 * minute
/** From so many failures on, one attempt per pause. */
const pace = { user: { from: 20, pause: 2000 }, address: { from: 60, pause: 1000 } } as const

export type GuardKind = keyof Guards

function failuresNow(guard: Guard | null, kind: GuardKind, now: Instant): number {
  if (!guard) return 0
  return Math.max(0, guard.failures - Math.floor(Math.max(0, now - guard.lastAt) / forgetEvery[kind]))
}

/** Milliseconds to wait before an attempt may be made; 0: now. `known`: this user has signed in from this address before. */
export function waitBefore(guards: Guards, known: boolean, now: Instant): number {
  const blocked = Math.max(0, (guards.pair?.blockedUntil ?? 0) - now)
  if (known) return blocked
  const paced = (['user', 'address'] as const).map((kind) => {
    const guard = guards[kind]
    return guard && failuresNow(guard, kind, now) >= pace[kind].from ? guard.lastAt + pace[kind].pause - now : 0
  })
  return Math.max(blocked, ...paced)
}

/** The guard after one more attempt. Attempts are counted before the password is looked at, so that parallel ones count too. */
export function counted(guard: Guard | null, kind: GuardKind, now: Instant): Guard {
  const failures = failuresNow(guard, kind, now) + 1
  const over = failures - pairFree
  const blockedUntil = kind === 'pair' && over >= 0 ? now + Math.min(longestBlock, firstBlock * 2 ** Math.min(over, 10)) : null
  return { failures, lastAt: now, blockedUntil }
}

/** The guard after an attempt that turned out right; null: nothing is left of it. The pair is forgiven everything. */
export function forgiven(guard: Guard, kind: GuardKind, now: Instant): Guard | null {
  const failures = failuresNow(guard, kind, now) - 1
  return kind === 'pair' || failures <= 0 ? null : { failures, lastAt: guard.lastAt, blockedUntil: null }
}

/** Rows older than this say nothing any more. */
export const guardForgottenAfter = 24 * 60 * minute
