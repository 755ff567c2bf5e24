/**
 * The part of Meta's Graph API that its three fake networks share: a server on
 * loopback with tokens, faults on demand, files, and webhooks signed as Meta
 * signs them. Every request is kept to be looked at.
 */
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type Obj = Record<string, unknown>

export interface UploadedFile { readonly name: string; readonly type: string; readonly bytes: Uint8Array }
export interface GraphRequest {
  readonly method: string
  /** Without the version and without the leading slash: `106540352242922/messages`. */
  readonly path: string
  readonly version: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** JSON, or the fields of a form. */
  readonly body: Obj
  readonly files: Readonly<Record<string, UploadedFile>>
  readonly rawBody: Uint8Array
}
export interface Reply { readonly status?: number; readonly json?: object; readonly bytes?: Uint8Array; readonly headers?: Readonly<Record<string, string>> }

/**
 * What goes wrong with a call. `refuse`: answered with this error, nothing
 * happens. `lose`: it happens, and the answer never comes. `drop`: the
 * connection breaks before anything happens.
 */
export type Fault =
  | { readonly kind: 'refuse'; readonly status: number; readonly code?: number; readonly subcode?: number; readonly details?: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'lose' }
  | { readonly kind: 'drop' }

/** Meta's answer to a bad request. */
export class GraphRefusal extends Error {
  readonly status: number
  readonly code: number
  readonly subcode: number | undefined
  constructor(status: number, code: number, message: string, subcode?: number) {
    super(message)
    this.status = status
    this.code = code
    this.subcode = subcode
  }
}
export const invalid = (message: string): GraphRefusal => new GraphRefusal(400, 100, `(#100) ${message}`)
/** Throws the refusal unless the shape is right. */
export function must(right: boolean, message: string): asserts right {
  if (!right) throw invalid(message)
}

export interface FakeGraphOptions {
  /** Tokens that are taken; all others are answered with 190. */
  readonly token: string
  readonly appSecret: string
  readonly appId: string
}

export abstract class FakeGraph {
  readonly token: string
  readonly appSecret: string
  readonly appId: string
  readonly requests: GraphRequest[] = []
  /** Where webhooks go; the test sets it to the install's address. */
  webhookUrl: string | null = null
  /** What the install answered to each webhook. */
  readonly webhookAnswers: { readonly status: number; readonly body: string }[] = []
  /** By id: files that customers sent, and those that we uploaded. */
  readonly files = new Map<string, UploadedFile>()
  url = ''
  #server = createServer((request, response) => { void this.#answer(request, response) })
  #faults: { readonly path: RegExp; readonly fault: Fault }[] = []
  #revoked = false
  #waiting: ((answer: { status: number; body: string }) => void)[] = []
  #next = 0

