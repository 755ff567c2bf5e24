import { expect } from 'chai'
import type { InboundEvent, MediaRef, MessageContext, Part, RemoteIdentifier, RemoteProfile } from '../../../plugins/sdk/index.ts'
import { fakeHost, parseTable } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost } from '../../../plugins/sdk/testkit/index.ts'
import cloud from '../../../plugins/whatsapp-cloud/index.ts'
import { appSecret, fixture, fixtureText, inboundNames, signed } from '../meta/samples.ts'

const open = (fake: FakeHost) => cloud.open({
  id: '01', settings: { phoneNumberId: '1', wabaId: '2', appId: '3' }, secrets: { accessToken: 't', appSecret, verifyToken: 'v' }, webhookUrl: '',
}, fake.host)
const parse = (body: unknown): InboundEvent[] => open(fakeHost()).webhook?.parse(signed(body as string)) ?? []

const line = '106540352242922'
const composedAccount = '102290129340398'
const bsuid = 'US.13491208655302741918'
const otherBsuid = 'US.98765432100000000001'
const phoneId = (value: string): RemoteIdentifier => ({ kind: 'phone', scope: '', value })
const userId = (value: string, scope = composedAccount): RemoteIdentifier => ({ kind: 'bsuid', scope, value })
const byPhone: RemoteProfile = { user: '16505551234', identifiers: [phoneId('16505551234')], name: 'Sheena Nelson' }
const byBoth: RemoteProfile = { user: bsuid, identifiers: [userId(bsuid), phoneId('16505551234')], name: 'Sheena Nelson' }
const seconds = (value: number) => new Date(value * 1000)
const week = 7 * 24 * 3600

interface Said { readonly id: string; readonly at: number; readonly sender: RemoteProfile; readonly part: Part; readonly context?: MessageContext }
const said = ({ id, at, sender, part, context = {} }: Said): InboundEvent => ({
  key: `m:${id}`, at: seconds(at), account: line, chat: sender.user, chatKind: 'direct', kind: 'message', id, sender, fromAccount: false, parts: [part], context,
})
const remote = (id: string, mimeType: string, at: number, rest: object = {}): MediaRef => ({ at: 'remote', id, mimeType, ...rest, expiresAt: seconds(at + week) })
const hex = (base64: string) => Buffer.from(base64, 'base64').toString('hex')
const composedId = (last: string) => `wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTAwMDAwMDAwMDAwMDAw${last}`
const outId = 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA='
const learned = (at: number): InboundEvent => ({
  kind: 'identity', key: `i:16505551234:${bsuid}`, at: seconds(at), account: line, change: 'alias', before: [phoneId('16505551234')], now: [userId(bsuid)],
})
const recipient: RemoteProfile = { user: bsuid, identifiers: [userId(bsuid), phoneId('16505551234')] }

