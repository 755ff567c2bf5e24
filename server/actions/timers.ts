/**
 * Timers (architecture §4.5): rows with a due instant, one per kind and subject. Setting one again moves it, and a late
 * alarm then finds a newer version and does nothing. What a timer does checks its facts again under its locks, so that
 * ringing twice is harmless.
 */
import type { Instant } from '../domain/ports.ts'
import { upsertMany } from '../store/sql.ts'
import type { Tx } from '../store/db.ts'
import type { Core } from './core.ts'

/**
 * presence: an agent's grace is over. drain: a queue may have somebody for whoever waits (wrap-up over, transfer's author
 * allowed again). menu: a run's reminder, end of patience or end of a delay. overflow: a chat has waited too long in its
 * queue. wrapup: an agent's time after a chat is over.
 */
export type TimerKind =
  | 'presence'
  | 'drain'
  | 'menu'
  | 'overflow'
  | 'wrapup'

export interface Timer {
  readonly id: string
  readonly kind: TimerKind
  readonly subjectId: string
  readonly version: number
  readonly dueAt: Instant
  readonly data: Readonly<Record<string, unknown>>
}

export interface NewTimer {
  readonly kind: TimerKind
  readonly subjectId: string
  readonly dueAt: Instant
  readonly data?: Record<string, unknown>
}

export async function setTimers(core: Core, tx: Tx, timers: readonly NewTimer[]): Promise<void> {
  if (timers.length === 0) return
  // The version is the process's next id in disguise: any new setting differs from every former one.
  const version = core.clock.now()
  const last = new Map(timers.map((timer) => [`${timer.kind}\n${timer.subjectId}`, timer]))
  await upsertMany(
    tx.later, 'timers', ['kind', 'subjectId'], ['id', 'kind', 'subjectId', 'version', 'dueAt', 'data'],
    [...last.values()].map((timer) => [core.ids.next(), timer.kind, timer.subjectId, version, timer.dueAt, JSON.stringify(timer.data ?? {})]), { update: ['version', 'dueAt', 'data'] },
  )
  tx.after(() => core.wake.alarm('timers', Math.min(...timers.map((timer) => timer.dueAt))))
}

export async function dueTimers(core: Core, limit: number): Promise<Timer[]> {
  const rows = await core.db.all<Omit<Timer, 'data'> & { data: string }>('SELECT id, kind, subjectId, version, dueAt, data FROM timers WHERE dueAt <= ? ORDER BY dueAt, id LIMIT ?', [core.clock.now(), limit])
  return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> }))
}

/** When the next one rings; null when none is set. */
export async function nextTimerAt(core: Core): Promise<Instant | null> {
  return (await core.db.get<{ at: Instant | null }>('SELECT MIN(dueAt) AS at FROM timers'))?.at ?? null
}

/** Done, unless it was set again meanwhile. */
export async function dropTimer(core: Core, timer: Timer): Promise<void> {
  await core.db.run('DELETE FROM timers WHERE id = ? AND version = ? AND dueAt = ?', [timer.id, timer.version, timer.dueAt])
}
