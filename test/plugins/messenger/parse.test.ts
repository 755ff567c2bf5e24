import { expect } from 'chai'
import type { InboundEvent, MessageContext, Part, RemoteProfile } from '../../../plugins/sdk/index.ts'
import { fakeHost, parseTable } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost } from '../../../plugins/sdk/testkit/index.ts'
import messenger from '../../../plugins/messenger/index.ts'
import { appSecret, fixtureText, inboundNames, signed } from '../meta/samples.ts'

const page = '682498302938465'
const user = '4398273648291734'
const open = (fake: FakeHost) => messenger.open({
  id: '01', settings: { pageId: page, appId: '3' }, secrets: { pageToken: 't', appSecret, verifyToken: 'v' }, webhookUrl: '',
}, fake.host)
const parse = (body: unknown): InboundEvent[] => open(fakeHost()).webhook?.parse(signed(body as string)) ?? []

const customer: RemoteProfile = { user, identifiers: [{ kind: 'psid', scope: page, value: user }] }
const us: RemoteProfile = { user: page, identifiers: [{ kind: 'psid', scope: page, value: page }] }
const when = new Date(1_764_000_000_123)
const base = { at: when, account: page, chat: user, chatKind: 'direct' } as const
const said = (id: string, parts: [Part, ...Part[]], context: MessageContext = {}): InboundEvent =>
  ({ ...base, kind: 'message', key: `m:${id}`, id, sender: customer, fromAccount: false, parts, context })
const picture = (name: string): Part => ({ kind: 'image', media: { at: 'remote', id: `https://scontent.xx.fbcdn.net/v/${name}.jpg` } })

const expected: Readonly<Record<string, InboundEvent[]>> = {
  'in-text': [said('m_AAA1', [{ kind: 'text', text: 'hello, world!' }])],
  'in-quick-reply': [said('m_AAA2', [{ kind: 'choice', via: 'button', id: 'queue:ventas', title: 'Ventas' }])],
  'in-reply-to': [said('m_AAA3', [{ kind: 'text', text: 'sí' }], { replyTo: 'm_OUT1' })],
  'in-image-multi': [said('m_AAA4', [picture('1'), picture('2')])],
  'in-sticker': [said('m_AAA5', [{ kind: 'sticker', media: { at: 'remote', id: 'https://scontent.xx.fbcdn.net/v/s.png' } }])],
  'in-fallback-link': [said('m_AAA6', [{ kind: 'text', text: 'mira https://youtu.be/bbo_fZAjIhg' }])],
  'in-ad-referral': [said('m_AAA7', [{ kind: 'text', text: 'info' }], {
    referral: { kind: 'ad', title: 'Oferta', sourceId: '6045246247433', ref: 'camp-1', media: { at: 'remote', id: 'https://scontent.xx.fbcdn.net/a.jpg' } },
  })],
  'in-postback-getstarted': [said('m_AAA8', [{ kind: 'choice', via: 'postback', id: 'GET_STARTED', title: 'Get Started' }], { referral: { kind: 'link', ref: 'web' } })],
  'in-reaction': [{ ...base, kind: 'reaction', key: `r:m_OUT1:${user}:1764000000123:re`, target: 'm_OUT1', sender: customer, emoji: '❤️' }],
  'in-edit': [{ ...base, kind: 'edit', key: 'e:m_AAA1:1', target: 'm_AAA1', sender: customer, part: { kind: 'text', text: 'hello, edited' } }],
  'in-delivery': [
    { ...base, kind: 'receipt', key: 's:delivered:m_OUT1', target: 'm_OUT1', receipt: 'delivered' },
    { ...base, kind: 'receipt', key: `s:delivered:${user}:1764000001000`, target: { upTo: new Date(1_764_000_001_000) }, receipt: 'delivered' },
  ],
  'in-read': [{ ...base, kind: 'receipt', key: `s:read:${user}:1764000002000`, target: { upTo: new Date(1_764_000_002_000) }, receipt: 'read' }],
  'in-echo': [{
    ...base, at: new Date(1_764_000_000_500), partner: customer, kind: 'message', key: 'm:m_OUT1', id: 'm_OUT1', sender: us, fromAccount: 'api', parts: [{ kind: 'text', text: 'respuesta' }],
    context: {}, correlation: 'turno:42',
  }],
}

