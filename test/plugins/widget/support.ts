/** One widget channel on a host in memory, and its page's requests. */
import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Bridge, HostedReply, Json } from '../../../plugins/sdk/index.ts'
import { fakeHost, hostedRequest, type FakeHost, type FakeHostOptions } from '../../../plugins/sdk/testkit/index.ts'
import type { WidgetChannelSettings } from '../../../plugins/widget/settings.ts'
import widget from '../../../plugins/widget/index.ts'

export const key = 'almendros-web'
export const secrets = { tokenKey: 'k'.repeat(64), identifySecret: 's'.repeat(64) }
export const self = 'https://turno.example'
export const site = 'https://a.example'
export const hour = 3_600_000

export interface Asked {
  readonly token?: string
  readonly origin?: string | null
  readonly query?: Readonly<Record<string, string>>
  readonly json?: Json
  readonly body?: string | Uint8Array
  readonly file?: Uint8Array | string
  readonly params?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}
export interface Answer { readonly status: number; readonly code: string | null; readonly json: Readonly<Record<string, Json>>; readonly headers: Readonly<Record<string, string>>; readonly reply: HostedReply }

export interface World {
  readonly fake: FakeHost
  readonly bridge: Bridge
  ask(method: 'GET' | 'POST', path: string, asked?: Asked): Promise<Answer>
  /** A visitor's token, from POST /session. */
  visit(json?: Json, token?: string): Promise<string>
}

export function world(settings: WidgetChannelSettings = {}, options: FakeHostOptions = {}, own = secrets): World {
  const fake = fakeHost(options)
  const bridge = widget.open({ id: '01', settings: { key, name: 'Clínica', allowedOrigins: [site], ...settings }, secrets: own, webhookUrl: '' }, fake.host)
  const ask = async (method: 'GET' | 'POST', path: string, asked: Asked = {}): Promise<Answer> => {
    const route = bridge.hosted?.routes.find((one) => one.method === method && one.path === path)
    if (!route) throw new Error(`No route ${method} ${path}`)
    const origin = asked.origin === undefined ? (method === 'POST' ? self : null) : asked.origin
    const query = asked.query ? `?${new URLSearchParams(asked.query).toString()}` : ''
    const reply = await route.handle(hostedRequest({
      method,
      url: `${self}/b/widget/${key}${path}${query}`,
      headers: { ...(origin === null ? {} : { origin }), ...(asked.token ? { authorization: `Bearer ${asked.token}` } : {}), ...asked.headers },
      ...(asked.json === undefined ? { body: asked.body ?? '' } : { json: asked.json }),
      params: asked.params ?? {},
      ...(asked.file === undefined ? {} : { stream: Readable.from([Buffer.from(asked.file)]) }),
    }), new AbortController().signal)
    const text = 'body' in reply && typeof reply.body === 'string' ? reply.body : ''
    const parsed = (text === '' ? {} : JSON.parse(text)) as Answer['json']
    const error = parsed.error as unknown as { code: string } | undefined
    return { status: reply.status, code: error?.code ?? null, json: parsed, headers: reply.headers ?? {}, reply }
  }
  return {
    fake,
    bridge,
    ask,
    visit: async (json = {}, token) => String((await ask('POST', '/session', { json, ...(token ? { token } : {}) })).json.token),
  }
}

export const hashOf = (userId: string, secret = secrets.identifySecret): string => createHmac('sha256', secret).update(userId).digest('hex')
export const png = Buffer.from('89504e470d0a1a0a0000', 'hex')
