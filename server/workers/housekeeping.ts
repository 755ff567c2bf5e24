/** What has its time: presence that was lost, processes that died, updates that waited too long for their message. */
import { hostname } from 'node:os'
import type { Core } from '../actions/core.ts'
import { dropEarlyUpdates } from '../actions/inbound/early.ts'
import { expirePresence } from '../actions/presence.ts'
import { beat, buryProcesses, leave, type ProcessFacts } from '../actions/processes.ts'
import { sweepSessions } from '../actions/signIn.ts'
import type { Waker } from '../adapters/wake.ts'
import type { Bridges } from '../bridges/registry.ts'
import type { Worker } from './worker.ts'

const beatMs = 5_000
const catalogMs = 1_000

/** `revived`: called when others had taken this process for dead (it was stopped, or cut off from the database) and let go what it held. */
export async function housekeepingWorker(core: Core, wake: Waker, bridges: Bridges, version: string, revived: () => Promise<void>): Promise<Worker> {
  const facts: ProcessFacts = { host: hostname(), pid: process.pid, version, startedAt: core.clock.now() }
  await beat(core, facts)
  await buryProcesses(core, facts.host, isRunning)
  const repeat = (ms: number, work: () => Promise<unknown>): NodeJS.Timeout => setInterval(() => {
    work().catch((error: unknown) => core.log.warn('housekeeping failed, to be repeated', { error: error instanceof Error ? error.message : String(error) }))
  }, ms)
  const timers = [
    repeat(beatMs, async () => {
      if (await beat(core, facts)) await revived()
      await buryProcesses(core, facts.host, isRunning)
      await bridges.keepLeases()
    }),
    // What another process or the command line changed, and nobody nudged us about.
    repeat(catalogMs, async () => {
      if (!(await core.catalog.catchUp())) return
      wake.nudge('control')
      wake.nudge('drain')
    }),
  ]
  return {
    name: 'housekeeping',
    async sweep() {
      // The timers say when; this finds whom none was set for.
      await expirePresence(core)
      await dropEarlyUpdates(core)
      await sweepSessions(core)
    },
    async stop() {
      for (const timer of timers) clearInterval(timer)
      await leave(core)
    },
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