describe('Messenger reads its sample payloads', () => {
  it('has an expectation for every one of them', () => {
    expect(inboundNames('messenger').sort()).to.deep.equal(Object.keys(expected).sort())
  })
  const cases = Object.entries(expected).map(([name, events]) => ({ name, request: signed(fixtureText('messenger', name)), events }))
  for (const check of parseTable(open, cases)) it(check.name, check.run)
})

type Value = Record<string, unknown>
const entry = (list: string, event: Value) => ({ object: 'page', entry: [{ id: page, time: 1_764_000_000_000, [list]: [{ sender: { id: user }, recipient: { id: page }, timestamp: 1_764_000_000_123, ...event }] }] })
const message = (content: Value, list = 'messaging') => entry(list, { message: { mid: 'm_1', ...content } })
const partsOf = (body: unknown) => {
  const [event] = parse(body)
  return event?.kind === 'message' ? event.parts : undefined
}
const attachment = (type: string, payload?: Value, rest: Value = {}) => message({ attachments: [{ type, ...(payload && { payload }) }], ...rest })

describe('Messenger parts', () => {
  const table: { name: string; body: unknown; parts: Part[] }[] = [
    { name: 'a sticker of before September 2026', body: attachment('image', { url: 'https://a.fbcdn.net/s', sticker_id: 369239263222822 }), parts: [{ kind: 'sticker', media: { at: 'remote', id: 'https://a.fbcdn.net/s' } }] },
    { name: 'a voice note', body: attachment('audio', { url: 'https://a.fbcdn.net/v' }), parts: [{ kind: 'audio', media: { at: 'remote', id: 'https://a.fbcdn.net/v' } }] },
    { name: 'a file', body: attachment('file', { url: 'https://a.fbcdn.net/f' }), parts: [{ kind: 'document', media: { at: 'remote', id: 'https://a.fbcdn.net/f' } }] },
    { name: 'a file without an address', body: attachment('video', {}), parts: [{ kind: 'video', media: { at: 'lost', reason: 'the provider gave no address to fetch' } }] },
    { name: 'an old client\'s place at 0, 0', body: attachment('location', { coordinates: { lat: 0, long: 0 } }), parts: [{ kind: 'location', latitude: 0, longitude: 0 }] },
    { name: 'a link without words', body: attachment('fallback', { url: 'https://a.b/c', title: 'Título' }), parts: [{ kind: 'text', text: 'Título\nhttps://a.b/c' }] },
    { name: 'a link beside other words', body: attachment('fallback', { url: 'https://a.b/c', title: 'Título' }, { text: 'mira' }), parts: [{ kind: 'text', text: 'mira' }, { kind: 'text', text: 'https://a.b/c' }] },
    { name: 'a link that is none', body: attachment('fallback', { url: 'not a link', title: 'Título' }), parts: [{ kind: 'text', text: 'Título' }] },
    { name: 'a link with nothing at all', body: attachment('fallback', {}), parts: [{ kind: 'unsupported', remoteType: 'fallback' }] },
    { name: 'a shared page', body: attachment('post', { url: 'https://www.facebook.com/p/1', title: 'Post' }), parts: [{ kind: 'text', text: 'Post\nhttps://www.facebook.com/p/1' }] },
    { name: 'a reel that cannot be fetched', body: attachment('reel', { url: '/reel/1' }), parts: [{ kind: 'unsupported', remoteType: 'share' }] },
    { name: 'an appointment', body: attachment('appointment_booking', { title: 'Cita el lunes' }), parts: [{ kind: 'unsupported', remoteType: 'appointment_booking', text: 'Cita el lunes' }] },
    { name: 'a template', body: attachment('template', { template_type: 'button', text: 'Elige' }), parts: [{ kind: 'unsupported', remoteType: 'template', text: 'Elige' }] },
    { name: 'a type nobody knows', body: attachment('hologram'), parts: [{ kind: 'unsupported', remoteType: 'hologram' }] },
    { name: 'an empty message', body: message({}), parts: [{ kind: 'unsupported', remoteType: 'empty' }] },
    { name: 'a text with a picture', body: message({ text: 'hola', attachments: [{ type: 'image', payload: { url: 'https://a.fbcdn.net/1' } }] }), parts: [{ kind: 'text', text: 'hola' }, { kind: 'image', media: { at: 'remote', id: 'https://a.fbcdn.net/1' } }] },
  ]
  for (const { name, body, parts } of table) it(`are read from ${name}`, () => { expect(partsOf(body)).to.deep.equal(parts) })
})

