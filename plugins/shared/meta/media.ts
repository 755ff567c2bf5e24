/** Fetching what customers sent. The host stores and sniffs; here the address and the credentials are guarded. */
import { Readable } from 'node:stream'
import { BridgeError } from '../../sdk/bridge.ts'
import { faultOfTransport } from './errors.ts'
import { num } from './json.ts'

/** Where Meta keeps files. Subdomains count. */
const metaHosts = ['fbcdn.net', 'fbsbx.com', 'cdninstagram.com', 'facebook.com', 'instagram.com', 'whatsapp.net', 'whatsapp.com']

export interface DownloadOptions {
  readonly fetch: typeof fetch
  /** The API's own address counts as the provider, so that a proxy or a test server works. */
  readonly baseUrl: string
  /** Sent only to the provider's hosts; absent for links that are public. */
  readonly bearer?: string
  readonly signal: AbortSignal
}
export interface Download { readonly stream: NodeJS.ReadableStream; readonly mimeType: string; readonly size?: number }

const redirectsAllowed = 3

/** @throws {BridgeError} media_unavailable for an address that is not the provider's or a file that is gone. */
export async function download(address: string, options: DownloadOptions): Promise<Download> {
  let url = address
  for (let hop = 0; hop <= redirectsAllowed; hop++) {
    if (!isProviderUrl(url, options.baseUrl)) throw new BridgeError('permanent', 'media_unavailable', 'The file is not on a host of the provider')
    let response: Response
    try {
      response = await options.fetch(url, {
        redirect: 'manual',
        signal: options.signal,
        ...(options.bearer !== undefined && { headers: { authorization: `Bearer ${options.bearer.trim()}` } }),
      })
    } catch (error) {
      throw faultOfTransport(error, false)
    }
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location) {
      await response.body?.cancel()
      url = new URL(location, url).href
      continue
    }
    if (!response.ok) {
      await response.body?.cancel()
      throw unavailable(response.status)
    }
    return opened(response)
  }
  throw new BridgeError('permanent', 'media_unavailable', 'The file is redirected too often')
}

export function isProviderUrl(address: string, baseUrl: string): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  if (URL.canParse(baseUrl) && url.origin === new URL(baseUrl).origin) return true
  return url.protocol === 'https:' && url.port === '' && metaHosts.some(host => url.hostname === host || url.hostname.endsWith(`.${host}`))
}

function unavailable(status: number): BridgeError {
  const detail = { remoteCode: `http_${status}` }
  if (status === 429) return new BridgeError('transient', 'rate_limited', 'The file server asks to wait', detail)
  if (status >= 500) return new BridgeError('transient', 'provider_error', `The file server answered ${status}`, detail)
  if (status === 401) return new BridgeError('permanent', 'auth_failed', 'The file server refuses the token', detail)
  return new BridgeError('permanent', 'media_unavailable', `The file server answered ${status}`, detail)
}

function opened(response: Response): Download {
  // Of a compressed answer the length is that of the compressed form.
  const size = response.headers.has('content-encoding') ? undefined : num(response.headers.get('content-length'))
  const mimeType = response.headers.get('content-type') ?? 'application/octet-stream'
  const stream = response.body ? Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]) : Readable.from([])
  return { stream, mimeType, ...(size !== undefined && { size }) }
}
