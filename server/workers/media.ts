/** Fetches inbound files from the networks and puts them into the storage. */
import { isBridgeError } from '../../plugins/sdk/bridge.ts'
import type { Core } from '../actions/core.ts'
import { claimFiles, recordFile, recordFileFailure, type WaitingFile } from '../actions/mediaFetch.ts'
import { takeStream } from '../adapters/fileIntake.ts'
import type { Waker } from '../adapters/wake.ts'
import type { Bridges } from '../bridges/registry.ts'
import { DomainError } from '../domain/errors.ts'
import type { Worker } from './worker.ts'

/** Inbound files beyond this are not kept, whatever the network says. */
const mostBytes = 100 * 1024 * 1024
const fetchTimeout = 120_000

export function mediaWorker(core: Core, wake: Waker, bridges: Bridges, parallel: number): Worker {
  const busy = new Set<Promise<void>>()
  let stopped = false

  const fetchOne = async (waiting: WaitingFile): Promise<void> => {
    const facet = bridges.running(waiting.channelId)?.bridge.media
    try {
      if (!facet) throw new Error('the channel cannot fetch files')
      const fetched = await facet.fetch(waiting.remote, AbortSignal.timeout(fetchTimeout))
      const name = fetched.fileName ?? waiting.remote.fileName ?? ''
      await recordFile(core, waiting, await takeStream(fetched.stream, { storage: core.storage, maxBytes: mostBytes, name }))
    } catch (error) {
      const final = error instanceof DomainError || (isBridgeError(error) && error.kind === 'permanent')
      core.log.warn('file not fetched', { mediaId: waiting.id, channelId: waiting.channelId, final, error: error instanceof Error ? error.message : String(error) })
      await recordFileFailure(core, waiting, error, final)
    }
  }

  const fill = async (): Promise<void> => {
    if (stopped) return
    const channels = bridges.all().filter(({ bridge }) => bridge.media && bridge.status().state === 'connected').map(({ channel }) => channel.id)
    for (const waiting of await claimFiles(core, channels, parallel - busy.size)) {
      const done: Promise<void> = fetchOne(waiting)
        .catch((error: unknown) => core.log.error('file not recorded', { mediaId: waiting.id, error: error instanceof Error ? error.message : String(error) }))
        .finally(() => {
          busy.delete(done)
          wake.nudge('media')
        })
      busy.add(done)
    }
  }

  const off = wake.on('media', fill)
  return {
    name: 'media',
    sweep: fill,
    async stop() {
      stopped = true
      off()
      await Promise.allSettled(busy)
    },
  }
}
