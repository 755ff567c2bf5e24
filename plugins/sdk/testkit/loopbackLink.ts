/** How loopback reaches its network: the register of this process, or one behind HTTP (a server that a test kills has none of its own). */
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { HostMedia, Json, OutboundMessage, SendResult } from '../bridge.ts'
import { BridgeError } from '../bridge.ts'
import { LoopbackNetwork, type LoopbackFault } from './loopbackNetwork.ts'

type File = { stream: NodeJS.ReadableStream; mimeType: string; size?: number; fileName?: string }
type Told = { readonly kind: 'typing'; readonly chat: string; readonly typing: boolean } | { readonly kind: 'read'; readonly chat: string; readonly upTo: string }

export interface LoopbackLink {
  send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult>
  lookup(key: string, signal: AbortSignal): Promise<SendResult | 'absent' | 'unknown'>
  file(id: string, signal: AbortSignal): Promise<File>
  tell(what: Told): Promise<void>
}

/** The network of this process, shared by all loopback channels in it. */
export const network = new LoopbackNetwork()

/** A message as it travels: files by name, type and size, not by content. */
export function wire(message: OutboundMessage): Json {
  const file = (media: HostMedia): Json => ({ at: 'host', fileId: media.fileId, mimeType: media.mimeType, size: media.size, fileName: media.fileName })
  const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value, (_, inner: unknown) => (
    typeof inner === 'object' && inner !== null && 'open' in inner ? file(inner as HostMedia) : inner
  ))) as Json
  return plain(message)
}

const aborted = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => {
  const stop = (): void => { reject(new BridgeError('uncertain', 'network', 'Stopped while the network was silent')) }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
})

/** @throws {BridgeError} what the script said should go wrong */
async function suffer(fault: LoopbackFault, signal: AbortSignal): Promise<void> {
  if (fault === 'transient') throw new BridgeError('transient', 'rate_limited', 'Too many messages', { retryAfterMs: 1000, remoteCode: '429' })
  if (fault === 'permanent') throw new BridgeError('permanent', 'bad_request', 'The network refuses it', { remoteCode: '400' })
  if (fault === 'uncertain') throw new BridgeError('uncertain', 'network', 'The answer was lost')
  await aborted(signal)
}

export function processLink(account: string, now: () => Date): LoopbackLink {
  return {
    send: async (message, signal) => {
      const fault = network.takeFault(account)
      if (fault === 'transient' || fault === 'permanent') await suffer(fault, signal)
      const accepted = network.accept(account, message.idempotencyKey, wire(message), now())
      if (fault) await suffer(fault, signal)
      return accepted
    },
    lookup: async (key) => network.find(account, key) ?? 'absent',
    file: async (id) => {
      const file = network.files.get(id)
      if (!file) throw new BridgeError('permanent', 'media_unavailable', 'No such file')
      return { stream: Readable.from([Buffer.from(file.bytes)]), mimeType: file.mimeType, size: file.bytes.length, fileName: file.fileName }
    },
    tell: async (what) => { network.told.push({ account, ...what }) },
  }
}

export function httpLink(url: string, account: string, fetch: typeof globalThis.fetch): LoopbackLink {
  const base = url.replace(/\/$/, '')
  const post = (path: string, body: Json, signal?: AbortSignal): Promise<Response> =>
    fetch(`${base}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: signal ?? null })
  const refused = (error: unknown): boolean => {
    const cause: unknown = error instanceof Error ? error.cause : undefined
    return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ECONNREFUSED'
  }
  const result = async (response: Response): Promise<SendResult> => {
    const { ids, at } = await response.json() as { ids: [string, ...string[]]; at: number }
    return { ids, at: new Date(at) }
  }
  return {
    send: async (message, signal) => {
      let response: Response
      try {
        response = await post('/send', { account, message: wire(message) }, signal)
        if (response.ok) return await result(response)
      } catch (error) {
        // Only a refused connection proves that nothing was handed over.
        throw new BridgeError(refused(error) ? 'transient' : 'uncertain', 'network', 'The network did not answer', { cause: error })
      }
      const detail = { remoteCode: String(response.status), retryAfterMs: Number(response.headers.get('retry-after') ?? 1) * 1000 }
      if (response.status === 429) throw new BridgeError('transient', 'rate_limited', 'Too many messages', detail)
      if (response.status < 500) throw new BridgeError('permanent', 'bad_request', 'The network refuses it', { remoteCode: detail.remoteCode })
      throw new BridgeError('uncertain', 'provider_error', 'The network failed', { remoteCode: detail.remoteCode })
    },
    lookup: async (key, signal) => {
      const response = await fetch(`${base}/lookup?${new URLSearchParams({ account, key }).toString()}`, { signal }).catch(() => null)
      if (response?.status === 404) return 'absent'
      return response?.ok ? result(response) : 'unknown'
    },
    file: async (id, signal) => {
      const response = await fetch(`${base}/files/${encodeURIComponent(id)}`, { signal }).catch((error: unknown) => {
        throw new BridgeError('transient', 'network', 'The file did not come', { cause: error })
      })
      if (!response.ok || !response.body) throw new BridgeError('permanent', 'media_unavailable', 'No such file', { remoteCode: String(response.status) })
      const size = response.headers.get('content-length')
      return {
        stream: Readable.fromWeb(response.body as WebStream<Uint8Array>),
        mimeType: response.headers.get('content-type') ?? 'application/octet-stream',
        ...(size === null ? {} : { size: Number(size) }),
        fileName: decodeURIComponent(response.headers.get('x-file-name') ?? ''),
      }
    },
    tell: async (what) => { await post('/tell', { account, ...what }) },
  }
}

