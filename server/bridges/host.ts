/** What a bridge may ask of the server (plugins/sdk: BridgeHost), for one channel. */
import type { BridgeHost, BridgeStore, EphemeralEvent, InboundEvent, Json } from '../../plugins/sdk/bridge.ts'
import { BridgeError } from '../../plugins/sdk/bridge.ts'
import { clearStore, readStore, recordStatus, writeStore, type RunnableChannel } from '../actions/channelRuntime.ts'
import type { Core } from '../actions/core.ts'
import { hostedHistory, hostedMedia, hostMedia } from '../actions/hosted.ts'
import { recordInbound } from '../actions/inbound/record.ts'
import { addMedia } from '../actions/media.ts'
import { takeStream } from '../adapters/fileIntake.ts'
import { LeaseLost, type Fence } from '../actions/leases.ts'
import { DomainError } from '../domain/errors.ts'
import { loggedFetch, type ChannelLog } from './channelLog.ts'
import type { Throttle } from './throttle.ts'

/** The live side, which knows who is connected where. */
export interface FarEnds {
  /** To the sockets of that far end, in whichever process holds them. */
  push(channelId: string, chat: string, frame: Json): Promise<void>
  /** To the screens that show that chat. */
  signal(channelId: string, event: EphemeralEvent): void
}

export interface HostParts {
  readonly core: Core
  readonly log: ChannelLog
  readonly throttle: Throttle
  readonly farEnds: FarEnds
}

/** `fence`: of a line that one process holds, asked each time; null for bridges that run in all of them. */
export function makeHost({ core, log, throttle, farEnds }: HostParts, channel: RunnableChannel, fence: () => Fence | null = () => null): BridgeHost {
  // One after the other, or the last word would be whichever transaction ends last.
  let reporting = Promise.resolve()
  const secrets = Object.values(channel.secrets).filter((value): value is string => typeof value === 'string' && value.length >= 6)
  const about = { channelId: channel.id, bridge: channel.bridge }
  return {
    deliver: (events: readonly InboundEvent[]) => recordInbound(core, { channelId: channel.id, events }),
    signal: (event) => farEnds.signal(channel.id, event),
    push: (chat, frame) => farEnds.push(channel.id, chat, frame),
    history: (chat, after, limit) => hostedHistory(core, channel.id, chat, after, Math.min(limit, 200)),
    media: (chat, fileId) => hostedMedia(core, channel.id, chat, fileId),
    async storeMedia(content, file) {
      try {
        const taken = await takeStream(content, { storage: core.storage, maxBytes: file.maxBytes, name: file.fileName, accept: file.accept })
        const { id } = await addMedia(core, taken, { channelId: channel.id })
        return hostMedia(core, { ...taken, id })
      } catch (error) {
        if (error instanceof DomainError && (error.code === 'media_type' || error.code === 'media_too_large')) throw new BridgeError('permanent', error.code, error.message)
        throw error
      }
    },
    async throttle(rule, subject) {
      const view = await core.catalog.read()
      const at = { channelId: channel.id }
      if (rule === 'new_visitor') {
        const wait = throttle.use(`new:${channel.id}:${subject}`, view.setting('widget.rate.newPerAddress', at))
        return wait > 0 ? wait : throttle.use(`new:${channel.id}`, view.setting('widget.rate.newPerChannel', at))
      }
      const own = view.setting('widget.rate.visitorMessages', at)
      // Reading, typing and reconnecting are many small requests around each message.
      return throttle.use(`${rule}:${channel.id}:${subject}`, rule === 'visitor_message' ? own : own * 15)
    },
    reportStatus: (status) => {
      reporting = reporting.then(() => recordStatus(core, channel.id, status, fence())).catch((error: unknown) => {
        // What a process says of a line that is no longer its own is of no interest.
        core.log[error instanceof LeaseLost ? 'info' : 'error']('channel status not stored', { ...about, error: String(error) })
      })
    },
    store: storeOf(core, channel.id, fence),
    log: {
      debug: (message, fields) => core.log.debug(message, { ...fields, ...about }), info: (message, fields) => core.log.info(message, { ...fields, ...about }),
      warn: (message, fields) => core.log.warn(message, { ...fields, ...about }), error: (message, fields) => core.log.error(message, { ...fields, ...about }),
    },
    fetch: loggedFetch(log, channel.id, secrets),
    clock: { now: () => new Date(core.clock.now()) },
  }
}

function storeOf(core: Core, channelId: string, fence: () => Fence | null): BridgeStore {
  return {
    get: async (name) => (await readStore(core, channelId, [name], fence())).get(name) ?? null,
    getMany: (names) => readStore(core, channelId, names, fence()),
    write: (changes) => writeStore(core, channelId, changes, fence()),
    clear: () => clearStore(core, channelId, fence()),
  }
}
