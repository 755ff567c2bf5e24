/** The page's side of the hosted routes: one channel, one token, kept in the browser's storage. */
import type { ErrorReply, HistoryReply, PageConfig, SendReply, SendRequest, SessionReply, SessionRequest } from '../../../plugins/widget/frames.ts'
import { language } from './texts.ts'

/**
 * A refusal of the server, or no answer at all (`offline`). `again`: it may work later, so a message waits instead of
 * failing.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly again: boolean
  readonly retryAfterMs: number
  readonly fields: readonly string[]
  constructor(code: string, message: string, options: { again: boolean; retryAfterMs?: number; fields?: readonly string[] }) {
    super(message)
    this.code = code
    this.again = options.again
    this.retryAfterMs = options.retryAfterMs ?? 0
    this.fields = options.fields ?? []
  }
}

/** Storage may be forbidden (private windows, blocked third parties): then the visitor lives as long as the page. */
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name)
    else localStorage.setItem(name, value)
  } catch {
    memory.set(name, value)
  }
}
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name) ?? memory.get(name) ?? null
  } catch {
    return memory.get(name) ?? null
  }
}
const memory = new Map<string, string | null>()

/** Null for what is no answer of ours: a proxy's page. */
function envelopeOf(text: string): ErrorReply['error'] | null {
  try {
    return (JSON.parse(text) as ErrorReply).error
  } catch {
    return null
  }
}

function refusal(status: number, text: string, retryAfter: string | null): ApiError {
  const said = envelopeOf(text)
  const fields = said?.details?.fields
  return new ApiError(said?.code ?? 'unavailable', said?.message ?? '', {
    again: status === 429 || status >= 500,
    retryAfterMs: Number(retryAfter ?? 0) * 1000,
    fields: Array.isArray(fields) ? fields.map(String) : [],
  })
}

export class Api {
  readonly base: string
  readonly #tokenName: string
  readonly key: string
  constructor(key: string, origin: string) {
    this.key = key
    this.base = `${origin}/b/widget/${encodeURIComponent(key)}/`
    this.#tokenName = `turno.token.${key}`
  }

  get token(): string | null {
    return kept(this.#tokenName)
  }

  set token(token: string | null) {
    keep(this.#tokenName, token)
  }

  url(relative: string): string {
    return new URL(relative, this.base).href
  }

  config(): Promise<PageConfig> {
    return this.#ask<PageConfig>('GET', 'config')
  }

  async session(request: SessionRequest): Promise<SessionReply> {
    const reply = await this.#ask<SessionReply>('POST', 'session', request)
    this.token = reply.token
    return reply
  }

  async send(request: SendRequest): Promise<SendReply> {
    return this.#renew(await this.#ask<SendReply>('POST', 'messages', request))
  }

  history(after: string | null): Promise<HistoryReply> {
    return this.#ask<HistoryReply>('GET', `history?${new URLSearchParams({ limit: '60', ...(after ? { after } : {}) }).toString()}`)
  }

  read(upTo: string, state: 'delivered' | 'read'): Promise<void> {
    return this.#ask('POST', 'read', { upTo, state })
  }

  typing(typing: boolean): Promise<void> {
    return this.#ask('POST', 'typing', { typing })
  }

  open(): Promise<void> {
    return this.#ask('POST', 'open', {})
  }

  /** XMLHttpRequest, because fetch does not tell how far an upload is. */
  upload(file: Blob, query: Record<string, string>, progress: (share: number) => void, signal: AbortSignal): Promise<SendReply> {
    return new Promise<SendReply>((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open('POST', this.url(`upload?${new URLSearchParams({ ...query, lang: language.value }).toString()}`))
      request.setRequestHeader('authorization', `Bearer ${this.token ?? ''}`)
      request.setRequestHeader('content-type', file.type || 'application/octet-stream')
      request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total) }
      request.onload = () => {
        if (request.status === 201) resolve(this.#renew(JSON.parse(request.responseText) as SendReply))
        else reject(refusal(request.status, request.responseText, request.getResponseHeader('retry-after')))
      }
      request.onerror = () => { reject(new ApiError('offline', '', { again: true })) }
      request.onabort = () => { reject(new ApiError('aborted', '', { again: false })) }
      signal.addEventListener('abort', () => { request.abort() }, { once: true })
      request.send(file)
    })
  }

  #renew(reply: SendReply): SendReply {
    if (reply.token) this.token = reply.token
    return reply
  }

  async #ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const { token } = this
    let response: Response
    let text: string
    try {
      response = await fetch(this.url(path), {
        method,
        headers: { 'accept-language': language.value, ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
      text = await response.text()
    } catch {
      throw new ApiError('offline', '', { again: true })
    }
    if (!response.ok) throw refusal(response.status, text, response.headers.get('retry-after'))
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
}
