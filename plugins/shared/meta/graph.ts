/** A small client for the Graph API: one place for versions, the token, uploads and faults. */
import { Readable } from 'node:stream'
import { BridgeError } from '../../sdk/bridge.ts'
import type { HostMedia } from '../../sdk/bridge.ts'
import { faultOfAnswer, faultOfTransport } from './errors.ts'
import type { ErrorTable } from './errors.ts'
import { objOr, parseJson, str } from './json.ts'
import type { Obj } from './json.ts'
import { multipart } from './multipart.ts'

export interface GraphOptions {
  readonly fetch: typeof fetch
  /** Scheme and host, without the version. */
  readonly baseUrl: string
  readonly version: string
  /** Asked for each call, as some networks renew theirs. */
  readonly token: () => Promise<string>
  readonly errors: ErrorTable
}
export type Query = Readonly<Record<string, string | number | undefined>>

/**
 * All calls reject with a BridgeError. `sending` marks the call that may reach a
 * customer: only there is a lost answer `uncertain`; anything else may be repeated.
 * A path that begins with a slash has no version.
 */
export class Graph {
  readonly #options: GraphOptions
  constructor(options: GraphOptions) {
    this.#options = options
  }

  get(path: string, query: Query, signal?: AbortSignal): Promise<Obj> {
    return this.#call('GET', path, { query, signal })
  }

  post(path: string, json: object, options: { readonly sending?: boolean; readonly query?: Query; readonly signal?: AbortSignal } = {}): Promise<Obj> {
    return this.#call('POST', path, { ...options, body: JSON.stringify(json), headers: { 'content-type': 'application/json' } })
  }

  delete(path: string, query: Query, signal?: AbortSignal): Promise<Obj> {
    return this.#call('DELETE', path, { query, signal })
  }

  /** Streams the file as `multipart/form-data`; nothing is held in memory. */
  upload(path: string, fields: Readonly<Record<string, string>>, fileField: string, file: HostMedia, signal?: AbortSignal): Promise<Obj> {
    const form = multipart(fields, fileField, file)
    return this.#call('POST', path, { body: form.body, headers: form.headers, signal })
  }

  /** Resumable upload, which template samples need: a session for the app, then the bytes. Gives the handle. */
  async uploadSample(appId: string, file: HostMedia, signal?: AbortSignal): Promise<string> {
    const query = { file_name: file.fileName, file_length: file.size, file_type: file.mimeType }
    const session = str((await this.#call('POST', `${appId}/uploads`, { query, signal })).id)
    if (!session) throw new BridgeError('transient', 'provider_error', 'The upload session has no id')
    const answer = await this.#call('POST', session, {
      body: Readable.toWeb(Readable.from(file.open())) as ReadableStream,
      headers: { authorization: `OAuth ${(await this.#options.token()).trim()}`, file_offset: '0', 'content-length': String(file.size), 'content-type': file.mimeType },
      signal,
    })
    const handle = str(answer.h)
    if (!handle) throw new BridgeError('transient', 'provider_error', 'The upload gave no handle')
    return handle
  }

  /** Every page of a listing. */
  async *pages(path: string, query: Query, signal?: AbortSignal): AsyncGenerator<readonly Obj[]> {
    const seen = new Set<string>()
    let after: string | undefined
    do {
      const page = await this.get(path, { ...query, after }, signal)
      yield Array.isArray(page.data) ? page.data.map(objOr) : []
      const paging = objOr(page.paging)
      after = paging.next === undefined ? undefined : str(objOr(paging.cursors).after)
      // A provider that repeats a cursor would keep us here for ever.
      if (after !== undefined && seen.has(after)) return
      if (after !== undefined) seen.add(after)
    } while (after !== undefined)
  }

  async #call(
    method: string, path: string,
    call: { readonly query?: Query; readonly body?: string | ReadableStream; readonly headers?: Record<string, string>; readonly signal?: AbortSignal; readonly sending?: boolean },
  ): Promise<Obj> {
    const { fetch, baseUrl, version, errors, token } = this.#options
    const sending = call.sending ?? false
    if (call.signal?.aborted) throw new BridgeError('transient', 'network', 'Stopped before the request left')
    const root = baseUrl.replace(/\/+$/, '')
    const url = new URL(path.startsWith('/') ? `${root}${path}` : `${root}/${version}/${path}`)
    for (const [key, value] of Object.entries(call.query ?? {})) if (value !== undefined) url.searchParams.set(key, String(value))
    // Pasted tokens come with a line break now and then, which no header may hold.
    const bearer = (await token()).trim()
    let response: Response
    let text: string
    try {
      response = await fetch(url, {
        method,
        // A redirect would carry the token to an address nobody checked.
        redirect: 'error',
        headers: { authorization: `Bearer ${bearer}`, accept: 'application/json', ...call.headers },
        ...(call.body !== undefined && { body: call.body, ...(typeof call.body !== 'string' && { duplex: 'half' as const }) }),
        ...(call.signal && { signal: call.signal }),
      })
      text = await response.text()
    } catch (error) {
      throw faultOfTransport(error, sending)
    }
    const body = parseJson(text)
    // Graph has answered errors with 200 in batches and proxies; the body decides.
    if (!response.ok || objOr(body).error !== undefined) throw faultOfAnswer(errors, response.status, response.headers, body, sending)
    return objOr(body)
  }
}

/** The id in the answer to a send; an accepted send without one may have reached the customer. */
export function sentId(value: unknown): string {
  const id = str(value)
  if (!id) throw new BridgeError('uncertain', 'provider_error', 'The answer to the send names no message')
  return id
}
