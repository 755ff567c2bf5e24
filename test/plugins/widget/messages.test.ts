import { expect } from 'chai'
import type { HostedMessage, Part } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { hostMedia, outbound, sampleParts } from '../../../plugins/sdk/testkit/index.ts'
import type { Frame } from '../../../plugins/widget/frames.ts'
import { hour, key, png, self, world } from './support.ts'

const never = new AbortController().signal
const chatOf = (current: ReturnType<typeof world>, token: string) => current.bridge.hosted!.authenticate({ token, key, origin: self, self })!.chat
const said = (id: string, part: Part, over: Partial<HostedMessage> = {}): HostedMessage => ({ id, at: new Date(5), fromAccount: true, parts: [part], ...over })

describe('a message from the page', () => {
  const base = { clientId: 'client-01' }
  const good: readonly (readonly [string, object, Part])[] = [
    ['a text', { text: 'Hola 👋' }, { kind: 'text', text: 'Hola 👋' }],
    ['HTML, as the text it is', { text: '<img src=x onerror=alert(1)>' }, { kind: 'text', text: '<img src=x onerror=alert(1)>' }],
    ['a button', { choice: { via: 'button', id: 'a', title: 'Agendar' } }, { kind: 'choice', via: 'button', id: 'a', title: 'Agendar' }],
    ['a row of a list', { choice: { via: 'list', id: 'a', title: 'Agendar' } }, { kind: 'choice', via: 'list', id: 'a', title: 'Agendar' }],
    ['a place, zero included', { location: { latitude: 0, longitude: 0, name: 'Isla' } }, { kind: 'location', latitude: 0, longitude: 0, name: 'Isla' }],
  ]
  for (const [name, body, part] of good) {
    it(`is stored as ${name}`, async () => {
      const current = world()
      const token = await current.visit()
      const chat = chatOf(current, token)
      const answer = await current.ask('POST', '/messages', { token, json: { ...base, replyTo: 't.abc', ...body } })
      expect(answer.status).to.equal(201)
      expect(current.fake.delivered).to.deep.equal([{
        kind: 'message', key: `${chat}.client-01`, id: `${chat}.client-01`, at: current.fake.host.clock.now(), account: key, chat, chatKind: 'direct', fromAccount: false,
        sender: { user: chat, identifiers: [{ kind: 'visitor', scope: key, value: chat }] }, parts: [part], context: { replyTo: 't.abc' },
      }])
      expect(current.fake.pushes.map((one) => one.chat), 'other tabs hear of it').to.deep.equal([chat])
      expect(answer.json.message).to.deep.include({ id: `${chat}.client-01`, clientId: 'client-01', from: 'visitor' })
    })
  }

  it('keeps its key when it is sent again', async () => {
    const current = world()
    const token = await current.visit()
    for (let times = 0; times < 2; times++) await current.ask('POST', '/messages', { token, json: { ...base, text: 'Hola' } })
    expect(new Set(current.fake.delivered.map((event) => event.key)).size).to.equal(1)
  })

  it('cannot take the id of another visitor\'s', async () => {
    const current = world()
    for (let visitors = 0; visitors < 2; visitors++) await current.ask('POST', '/messages', { token: await current.visit(), json: { ...base, text: 'Hola' } })
    expect(new Set(current.fake.delivered.map((event) => event.key)).size).to.equal(2)
  })

  it('is not confirmed when it could not be stored', async () => {
    const current = world({}, { deliverFails: () => new Error('database is gone') })
    const token = await current.visit()
    const outcome = await current.ask('POST', '/messages', { token, json: { ...base, text: 'Hola' } }).catch((error: unknown) => String(error))
    expect(outcome).to.equal('Error: database is gone')
    expect(current.fake.pushes).to.deep.equal([])
  })

  it('is confirmed when it was stored, even if other tabs could not be told', async () => {
    const current = world()
    const token = await current.visit()
    Object.assign(current.fake.host, { push: async () => { throw new Error('no way') } })
    expect((await current.ask('POST', '/messages', { token, json: { ...base, text: 'Hola' } })).status).to.equal(201)
  })

  const bad: readonly (readonly [string, object | string | Buffer, number, string])[] = [
    ['no JSON', '{', 400, 'bad_request'],
    ['no object', '[]', 400, 'bad_request'],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d]), 400, 'bad_request'],
    ['an empty text', { ...base, text: ' \n ' }, 422, 'validation'],
    ['nothing', base, 422, 'validation'],
    ['two contents', { ...base, text: 'a', location: { latitude: 1, longitude: 1 } }, 422, 'validation'],
    ['no client id', { text: 'a' }, 422, 'validation'],
    ['a client id with a dot', { clientId: 'client.0001', text: 'a' }, 422, 'validation'],
    ['a text that is too long', { ...base, text: 'x'.repeat(4097) }, 422, 'text_too_long'],
    ['a choice without id', { ...base, choice: { title: 'a' } }, 422, 'validation'],
    ['a place off the map', { ...base, location: { latitude: 91, longitude: 0 } }, 422, 'validation'],
    ['a quote of nonsense', { ...base, text: 'a', replyTo: '<script>' }, 422, 'validation'],
  ]
  for (const [name, body, status, code] of bad) {
    it(`is refused with ${code} when it holds ${name}`, async () => {
      const current = world()
      const token = await current.visit()
      const answer = await current.ask('POST', '/messages', { token, ...(typeof body === 'string' || Buffer.isBuffer(body) ? { body } : { json: body as Record<string, never> }) })
      expect(answer).to.include({ status, code })
      expect(current.fake.delivered).to.deep.equal([])
    })
  }

  it('is refused in the visitor\'s language, with what to do', async () => {
    const errors = await Promise.all([{ query: { lang: 'en' } }, { headers: { 'accept-language': 'en-GB,en;q=0.9' } }, {}].map((over) => world().ask('GET', '/history', over)))
    expect(errors.map((answer) => (answer.json.error as unknown as { message: string }).message))
      .to.deep.equal(['The conversation has expired.', 'The conversation has expired.', 'La conversación expiró.'])
    expect(errors[0]?.json.error).to.have.all.keys('code', 'message', 'help', 'details')
  })
})

