/** Gives waiting chats to agents: one drain per queue and process, and once more for triggers that come during it (domain §3.6). */
import type { Core } from '../actions/core.ts'
import { drain } from '../actions/distribution/index.ts'
import { linesWithWaiting } from '../actions/distribution/rows.ts'
import type { Waker } from '../adapters/wake.ts'
import { Keyed } from './keyed.ts'
import type { Worker } from './worker.ts'

export function drainWorker(core: Core, wake: Waker): Worker {
  const queues = new Keyed({
    name: 'drain', batch: 1, parallel: 2, log: core.log,
    async run(keys) {
      for (const key of keys) await drain(core, key)
      return {}
    },
  })
  const sweep = async (): Promise<void> => queues.add(await linesWithWaiting(core.db))
  const off = wake.on('drain', (keys) => (keys.length === 0 ? sweep() : queues.add(keys)))
  return {
    name: 'drain',
    sweep,
    async stop() {
      off()
      await queues.stop()
    },
  }
}
