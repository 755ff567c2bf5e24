/** Asks a web service (F030, §5.8). Runs outside of the step; its result takes the output. */
import { z } from 'zod'
import type { CallResult, HttpAuth, HttpRequest } from '../calls.ts'
import { json, nodeSchema, paths, reference, shortText, target, text, variableName } from '../fields.ts'
import type { Machine } from '../machine.ts'
import { defineNode, type NodeOf, type Outcome } from '../nodeType.ts'
import { oneLine } from '../text.ts'
import { plainJson, type Json } from '../variables.ts'

const on = z.record(
  z.string().regex(/^([1-5]\d\d|[1-5]xx|timeout|error)$/, 'a status (200), a class (2xx), timeout or error'), target,
).optional()
const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('basic'), user: shortText.default(''), secret: reference }),
  z.strictObject({ type: z.literal('bearer'), secret: reference }),
  z.strictObject({
    type: z.literal('token'), secret: reference, tokenUrl: z.string().max(2000).optional(),
    header: z.string().max(100).default('Authorization'), scope: z.string().max(500).optional(),
  }),
])
const fields = z.record(z.string().min(1).max(200), z.union([text, z.number(), z.boolean()]))
const schema = nodeSchema('http', on, {
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  url: text,
  headers: fields.default({}),
  query: fields.default({}),
  body: z.union([z.strictObject({ json }), z.strictObject({ form: fields }), z.strictObject({ text })]).optional(),
  auth: auth.default({ type: 'none' }),
  timeout: z.number().positive().max(60).default(15),
  retries: z.number().int().min(0).max(3).default(0),
  extract: paths.optional(),
  responseType: z.enum(['json', 'text']).default('json'),
  save: z.strictObject({ variable: variableName }).optional(),
  userMessage: text.default(''),
})
type Node = NodeOf<typeof schema>

/** The body kept for `{{ http.body }}`; a greater one is read by `extract` and then forgotten. */
const longestKept = 65_536

type Extra = Readonly<Record<string, unknown>>

/** Every text in a JSON value is a template; what it renders stays one text, so it cannot break the JSON. */
function renderJson(m: Machine, value: Json, extra: Extra, depth = 0): Json {
  if (typeof value === 'string') return m.text(value, extra)
  if (typeof value !== 'object' || value === null || depth > 64) return value
  if (Array.isArray(value)) return value.map((one: Json) => renderJson(m, one, extra, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renderJson(m, one as Json, extra, depth + 1)]))
}
const pairs = (m: Machine, of: Readonly<Record<string, string | number | boolean>>, extra: Extra) =>
  Object.entries(of).map(([name, value]): [string, string] => [name, typeof value === 'string' ? m.text(value, extra) : String(value)])

function body(node: Node, m: Machine, extra: Extra): HttpRequest['body'] {
  if (!node.body) return null
  if ('form' in node.body) return { kind: 'form', fields: pairs(m, node.body.form, extra) }
  if ('text' in node.body) return { kind: 'text', text: m.text(node.body.text, extra) }
  const value = renderJson(m, node.body.json, extra)
  if (typeof node.body.json !== 'string') return { kind: 'json', value }
  return { kind: 'json', value: plainJson(JSON.parse(String(value))) }
}

function authorisation(node: Node, m: Machine): HttpAuth {
  const { auth: given } = node
  if (given.type === 'basic') return { type: 'basic', user: m.text(given.user), secret: given.secret }
  if (given.type === 'token') return { ...given, tokenUrl: given.tokenUrl ?? null, scope: given.scope ?? null }
  return given
}

function call(node: Node, m: Machine): Outcome {
  const { mark, extra } = m.secrets()
  const url = m.text(node.url, extra).trim()
  if (!/^https?:\/\/[^\s/]/i.test(url)) return m.fail('bad_url')
  let sent: HttpRequest['body']
  try {
    sent = body(node, m, extra)
  } catch (error) {
    if (error instanceof SyntaxError) return m.fail('bad_body')
    throw error
  }
  const repeatable = node.method === 'GET' || node.method === 'PUT'
  m.sendText(m.text(node.userMessage), 'message')
  return m.call({
    type: 'http', method: node.method, url, query: pairs(m, node.query, extra),
    headers: pairs(m, node.headers, extra).map(([name, value]) => [oneLine(name), oneLine(value)]),
    body: sent, auth: authorisation(node, m), timeout: node.timeout, retries: repeatable ? node.retries : 0, mark,
  }, 'http')
}

/** Null: there is a body, but no JSON in it. */
function parse(text: string): { readonly value: Json } | null {
  if (text.trim() === '') return { value: null }
  try {
    return { value: plainJson(JSON.parse(text)) }
  } catch {
    return null
  }
}

function took(node: Node, m: Machine, status: number, text: string): Outcome {
  const parsed = node.responseType === 'json' ? parse(text) : { value: text }
  const good = status >= 200 && status < 300
  const data = parsed?.value ?? (parsed ? null : text)
  m.run.http = { status, body: text.length > longestKept ? null : data }
  m.touch()
  m.extract(node.extract, data)
  const kept = !node.save || m.assign(node.save.variable, data, { type: typeof data === 'object' ? 'json' : undefined })
  // An error page that is no JSON still has its status; a good answer must be what it says.
  if (good && !parsed) return m.fail('parse')
  if (!kept) return m.fail('too_large')
  const on = node.on ?? {}
  const wired = on[String(status)] ?? on[`${Math.floor(status / 100)}xx`]
  if (wired !== undefined) return m.go(wired)
  return good ? m.go(node.next) : m.fail(`http_${status}`)
}

export const http = defineNode<Node>({
  type: 'http',
  schema,
  editor: {
    group: 'services', icon: 'globe', label: { es: 'Consulta web', en: 'Web request' },
    help: { es: 'Consulta un servicio web y sigue según la respuesta.', en: 'Asks a web service and goes on by its answer.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['200', '2xx', '4xx', '5xx', 'timeout', 'error'],
  texts: ['url', 'headers.*', 'query.*', 'body.form.*', 'body.text', 'body.json~~', 'auth.user', 'userMessage'],
  references: { secrets: ['auth.secret'] },
  dataPaths: ['extract.*'],
  writes: ['extract~', 'save.variable'],
  enter: call,
  result: (node, m, result: CallResult) => {
    if (result.ok && result.type === 'http') return took(node, m, result.status, result.body)
    const failure = result.ok ? 'unknown' : result.code
    m.run.http = { status: 0, body: null }
    m.run.error = { code: failure, nodeId: node.id }
    m.touch()
    const timeout = node.on?.['timeout']
    return failure === 'timeout' && timeout !== undefined ? m.go(timeout) : m.fail(failure)
  },
  check: (node, check) => {
    const on = node.on ?? {}
    if (on['error'] === undefined || on['timeout'] === undefined) check.report('http_without_error', 'on')
  },
})
