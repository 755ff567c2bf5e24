/** Made-up results of outside services for a simulation. */
import type { CallRequest, CallResult } from './calls.ts'
import type { Json } from './environment.ts'

/** What a service is to answer. `body` of http may be JSON or text. */
export type MockResult =
  | { readonly error: Extract<CallResult, { ok: false }>['code'] }
  | { readonly status: number; readonly body?: Json }
  | { readonly reply: string; readonly handover?: boolean }
  | { readonly file: { readonly fileName: string; readonly mimeType: string; readonly size: number } }
  | { readonly text: string; readonly data?: Json }
  | { readonly done: true }

/** All given conditions must hold. Of `results` each use takes the next, the last one from then on. */
export interface Mock {
  readonly node?: string
  readonly type?: CallRequest['type']
  /** A part of the address. */
  readonly url?: string
  readonly results: readonly MockResult[]
}

const addressOf = (request: CallRequest): string => {
  if (request.type === 'http') return [request.url, ...request.query.map(([name, value]) => `${name}=${value}`)].join('&')
  return request.type === 'media' && 'url' in request.source ? request.source.url : ''
}

function made(request: CallRequest, result: MockResult, key: string): CallResult {
  if ('error' in result) return { ok: false, code: result.error }
  switch (request.type) {
    case 'http': {
      if (!('status' in result)) return { ok: false, code: 'unknown' }
      const body = result.body ?? null
      const text = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body)
      return { ok: true, type: 'http', status: result.status, body: text }
    }
    case 'email': return { ok: true, type: 'email' }
    case 'media': {
      const made = { fileName: request.fileName ?? 'archivo', mimeType: 'application/octet-stream', size: 1000 }
      const file = 'file' in result ? result.file : made
      return { ok: true, type: 'media', file: { fileId: key, ...file } }
    }
    case 'assistant':
      if (!('reply' in result)) return { ok: false, code: 'unknown' }
      return { ok: true, type: 'assistant', text: result.reply, handover: result.handover ?? false }
    case 'process':
      if (!('text' in result)) return { ok: false, code: 'unknown' }
      return { ok: true, type: 'process', text: result.text, ...(result.data === undefined ? {} : { data: result.data }) }
  }
}

/** How often each mock was used, by its place in the list. */
type Used = Readonly<Record<string, number>>
interface Called { readonly key: string; readonly nodeId: string; readonly request: CallRequest }
/** Null: no mock fits. E-mails and files succeed without one, since nothing of theirs matters to the menu. */
export function mockFor(call: Called, mocks: readonly Mock[], used: Used): { readonly result: CallResult; readonly used: Used } | null {
  const { request } = call
  const fits = ({ node, type, url }: Mock) => (node === undefined || node === call.nodeId) && (type === undefined || type === request.type)
    && (url === undefined || addressOf(request).includes(url))
  const index = mocks.findIndex(fits)
  const mock = mocks[index]
  const harmless = request.type === 'email' || request.type === 'media'
  if (!mock) return harmless ? { result: made(request, { done: true }, call.key), used } : null
  const times = used[index] ?? 0
  const result = mock.results[Math.min(times, mock.results.length - 1)]
  return { result: result ? made(request, result, call.key) : { ok: false, code: 'unknown' }, used: { ...used, [index]: times + 1 } }
}