const expected: Readonly<Record<string, InboundEvent[]>> = {
  'in-text': [said({ id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=', at: 1749416383, sender: byPhone, part: { kind: 'text', text: 'Does it come in another color?' } })],
  'in-text-product-context': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTA2NTUwRkNEMDdFQjJCRUU0NQA=', at: 1750016800, sender: byPhone, part: { kind: 'text', text: 'Is this still available?' },
    context: { replyTo: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGA9wcm9kdWN0X2lucXVpcnkA', referral: { kind: 'product', sourceId: 'di9ozbzfi4', ref: '194836987003835' } },
  })],
  'in-text-ctwa-referral': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUQ0N0VFMDA2MTQ0RkJFNkNDNAA=', at: 1750275992, sender: byPhone, part: { kind: 'text', text: 'Hello! Can I get more info on this?' },
    context: {
      referral: {
        kind: 'ad', title: 'Chat with us', body: 'Summer Succulents are here!', url: 'https://fb.me/3cr4Wqqkv', sourceId: '120226305854810726',
        media: { at: 'remote', id: 'https://scontent.xx.fbcdn.net/v/t45.1...' },
        clickId: 'Aff-n8ZTODiE79d22KtAwQKj9e_mIEOOj27vDVwFjN80dp4_0NiNhEgpGo0AHemvuSoifXaytfTzcchptiErTKCqTrJ5nW1h7IHYeYymGb5K5J5iTROpBhWAGaIAeUzHL50',
      },
    },
  })],
  'in-reaction': [{
    kind: 'reaction', key: 'm:wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=', at: seconds(1749419544), account: line, chat: '16505551234', chatKind: 'direct',
    target: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI0RTJEOTc2ODVERUY5RDlGNkYA', sender: byPhone, emoji: '👍',
  }],
  'in-reaction-removed': [{
    kind: 'reaction', key: `m:${composedId('0007')}`, at: seconds(1764000007), account: line, chat: bsuid, chatKind: 'direct',
    target: 'wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI3NUJBRUM2RkY1RTk4MzkA', sender: byBoth, emoji: null,
  }],
  'in-image': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=', at: 1744344496, sender: byPhone,
    part: { kind: 'image', media: remote('1003383421387256', 'image/jpeg', 1744344496, { sha256: hex('SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=') }), caption: 'Taj Mahal' },
  })],
  'in-location': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTU2MjZEMDBGRkE3MENEMDE0RQA=', at: 1744344496, sender: byPhone,
    part: { kind: 'location', latitude: 37.44221496582, longitude: -122.16165924072, name: 'Philz Coffee', address: '101 Forest Ave, Palo Alto, CA 94301' },
  })],
  'in-contacts': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=', at: 1744344496, sender: byPhone,
    part: { kind: 'contacts', contacts: [{ name: 'Lucía Gómez', phones: [{ value: '+1 (983) 555-2319', type: 'MOBILE', onNetwork: true }], organization: 'Google' }] },
  })],
  'in-unsupported': [said({
    id: 'wamid.HBgLMTQyMDU1NTA3NDkVAgASGBI5N0MwRjg0RTVBNUI1RDA2OTkA', at: 1750090702, sender: byPhone,
    part: { kind: 'unsupported', remoteType: 'unsupported', text: 'Message type is currently not supported.' },
  })],
  'in-template-button': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUU0M0MxQzQzMUJCMTMwNUZFOQA=', at: 1750091045, sender: byPhone,
    part: { kind: 'choice', via: 'template', id: 'Unsubscribe', title: 'Unsubscribe' }, context: { replyTo: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBJFNjk2OTMwNEZCQjhGMzUyQUYA' },
  })],
  'in-list-reply': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUJDQ0NDM0FEODY4ODkzOTc5RgA=', at: 1749854575, sender: byPhone,
    part: { kind: 'choice', via: 'list', id: 'priority_express', title: 'Priority Mail Express' }, context: { replyTo: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBJGMzEyNzhENTZDMzNGODlDRDgA' },
  })],
  'in-button-reply': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTZBQzg0MzQ4QjRCM0NGNkVGOAA=', at: 1750025136, sender: byPhone,
    part: { kind: 'choice', via: 'button', id: 'cancel-button', title: 'Cancel' }, context: { replyTo: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI3MEM2RUJFNkI0RENGQTVDRjUA' },
  })],
  'in-order': [said({
    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTEyQjFGNzI1QTQxMjI5QTMyOQA=', at: 1750096325, sender: byPhone,
    part: {
      kind: 'order', catalogId: '194836987003835',
      items: [{ productId: 'di9ozbzfi4', quantity: 2, price: '30', currency: 'USD' }, { productId: 'nqryix03ez', quantity: 1, price: '25', currency: 'USD' }],
    },
  })],
  'in-system-number-change': [{
    kind: 'identity', key: 'm:wamid.HBgLMTk4MzU1NTE5NzQVAgASGAoxMTgyMDg2MjY3AA==', at: seconds(1750269342), account: line, change: 'replaced',
    before: [phoneId('16505551234')], now: [phoneId('12195555358')],
  }],
  'in-system-user-id-change': [{
    kind: 'identity', key: 'm:wamid.HBgLSYSTEM0001', at: seconds(1764000011), account: line, change: 'replaced', before: [userId(bsuid)], now: [userId(otherBsuid)],
  }],
  'in-user-id-update': [{
    kind: 'identity', key: `i:${bsuid}:${otherBsuid}:1764000012000`, at: seconds(1764000012), account: line, change: 'replaced',
    before: [userId(bsuid)], now: [userId(otherBsuid), phoneId('16505551234')],
  }],
  'in-group-create': [{
    kind: 'group', key: 'g:Y2FwaV9ncm91cDoxODA1NTU1MDE3MjoxMjAzNjMyMjI3NzE5NjMwNjcZD:group_create:784D93D0C468593037EA0B1ECA245D9C', at: seconds(1750269342), account: line,
    chat: 'Y2FwaV9ncm91cDoxODA1NTU1MDE3MjoxMjAzNjMyMjI3NzE5NjMwNjcZD', chatKind: 'group', change: 'joined',
    group: {
      chat: 'Y2FwaV9ncm91cDoxODA1NTU1MDE3MjoxMjAzNjMyMjI3NzE5NjMwNjcZD', subject: 'your-group-subject', description: 'your-group-description',
      members: ['16505551234', '16505551235'].map(value => ({ profile: { user: value, identifiers: [phoneId(value)] }, role: 'member' as const })),
    },
  }],
  'in-audio-voice': [said({
    id: composedId('0001'), at: 1764000001, sender: byBoth,
    part: { kind: 'voice', media: remote('1908647269898587', 'audio/ogg; codecs=opus', 1764000001, { sha256: hex('Kq1CZ3v0wzGm2sUeXb3cM9vPq6b8l1m3l0mX5m0mX5o=') }) },
  })],
  'in-video': [said({
    id: composedId('0002'), at: 1764000002, sender: byBoth,
    part: { kind: 'video', media: remote('1423456785123456', 'video/mp4', 1764000002, { sha256: hex('S3l8dQ0b7wq9lqv9C3e0Zz5Oe2mJp3b1yV0n5r2f3kY=') }), caption: 'Mira' },
  })],
  'in-document': [said({
    id: composedId('0003'), at: 1764000003, sender: byBoth,
    part: {
      kind: 'document', caption: 'Cotización',
      media: remote('1376223850470843', 'application/pdf', 1764000003, { fileName: 'Cotización café.pdf', sha256: hex('9n2oV0i6C2m6m9pQe0Yd5jz8WQx7o4N3sPz1w2b3c4E=') }),
    },
  })],
  'in-sticker': [said({
    id: composedId('0004'), at: 1764000004, sender: byBoth,
    part: { kind: 'sticker', media: remote('798882015472548', 'image/webp', 1764000004, { sha256: hex('bQ4m2m6u0W2fB7f6Vh1oGmY7z8x9c0v1b2n3m4a5s6D=') }), animated: false },
  })],
  'in-quoted-reply': [said({ id: composedId('0005'), at: 1764000005, sender: byBoth, part: { kind: 'text', text: 'Sí, ese' }, context: { replyTo: 'wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI3NUJBRUM2RkY1RTk4MzkA' } })],
  'in-forwarded': [said({ id: composedId('0006'), at: 1764000006, sender: byBoth, part: { kind: 'text', text: 'reenviado' }, context: { forwarded: true } })],
  'in-edit': [{
    kind: 'edit', key: `m:${composedId('0008')}`, at: seconds(1764000008), account: line, chat: bsuid, chatKind: 'direct',
    target: 'wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA=', sender: byBoth, part: { kind: 'text', text: 'texto corregido' },
  }],
  'in-revoke': [{
    kind: 'delete', key: `m:${composedId('0009')}`, at: seconds(1764000009), account: line, chat: bsuid, chatKind: 'direct',
    target: 'wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA=',
  }],
  'in-bsuid-only-text': [said({
    id: 'wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTAwMDAwMDAwMDAwMDAwMDEw', at: 1764000010, part: { kind: 'text', text: 'hola' },
    sender: { user: bsuid, identifiers: [userId(bsuid), userId('US.ENT.11815799212886844830', 'parent')], name: 'Sheena Nelson', username: 'sheena' },
  })],
  'in-smb-echo': [{
    ...said({
      id: 'wamid.HBgLMTY0NjcwNDM1OTUVAgARGBIyNDlBOEI5QUQ4NDc0N0FCNjMA', at: 1739321024, sender: { user: '15550783881', identifiers: [phoneId('15550783881')] },
      part: { kind: 'text', text: 'Here\'s the info you requested! https://www.meta.com/quest/quest-3/' },
    }),
    chat: '16505551234', partner: { user: '16505551234', identifiers: [phoneId('16505551234')] }, fromAccount: 'phone',
  } as InboundEvent],
  'in-status-sent': [{
    kind: 'receipt', key: `s:${outId}:sent`, at: seconds(1750030073), account: line, chat: bsuid, chatKind: 'direct', partner: recipient, target: outId, receipt: 'sent',
    price: { billable: true, category: 'marketing', model: 'PMP' },
  }, learned(1750030073)],
  'in-status-delivered-read': (['delivered', 'read'] as const).map((receipt, index): InboundEvent => ({
    kind: 'receipt', key: `s:${outId}:${receipt}`, at: seconds(1750030075 + index * 4), account: line, chat: '16505551234', chatKind: 'direct',
    partner: { user: '16505551234', identifiers: [phoneId('16505551234')] }, target: outId, receipt,
  })),
  'in-status-failed-window': [{
    kind: 'receipt', key: `s:${outId}:failed`, at: seconds(1750030073), account: line, chat: bsuid, chatKind: 'direct', partner: recipient, target: outId, receipt: 'failed',
    error: { code: 'window_closed', remoteCode: '131047', message: 'Message failed to send because more than 24 hours have passed since the customer last replied to this number.' },
  }, learned(1750030073)],
  'in-status-failed-ratelimit': [{
    kind: 'receipt', key: `s:${outId}:failed`, at: seconds(1750030073), account: line, chat: bsuid, chatKind: 'direct', partner: recipient, target: outId, receipt: 'failed',
    error: {
      code: 'rate_limited', remoteCode: '131056',
      message: 'Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.',
    },
  }, learned(1750030073)],
  'in-template-approved': [{
    kind: 'template', key: 't', at: seconds(1751247548), account: composedAccount,
    template: { remoteId: '1689556908129832', name: 'order_confirmation', language: 'en_US', status: 'approved', category: 'utility' },
  }],
  'in-template-rejected': [{
    kind: 'template', key: 't', at: seconds(1751247548), account: composedAccount,
    template: {
      remoteId: '1689556908129835', name: 'abandoned_cart', language: 'en', status: 'rejected', category: 'marketing',
      reason: 'Your template has parameters placed next to each other (like {{1}}{{2}}) without text or punctuation between them. Separate parameters with descriptive text and ensure each parameter is clearly contextualized.',
    },
  }],
}

