import { expect } from 'chai'
import { agentConnected } from '../../server/actions/presence.ts'
import { eachDatabase } from '../databases.ts'
import { Company, type Person } from '../support/company.ts'
import { refusalOf, Site } from '../support/site.ts'

eachDatabase((database) => {
  describe('sessions over HTTP', () => {
    let company: Company
    let site: Site
    let n = 0
    before(async () => {
      company = await Company.open(database)
      site = await Site.open(company.core)
    })
    after(() => site.close())
    const newPerson = (role: Person['role'] = 'agent', cells = {}): Promise<Person> => company.person(`p${++n}`, role, cells)

    it('begin with a cookie that scripts cannot read and other sites do not send', async () => {
      const agent = await newPerson()
      const answer = await site.browser().signIn(agent.username)
      expect(answer.status).to.equal(201)
      const [cookie] = answer.headers.getSetCookie()
      expect(cookie).to.match(/^turno_agent=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
      expect(answer.json).to.deep.include({ app: 'agent', mustChangePassword: false })
      expect(answer.json.user).to.deep.include({ id: agent.id, role: 'agent' })
      expect(answer.text).not.to.contain((cookie as string).slice('turno_agent='.length, 30))
    })

    it('send the cookie over https only where the public address is https', async () => {
      const agent = await newPerson()
      const secure = await Site.open(company.core, { http: { publicUrl: 'https://chat.example.com' } })
      try {
        const answer = await secure.browser().signIn(agent.username)
        expect(answer.headers.getSetCookie()[0]).to.match(/; Secure$/)
        expect(answer.headers.get('strict-transport-security')).to.match(/max-age=31536000/)
      } finally {
        await secure.close()
      }
    })

    it('refuse in the reader’s language, with a message, a help and a code', async () => {
      const es = await site.browser().signIn('nadie', 'x')
      expect(es.status).to.equal(401)
      expect(es.json.error).to.deep.equal({
        code: 'wrong_credentials', message: 'El usuario o la contraseña no coinciden.', help: 'Revíselos; si los olvidó, pida una contraseña nueva a su administrador.', details: {},
      })
      const en = await site.browser().post('/app/session', { app: 'agent', username: 'nadie2', password: 'x' }, { 'accept-language': 'fr, en;q=0.8, es;q=0.2' })
      expect(en.json.error.message).to.equal('The user or the password does not match.')
      const other = await site.browser().post('/app/session', { app: 'agent', username: 'nadie3', password: 'x' }, { 'accept-language': 'fr' })
      expect(other.json.error.message).to.equal('El usuario o la contraseña no coinciden.')
    })

    it('say how long to wait after too many guesses', async () => {
      const agent = await newPerson()
      for (let i = 0; i < 5; i++) await site.browser().signIn(agent.username, 'guess')
      const answer = await site.browser().signIn(agent.username)
      expect(refusalOf(answer)).to.equal('429 rate_limited')
      expect(answer.headers.get('retry-after')).to.equal('30')
    })

    it('do not begin from another site, nor from a form', async () => {
      const agent = await newPerson()
      const body = { app: 'agent', username: agent.username, password: `${agent.username}-secret` }
      expect(refusalOf(await site.browser().post('/app/session', body, { origin: 'https://evil.example' }))).to.equal('403 csrf')
      expect(refusalOf(await site.browser().post('/app/session', body, { origin: 'null' }))).to.equal('403 csrf')
      expect(refusalOf(await site.browser().ask('/app/session', { method: 'POST', raw: JSON.stringify(body), headers: { 'content-type': 'text/plain' } }))).to.equal('400 bad_request')
      expect((await site.browser().post('/app/session', body, { origin: site.url })).status).to.equal(201)
    })

    it('take no write without their token, or with another’s', async () => {
      const [one, two] = [await newPerson(), await newPerson()]
      const [mine, theirs] = [site.browser(), site.browser()]
      await mine.signIn(one.username)
      await theirs.signIn(two.username)
      const write = (csrf: string | null, headers = {}) => {
        mine.csrf = csrf
        return mine.ask('/app/session/preferences', { method: 'PATCH', body: { theme: 'dark' }, headers })
      }
      const { csrf } = mine
      expect(refusalOf(await write(null))).to.equal('403 csrf')
      expect(refusalOf(await write(theirs.csrf))).to.equal('403 csrf')
      expect(refusalOf(await write(csrf, { origin: 'https://evil.example' }))).to.equal('403 csrf')
      expect((await write(csrf)).status).to.equal(204)
      expect((await mine.get('/app/session')).json.preferences).to.deep.include({ theme: 'dark', locale: 'es' })
    })

    it('of both applications live in one browser, and the page says which it means', async () => {
      const boss = await newPerson('supervisor', { alsoAgent: 1 })
      const browser = site.browser('agent')
      await browser.signIn(boss.username)
      const other = site.browser('supervisor')
      await other.signIn(boss.username)
      for (const [name, value] of other.cookies) browser.cookies.set(name, value)
      const appOf = async (headers: Record<string, string>): Promise<string> => (await browser.get('/app/session', headers)).json.app
      expect(await appOf({ 'x-turno-app': 'agent' })).to.equal('agent')
      expect(await appOf({ 'x-turno-app': 'supervisor' })).to.equal('supervisor')
      const unnamed = async (headers: Record<string, string>): Promise<string> => {
        const answer = await fetch(`${site.url}/app/session`, { headers: { cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '), ...headers } })
        return ((await answer.json()) as { app: string }).app
      }
      expect(await unnamed({ referer: `${site.url}/supervisor/chats/1` })).to.equal('supervisor')
      expect(await unnamed({ referer: `${site.url}/agent/` })).to.equal('agent')
      expect(await unnamed({ 'x-csrf-token': other.csrf as string })).to.equal('supervisor')
    })

    it('that expired, ended or never were are refused', async () => {
      const agent = await newPerson()
      const browser = site.browser()
      await browser.signIn(agent.username)
      const paths = ['/app/session', '/app/bootstrap', '/app/chats?list=pending', '/app/chats/counts', '/app/board']
      for (const path of paths) expect(refusalOf(await site.browser().get(path)), path).to.equal('401 unauthorized')
      company.clock.pass(12 * 3600 + 1)
      for (const path of paths) expect(refusalOf(await browser.get(path)), path).to.equal('401 unauthorized')
      await browser.signIn(agent.username)
      const cookies = new Map(browser.cookies)
      expect((await browser.ask('/app/session', { method: 'DELETE' })).status).to.equal(204)
      expect(browser.cookies.size).to.equal(0)
      for (const [name, value] of cookies) browser.cookies.set(name, value)
      expect(refusalOf(await browser.get('/app/session'))).to.equal('401 unauthorized')
    })

    it('tell a second sign-in that everything was closed (S16)', async () => {
      const agent = await newPerson()
      const [first, second] = [site.browser(), site.browser()]
      const { json } = await first.signIn(agent.username)
      expect(json.user.id).to.equal(agent.id)
      const row = await company.core.db.get<{ id: string }>('SELECT id FROM sessions WHERE userId = ?', [agent.id])
      await agentConnected(company.core, row?.id as string)
      expect(refusalOf(await second.signIn(agent.username))).to.equal('409 sessions_closed')
      expect(refusalOf(await first.get('/app/session'))).to.equal('401 unauthorized')
      expect((await second.signIn(agent.username)).status).to.equal(201)
    })

    it('want the new password before anything else, where one is due', async () => {
      const agent = await newPerson('agent', { mustChangePassword: 1 })
      const browser = site.browser()
      expect((await browser.signIn(agent.username)).json.mustChangePassword).to.equal(true)
      expect(refusalOf(await browser.get('/app/bootstrap'))).to.equal('403 password_change_required')
      expect(refusalOf(await browser.get('/app/chats?list=pending'))).to.equal('403 password_change_required')
      const change = (next: string) => browser.post('/app/session/password', { current: `${agent.username}-secret`, next })
      expect(refusalOf(await change('corta'))).to.equal('422 weak_password')
      expect((await change('una frase bien larga')).status).to.equal(204)
      expect((await browser.get('/app/bootstrap')).status).to.equal(200)
    })

    it('give a page what it starts with', async () => {
      const agent = await newPerson()
      const queue = await company.queue(`Cola${n}`, [agent])
      const browser = site.browser()
      await browser.signIn(agent.username)
      const { json } = await browser.get('/app/bootstrap')
      expect(json.me).to.deep.include({ id: agent.id, presence: 'offline', queueIds: [queue], pause: null, load: 0 })
      expect(json.permissions).to.include('chat.transfer').and.not.include('chat.take')
      expect(json.queues.map((each: { id: string }) => each.id)).to.include(queue)
      expect(json.cursor).to.match(/^\d+$/)
      expect(json.settings.maxUploadBytes).to.be.greaterThan(16 * 1024 * 1024)
      expect((await site.browser().get('/app/appearance')).json).to.deep.equal({ companyName: 'Turno', logoUrl: null, locale: 'es' })
    })
  })
})
