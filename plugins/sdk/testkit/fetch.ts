/** A `fetch` that records what a bridge asked of its network, and answers what the test says. */
import type { Json } from '../bridge.ts'

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON and forms are parsed; other text stays text; null for no body; bytes and multipart forms as their size. */
  readonly body: Json
}

/** `json` is sent as JSON, `body` as it is. */
export interface FakeAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: Json
  readonly body?: string | Uint8Array
}
export type Answering = FakeAnswer | Error | ((request: RecordedRequest) => FakeAnswer | Promise<FakeAnswer>)

export interface RecordingFetch {
  readonly fetch: typeof fetch
  readonly requests: RecordedRequest[]
  /** Answers in turn; an Error is thrown as a broken connection would be. Without an answer the request fails the test. */
  answer(...answers: Answering[]): void
  /** For every request that has no answer in turn. */
  answerAlways(answer: Answering): void
}

async function bodyOf(request: Request): Promise<Json> {
  const type = request.headers.get('content-type') ?? ''
  if (type.startsWith('multipart/form-data')) {
    const form: Record<string, Json> = {}
    for (const [name, value] of await request.formData()) form[name] = typeof value === 'string' ? value : { file: value.name, type: value.type, size: value.size }
    return form
  }
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length === 0) return null
  if (!/json|text|xml|urlencoded/.test(type)) return { size: bytes.length }
  const text = new TextDecoder().decode(bytes)
  if (type.includes('json')) return JSON.parse(text) as Json
  return type.includes('urlencoded') ? Object.fromEntries(new URLSearchParams(text)) : text
}

export function recordingFetch(): RecordingFetch {
  const requests: RecordedRequest[] = []
  const turns: Answering[] = []
  let always: Answering | null = null
  const answering = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const recorded: RecordedRequest = {
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await bodyOf(request),
    }
    requests.push(recorded)
    const turn = turns.shift() ?? always
    if (turn === null) throw new Error(`The test says no answer for ${recorded.method} ${recorded.url}`)
    if (turn instanceof Error) throw turn
    const answer = typeof turn === 'function' ? await turn(recorded) : turn
    init?.signal?.throwIfAborted()
    const headers = new Headers(answer.headers)
    if (answer.json !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
    const status = answer.status ?? 200
    const body = answer.json !== undefined ? JSON.stringify(answer.json) : (answer.body ?? null)
    return new Response(status === 204 || status === 304 ? null : (body as string | null), { status, headers })
  }
  return {
    fetch: answering as typeof fetch,
    requests,
    answer: (...answers) => { turns.push(...answers) },
    answerAlways: (answer) => { always = answer },
  }
}