describe('WhatsApp Cloud reads its sample payloads', () => {
  it('has an expectation for every one of them', () => {
    expect(inboundNames('whatsapp-cloud').sort()).to.deep.equal(Object.keys(expected).sort())
  })

  const cases = Object.entries(expected).filter(([name]) => !name.startsWith('in-template-a') && !name.startsWith('in-template-r'))
    .map(([name, events]) => ({ name, request: signed(fixtureText('whatsapp-cloud', name)), events }))
  for (const check of parseTable(open, cases)) it(check.name, check.run)

  for (const name of ['in-template-approved', 'in-template-rejected']) {
    it(name, () => {
      // Their keys hold a digest of the body: the provider gives these events no id.
      const events = parse(fixtureText('whatsapp-cloud', name))
      expect(events[0]?.key).to.match(/^t:\d+:(APPROVED|REJECTED):[0-9a-f]{20}:0:0$/)
      expect(events.map(event => ({ ...event, key: 't' }))).to.deep.equal(expected[name])
    })
  }
})

type Value = Record<string, unknown>
const envelope = (field: string, value: Value, time?: number) => ({
  object: 'whatsapp_business_account',
  entry: [{ id: composedAccount, ...(time && { time }), changes: [{ field, value: { messaging_product: 'whatsapp', metadata: { display_phone_number: '15550783881', phone_number_id: line }, ...value } }] }],
})
const contacts = [{ profile: { name: 'Sheena Nelson' }, wa_id: '16505551234', user_id: bsuid }]
const message = (rest: Value) => envelope('messages', { contacts, messages: [{ from: '16505551234', from_user_id: bsuid, id: 'wamid.1', timestamp: '1764000000', ...rest }] })
const firstPart = (body: unknown): Part | undefined => {
  const [event] = parse(body)
  return event?.kind === 'message' ? event.parts[0] : undefined
}

