import { expect } from 'chai'
import type { BridgeDefinition } from '../../plugins/sdk/bridge.ts'
import widget from '../../plugins/widget/index.ts'
import { createChannel } from '../../server/actions/channels.ts'
import { eachDatabase } from '../databases.ts'
import { type Answer, type Asked, refusalOf, Site } from '../support/site.ts'
import { boss, World } from '../world.ts'

const allowed = 'https://a.example'

eachDatabase((database) => {
  describe('the visitor’s side over HTTP', () => {
    let world: World
    let site: Site
    before(async () => {
      world = await World.build(database, { bridges: [widget as BridgeDefinition] })
      site = await Site.open(world.core, { bridges: world.bridges, http: { trustedProxies: ['127.0.0.0/8'] } })
      const channel = await createChannel(world.core, boss, { name: 'Sitio', bridge: 'widget', settings: { key: 'clinica-web', name: 'Clínica', allowedOrigins: [allowed, 'https://b.example:8443'], attachmentMaxMb: 1 } })
      world.channels.set('clinica', channel.id)
      await world.bridges.reconcile()
    })
    after(async () => {
      await site.close()
      await world.close()
    })
    const ask = (path: string, { headers = {}, ...asked }: Asked = {}, from = '203.0.113.1'): Promise<Answer> =>
      site.browser().ask(`/b/widget/clinica-web${path}`, { ...asked, headers: { 'x-forwarded-for': from, ...(asked.method === 'POST' ? { 'sec-fetch-site': 'same-origin' } : {}), ...headers } })
    const visit = async (from?: string): Promise<string> => (await ask('/session', { method: 'POST', body: {} }, from)).json.token
    const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

    it('lets a visitor write and read what was said', async () => {
      const token = await visit()
      const sent = await ask('/messages', { method: 'POST', body: { clientId: 'visita-uno-1', text: '<b>hola</b>' }, headers: bearer(token) })
      expect(sent.status, sent.text).to.equal(201)
      await world.settle()
      const history = await ask('/history', { headers: bearer(token) })
      expect(history.json.messages.map((message: { parts: { text: string }[] }) => message.parts[0]?.text)).to.deep.equal(['<b>hola</b>'])
      expect(history.headers.get('content-type')).to.equal('application/json; charset=utf-8')
      expect(history.headers.get('cache-control')).to.equal('no-store')
      expect(refusalOf(await ask('/history', { headers: bearer(`${token}x`) }))).to.equal('401 unauthorized')
      expect(refusalOf(await ask('/history'))).to.equal('401 unauthorized')
    })

    it('takes files in pieces, shows them to their own visitor, and refuses what is too large or not what it says', async () => {
      const token = await visit()
      const upload = (name: string, raw: Uint8Array): Promise<Answer> =>
        ask(`/upload?clientId=archivo-${name.length}-${raw.length}&name=${encodeURIComponent(name)}`, { method: 'POST', raw, headers: { ...bearer(token), 'content-type': 'application/octet-stream' } })
      const sent = await upload('nota.txt', Buffer.from('0123456789'))
      expect(sent.status, sent.text).to.equal(201)
      await world.settle()
      const { url } = sent.json.message.parts[0].media
      const file = await ask(`/${url.replace(/^\//, '')}`, { headers: { range: 'bytes=2-4' } })
      expect([file.status, file.text, file.headers.get('content-disposition')?.split(';')[0]]).to.deep.equal([206, '234', 'attachment'])
      expect(refusalOf(await ask(`/${url.replace(/t=.{8}/, 't=00000000').replace(/^\//, '')}`))).to.equal('404 not_found')
      expect(refusalOf(await upload('foto.png', Buffer.from('no soy una foto')))).to.equal('415 media_type')
      expect(refusalOf(await upload('grande.txt', Buffer.alloc(2 * 1024 * 1024, 97)))).to.match(/^413 (payload|media)_too_large$/)
    })

    it('answers pages of the sites it was given, and no other', async () => {
      const config = (origin: string): Promise<Answer> => ask('/config', { headers: { origin } })
      expect((await config(allowed)).headers.get('access-control-allow-origin')).to.equal(allowed)
      expect(refusalOf(await config('https://evil.example'))).to.equal('403 origin_not_allowed')
      for (const origin of ['http://a.example', 'https://a.example:444', 'https://a.example.evil.example', 'null']) {
        expect(refusalOf(await ask('/session', { method: 'POST', body: {}, headers: { origin, 'sec-fetch-site': 'cross-site' } })), origin).to.equal('403 origin_not_allowed')
      }
      const preflight = (origin: string): Promise<Answer> => ask('/messages', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
      expect((await preflight(allowed)).headers.get('access-control-allow-origin')).to.equal(allowed)
      expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).to.equal(null)
      expect((await preflight(allowed)).headers.get('access-control-allow-credentials')).to.equal(null)
    })

    it('may be framed by those sites alone', async () => {
      const ancestors = async (path: string): Promise<string | undefined> => /frame-ancestors ([^;]*)/.exec((await site.browser().get(path)).headers.get('content-security-policy') ?? '')?.[1]
      expect(await ancestors('/widget/?key=clinica-web')).to.equal(`'self' ${allowed} https://b.example:8443`)
      expect(await ancestors('/widget/?key=otra')).to.equal("'self'")
      expect(await ancestors('/agent/')).to.equal("'none'")
      expect((await site.browser().get('/widget/?key=clinica-web')).headers.get('x-frame-options')).to.equal(null)
      expect((await site.browser().get('/agent/')).headers.get('x-frame-options')).to.equal('DENY')
    })

    it('slows down addresses that bring visitor after visitor, and says how long to wait', async () => {
      const answers: string[] = []
      for (let i = 0; i < 62; i++) answers.push(refusalOf(await ask('/session', { method: 'POST', body: {} }, '198.51.100.7')))
      expect(answers.filter((answer) => answer === '200')).to.have.length(60)
      const refused = await ask('/session', { method: 'POST', body: {} }, '198.51.100.7')
      expect(refusalOf(refused)).to.equal('429 rate_limited')
      expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60)
      expect((await ask('/session', { method: 'POST', body: {} }, '198.51.100.8')).status, 'another address').to.equal(200)
    })

    it('knows no route, method or size but its own', async () => {
      expect(refusalOf(await ask('/nada'))).to.equal('404 not_found')
      expect(refusalOf(await ask('/messages'))).to.equal('405 method_not_allowed')
      expect(refusalOf(await site.browser().get('/b/widget/otra/config'))).to.equal('404 not_found')
      expect(refusalOf(await site.browser().get('/b/loopback/clinica-web/config'))).to.equal('404 not_found')
      expect(refusalOf(await ask('/media/%E0%A4%A'))).to.match(/^(400|404)/)
      const token = await visit()
      expect(refusalOf(await ask('/messages', { method: 'POST', raw: 'x'.repeat(40_000), headers: { ...bearer(token), 'content-type': 'application/json' } }))).to.equal('413 payload_too_large')
    })
  })
})
