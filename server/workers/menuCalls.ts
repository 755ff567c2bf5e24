/** Runs the calls to outside services that menus wait for. Many at once; none blocks a chat but its own. */
import type { Core } from '../actions/core.ts'
import { claimJob, failJob, finishJob, type Job } from '../actions/jobs.ts'
import { endOrphanRuns, giveInput } from '../actions/menus/inputs.ts'
import type { CallRequest, CallResult } from '../domain/menu/calls.ts'
import type { Waker } from '../adapters/wake.ts'
import type { Worker } from './worker.ts'

export interface CallCarrier { carryOut(request: CallRequest): Promise<CallResult> }

/** After a crash only what changes nothing outside is done again (§5.9). */
const repeatable = (request: CallRequest): boolean => request.type === 'media' || (request.type === 'http' && request.method === 'GET')

interface Call { readonly runId: string; readonly chatId: string; readonly key: string; readonly request: CallRequest }
export async function runMenuJob(core: Core, services: CallCarrier, job: Job): Promise<void> {
  const { runId, chatId, key, request } = job.data as unknown as Call
  const result: CallResult = job.attempts > 1 && !repeatable(request) ? { ok: false, code: 'interrupted' } : await services.carryOut(request)
  await giveInput(core, chatId, runId, { kind: 'result', key, result })
}

export function menuCallsWorker(core: Core, wake: Waker, services: CallCarrier, parallel: number): Worker {
  const busy = new Set<Promise<void>>()
  let stopped = false

  const run = async (job: Job): Promise<void> => {
    try {
      await runMenuJob(core, services, job)
      await finishJob(core, job)
    } catch (error) {
      core.log.warn('menu call failed', { jobId: job.id, kind: job.kind, attempts: job.attempts, error: error instanceof Error ? error.message : String(error) })
      await failJob(core, job, error)
    }
  }

  const fill = async (): Promise<void> => {
    while (!stopped && busy.size < parallel) {
      const job = await claimJob(core, 'menus')
      if (!job) return
      const done: Promise<void> = run(job)
        .catch((error: unknown) => core.log.error('menu call not recorded', { jobId: job.id, error: error instanceof Error ? error.message : String(error) }))
        .finally(() => {
          busy.delete(done)
          wake.nudge('jobs')
        })
      busy.add(done)
    }
  }

  const off = wake.on('jobs', fill)
  return {
    name: 'menuCalls',
    async sweep() {
      await endOrphanRuns(core)
      await fill()
    },
    async stop() {
      stopped = true
      off()
      await Promise.allSettled(busy)
    },
  }
}