describe('a file from the page', () => {
  const upload = async (file: Uint8Array | string, query: Record<string, string> = {}, settings = {}) => {
    const current = world(settings)
    const token = await current.visit()
    const answer = await current.ask('POST', '/upload', { token, file, query: { clientId: 'client-01', name: 'a.png', ...query } })
    const [event] = current.fake.delivered
    return { current, token, answer, part: event?.kind === 'message' ? event.parts[0] : null }
  }

  const kinds: readonly (readonly [string, Uint8Array, Record<string, string>, Part['kind']])[] = [
    ['a picture by its content, whatever its name', png, { name: 'factura.pdf' }, 'image'],
    ['a PDF', Buffer.from('%PDF-1.7'), {}, 'document'],
    ['sound', Buffer.from('OggS\0\0'), {}, 'audio'],
    ['a voice note', Buffer.from('OggS\0\0'), { voice: '1', durationMs: '9000' }, 'voice'],
    ['a voice note of Chromium', Buffer.from('1a45dfa300', 'hex'), { voice: '1' }, 'voice'],
    ['no voice note of a picture', png, { voice: '1' }, 'image'],
  ]
  for (const [name, file, query, kind] of kinds) {
    it(`becomes ${name}`, async () => {
      expect((await upload(file, query)).part?.kind).to.equal(kind)
    })
  }

  it('keeps its caption and a name without folders', async () => {
    const { part, answer } = await upload(png, { name: '../../etc/ña "x".png', caption: 'Mire' })
    expect(part).to.include({ kind: 'image', caption: 'Mire' }).and.have.nested.property('media.fileName', 'ña x.png')
    expect(answer.json.message).to.have.nested.property('parts[0].media.url').that.matches(/^media\/kept-1\?t=v1\./)
  })

  const bad: readonly (readonly [string, Uint8Array | string, object, Record<string, string>, number, string])[] = [
    ['too large', Buffer.concat([png, Buffer.alloc(1024 * 1024)]), { attachmentMaxMb: 1 }, {}, 413, 'media_too_large'],
    ['of a type that is not accepted', '<html>', { attachmentTypes: ['image/*'] }, {}, 415, 'media_type'],
    ['sent where files are off', png, { attachments: false }, {}, 409, 'not_supported'],
    ['sent without a client id', png, {}, { clientId: '' }, 422, 'validation'],
    ['below a caption that is too long', png, {}, { caption: 'x'.repeat(1025) }, 422, 'text_too_long'],
  ]
  for (const [name, file, settings, query, status, code] of bad) {
    it(`is refused with ${code} when it is ${name}`, async () => {
      const { answer, current } = await upload(file, query, settings)
      expect(answer).to.include({ status, code })
      expect(current.fake.delivered).to.deep.equal([])
      expect(current.fake.kept).to.deep.equal([])
    })
  }

  it('is looked at only by the visitor of its chat, by a signed address that runs out', async () => {
    const { current, answer, token } = await upload(png)
    const message = answer.json.message as unknown as { parts: [{ media: { url: string } }] }
    const url = new URL(message.parts[0].media.url, `${self}/b/widget/${key}/`)
    const get = (over: object = {}) => current.ask('GET', '/media/:id', { params: { id: 'kept-1' }, query: Object.fromEntries(url.searchParams), ...over })
    expect((await get()).code, 'not yet a message of the chat').to.equal('not_found')
    current.fake.files.set(chatOf(current, token), current.fake.kept)
    expect((await get()).reply).to.deep.include({ status: 200, media: current.fake.kept[0] })
    expect((await get({ query: {} })).code).to.equal('not_found')
    expect((await get({ query: { t: token } })).code, 'a visitor\'s token is no address').to.equal('not_found')
    expect((await get({ params: { id: 'kept-2' } })).code).to.equal('not_found')
    current.fake.advance(9 * 24 * hour)
    expect((await get()).code).to.equal('not_found')
  })

  it('is not reached with a token of its own address', async () => {
    const { current, answer } = await upload(png)
    const message = answer.json.message as unknown as { parts: [{ media: { url: string } }] }
    const token = new URL(message.parts[0].media.url, self).searchParams.get('t')!
    expect((await current.ask('GET', '/history', { token })).code).to.equal('unauthorized')
  })
})