  constructor(options: FakeGraphOptions) {
    this.token = options.token
    this.appSecret = options.appSecret
    this.appId = options.appId
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>(resolve => { this.#server.listen(port, '127.0.0.1', resolve) })
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  async stop(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#server.close(() => { resolve() })
      this.#server.closeAllConnections()
    })
  }

  /** The next `times` calls whose path matches go wrong. */
  fail(path: RegExp, fault: Fault, times = 1): void {
    for (let time = 0; time < times; time++) this.#faults.push({ path, fault })
  }

  /** From now on the token is answered with 190, as after a change of password; `false` makes it good again. */
  revokeToken(revoked = true): void {
    this.#revoked = revoked
  }

  nextId(prefix: string): string {
    this.#next++
    return `${prefix}${String(this.#next).padStart(6, '0')}`
  }

  protected takes(token: string | undefined): boolean {
    return token === this.token
  }

  /** The network's own calls. Null for a path it does not have. */
  protected abstract handle(request: GraphRequest): Reply | null

  /** Posts a webhook, signed; gives the install's answer. `secret` of somebody else shows a forged one. */
  async post(body: Json, secret = this.appSecret): Promise<{ status: number; body: string }> {
    if (!this.webhookUrl) throw new Error('No webhook address is set')
    // Meta escapes what is not ASCII, and signs the escaped bytes.
    const text = JSON.stringify(body).replace(/[\u007f-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).replace(/\//g, '\\/')
    const signature = `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`
    const response = await fetch(this.webhookUrl, { method: 'POST', headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature }, body: text })
    const answer = { status: response.status, body: await response.text() }
    this.webhookAnswers.push(answer)
    for (const tell of this.#waiting.splice(0)) tell(answer)
    return answer
  }

  /** The install's answer to the next webhook, for those that the network sends by itself. */
  nextWebhook(): Promise<{ status: number; body: string }> {
    return new Promise(resolve => { this.#waiting.push(resolve) })
  }

  /** The GET by which Meta checks an address before it is saved. */
  async handshake(verifyToken: string, challenge = '1158201444'): Promise<{ status: number; body: string }> {
    const query = new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.challenge': challenge, 'hub.verify_token': verifyToken })
    const response = await fetch(`${this.webhookUrl}?${query.toString()}`)
    return { status: response.status, body: await response.text() }
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming).catch(() => null)
    if (!request) return void response.destroy()
    this.requests.push(request)
    const index = this.#faults.findIndex(entry => entry.path.test(request.path))
    const fault = index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault
    if (fault?.kind === 'drop') return void response.destroy()
    try {
      if (fault?.kind === 'refuse') throw refusalOf(fault)
      this.#authorise(request)
      const reply = this.handle(request) ?? { status: 404, json: { error: { message: `Unknown path ${request.path}`, type: 'GraphMethodException', code: 100, error_subcode: 33 } } }
      if (fault?.kind === 'lose') return void response.destroy()
      send(response, reply)
    } catch (error) {
      const { status, code, subcode, message } = error instanceof GraphRefusal ? error : new GraphRefusal(500, 1, String(error))
      const headers = fault?.kind === 'refuse' ? fault.headers : undefined
      send(response, { status, headers, json: { error: { message, type: 'OAuthException', code, ...(subcode && { error_subcode: subcode }), error_data: { messaging_product: 'whatsapp', details: message }, fbtrace_id: 'AfakeTrace' } } })
    }
  }

  #authorise(request: GraphRequest): void {
    if (request.path.startsWith('cdn/')) return
    const given = request.headers.authorization?.replace(/^(Bearer|OAuth) /, '') ?? request.query.access_token
    if (this.#revoked || !this.takes(given)) throw new GraphRefusal(401, 190, 'Error validating access token', 463)
  }
}

const refusalOf = (fault: Extract<Fault, { kind: 'refuse' }>): GraphRefusal => new GraphRefusal(fault.status, fault.code ?? 1, fault.details ?? 'A fault that the test asked for', fault.subcode)

function send(response: ServerResponse, reply: Reply): void {
  const body = reply.bytes ?? Buffer.from(JSON.stringify(reply.json ?? {}))
  response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', 'content-length': body.length, ...reply.headers }).end(body)
}

async function read(incoming: IncomingMessage): Promise<GraphRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  const rawBody = Buffer.concat(chunks)
  const url = new URL(incoming.url ?? '/', 'http://graph')
  const [, version = '', path = ''] = /^\/(v\d+\.\d+)?\/?(.*)$/.exec(url.pathname) ?? []
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
  // An upload session carries a query in its own id.
  return { method: incoming.method ?? 'GET', version, path: decodeURIComponent(path), query: Object.fromEntries(url.searchParams), headers, rawBody, ...await content(headers['content-type'] ?? '', rawBody) }
}

async function content(type: string, rawBody: Buffer): Promise<Pick<GraphRequest, 'body' | 'files'>> {
  if (type.startsWith('multipart/form-data')) {
    const body: Obj = {}
    const files: Record<string, UploadedFile> = {}
    const form = await new Response(rawBody, { headers: { 'content-type': type } }).formData()
    for (const [name, value] of form) {
      if (typeof value === 'string') body[name] = value
      else files[name] = { name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) }
    }
    return { body, files }
  }
  if (!type.includes('json') || rawBody.length === 0) return { body: {}, files: {} }
  return { body: JSON.parse(rawBody.toString()) as Obj, files: {} }
}
