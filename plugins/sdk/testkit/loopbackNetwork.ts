/**
 * The far side of loopback: what customers received, and what goes wrong. Lives in the process of the bridge, or in the
 * test's own behind HTTP (`listen`), where it survives the server that the test kills.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, SendResult } from '../bridge.ts'

/**
 * transient: refused, try again. permanent: refused for good. uncertain: accepted, and the answer is lost.
 * hang: accepted, and no answer comes until the caller gives up.
 */
export type LoopbackFault = 'transient' | 'permanent' | 'uncertain' | 'hang'

/** `times`: how often the customer got it. Twice only if a bridge without `idempotentSend` was repeated. */
export interface LoopbackArrival { readonly account: string; readonly key: string; readonly id: string; readonly message: Json; readonly at: Date; times: number }

export interface LoopbackFile { readonly bytes: Uint8Array; readonly mimeType: string; readonly fileName: string }

export class LoopbackNetwork {
  /** In order of arrival. */
  readonly arrivals: LoopbackArrival[] = []
  readonly told: Json[] = []
  readonly files = new Map<string, LoopbackFile>()
  /** Called with each arrival, to answer it. */
  onArrival: ((arrival: LoopbackArrival) => void) | null = null
  readonly #byKey = new Map<string, LoopbackArrival>()
  readonly #faults = new Map<string, LoopbackFault[]>()

  /** The next `times` sends of this account go wrong. */
  fail(account: string, fault: LoopbackFault, times = 1): void {
    this.#faults.set(account, [...(this.#faults.get(account) ?? []), ...Array<LoopbackFault>(times).fill(fault)])
  }

  takeFault(account: string): LoopbackFault | null {
    return this.#faults.get(account)?.shift() ?? null
  }

  /** A repeated key counts, but keeps the id it had. */
  accept(account: string, key: string, message: Json, at: Date): SendResult {
    const before = this.#byKey.get(`${account}\n${key}`)
    if (before) {
      before.times++
      return { ids: [before.id], at: before.at }
    }
    const arrival: LoopbackArrival = { account, key, id: `out-${key}`, message, at, times: 1 }
    this.#byKey.set(`${account}\n${key}`, arrival)
    this.arrivals.push(arrival)
    this.onArrival?.(arrival)
    return { ids: [arrival.id], at }
  }

  find(account: string, key: string): SendResult | null {
    const found = this.#byKey.get(`${account}\n${key}`)
    return found ? { ids: [found.id], at: found.at } : null
  }

  clear(): void {
    this.arrivals.length = 0
    this.told.length = 0
    this.files.clear()
    this.#byKey.clear()
    this.#faults.clear()
    this.onArrival = null
  }

  /** Serves this network on loopback for bridges with `settings.url`. */
  async listen(port = 0): Promise<{ url: string; close(): Promise<void> }> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => { response.destroy() })
    })
    await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
    const { port: taken } = server.address() as AddressInfo
    return {
      url: `http://127.0.0.1:${taken}`,
      close: () => new Promise((resolve) => {
        server.close(() => { resolve() })
        server.closeAllConnections()
      }),
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://loopback')
    const json = (status: number, body: Json, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    }
    if (request.method === 'GET' && url.pathname === '/lookup') {
      const found = this.find(url.searchParams.get('account') ?? '', url.searchParams.get('key') ?? '')
      return found ? json(200, { ids: found.ids, at: found.at.getTime() }) : json(404, null)
    }
    if (request.method === 'GET' && url.pathname.startsWith('/files/')) {
      const file = this.files.get(decodeURIComponent(url.pathname.slice('/files/'.length)))
      if (!file) return json(404, null)
      response.writeHead(200, { 'content-type': file.mimeType, 'content-length': file.bytes.length, 'x-file-name': encodeURIComponent(file.fileName) }).end(file.bytes)
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { account: string; message: { idempotencyKey: string } & Record<string, Json> }
    if (url.pathname === '/tell') {
      this.told.push(body)
      return json(200, null)
    }
    const fault = this.takeFault(body.account)
    if (fault === 'transient') return json(429, null, { 'retry-after': '1' })
    if (fault === 'permanent') return json(400, null)
    const accepted = this.accept(body.account, body.message.idempotencyKey, body.message, new Date())
    if (fault === 'uncertain') response.destroy()
    else if (fault === null) json(200, { ids: accepted.ids, at: accepted.at.getTime() })
  }
}
