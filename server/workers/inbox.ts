/** Applies inbound events as they come: lanes this process was nudged about, and by sweep what nobody told it of. */
import type { Core } from '../actions/core.ts'
import { applyLanes, batchLanes, findWaitingLanes } from '../actions/inbound/apply.ts'
import type { Waker } from '../adapters/wake.ts'
import { Keyed } from './keyed.ts'
import type { Worker } from './worker.ts'

export function inboxWorker(core: Core, wake: Waker, parallel: number): Worker {
  const lanes = new Keyed({
    name: 'inbox', batch: batchLanes, parallel, log: core.log,
    async run(keys) {
      const { held, more } = await applyLanes(core, keys)
      return { now: more, soon: held }
    },
  })
  const sweep = async (): Promise<void> => lanes.add(await findWaitingLanes(core, 2000))
  const off = wake.on('inbox', (keys) => (keys.length === 0 ? sweep() : lanes.add(keys)))
  return {
    name: 'inbox',
    sweep,
    async stop() {
      off()
      await lanes.stop()
    },
  }
}
