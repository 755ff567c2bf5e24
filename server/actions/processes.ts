/** The processes of an installation, each with a heartbeat in the database's own time. */
import { insertMany } from '../store/sql.ts'
import type { Core } from './core.ts'
import { endJobLeasesOf } from './jobs.ts'
import { endLinesOf } from './leases.ts'
import { endLeasesOf } from './outbox.ts'
import { forgetProcesses } from './presence.ts'

/** Silence after which a process counts as dead. */
const deadAfter = 15_000

export interface ProcessFacts { readonly host: string; readonly pid: number; readonly version: string; readonly startedAt: number }

/** Says that this process lives; true when its row was not there: at its start, or because others had buried it. */
export async function beat(core: Core, facts: ProcessFacts): Promise<boolean> {
  const now = await core.db.now()
  const { changes } = await core.db.run('UPDATE processes SET seenAt = ? WHERE id = ?', [now, core.processId])
  if (changes > 0) return false
  await insertMany(core.db, 'processes', ['id', 'host', 'pid', 'version', 'startedAt', 'seenAt', 'roles'], [
    [core.processId, facts.host, facts.pid, facts.version, facts.startedAt, now, '[]'],
  ], { ignore: true })
  return true
}

/** Processes that fell silent, and those of this machine that no longer run: what they held is let go. */
export async function buryProcesses(core: Core, host: string, runs: (pid: number) => boolean): Promise<string[]> {
  const now = await core.db.now()
  const rows = await core.db.all<{ id: string; host: string; pid: number; seenAt: number }>('SELECT id, host, pid, seenAt FROM processes WHERE id <> ?', [core.processId])
  const dead = rows.filter((row) => row.seenAt < now - deadAfter || (row.host === host && !runs(row.pid))).map((row) => row.id)
  // Sockets of a process whose own row is gone already.
  const orphans = await core.db.all<{ processId: string }>('SELECT DISTINCT s.processId FROM session_sockets s LEFT JOIN processes p ON p.id = s.processId WHERE p.id IS NULL AND s.processId <> ?', [core.processId])
  await endLeasesOf(core, dead)
  await endJobLeasesOf(core, dead)
  await endLinesOf(core, dead)
  await forgetProcesses(core, [...dead, ...orphans.map((row) => row.processId)])
  if (dead.length > 0) {
    core.wake.nudge('outbox')
    core.wake.nudge('jobs')
  }
  return dead
}

export async function leave(core: Core): Promise<void> {
  await forgetProcesses(core, [core.processId])
}