describe('Messenger events', () => {
  const echo = (content: Value) => ({ object: 'page', entry: [{ id: page, messaging: [{ sender: { id: page }, recipient: { id: user }, timestamp: 1_764_000_000_123, message: { mid: 'm_1', is_echo: true, text: 'x', ...content } }] }] })
  for (const [name, content, origin] of [
    ['the page\'s inbox', { app_id: 26390203743090 }, 'provider_inbox'], ['nobody named', {}, 'provider_inbox'], ['another application', { app_id: 1517776481860111 }, 'api'],
  ] as const) {
    it(`tell that an answer came from ${name}`, () => {
      expect(parse(echo(content))[0]).to.deep.include({ fromAccount: origin, chat: user, partner: customer, sender: us })
    })
  }

  it('of a thread that another application has are only kept', () => {
    expect(parse(message({ text: 'hola' }, 'standby'))[0]).to.deep.include({ kind: 'message', standby: true })
  })

  it('in the form of changes are read the same', () => {
    const value = { sender: { id: user }, recipient: { id: page }, timestamp: 1_764_000_000_123, message: { mid: 'm_AAA1', text: 'hello, world!' } }
    expect(parse({ object: 'page', entry: [{ id: page, changes: [{ field: 'messages', value }] }] })).to.deep.equal(expected['in-text'])
  })

  it('are read to the end, of every entry', () => {
    const one = (mid: string) => ({ sender: { id: user }, recipient: { id: page }, timestamp: 1, message: { mid, text: mid } })
    const events = parse({ object: 'page', entry: [{ id: page, messaging: [one('a'), one('b')], standby: [one('c')] }, { id: '77', messaging: [one('d')] }] })
    expect(events.map(event => (event.kind === 'message' ? `${event.account} ${event.id}` : event.kind))).to.deep.equal([`${page} a`, `${page} b`, `${page} c`, '77 d'])
  })

  it('take seconds for seconds', () => {
    expect(parse(entry('messaging', { timestamp: 1_764_000_000, message: { mid: 'm', text: 'x' } }))[0]?.at).to.deep.equal(new Date(1_764_000_000_000))
  })

  it('tell a reaction that was taken back, one without an emoji, and one of ours', () => {
    const reaction = (content: Value) => parse(entry('messaging', { reaction: { mid: 'm_1', ...content } }))[0]
    expect(reaction({ action: 'unreact', reaction: 'love', emoji: '❤️' })).to.deep.include({ emoji: null })
    expect(reaction({ action: 'react', reaction: 'like' })).to.deep.include({ emoji: '👍' })
    expect(reaction({ action: 'react', reaction: 'other' })).to.deep.include({ emoji: '❔' })
    const ours = { object: 'page', entry: [{ id: page, messaging: [{ sender: { id: page }, recipient: { id: user }, timestamp: 5, reaction: { mid: 'm_1', action: 'react', emoji: '👍' } }] }] }
    expect(parse(ours)[0]).to.deep.include({ sender: us, chat: user, partner: customer })
  })

  it('tell an edit whose version is a word, and one without text', () => {
    const edit = (content: Value) => parse(entry('messaging', { message_edit: { mid: 'm_1', ...content } }))[0]
    expect(edit({ text: 'x', num_edit: '2' })).to.deep.include({ key: 'e:m_1:2', part: { kind: 'text', text: 'x' } })
    expect(edit({ num_edit: 0 })).to.deep.include({ key: 'e:m_1:0', part: { kind: 'unsupported', remoteType: 'edit' } })
  })

  it('give an old postback a name of its own, the same each time', () => {
    const body = entry('messaging', { postback: { title: 'Menú', payload: 'MENU' } })
    const [event] = parse(body)
    expect(event).to.deep.include({ id: `p:${user}:1764000000123:MENU`, parts: [{ kind: 'choice', via: 'postback', id: 'MENU', title: 'Menú' }] })
  })

  it('tell who came by a link or an advert without writing', () => {
    expect(parse(entry('messaging', { referral: { ref: 'web', source: 'SHORTLINK', type: 'OPEN_THREAD' } }))[0]).to.deep.include({ kind: 'referral', sender: customer, referral: { kind: 'link', ref: 'web' } })
    expect(parse(entry('messaging', { referral: { source: 'ADS', ad_id: '9' } }))[0]).to.deep.include({ kind: 'referral', referral: { kind: 'ad', sourceId: '9' } })
    expect(parse(entry('messaging', { optin: { ref: 'plugin' } }))[0]).to.deep.include({ kind: 'referral', referral: { kind: 'link', ref: 'plugin' } })
  })

  it('tell who wants marketing notifications and who stopped them', () => {
    const optin = (status?: string) => parse(entry('messaging', { optin: { type: 'notification_messages', ...(status && { notification_messages_status: status }) } }))[0]
    expect(optin()).to.deep.include({ kind: 'opt', state: 'in', scope: 'marketing', user: customer })
    expect(optin('STOP_NOTIFICATIONS')).to.deep.include({ kind: 'opt', state: 'out' })
  })

  const notes: { name: string; body: unknown; code: string; severity: string }[] = [
    { name: 'a page that was blocked', body: entry('messaging', { policy_enforcement: { action: 'block', reason: 'spam' } }), code: 'policy_enforcement:block', severity: 'error' },
    { name: 'a thread that was passed on', body: entry('messaging', { pass_thread_control: { new_owner_app_id: '1' } }), code: 'pass_thread_control', severity: 'info' },
    { name: 'a person without an id', body: { object: 'page', entry: [{ id: page, messaging: [{ sender: { user_ref: 'x' }, recipient: { id: page }, optin: { ref: 'x' } }] }] }, code: 'event_without_person', severity: 'warning' },
    { name: 'an event nobody knows', body: entry('messaging', { hologram: {} }), code: 'unknown_event:hologram', severity: 'info' },
    { name: 'a field that is no chat', body: { object: 'page', entry: [{ id: page, changes: [{ field: 'feed', value: { item: 'post' } }] }] }, code: 'webhook_field:feed', severity: 'info' },
    { name: 'a reaction to nothing', body: entry('messaging', { reaction: { action: 'react' } }), code: 'event_without_message', severity: 'warning' },
  ]
  for (const { name, body, code, severity } of notes) {
    it(`tell the administrators of ${name}`, () => {
      const events = parse(body)
      expect(events).to.have.length(1)
      expect(events[0]).to.deep.include({ kind: 'account', code, severity, account: page })
    })
  }

  it('of another product are refused', () => {
    for (const body of ['[]', 'x', '{"object":"instagram","entry":[]}', '{"object":"page"}']) expect(() => parse(body)).to.throw().with.property('code', 'bad_request')
  })
})
