/** Runs background jobs, a few at once. */
import type { Core } from '../actions/core.ts'
import { claimJob, failJob, finishJob, type Job } from '../actions/jobs.ts'
import { applyRetention, scheduleRetention } from '../actions/retention.ts'
import type { Waker } from '../adapters/wake.ts'
import type { Bridges } from '../bridges/registry.ts'
import { registerOptIn } from './optIn.ts'
import type { Worker } from './worker.ts'

export function jobsWorker(core: Core, wake: Waker, bridges: Pick<Bridges, 'running'>, parallel: number): Worker {
  const handlers: Readonly<Record<string, (job: Job) => Promise<unknown>>> = {
    retention: () => applyRetention(core),
    'opt-in': (job) => registerOptIn(core, bridges, job),
  }
  const busy = new Set<Promise<void>>()
  let stopped = false

  const run = async (job: Job): Promise<void> => {
    try {
      const handler = handlers[job.kind]
      if (!handler) throw new Error(`no handler for jobs of kind ${job.kind}`)
      await handler(job)
      await finishJob(core, job)
    } catch (error) {
      core.log.warn('job failed', { jobId: job.id, kind: job.kind, attempts: job.attempts, error: error instanceof Error ? error.message : String(error) })
      await failJob(core, job, error)
    }
  }

  const fill = async (): Promise<void> => {
    while (!stopped && busy.size < parallel) {
      const job = await claimJob(core)
      if (!job) return
      const done: Promise<void> = run(job)
        .catch((error: unknown) => core.log.error('job not recorded', { jobId: job.id, error: error instanceof Error ? error.message : String(error) }))
        .finally(() => {
          busy.delete(done)
          wake.nudge('jobs')
        })
      busy.add(done)
    }
  }

  const off = wake.on('jobs', fill)
  return {
    name: 'jobs',
    async sweep() {
      await scheduleRetention(core)
      await fill()
    },
    async stop() {
      stopped = true
      off()
      await Promise.allSettled(busy)
    },
  }
}
