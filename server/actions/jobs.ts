/**
 * Background jobs: rows with a lease in the database's own time. A job runs at least once; one that fails is repeated
 * with back-off, up to its attempts, and then kept with its error.
 */
import type { Actor } from '../domain/permissions.ts'
import type { Instant } from '../domain/ports.ts'
import { insertMany, placeholders } from '../store/sql.ts'
import type { Queryable } from '../store/db.ts'
import type { Core } from './core.ts'

export interface Job {
  readonly id: string
  readonly kind: string
  readonly data: Readonly<Record<string, unknown>>
  readonly attempts: number
  readonly maxAttempts: number
}

const leaseMs = 300_000

export interface NewJob {
  readonly kind: string
  readonly data?: Record<string, unknown>
  readonly runAt?: Instant
  /** Another one with the same key is not made. */
  readonly uniqueKey?: string
  readonly maxAttempts?: number
}

export async function addJob(core: Core, q: Queryable & { dialect: Core['db']['dialect'] }, actor: Pick<Actor, 'kind' | 'id'>, job: NewJob): Promise<void> {
  const now = core.clock.now()
  const runAt = job.runAt ?? now
  await insertMany(
    q, 'jobs', ['id', 'kind', 'data', 'authorKind', 'authorId', 'state', 'uniqueKey', 'maxAttempts', 'runAt', 'pendingRunAt', 'createdAt'],
    [[core.ids.next(), job.kind, JSON.stringify(job.data ?? {}), actor.kind, actor.id, 'waiting', job.uniqueKey ?? null, job.maxAttempts ?? 5, runAt, runAt, now]], { ignore: job.uniqueKey !== undefined },
  )
  core.wake.alarm('jobs', runAt)
}

/** Takes one due job for this process; null when there is none. What menus wait for is a lane of its own, so that no import holds a customer up. */
export async function claimJob(core: Core, lane: 'menus' | 'rest' = 'rest'): Promise<Job | null> {
  const now = core.clock.now()
  const due = await core.db.get<{ id: string }>(
    `SELECT id FROM jobs WHERE pendingRunAt IS NOT NULL AND pendingRunAt <= ? AND kind ${lane === 'menus' ? '' : 'NOT '}LIKE 'menu.%' ORDER BY pendingRunAt, id LIMIT 1`, [now],
  )
  if (!due) return null
  // Who moves the due instant has it; a process that dies with it leaves it due again when the lease is over.
  const { changes } = await core.db.run(
    "UPDATE jobs SET state = 'running', claim = ?, attempts = attempts + 1, pendingRunAt = ? WHERE id = ? AND pendingRunAt IS NOT NULL AND pendingRunAt <= ?", [core.processId, now + leaseMs, due.id, now],
  )
  if (changes === 0) return claimJob(core, lane)
  const row = await core.db.get<Omit<Job, 'data'> & { data: string }>('SELECT id, kind, data, attempts, maxAttempts FROM jobs WHERE id = ?', [due.id])
  return row ? { ...row, data: JSON.parse(row.data) as Record<string, unknown> } : null
}

/** Jobs of processes that are gone are due again at once, not only when their lease ends. */
export async function endJobLeasesOf(core: Core, processIds: readonly string[]): Promise<void> {
  if (processIds.length === 0) return
  await core.db.run(`UPDATE jobs SET state = 'waiting', pendingRunAt = ? WHERE state = 'running' AND claim IN (${placeholders(processIds.length)})`, [core.clock.now(), ...processIds])
}

export async function finishJob(core: Core, job: Job): Promise<void> {
  await core.db.run("UPDATE jobs SET state = 'done', pendingRunAt = NULL, finishedAt = ?, error = NULL WHERE id = ?", [core.clock.now(), job.id])
}

export async function failJob(core: Core, job: Job, error: unknown): Promise<void> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 2000)
  const now = core.clock.now()
  if (job.attempts >= job.maxAttempts) {
    await core.db.run("UPDATE jobs SET state = 'failed', pendingRunAt = NULL, finishedAt = ?, error = ? WHERE id = ?", [now, message, job.id])
    return
  }
  const again = now + Math.min(3_600_000, 5_000 * 2 ** job.attempts)
  await core.db.run("UPDATE jobs SET state = 'waiting', pendingRunAt = ?, error = ? WHERE id = ?", [again, message, job.id])
  core.wake.alarm('jobs', again)
}
