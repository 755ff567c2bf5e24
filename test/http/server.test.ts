import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { onDatabase } from '../databases.ts'
import { Company } from '../support/company.ts'
import { refusalOf, Site } from '../support/site.ts'

onDatabase('sqlite', (database) => {
  describe('the server', () => {
    let company: Company
    const open: Site[] = []
    const folder = mkdtempSync(join(tmpdir(), 'turno-ui-'))
    const newSite = async (...also: Parameters<typeof Site.open> extends [unknown, ...infer Rest] ? Rest : never): Promise<Site> => {
      const site = await Site.open(company.core, ...also)
      open.push(site)
      return site
    }
    before(async () => {
      company = await Company.open(database)
      for (const name of ['agent', 'supervisor', 'assets', 'widget/assets']) mkdirSync(join(folder, name), { recursive: true })
      for (const [name, content] of [
        ['agent/index.html', '<p>agent'], ['supervisor/index.html', '<p>supervisor'], ['assets/main-a1b2.js', 'main()'], ['widget/index.html', '<p>widget'],
        ['widget/assets/w-1.js', 'w()'], ['widget.js', 'load()'], ['favicon.svg', '<svg/>'], ['manifest.json', '{}'], ['.secret', 'x'],
      ] as const) writeFileSync(join(folder, name), content)
    })
    after(async () => {
      for (const site of open) await site.close()
      rmSync(folder, { recursive: true, force: true })
    })

    it('lets nothing be written into its pages, loaded from elsewhere, or framed', async () => {
      const { headers } = await (await newSite({ uiRoot: folder })).browser().get('/agent/')
      const policy = Object.fromEntries((headers.get('content-security-policy') ?? '').split(';').map((part) => { const [name, ...values] = part.trim().split(' '); return [name, values.join(' ')] }))
      expect(policy).to.deep.include({ 'default-src': "'self'", 'script-src': "'self'", 'style-src': "'self'", 'object-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': "'none'", 'form-action': "'self'", 'connect-src': "'self' ws://127.0.0.1" })
      expect(headers.get('content-security-policy')).not.to.match(/unsafe|\*/)
      expect(Object.fromEntries(['x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy', 'x-powered-by', 'strict-transport-security'].map((name) => [name, headers.get(name)]))).to.deep.equal({
        'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin', 'cross-origin-opener-policy': 'same-origin', 'x-powered-by': null, 'strict-transport-security': null,
      })
    })

    it('keeps its answers out of caches, and tells each request from the others', async () => {
      const browser = (await newSite()).browser()
      const [one, two] = [await browser.get('/app/appearance'), await browser.get('/app/session')]
      for (const answer of [one, two]) {
        expect(answer.headers.get('cache-control')).to.equal('no-store')
        expect(answer.headers.get('content-security-policy')).to.equal("default-src 'none'; frame-ancestors 'none'")
      }
      expect(one.headers.get('x-request-id')).to.match(/^[0-9A-Z]{26}$/).and.not.equal(two.headers.get('x-request-id'))
    })

    it('serves every address of an application with its page, and what has a hash for ever', async () => {
      const browser = (await newSite({ uiRoot: folder })).browser()
      const table: [path: string, status: number, text: string, cache: string][] = [
        ['/agent', 200, '<p>agent', 'no-cache'], ['/agent/', 200, '<p>agent', 'no-cache'], ['/agent/chats/01ABC', 200, '<p>agent', 'no-cache'], ['/supervisor/board', 200, '<p>supervisor', 'no-cache'],
        ['/assets/main-a1b2.js', 200, 'main()', 'public, max-age=31536000, immutable'], ['/widget/assets/w-1.js', 200, 'w()', 'public, max-age=31536000, immutable'],
        ['/widget/?key=x', 200, '<p>widget', 'no-cache'], ['/widget.js', 200, 'load()', 'public, max-age=300'], ['/favicon.svg', 200, '<svg/>', 'no-cache'],
      ]
      for (const [path, status, text, cache] of table) {
        const answer = await browser.get(path)
        expect([answer.status, answer.text, answer.headers.get('cache-control')], path).to.deep.equal([status, text, cache])
      }
      expect((await browser.get('/')).headers.get('location')).to.equal('/agent/')
      expect((await browser.get('/widget.js')).headers.get('cross-origin-resource-policy')).to.equal('cross-origin')
      expect((await browser.get('/assets/main-a1b2.js')).headers.get('cross-origin-resource-policy')).to.equal('same-origin')
      for (const path of ['/assets/none.js', '/.secret', '/manifest.json', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fpackage.json', '/agentx', '/hooks', '/b/x', '/socket/x']) {
        expect(refusalOf(await browser.get(path)), path).to.match(/^40[04] (not_found|bad_request)$/)
      }
      expect(refusalOf(await browser.post('/agent/'))).to.equal('404 not_found')
    })

    it('says that it lives, and whether it is ready: database, migrations, and what else must answer', async () => {
      let redis = true
      const site = await newSite({ checks: { redis: async () => { if (!redis) throw new Error('connect ECONNREFUSED 10.1.2.3:6379') } } })
      const browser = site.browser()
      expect((await browser.get('/healthz')).json).to.deep.equal({ status: 'ok', version: '0.0.0-test' })
      const ready = await browser.get('/readyz')
      expect([ready.status, ready.json]).to.deep.equal([200, { status: 'ready', checks: { database: 'ok', redis: 'ok' } }])
      redis = false
      const broken = await browser.get('/readyz')
      expect([broken.status, broken.json]).to.deep.equal([503, { status: 'not_ready', checks: { database: 'ok', redis: 'failed' } }])
      redis = true
      await company.core.db.run("INSERT INTO schema_migrations (name, applied_at) VALUES ('9999-newer', 0)")
      expect((await browser.get('/readyz')).json.checks.database).to.equal('schema_newer')
      await company.core.db.run("DELETE FROM schema_migrations WHERE name = '9999-newer'")
      site.http.drain()
      const draining = await browser.get('/readyz')
      expect([draining.status, draining.json.status, draining.headers.get('connection')]).to.deep.equal([503, 'draining', 'close'])
      expect((await browser.get('/healthz')).status).to.equal(200)
    })

    it('gives its figures to this machine, or to whoever has the token', async () => {
      const open = (await newSite({ http: { trustedProxies: ['127.0.0.1'] } })).browser()
      await open.get('/app/appearance')
      const figures = await open.get('/metrics')
      expect(figures.text).to.match(/turno_http_request_seconds_count\{method="GET",route="\/app\/appearance",status="200"\} 1/).and.match(/turno_info\{version="0\.0\.0-test"\} 1/)
      expect(refusalOf(await open.get('/metrics', { 'x-forwarded-for': '203.0.113.5' }))).to.equal('404 not_found')
      const guarded = (await newSite({ metricsToken: 'a token of some length' })).browser()
      expect(refusalOf(await guarded.get('/metrics'))).to.equal('404 not_found')
      expect(refusalOf(await guarded.get('/metrics', { authorization: 'Bearer another token' }))).to.equal('404 not_found')
      expect((await guarded.get('/metrics', { authorization: 'Bearer a token of some length' })).status).to.equal(200)
    })

    it('believes addresses from its proxies only', async () => {
      await company.person('ana', 'agent')
      const seenBy = async (site: Site, forwarded: string): Promise<string | undefined> => {
        await site.browser().ask('/app/session', { method: 'POST', body: { app: 'agent', username: 'ana', password: 'ana-secret' }, headers: { 'x-forwarded-for': forwarded } })
        return (await company.core.db.get<{ address: string }>('SELECT address FROM sessions ORDER BY id DESC LIMIT 1'))?.address
      }
      expect(await seenBy(await newSite(), '203.0.113.5')).to.equal('127.0.0.1')
      const proxied = await newSite({ http: { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } })
      expect(await seenBy(proxied, '203.0.113.5')).to.equal('203.0.113.5')
      expect(await seenBy(proxied, '1.2.3.4, 203.0.113.6, 10.9.9.9'), 'what the caller itself wrote counts for nothing').to.equal('203.0.113.6')
      expect(await seenBy(proxied, 'rubbish')).to.equal('127.0.0.1')
    })

    it('says nothing of what went wrong inside, but where to find it', async () => {
      const site = await newSite({ passwords: { hash: async () => '', verify: async () => { throw new Error('secret detail') } } })
      const answer = await site.browser().signIn('ana')
      expect(refusalOf(answer)).to.equal('500 internal')
      expect(answer.text).not.to.contain('secret detail')
      const line = company.log.lines.findLast((each) => each.message === 'request failed')
      expect(line?.fields).to.deep.include({ requestId: answer.json.error.details.requestId, path: '/app/session' })
    })

    it('survives what is hardly HTTP', async () => {
      const site = await newSite()
      const port = Number(new URL(site.url).port)
      const raw = (text: string): Promise<string> => new Promise((resolve) => {
        const socket = createConnection(port, '127.0.0.1', () => socket.end(text))
        let answer = ''
        socket.on('data', (data) => { answer += data.toString() }).on('close', () => resolve(answer)).on('error', () => resolve(answer))
      })
      expect(await raw('GET /app/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).to.match(/^HTTP\/1\.1 40[014]/)
      expect(await raw('POST /app/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"app"')).to.match(/^(HTTP\/1\.1 400|$)/)
      expect(await raw('GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).to.match(/^(HTTP\/1\.1 40|$)/)
      expect((await site.browser().get('/healthz')).status).to.equal(200)
    })
  })
})