describe('what the page reads', () => {
  it('is the history of its own chat, after what it has', async () => {
    const current = world()
    const token = await current.visit()
    const chat = chatOf(current, token)
    const avatar = hostMedia({ fileId: 'av', fileName: 'a.png', mimeType: 'image/png', bytes: 'x' })
    const own = said(`${chat}.client-01`, { kind: 'text', text: 'Hola' }, { fromAccount: false, read: true })
    current.fake.histories.set(chat, [
      said(`${chat}.open`, { kind: 'choice', via: 'postback', id: 'open', title: 'Abrió el chat' }, { fromAccount: false }),
      own,
      said('t.1', { kind: 'text', text: 'Buenos días' }, { author: 'human', speaker: { name: 'Isabel', avatar, place: 'Orientación' }, replyTo: { id: own.id, fromAccount: false, part: own.parts[0]! } }),
      said('t.2', { kind: 'text', text: '¿Algo más?' }, { author: 'automatic' }),
    ])
    current.fake.histories.set('another', [said('t.9', { kind: 'text', text: 'secret' })])
    const { json } = await current.ask('GET', '/history', { token })
    const messages = json.messages as unknown as { id: string }[]
    expect(messages.map((one) => one.id)).to.deep.equal([own.id, 't.1', 't.2'])
    expect(messages[0]).to.deep.include({ clientId: 'client-01', from: 'visitor', read: true })
    expect(messages[1]).to.deep.include({ from: 'agent', replyTo: { id: own.id, from: 'visitor', kind: 'text', text: 'Hola' } })
    expect(messages[1]).to.have.nested.property('speaker.avatar').that.matches(/^media\/av\?t=/)
    expect(messages[2]).to.deep.include({ from: 'menu' })
    expect(json.agent).to.include({ name: 'Isabel', place: 'Orientación' })
    expect(json.more).to.equal(false)
    const next = await current.ask('GET', '/history', { token, query: { after: own.id, limit: '1' } })
    expect((next.json.messages as unknown as { id: string }[]).map((one) => one.id)).to.deep.equal(['t.1'])
    expect(next.json.more).to.equal(true)
    expect((await current.ask('GET', '/history', { token, query: { after: '<x>' } })).code).to.equal('validation')
  })

  it('is confirmed once per message and state', async () => {
    const current = world()
    const token = await current.visit()
    const chat = chatOf(current, token)
    expect((await current.ask('POST', '/read', { token, json: { upTo: 't.1' } })).status).to.equal(204)
    await current.ask('POST', '/read', { token, json: { upTo: 't.1', state: 'delivered' } })
    expect(current.fake.delivered).to.deep.equal(['read', 'delivered'].map((receipt) => (
      { kind: 'receipt', key: `${receipt}:${chat}:t.1`, at: current.fake.host.clock.now(), account: key, chat, chatKind: 'direct', target: { upTo: 't.1' }, receipt })))
    expect((await current.ask('POST', '/read', { token, json: { upTo: 7 } })).code).to.equal('validation')
  })

  it('does not keep what it types', async () => {
    const current = world()
    const token = await current.visit()
    const chat = chatOf(current, token)
    expect((await current.ask('POST', '/typing', { token, json: { typing: true } })).status).to.equal(204)
    expect(current.fake.signals).to.deep.equal([{ kind: 'typing', chat, sender: chat, typing: true }])
    expect(current.fake.delivered).to.deep.equal([])
    expect((await current.ask('POST', '/typing', { token, json: {} })).code).to.equal('validation')
  })

  it('starts the menu on opening, once per visitor, only where the channel says so', async () => {
    const silent = world()
    expect((await silent.ask('POST', '/open', { token: await silent.visit() })).status).to.equal(204)
    expect(silent.fake.delivered).to.deep.equal([])
    const current = world({ greetOnOpen: true })
    const token = await current.visit()
    for (let times = 0; times < 2; times++) await current.ask('POST', '/open', { token })
    expect(new Set(current.fake.delivered.map((event) => event.key)).size).to.equal(1)
    expect(current.fake.delivered[0]).to.deep.include({ kind: 'message', parts: [{ kind: 'choice', via: 'postback', id: 'open', title: 'Abrió el chat' }] })
  })
})

