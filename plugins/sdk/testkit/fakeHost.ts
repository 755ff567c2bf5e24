/** A host in memory: what a bridge asked of it is there to be looked at. */
import { Readable } from 'node:stream'
import type {
  BridgeHost, BridgeStatus, BridgeStore, EphemeralEvent, HostMedia, HostedMessage, InboundEvent, Json, Logger, RemoteChatId,
} from '../bridge.ts'
import { BridgeError } from '../bridge.ts'
import { mimeMatches } from '../capabilities.ts'
import { recordingFetch, type RecordingFetch } from './fetch.ts'

export interface LogLine { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string; readonly fields: object }

export interface FakeHost {
  readonly host: BridgeHost
  readonly network: RecordingFetch
  readonly delivered: InboundEvent[]
  readonly signals: EphemeralEvent[]
  readonly pushes: { readonly chat: RemoteChatId; readonly frame: Json }[]
  readonly statuses: BridgeStatus[]
  readonly logs: LogLine[]
  readonly stored: Map<string, Uint8Array>
  /** What `history` reads, per chat, oldest first. */
  readonly histories: Map<RemoteChatId, HostedMessage[]>
  /** Files that `media` finds, per chat; `storeMedia` puts what it took into `kept`. */
  readonly files: Map<RemoteChatId, HostMedia[]>
  readonly kept: HostMedia[]
  /** Milliseconds that `throttle` answers per rule, and what it was asked. */
  readonly waits: Partial<Record<'new_visitor' | 'visitor_message' | 'visitor_request', number>>
  readonly throttled: { readonly rule: string; readonly subject: string }[]
  advance(ms: number): void
  /** Everything the bridge asked so far; for showing that a call did no I/O. */
  asked(): number
}

export interface FakeHostOptions {
  readonly now?: Date
  /** Type of a stored file; by default from its first bytes, for the few types that tests use. */
  readonly sniff?: (bytes: Uint8Array) => string
  /** Thrown by `deliver`, to see what a bridge does when nothing could be stored. */
  readonly deliverFails?: () => Error | null
}

const magic: readonly (readonly [string, string])[] = [
  ['89504e47', 'image/png'], ['ffd8ff', 'image/jpeg'], ['47494638', 'image/gif'], ['25504446', 'application/pdf'],
  ['4f676753', 'audio/ogg'], ['1a45dfa3', 'video/webm'], ['494433', 'audio/mpeg'], ['504b0304', 'application/zip'],
]
function sniffed(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 8)).toString('hex')
  return magic.find(([start]) => hex.startsWith(start))?.[1] ?? (bytes.includes(0) ? 'application/octet-stream' : 'text/plain')
}

/** A file as the host would hand it to a bridge. */
export function hostMedia(file: { fileId?: string; fileName: string; mimeType: string; bytes: Uint8Array | string }): HostMedia {
  const bytes = Buffer.from(file.bytes)
  const fileId = file.fileId ?? `file-${file.fileName}`
  return {
    at: 'host', fileId, mimeType: file.mimeType, size: bytes.length, fileName: file.fileName,
    open: () => Readable.from([bytes]),
    publicUrl: () => `https://turno.example/m/${encodeURIComponent(fileId)}?signature=test`,
  }
}

function memoryStore(stored: Map<string, Uint8Array>, touch: () => void): BridgeStore {
  return {
    get: async (key) => { touch(); return stored.get(key) ?? null },
    getMany: async (keys) => { touch(); return new Map(keys.flatMap((key) => { const value = stored.get(key); return value ? [[key, value]] : [] })) },
    write: async (changes) => { touch(); for (const [key, value] of changes) { if (value) stored.set(key, value); else stored.delete(key) } },
    clear: async () => { touch(); stored.clear() },
  }
}

async function read(content: Uint8Array | NodeJS.ReadableStream, maxBytes: number): Promise<Buffer> {
  if (content instanceof Uint8Array) return Buffer.from(content)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of content) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > maxBytes) break
    chunks.push(bytes)
  }
  return size > maxBytes ? Buffer.alloc(size) : Buffer.concat(chunks)
}

export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  let now = (options.now ?? new Date('2026-01-15T15:00:00.000Z')).getTime()
  let asked = 0
  const touch = (): void => { asked++ }
  const network = recordingFetch()
  const logs: LogLine[] = []
  const line = (level: LogLine['level']) => (message: string, fields: object = {}): void => { logs.push({ level, message, fields }) }
  const log: Logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  const state = {
    delivered: [] as InboundEvent[], signals: [] as EphemeralEvent[], pushes: [] as { chat: RemoteChatId; frame: Json }[],
    statuses: [] as BridgeStatus[], stored: new Map<string, Uint8Array>(), histories: new Map<RemoteChatId, HostedMessage[]>(),
    files: new Map<RemoteChatId, HostMedia[]>(), kept: [] as HostMedia[], waits: {} as FakeHost['waits'], throttled: [] as { rule: string; subject: string }[],
  }
  const host: BridgeHost = {
    deliver: async (events) => {
      touch()
      const failure = options.deliverFails?.()
      if (failure) throw failure
      state.delivered.push(...events)
    },
    signal: (event) => { state.signals.push(event) },
    push: async (chat, frame) => { touch(); state.pushes.push({ chat, frame }) },
    history: async (chat, after, limit) => {
      touch()
      const all = state.histories.get(chat) ?? []
      const at = after === null ? -1 : all.findIndex((one) => one.id === after)
      return at < 0 ? all.slice(-limit) : all.slice(at + 1, at + 1 + limit)
    },
    storeMedia: async (content, file) => {
      touch()
      const bytes = await read(content, file.maxBytes)
      if (bytes.length > file.maxBytes) throw new BridgeError('permanent', 'media_too_large', 'Larger than allowed')
      const mimeType = (options.sniff ?? sniffed)(bytes)
      if (!mimeMatches(mimeType, file.accept)) throw new BridgeError('permanent', 'media_type', `Not accepted: ${mimeType}`)
      const media = hostMedia({ fileId: `kept-${state.kept.length + 1}`, fileName: file.fileName, mimeType, bytes })
      state.kept.push(media)
      return media
    },
    media: async (chat, fileId) => { touch(); return state.files.get(chat)?.find((one) => one.fileId === fileId) ?? null },
    throttle: async (rule, subject) => { touch(); state.throttled.push({ rule, subject }); return state.waits[rule] ?? 0 },
    reportStatus: (status) => { state.statuses.push(status) },
    store: memoryStore(state.stored, touch),
    log,
    fetch: ((input, init) => { touch(); return network.fetch(input, init) }) as typeof fetch,
    clock: { now: () => new Date(now) },
  }
  return { host, network, logs, ...state, advance: (ms) => { now += ms }, asked: () => asked }
}
