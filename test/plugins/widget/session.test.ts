import { expect } from 'chai'
import { hashOf, hour, key, secrets, self, site, world } from './support.ts'

const who = (current: ReturnType<typeof world>, token: string, origin: string | null = self) =>
  current.bridge.hosted?.authenticate({ token, key, origin, self })?.chat ?? null

describe('a visitor of the widget', () => {
  it('stays the same in another tab and after six days, and is a new one after eight idle days (S39)', async () => {
    const current = world()
    const first = await current.visit()
    const visitor = who(current, first)
    expect(visitor).to.match(/^v[A-Za-z0-9_-]{22}$/)
    expect(who(current, await current.visit({}, first))).to.equal(visitor)

    current.fake.advance(6 * 24 * hour)
    const renewed = await current.visit({}, first)
    expect(who(current, renewed)).to.equal(visitor)

    current.fake.advance(6 * 24 * hour)
    expect(who(current, first), 'the first token has run out').to.equal(null)
    expect(who(current, renewed), 'the renewed one slides').to.equal(visitor)

    current.fake.advance(2 * 24 * hour)
    const again = await current.visit({}, renewed)
    expect(who(current, again)).not.to.equal(visitor)
  })

  it('lives as long as the channel says', async () => {
    const current = world({ sessionHours: 2 })
    const token = await current.visit()
    current.fake.advance(2 * hour - 1000)
    expect(who(current, token)).not.to.equal(null)
    current.fake.advance(1000)
    expect(who(current, token)).to.equal(null)
    expect((await current.ask('GET', '/history', { token })).code).to.equal('unauthorized')
  })

  it('gets a renewed token with a message when the old one is an hour old, and not before', async () => {
    const current = world()
    const token = await current.visit()
    const send = (clientId: string) => current.ask('POST', '/messages', { token, json: { clientId, text: 'Hola' } })
    expect((await send('client-01')).json).not.to.have.property('token')
    current.fake.advance(hour + 1000)
    const renewed = String((await send('client-02')).json.token)
    current.fake.advance(168 * hour - 1000)
    expect(who(current, renewed)).to.equal(who(current, await current.visit({}, renewed)))
    expect(who(current, token)).to.equal(null)
  })

  const forged: readonly (readonly [string, (token: string) => string])[] = [
    ['a changed payload', (token) => { const [version, payload, mac] = token.split('.'); return [version, Buffer.from(Buffer.from(payload!, 'base64url').toString().replace(/"v":"v./, '"v":"vA')).toString('base64url'), mac].join('.') }],
    ['a changed signature', (token) => token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA')],
    ['no signature', (token) => token.split('.').slice(0, 2).join('.')],
    ['a bare visitor id', (token) => (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { v: string }).v],
    ['something after it', (token) => `${token}x`],
  ]
  for (const [name, forge] of forged) {
    it(`is nobody with ${name}`, async () => {
      const current = world()
      const token = await current.visit()
      expect(who(current, token)).not.to.equal(null)
      const bad = forge(token)
      expect(who(current, bad)).to.equal(null)
      expect((await current.ask('POST', '/messages', { token: bad, json: { clientId: 'client-01', text: 'Hola' } })).code).to.equal('unauthorized')
      expect(current.fake.delivered).to.deep.equal([])
    })
  }

  it('is nobody on another channel, even with the same secret, and nobody without one', async () => {
    const token = await world().visit()
    const other = world({ key: 'another-key' })
    expect((await other.ask('GET', '/history', { token })).code).to.equal('unauthorized')
    expect(other.bridge.hosted?.authenticate({ token, key, origin: self, self })).to.equal(null)
    expect(other.bridge.hosted?.authenticate({ token, key: 'another-key', origin: self, self })).to.equal(null)
    const bare = world({}, {}, { tokenKey: '', identifySecret: '' })
    expect((await bare.ask('GET', '/history', { token: await bare.visit() })).code).to.equal('unauthorized')
  })

  it('is a new one for every token that was not signed', async () => {
    const current = world()
    expect(who(current, await current.visit({}, 'garbage'))).not.to.equal(who(current, await current.visit({}, 'garbage')))
  })
})

describe('origins of the widget', () => {
  const cases: readonly (readonly [string, string | null, string[], boolean])[] = [
    ['the host\'s own page', self, [], true],
    ['a site of the list', site, [site], true],
    ['a site that is not in the list', 'https://b.example', [site], false],
    ['another scheme', 'http://a.example', [site], false],
    ['another port', 'https://a.example:8443', [site], false],
    ['a subdomain', 'https://x.a.example', [site], false],
    ['a site that only begins the same', 'https://a.example.evil.example', [site], false],
    ['a sandboxed page', 'null', [site], false],
    ['a request that names none', null, [site], false],
    ['any site where * is set', 'https://b.example', ['*'], true],
    ['a default port written out', 'https://a.example', ['https://a.example:443'], true],
    ['a list of nonsense', 'https://b.example', ['b.example', 'https://', '**', 'file:///'], false],
  ]
  for (const [name, origin, allowedOrigins, allowed] of cases) {
    it(`${allowed ? 'let in' : 'keep out'} ${name}`, async () => {
      const current = world({ allowedOrigins })
      const answer = await current.ask('POST', '/session', { json: {}, origin })
      expect(answer.code).to.equal(allowed ? null : 'origin_not_allowed')
      expect(answer.status).to.equal(allowed ? 200 : 403)
      const token = await current.visit()
      expect(current.bridge.hosted?.authenticate({ token, key, origin, self }) !== null).to.equal(allowed)
      const page = await current.ask('POST', '/session', { json: { page: origin ?? 'https://c.example' } })
      expect(page.status, 'around the iframe').to.equal(allowed ? 200 : 403)
    })
  }

  it('are told to the host as exact origins', () => {
    expect(world({ allowedOrigins: [' https://a.example/ ', 'https://a.example', 'http://b.example:8080', 'ftp://c.example'] }).bridge.hosted?.origins())
      .to.deep.equal(['https://a.example', 'http://b.example:8080'])
  })

  it('do not matter to the host\'s own page reached by another name, as the browser says so', async () => {
    const headers = { 'sec-fetch-site': 'same-origin' }
    expect((await world().ask('POST', '/session', { json: {}, origin: 'http://127.0.0.1:3000', headers })).status).to.equal(200)
    expect((await world().ask('POST', '/session', { json: { page: 'http://127.0.0.1:3000' }, origin: 'http://127.0.0.1:3000', headers })).status).to.equal(200)
    expect((await world().ask('POST', '/session', { json: {}, origin: 'http://127.0.0.1:3000', headers: { 'sec-fetch-site': 'cross-site' } })).status).to.equal(403)
  })

  it('decide who may read the configuration from their own page', async () => {
    const allowed = await world().ask('GET', '/config', { origin: site })
    expect(allowed.status).to.equal(200)
    expect(allowed.headers).to.include({ 'access-control-allow-origin': site, vary: 'Origin' })
    const refused = await world().ask('GET', '/config', { origin: 'https://b.example' })
    expect(refused.code).to.equal('origin_not_allowed')
    expect(refused.headers).to.include({ 'access-control-allow-origin': 'https://b.example' })
  })
})

describe('the configuration for the page', () => {
  it('holds what the page draws, and nothing that is not for it', async () => {
    const { json } = await world({ colour: '#AA0000', teaser: { es: '¿Necesita una cita?' }, attachmentMaxMb: 2 }).ask('GET', '/config')
    expect(json).to.deep.include({ key, name: 'Clínica', colour: '#aa0000', theme: 'auto', position: 'right', language: 'auto', branding: true, textMax: 4096 })
    expect(json.texts).to.deep.include({ teaser: { es: '¿Necesita una cita?', en: '' } })
    expect(json.attachments).to.deep.include({ enabled: true, maxBytes: 2 * 1024 * 1024 })
    expect(json).not.to.have.any.keys('origins', 'sessionMs')
    for (const secret of Object.values(secrets)) expect(JSON.stringify(json)).not.to.include(secret)
  })

  it('falls back to what is safe', async () => {
    const { json } = await world({ colour: 'red;}', avatar: 'javascript:alert(1)', attachmentMaxMb: 900, sessionHours: -1 }).ask('GET', '/config')
    expect(json).to.include({ colour: '#0a6478', avatar: '' })
    expect(json.attachments).to.include({ maxBytes: 16 * 1024 * 1024 })
  })
})

describe('what the visitor says before writing', () => {
  it('is asked for until it is there', async () => {
    const current = world({ prechatName: 'required', prechatEmail: 'optional', consent: { es: 'Acepto', en: '' } })
    const first = await current.ask('POST', '/session', { json: {} })
    expect(first.json).to.deep.include({ fresh: true, missing: ['name', 'consent'] })
    const token = String(first.json.token)
    const refused = await current.ask('POST', '/messages', { token, json: { clientId: 'client-01', text: 'Hola' } })
    expect(refused).to.include({ status: 422, code: 'prechat_required' })
    expect(refused.json.error).to.have.nested.property('details.fields').that.deep.equals(['name', 'consent'])
    expect((await current.ask('POST', '/upload', { token, query: { clientId: 'client-01', name: 'a.png' }, file: 'x' })).code).to.equal('prechat_required')

    const second = await current.ask('POST', '/session', { token, json: { prechat: { name: '  Ana\u0000  Gómez ', email: 'ana@example.com', phone: '+57 300 123 4567', consent: true } } })
    expect(second.json).to.deep.include({ fresh: false, missing: [] })
    const done = String(second.json.token)
    expect((await current.ask('POST', '/messages', { token: done, json: { clientId: 'client-01', text: 'Hola' } })).status).to.equal(201)
    const [consent, message] = current.fake.delivered
    expect(consent).to.include({ kind: 'opt', state: 'in', scope: 'all', account: key })
    expect(message).to.have.property('sender').that.deep.includes({ name: 'Ana Gómez', stated: { email: 'ana@example.com', phone: '+57 300 123 4567' } })
    expect(message, 'a phone that anyone can type is no identifier').to.have.nested.property('sender.identifiers').with.length(1)
  })

  it('is accepted once, and consent is not recorded again', async () => {
    const current = world({ consent: { es: 'Acepto' } })
    const token = await current.visit({ prechat: { consent: true } })
    current.fake.advance(hour)
    await current.visit({ prechat: { consent: true } }, token)
    expect(current.fake.delivered.map((event) => event.kind)).to.deep.equal(['opt'])
  })

  const wrong: readonly (readonly [string, object])[] = [
    ['email', { email: 'ana' }], ['email', { email: 'a@b' }], ['phone', { phone: 'call me' }], ['name', { name: 'x'.repeat(81) }], ['name', { name: 7 }],
  ]
  for (const [field, prechat] of wrong) {
    it(`is refused when it is ${JSON.stringify(prechat).slice(0, 40)}`, async () => {
      const answer = await world().ask('POST', '/session', { json: { prechat: prechat as Record<string, string> } })
      expect(answer).to.include({ status: 422, code: 'validation' })
      expect(answer.json.error).to.have.nested.property('details.fields').that.deep.equals([field])
    })
  }
})

describe('identify', () => {
  const identify = (userId: string, over: object = {}) => ({ identify: { userId, hash: hashOf(userId), name: 'Ana', ...over } })

  it('makes the same visitor of a user on every device', async () => {
    const current = world()
    const phone = who(current, await current.visit(identify('user-7')))
    const desktop = who(current, await current.visit(identify('user-7')))
    expect(phone).to.match(/^u[A-Za-z0-9_-]{22}$/).and.equal(desktop)
    expect(who(current, await current.visit(identify('user-8')))).not.to.equal(phone)
  })

  it('refuses a user that the site did not sign', async () => {
    const current = world()
    const bad = [identify('user-7', { hash: hashOf('user-8') }), identify('user-7', { hash: hashOf('user-7', 'another secret') }), identify('user-7', { hash: '' })]
    for (const json of bad) expect((await current.ask('POST', '/session', { json })).code).to.equal('bad_signature')
    expect((await current.ask('POST', '/session', { json: { identify: { userId: '', hash: hashOf('') } } })).code).to.equal('validation')
    const bare = world({}, {}, { ...secrets, identifySecret: '' })
    expect((await bare.ask('POST', '/session', { json: identify('user-7', { hash: hashOf('user-7', '') }) })).code).to.equal('bad_signature')
  })

  it('joins what was said before to the user, and only once it was said', async () => {
    const current = world()
    const token = await current.visit()
    const before = who(current, token)!
    await current.visit(identify('user-6'), token)
    expect(current.fake.delivered, 'nothing said yet').to.deep.equal([])
    current.fake.histories.set(before, [{ id: 'm', at: new Date(0), fromAccount: false, parts: [{ kind: 'text', text: 'Hola' }] }])
    const after = who(current, await current.visit(identify('user-7'), token))
    expect(current.fake.delivered).to.have.length(1)
    expect(current.fake.delivered[0]).to.deep.include({
      kind: 'identity', change: 'alias', account: key, before: [{ kind: 'visitor', scope: key, value: before }], now: [{ kind: 'visitor', scope: key, value: after }],
    })
  })

  it('never joins two users of a shared device, nor lends one the words of the other', async () => {
    const current = world({ prechatEmail: 'required' })
    const first = await current.visit(identify('user-7', { email: 'siete@example.com' }))
    current.fake.histories.set(who(current, first)!, [{ id: 'm', at: new Date(0), fromAccount: false, parts: [{ kind: 'text', text: 'Hola' }] }])
    const second = await current.ask('POST', '/session', { token: first, json: identify('user-8') })
    expect(current.fake.delivered).to.deep.equal([])
    expect(second.json.missing).to.deep.equal(['email'])
  })

  it('keeps the user when the page comes back without naming them', async () => {
    const current = world()
    const token = await current.visit(identify('user-7'))
    expect(who(current, await current.visit({}, token))).to.equal(who(current, token))
  })
})

describe('limits of the widget', () => {
  it('count new visitors by address and known ones by themselves', async () => {
    const current = world()
    const token = await current.visit()
    await current.visit({}, token)
    expect(current.fake.throttled).to.deep.equal([{ rule: 'new_visitor', subject: '203.0.113.7' }, { rule: 'visitor_request', subject: who(current, token) }])
  })

  it('answer 429 with the seconds to wait, and store nothing', async () => {
    const current = world()
    const token = await current.visit()
    current.fake.waits.visitor_message = 12_300
    const answer = await current.ask('POST', '/messages', { token, json: { clientId: 'client-01', text: 'Hola' } })
    expect(answer).to.include({ status: 429, code: 'rate_limited' })
    expect(answer.headers['retry-after']).to.equal('13')
    expect(current.fake.delivered).to.deep.equal([])
    current.fake.waits.new_visitor = 1
    expect((await current.ask('POST', '/session', { json: {} })).headers['retry-after']).to.equal('1')
  })
})
