/** Reminders and the final deadline of a prompt nobody answers (§5.7). Absolute instants, so that a restart changes nothing. */
import type { Instant } from './environment.ts'
import type { Inactivity } from './fields.ts'
import type { Deadlines } from './run.ts'

/** Null when the block is off (firstAfter 0). Reminders without text are not sent, but their time passes. */
export function deadlines(block: Inactivity, t0: Instant): Deadlines | null {
  if (block.firstAfter === 0) return null
  const every = (block.every ?? block.firstAfter) * 1000
  const first = t0 + block.firstAfter * 1000
  const silent = block.reminder.trim() === ''
  return {
    t0,
    reminders: silent ? [] : Array.from({ length: block.reminders }, (_, index) => first + index * every),
    done: 0,
    timeoutAt: first + block.reminders * every,
  }
}

export type Due =
  | { readonly kind: 'nothing' }
  /** Of several overdue reminders one is sent, the earlier are skipped; future ones keep their times. */
  | { readonly kind: 'reminder'; readonly number: number; readonly skipped: number; readonly at: Instant; readonly rest: Deadlines }
  | { readonly kind: 'timeout'; readonly at: Instant }

export function due(current: Deadlines, now: Instant): Due {
  if (now >= current.timeoutAt) return { kind: 'timeout', at: current.timeoutAt }
  const overdue = current.reminders.filter((at) => at <= now)
  const last = overdue.at(-1)
  if (last === undefined) return { kind: 'nothing' }
  const done = current.done + overdue.length
  return {
    kind: 'reminder', number: done, skipped: overdue.length - 1, at: last,
    rest: { ...current, done, reminders: current.reminders.slice(overdue.length) },
  }
}

export const nextDeadline = (current: Deadlines): Instant => Math.min(current.reminders[0] ?? current.timeoutAt, current.timeoutAt)

/** The same wait under another block: same T0; reminders whose time has passed count as done (§5.10). */
export function moved(current: Deadlines, block: Inactivity, now: Instant): Deadlines | null {
  const fresh = deadlines(block, current.t0)
  if (!fresh) return null
  const past = Math.max(fresh.reminders.filter((at) => at <= now).length, Math.min(current.done, fresh.reminders.length))
  return { ...fresh, done: past, reminders: fresh.reminders.slice(past) }
}