describe('WhatsApp Cloud parts', () => {
  const table: { name: string; content: Value; part: Part }[] = [
    { name: 'a location at 0, 0', content: { type: 'location', location: { latitude: 0, longitude: 0 } }, part: { kind: 'location', latitude: 0, longitude: 0 } },
    { name: 'an audio file that is no voice note', content: { type: 'audio', audio: { id: '9', mime_type: 'audio/mpeg' } }, part: { kind: 'audio', media: remote('9', 'audio/mpeg', 1764000000) } },
    { name: 'the old type of a voice note', content: { type: 'voice', voice: { id: '9', mime_type: 'audio/ogg' } }, part: { kind: 'voice', media: remote('9', 'audio/ogg', 1764000000) } },
    {
      name: 'a file too large for the provider',
      content: { type: 'video', video: {}, errors: [{ code: 131052, title: 'Media download error', error_data: { details: 'Too large' } }] },
      part: { kind: 'video', media: { at: 'lost', reason: 'Too large' } },
    },
    {
      name: 'the answer of a form', content: { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: { name: 'flow', body: 'Sent', response_json: '{"city":"Cali","n":2}' } } },
      part: { kind: 'form', name: 'flow', values: { city: 'Cali', n: 2 }, raw: '{"city":"Cali","n":2}' },
    },
    {
      name: 'a form whose answer is no JSON', content: { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: { name: 'flow', response_json: '{broken' } } },
      part: { kind: 'form', name: 'flow', values: null, raw: '{broken' },
    },
    {
      name: 'a form whose answer is a list', content: { type: 'interactive', interactive: { type: 'nfm_reply', nfm_reply: { name: 'flow', response_json: '[1]' } } },
      part: { kind: 'form', name: 'flow', values: null, raw: '[1]' },
    },
    {
      name: 'the answer to a request to call', content: { type: 'interactive', interactive: { type: 'call_permission_reply', call_permission_reply: { response: 'accept' } } },
      part: { kind: 'unsupported', remoteType: 'call_permission_reply', text: 'accept' },
    },
    { name: 'an unknown kind of answer', content: { type: 'interactive', interactive: { type: 'hologram_reply' } }, part: { kind: 'unsupported', remoteType: 'interactive:hologram_reply' } },
    { name: 'a text without its body', content: { type: 'text' }, part: { kind: 'unsupported', remoteType: 'text' } },
    { name: 'a type nobody knows', content: { type: 'hologram', hologram: {} }, part: { kind: 'unsupported', remoteType: 'hologram' } },
    { name: 'a type that is a word of the language', content: { type: 'constructor' }, part: { kind: 'unsupported', remoteType: 'constructor' } },
    {
      name: 'a contact without names', content: { type: 'contacts', contacts: [{ phones: [{ phone: '+57 300' }], emails: [{ email: 'a@b.co' }] }] },
      part: { kind: 'contacts', contacts: [{ name: '+57 300', phones: [{ value: '+57 300', onNetwork: false }], emails: ['a@b.co'] }] },
    },
  ]
  for (const { name, content, part } of table) it(`are read from ${name}`, () => { expect(firstPart(message(content))).to.deep.equal(part) })

  it('keep an order\'s text and a price without currency', () => {
    const part = firstPart(message({ type: 'order', order: { catalog_id: '7', text: 'para hoy', product_items: [{ product_retailer_id: 'a', quantity: '3', item_price: 1.5 }] } }))
    expect(part).to.deep.equal({ kind: 'order', catalogId: '7', text: 'para hoy', items: [{ productId: 'a', quantity: 3, price: '1.5' }] })
  })
})

