/** Gives waiting chats to agents: one drain per queue and process, and once more for triggers that come during it (domain §3.6). */
import type { Core } from '../actions/core.ts'
import { drainQueue, queuesWithWaiting } from '../actions/distribution.ts'
import type { Waker } from '../adapters/wake.ts'
import { Keyed } from './keyed.ts'
import type { Worker } from './worker.ts'

export function drainWorker(core: Core, wake: Waker): Worker {
  const queues = new Keyed({
    name: 'drain', batch: 1, parallel: 2, log: core.log,
    async run(keys) {
      for (const queueId of keys) await drainQueue(core, queueId)
      return {}
    },
  })
  const sweep = async (): Promise<void> => queues.add(await queuesWithWaiting(core))
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
