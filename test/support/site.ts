/** The HTTP side of a company on a free port, and browsers that talk to it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Core } from '../../server/actions/core.ts'
import type { Passwords } from '../../server/domain/ports.ts'
import type { HttpDeps } from '../../server/http/deps.ts'
import { createHttp, type Http } from '../../server/http/server.ts'
import { testPasswords } from './company.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests assert what it holds
  readonly json: any
}

export interface Asked { method?: string; body?: unknown; raw?: string | Uint8Array | FormData; headers?: Record<string, string> }

const noBridges: HttpDeps['bridges'] = { endpoint: async () => null, hosted: () => undefined, running: () => undefined, all: () => [] }

export class Site {
  readonly http: Http
  readonly server: Server
  url = ''

  static async open(core: Core, also: Partial<Omit<HttpDeps, 'config'>> & { http?: Partial<HttpDeps['config']['http']>; metricsToken?: string; passwords?: Passwords } = {}): Promise<Site> {
    const { http, metricsToken, ...deps } = also
    const site = new Site({
      core, bridges: noBridges, passwords: testPasswords, version: '0.0.0-test', uiRoot: '/nonexistent',
      config: {
        metrics: { token: metricsToken ?? null },
        http: { host: '127.0.0.1', port: 0, publicUrl: null, trustedProxies: [], maxBody: 64 * 1024, cookie: { name: 'turno', secure: 'auto', sameSite: 'lax' }, ...http },
      },
      ...deps,
    })
    await new Promise<void>((resolve) => site.server.listen(0, '127.0.0.1', resolve))
    site.url = `http://127.0.0.1:${(site.server.address() as AddressInfo).port}`
    return site
  }

  private constructor(deps: HttpDeps) {
    this.http = createHttp(deps)
    this.server = createServer((request, response) => void this.http.callback()(request, response))
  }

  browser(app: 'agent' | 'supervisor' = 'agent'): Browser {
    return new Browser(this, app)
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** Keeps cookies and the token of its page, as a browser with one tab does. */
export class Browser {
  readonly cookies = new Map<string, string>()
  csrf: string | null = null
  private readonly site: Site
  private readonly app: 'agent' | 'supervisor'
  constructor(site: Site, app: 'agent' | 'supervisor') {
    this.site = site
    this.app = app
  }

  async ask(path: string, { method = 'GET', body, raw, headers = {} }: Asked = {}): Promise<Answer> {
    const response = await fetch(this.site.url + path, {
      method, redirect: 'manual',
      headers: {
        'x-turno-app': this.app, 'accept-language': 'es', ...(this.cookies.size > 0 ? { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
        ...(this.csrf && method !== 'GET' ? { 'x-csrf-token': this.csrf } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
      },
      ...(raw !== undefined ? { body: raw as NonNullable<RequestInit['body']> } : body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) as unknown as [string, string, string]
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const text = await response.text()
    const json = response.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as unknown) : null
    return { status: response.status, headers: response.headers, text, json }
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { headers })
  }
  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { method: 'POST', body, headers })
  }

  async signIn(username: string, password = `${username}-secret`): Promise<Answer> {
    const answer = await this.post('/app/session', { app: this.app, username, password })
    if (answer.status === 201) this.csrf = answer.json.csrf
    return answer
  }

  upload(name: string, content: Uint8Array | string, type = 'application/octet-stream'): Promise<Answer> {
    const form = new FormData()
    form.set('file', new Blob([content as Uint8Array<ArrayBuffer>], { type }), name)
    return this.ask('/app/media', { method: 'POST', raw: form })
  }
}

/** `<status> <code>` of an answer: what most tests of refusals compare. */
export const refusalOf = (answer: Answer): string => `${answer.status} ${answer.json?.error?.code ?? ''}`.trim()