describe('WhatsApp Cloud people', () => {
  it('are known by an id that stands where the phone belongs', () => {
    const body = envelope('messages', { messages: [{ from: bsuid, id: 'wamid.1', timestamp: '1764000000', type: 'text', text: { body: 'hola' } }] })
    expect(parse(body)).to.have.length(1)
    expect(parse(body)[0]).to.deep.include({ chat: bsuid, sender: { user: bsuid, identifiers: [userId(bsuid)] } })
  })

  it('are matched to their own contact, not to the first', () => {
    const both = [{ profile: { name: 'Otra' }, wa_id: '573001112233' }, ...contacts]
    const body = envelope('messages', { contacts: both, messages: [{ from: '16505551234', id: 'wamid.1', timestamp: '1764000000', type: 'text', text: { body: 'hola' } }] })
    expect(parse(body)[0]).to.deep.include({ sender: byBoth })
  })

  it('who share their number because we asked get it as another identifier', () => {
    const events = parse(message({ type: 'contacts', contacts: [{ origin: 'contact_request', name: { formatted_name: 'Sheena' }, phones: [{ phone: '+1 650', wa_id: '16505559999' }] }] }))
    expect(events[0]).to.deep.include({ parts: [{ kind: 'contacts', contacts: [{ name: 'Sheena', phones: [{ value: '+1 650', onNetwork: true }] }], requested: true }] })
    expect(events[1]).to.deep.include({ kind: 'identity', change: 'alias', before: [userId(bsuid)], now: [phoneId('16505559999')] })
  })

  it('in a group are told apart from its chat', () => {
    const [event] = parse(message({ group_id: 'Y2FwaV9ncm91cDox', type: 'text', text: { body: 'hola' } }))
    expect(event).to.deep.include({ chat: 'Y2FwaV9ncm91cDox', chatKind: 'group', sender: byBoth })
  })

  it('who stop marketing are told so, and who resume it', () => {
    const body = envelope('user_preferences', { user_preferences: [
      { wa_id: '16505551234', category: 'marketing_messages', value: 'stop', timestamp: 1764000000 },
      { wa_id: '16505551234', category: 'marketing_messages', value: 'resume', timestamp: 1764000100 },
    ] })
    expect(parse(body).map(event => event.kind === 'opt' && `${event.state} ${event.scope} ${event.chat}`)).to.deep.equal(['out marketing 16505551234', 'in marketing 16505551234'])
  })

  it('who no longer want marketing are told so by the refusal', () => {
    const body = envelope('messages', { statuses: [{ id: 'wamid.1', status: 'failed', timestamp: '1764000000', recipient_id: '16505551234', errors: [{ code: 131050, title: 'x' }] }] })
    expect(parse(body).map(event => event.kind)).to.deep.equal(['receipt', 'opt'])
    expect(parse(body)[1]).to.deep.include({ state: 'out', scope: 'marketing' })
  })
})