describe('what is sent to the page', () => {
  const frames = (current: ReturnType<typeof world>) => current.fake.pushes.map((one) => one.frame as unknown as Frame)

  it('arrives as a frame with an id that a repeat keeps', async () => {
    const current = world()
    const message = outbound(sampleParts.text, { chat: 'v1', speaker: { name: 'Isabel', place: 'Orientación' } })
    const first = await current.bridge.send(message, never)
    const again = await current.bridge.send(message, never)
    expect(again.ids).to.deep.equal(first.ids).and.deep.equal([`t.${message.idempotencyKey}`])
    expect(frames(current)[0]).to.deep.equal({
      type: 'message',
      message: { id: first.ids[0], at: first.at.getTime(), from: 'agent', parts: [{ kind: 'text', text: 'Buenos días' }], speaker: { name: 'Isabel', place: 'Orientación' } },
    })
  })

  const media = { url: 'media/x', mimeType: 'image/jpeg', size: 1, fileName: 'foto.jpg' }
  const shown: readonly (readonly [string, Part, object])[] = [
    ['a picture with its caption', { ...sampleParts.image, caption: 'Mire' } as Part, { kind: 'image', media, caption: 'Mire' }],
    ['a place', sampleParts.location, sampleParts.location],
    ['buttons', sampleParts.buttons, sampleParts.buttons],
    ['a list', sampleParts.list, sampleParts.list],
  ]
  for (const [name, part, expected] of shown) {
    it(`shows ${name}`, async () => {
      const current = world()
      await current.bridge.send(outbound(part, { chat: 'v1' }), never)
      const plain = JSON.parse(JSON.stringify(frames(current)[0]).replace(/media\/file-foto\.jpg\?t=[\w.-]+/, 'media/x')) as { message: { parts: object[] } }
      expect(plain.message.parts).to.deep.equal([expected])
    })
  }

  it('quotes the visitor\'s own words as theirs', async () => {
    const current = world()
    await current.bridge.send(outbound(sampleParts.text, { chat: 'v1', author: 'automatic', replyTo: { id: 'v1.client-01', sender: 'v1', part: sampleParts.text } }), never)
    expect(frames(current)[0]).to.have.nested.property('message.replyTo').that.deep.equals({ id: 'v1.client-01', from: 'visitor', kind: 'text', text: 'Buenos días' })
    expect(frames(current)[0]).to.have.nested.property('message.from', 'menu')
  })

  it('is tried again when the frame could not be pushed', async () => {
    const current = world()
    Object.assign(current.fake.host, { push: async () => { throw new Error('no way') } })
    const error: unknown = await current.bridge.send(outbound(sampleParts.text), never).catch((reason: unknown) => reason)
    expect(isBridgeError(error) && `${error.kind} ${error.code}`).to.equal('transient network')
  })

  it('says who types, who reads and who attends', async () => {
    const current = world()
    await current.bridge.presence?.setTyping?.('v1', true)
    await current.bridge.presence?.markRead?.('v1', 'v1.client-01')
    await current.bridge.hosted?.attended?.('v1', { name: 'Isabel', place: 'Orientación' })
    await current.bridge.hosted?.attended?.('v1', null)
    expect(frames(current)).to.deep.equal([
      { type: 'typing', typing: true }, { type: 'status', upTo: 'v1.client-01', status: 'read' },
      { type: 'agent', agent: { name: 'Isabel', place: 'Orientación' } }, { type: 'agent', agent: null },
    ])
  })

  it('draws what other channels cannot send here as words', async () => {
    const current = world()
    const token = await current.visit()
    const lost: Part = { kind: 'image', media: { at: 'lost', reason: 'expired' }, caption: 'Mire' }
    current.fake.histories.set(chatOf(current, token), [lost, sampleParts.template, sampleParts.contacts, sampleParts.unsupported, sampleParts.order].map((part, at) => said(`t.${at}`, part)))
    const { json } = await current.ask('GET', '/history', { token })
    expect((json.messages as unknown as { parts: object[] }[]).map((one) => one.parts[0])).to.deep.equal([
      { kind: 'unavailable', text: 'Mire' }, { kind: 'text', text: 'Hola' }, { kind: 'unavailable', text: 'Ana Gómez +573001234567' }, { kind: 'unavailable' }, { kind: 'unavailable' },
    ])
  })

  it('is connected once it has a key and its secret, and says what it can do', async () => {
    const current = world()
    await current.bridge.connect(never)
    expect(current.bridge.status()).to.include({ state: 'connected' })
    const bare = world({ key: '' })
    await bare.bridge.connect(never)
    expect(bare.bridge.status()).to.deep.equal({ state: 'unconfigured' })
    expect(current.bridge.capabilities()).to.include({ link: 'hosted', replies: 'both', typing: 'both', serviceWindow: null, idempotentSend: true })
    expect(world({ attachments: false }).bridge.capabilities().parts.image?.direction).to.equal('send')
  })
})
