/** Requests to addresses that people write into menus and settings: guarded, bounded in time and size, redirects checked one by one. */
import { Agent, request, type FormData } from 'undici'
import { BlockedAddress, type Guard } from './addressGuard.ts'

export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly code: 'timeout' | 'network' | 'tls' | 'blocked_address' | 'too_many_redirects' | 'too_large'
  constructor(code: HttpFailure['code'], message: string) {
    super(message)
    this.code = code
  }
}

export interface GuardedRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | FormData | undefined
  /** For the whole exchange, redirects included. */
  readonly timeoutMs: number
  readonly maxBytes: number
}
export interface GuardedResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Where it came from in the end. */
  readonly url: string
}

const mostRedirects = 3
const secretHeaders = /^(authorization|cookie|x-api-key|proxy-authorization)$/i

/** @throws HttpFailure */
export async function guardedRequest(guard: Guard, wanted: GuardedRequest): Promise<GuardedResponse> {
  const signal = AbortSignal.timeout(wanted.timeoutMs)
  let { method, body } = wanted
  let headers = { ...wanted.headers }
  let url = parse(wanted.url)
  for (let redirects = 0; ; redirects++) {
    const answer = await once(guard, { method, url, headers, body, signal, maxBytes: wanted.maxBytes })
    const location = answer.headers.location
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer
    if (redirects === mostRedirects) throw new HttpFailure('too_many_redirects', `more than ${mostRedirects} redirects`)
    const next = parse(new URL(location, url).href)
    // What was meant for one host is not shown to another.
    if (next.host !== url.host) headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.test(name)))
    if (answer.status === 303 || ((answer.status === 301 || answer.status === 302) && method === 'POST')) {
      method = 'GET'
      body = undefined
    }
    url = next
  }
}

function parse(text: string): URL {
  try {
    return new URL(text)
  } catch {
    throw new HttpFailure('blocked_address', 'not an address')
  }
}

interface Once { method: string; url: URL; headers: Record<string, string>; body: string | Uint8Array | FormData | undefined; signal: AbortSignal; maxBytes: number }

async function once(guard: Guard, { method, url, headers, body, signal, maxBytes }: Once): Promise<GuardedResponse> {
  let dispatcher: Agent | null = null
  try {
    const lookup = await guard.check(url)
    dispatcher = new Agent({ connect: { lookup }, pipelining: 0, keepAliveTimeout: 1 })
    const answer = await request(url, { method: method as 'GET', headers, body: body as never, signal, dispatcher })
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new HttpFailure('too_large', `more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    return { status: answer.statusCode, headers: flat(answer.headers), body: Buffer.concat(chunks), url: url.href }
  } catch (error) {
    throw failureOf(error, signal)
  } finally {
    await dispatcher?.destroy()
  }
}

function failureOf(error: unknown, signal: AbortSignal): HttpFailure {
  if (error instanceof HttpFailure) return error
  if (error instanceof BlockedAddress) return new HttpFailure('blocked_address', error.message)
  const { code, name, message } = error as { code?: string; name?: string; message?: string }
  if (signal.aborted || name === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return new HttpFailure('timeout', 'no answer in time')
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(code ?? '')) return new HttpFailure('tls', code ?? 'tls')
  return new HttpFailure('network', code ?? message ?? 'network')
}

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]])))
