/** Talks to the server: JSON in and out, the session's token on every write, one kind of error. */
import type { AppName, ErrorBody, Locale } from '../../../../server/http/contract/common.ts'

/**
 * A refusal of the server, with its own texts in the reader's language, or a failure on the way there:
 * `network` (no answer), `timeout`, `server` (an answer that is not ours). Those three carry no texts; see i18n `errors.*`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly help: string
  readonly details: Record<string, unknown>
  constructor(status: number, code: string, message = '', help = '', details: Record<string, unknown> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.help = help
    this.details = details
  }
  /** Nothing reached the server, or nobody knows: worth another try with the same client id. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

export interface HttpOptions {
  /** Both applications may be open in one browser, each with its own session. */
  app: () => AppName
  csrf: () => string | null
  locale: () => Locale
  /** The session is gone (401 on anything but signing in). */
  onUnauthorized: () => void
}

type Query = Record<string, string | number | boolean | null | undefined>

export interface UploadOptions {
  onProgress?: (fraction: number) => void
  signal?: AbortSignal
}

const timeoutMs = 20_000

export function toApiError(status: number, body: unknown): ApiError {
  const error = (body as Partial<ErrorBody> | null)?.error
  if (!error?.code) return new ApiError(status, 'server')
  return new ApiError(status, error.code, error.message, error.help, error.details)
}

export function withQuery(path: string, query?: Query): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) if (value != null && value !== '') params.set(key, String(value))
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

export function createHttp(options: HttpOptions) {
  const headers = (write: boolean): Record<string, string> => {
    const csrf = write ? options.csrf() : null
    return { accept: 'application/json', 'accept-language': options.locale(), 'x-turno-app': options.app(), ...(csrf ? { 'x-csrf-token': csrf } : {}) }
  }

  async function request<T>(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<T> {
    let response: Response
    try {
      response = await fetch(path, {
        method,
        credentials: 'same-origin',
        headers: { ...headers(method !== 'GET'), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
        ...init,
      })
    } catch (cause) {
      throw new ApiError(0, (cause as Error).name === 'TimeoutError' ? 'timeout' : 'network')
    }
    if (response.status === 204) return undefined as T
    const answer: unknown = await response.json().catch(() => null)
    if (response.ok) return answer as T
    const error = toApiError(response.status, answer)
    if (error.code === 'unauthorized') options.onUnauthorized()
    throw error
  }

  /** XMLHttpRequest, because fetch does not tell how far an upload has come. */
  function upload<T>(path: string, file: File, { onProgress, signal }: UploadOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest()
      xhr.open('POST', path)
      for (const [name, value] of Object.entries(headers(true))) xhr.setRequestHeader(name, value)
      xhr.responseType = 'json'
      xhr.upload.onprogress = (event) => { if (event.lengthComputable) onProgress?.(event.loaded / event.total) }
      xhr.onload = () => (xhr.status < 300 ? resolve(xhr.response as T) : reject(toApiError(xhr.status, xhr.response)))
      xhr.onerror = () => reject(new ApiError(0, 'network'))
      xhr.onabort = () => reject(new ApiError(0, 'aborted'))
      signal?.addEventListener('abort', () => xhr.abort())
      const form = new FormData()
      form.append('file', file, file.name)
      xhr.send(form)
    })
  }

  return {
    get: <T>(path: string, query?: Query) => request<T>('GET', withQuery(path, query)),
    post: <T>(path: string, body: unknown = {}, init?: RequestInit) => request<T>('POST', path, body, init),
    put: <T>(path: string, body: unknown) => request<T>('PUT', path, body),
    patch: <T>(path: string, body: unknown) => request<T>('PATCH', path, body),
    del: <T>(path: string) => request<T>('DELETE', path),
    upload,
  }
}
export type Http = ReturnType<typeof createHttp>