describe('WhatsApp Cloud bodies', () => {
  it('are read to the end: every entry, change, message and status', () => {
    const text = (id: string) => ({ from: '16505551234', id, timestamp: '1764000000', type: 'text', text: { body: id } })
    const change = (messages: string[], statuses: string[]) => ({
      field: 'messages',
      value: { metadata: { phone_number_id: line }, contacts, messages: messages.map(text), statuses: statuses.map(id => ({ id, status: 'read', timestamp: '1764000000', recipient_id: '16505551234' })) },
    })
    const body = { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [change(['a', 'b'], ['c']), change(['d'], [])] }, { id: '2', changes: [change([], ['e', 'f'])] }] }
    expect(parse(body).map(event => (event.kind === 'message' ? event.id : event.kind === 'receipt' ? event.target : event.kind))).to.deep.equal(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('are filed under the number each change names', () => {
    const first = fixture<{ object: string; entry: { id: string; changes: { field: string; value: { metadata: { phone_number_id: string } } }[] }[] }>('whatsapp-cloud', 'in-text')
    const second = structuredClone(first.entry)
    if (second[0]?.changes[0]) second[0].changes[0].value.metadata.phone_number_id = '777'
    expect(parse({ ...first, entry: [...first.entry, ...second] }).map(event => event.account)).to.deep.equal([line, '777'])
  })

  it('of another product are refused', () => {
    for (const body of ['[]', 'x', '{"object":"page","entry":[]}', '{"object":"whatsapp_business_account"}']) expect(() => parse(body)).to.throw().with.property('code', 'bad_request')
  })

  it('keep a template id above 2^53', () => {
    const text = fixtureText('whatsapp-cloud', 'in-template-approved').replace('1689556908129832', '9007199254740993123')
    const [event] = parse(text)
    expect(event?.kind === 'template' && event.template.remoteId).to.equal('9007199254740993123')
  })

  const notes: { name: string; body: unknown; code: string; severity: string; account?: string }[] = [
    { name: 'a field nobody knows', body: envelope('hologram_update', {}), code: 'hologram_update', severity: 'info', account: composedAccount },
    { name: 'an alert', body: envelope('account_alerts', { alert_severity: 'CRITICAL', alert_type: 'OBA', alert_description: 'x' }), code: 'account_alerts:OBA', severity: 'error', account: composedAccount },
    { name: 'a number that lost quality', body: envelope('phone_number_quality_update', { event: 'FLAGGED', current_limit: 'TIER_1K' }), code: 'phone_number_quality_update:FLAGGED', severity: 'warning', account: composedAccount },
    { name: 'a number that regained it', body: envelope('phone_number_quality_update', { event: 'UNFLAGGED' }), code: 'phone_number_quality_update:UNFLAGGED', severity: 'info', account: composedAccount },
    { name: 'an account that was disabled', body: envelope('account_update', { event: 'DISABLED_UPDATE', ban_info: { waba_ban_state: 'DISABLE' } }), code: 'account_update:DISABLED_UPDATE', severity: 'error', account: composedAccount },
    { name: 'an error beside the messages', body: envelope('messages', { errors: [{ code: 131000, title: 'x' }] }), code: 'error:131000', severity: 'error' },
    { name: 'a message without a sender', body: envelope('messages', { messages: [{ id: 'a', type: 'text', text: { body: 'x' } }] }), code: 'message_without_sender', severity: 'warning' },
    { name: 'a status nobody knows', body: envelope('messages', { statuses: [{ id: 'a', status: 'warped', recipient_id: '16505551234' }] }), code: 'status:warped', severity: 'info' },
    { name: 'a system message of another kind', body: message({ type: 'system', system: { type: 'customer_identity_changed', body: 'x' } }), code: 'system:customer_identity_changed', severity: 'info' },
    { name: 'a change of a group\'s members, who are not all', body: envelope('group_participants_update', { groups: [{ group_id: 'g', type: 'group_remove_participants', removed_participants: [{ wa_id: 16505551234 }] }] }), code: 'group:group_participants_update', severity: 'info' },
  ]
  for (const { name, body, code, severity, account = line } of notes) {
    it(`tell the administrators of ${name}`, () => {
      const events = parse(body)
      expect(events).to.have.length(1)
      expect(events[0]).to.deep.include({ kind: 'account', code, severity, account })
    })
  }

  it('tell the correlation, the price and the member of a group of a status', () => {
    const status = {
      id: 'wamid.1', status: 'delivered', timestamp: '1764000000', recipient_id: 'Y2FwaV9ncm91cDox', recipient_type: 'group', recipient_participant_id: '16505551234',
      biz_opaque_callback_data: 'key-1', pricing: { billable: false, pricing_model: 'PMP', category: 'service', type: 'free_customer_service' },
    }
    expect(parse(envelope('messages', { statuses: [status] }))).to.deep.equal([{
      kind: 'receipt', key: 's:wamid.1:delivered:16505551234', at: seconds(1764000000), account: line, chat: 'Y2FwaV9ncm91cDox', chatKind: 'group', target: 'wamid.1',
      receipt: 'delivered', correlation: 'key-1', price: { billable: false, category: 'service', model: 'PMP' },
    }])
  })

  it('tell calls as ringing and as missed, and not those that were answered or made by us', () => {
    const call = (rest: Value) => envelope('calls', { calls: [{ id: 'wacid.1', from: '16505551234', to: '15550783881', timestamp: '1764000000', ...rest }] })
    const heard = (body: unknown) => parse(body).map(event => (event.kind === 'call' ? event.state : event.kind))
    expect(heard(call({ event: 'connect' }))).to.deep.equal(['ringing'])
    expect(heard(call({ event: 'terminate', status: 'FAILED' }))).to.deep.equal(['missed'])
    expect(heard(call({ event: 'terminate', status: 'COMPLETED' }))).to.deep.equal(['account'])
    expect(heard(call({ event: 'connect', direction: 'BUSINESS_INITIATED' }))).to.deep.equal(['account'])
  })

  it('bring the phone\'s history and address book when a number is shared with it', () => {
    const thread = { id: '16505551234', messages: [
      { from: '15550783881', id: 'wamid.o', timestamp: '1760000000', type: 'text', text: { body: 'respuesta' } },
      { from: '16505551234', id: 'wamid.i', timestamp: '1760000001', type: 'text', text: { body: 'pregunta' } },
    ] }
    const history = parse(envelope('history', { history: [{ metadata: { phase: 0 }, threads: [thread] }, { errors: [{ code: 2593109, title: 'declined' }] }] }))
    expect(history.map(event => (event.kind === 'message' ? [event.id, event.fromAccount, event.chat, event.history] : event.kind))).to.deep.equal([
      ['wamid.o', 'phone', '16505551234', true], ['wamid.i', false, '16505551234', true], 'account',
    ])
    const [contact] = parse(envelope('smb_app_state_sync', { state_sync: [{ type: 'contact', action: 'add', contact: { full_name: 'Ana Gómez', phone_number: '573001112233' }, metadata: { timestamp: '1764000000' } }] }))
    expect(contact).to.deep.include({ kind: 'contact', profile: { user: '573001112233', identifiers: [phoneId('573001112233')], bookName: 'Ana Gómez' } })
  })

  it('keep a key short, however long an id is', () => {
    const long = 'wamid.'.padEnd(600, 'A')
    const keys = [long, `${long}B`].map(id => parse(message({ id, type: 'text', text: { body: 'x' } }))[0]?.key ?? '')
    expect(keys[0]?.length).to.be.at.most(200)
    expect(keys[0]).to.not.equal(keys[1])
  })

  it('tell the same thing once', () => {
    const status = (name: string) => ({ id: 'wamid.1', status: name, timestamp: '1764000000', recipient_id: '16505551234', recipient_user_id: bsuid })
    const events = parse(envelope('messages', { statuses: [status('delivered'), status('read'), status('read')] }))
    expect(events.map(event => (event.kind === 'receipt' ? event.receipt : event.kind))).to.deep.equal(['delivered', 'identity', 'read'])
  })
})
