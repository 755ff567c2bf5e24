import { expect } from 'chai'
import type { InboundEvent, MediaRef, MessageContext, Part, RemoteProfile } from '../../../plugins/sdk/index.ts'
import { fakeHost, parseTable } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost } from '../../../plugins/sdk/testkit/index.ts'
import instagram from '../../../plugins/instagram/index.ts'
import { appSecret, fixtureText, inboundNames, signed } from '../meta/samples.ts'

const account = '17841405726653026'
const user = '1784298734567123'
const open = (fake: FakeHost) => instagram.open({ id: '01', settings: { accountId: account }, secrets: { accessToken: 't', appSecret, verifyToken: 'v' }, webhookUrl: '' }, fake.host)
const parse = (body: unknown): InboundEvent[] => open(fakeHost()).webhook?.parse(signed(body as string)) ?? []

const customer: RemoteProfile = { user, identifiers: [{ kind: 'igsid', scope: account, value: user }] }
const us: RemoteProfile = { user: account, identifiers: [{ kind: 'igsid', scope: account, value: account }] }
const when = new Date(1_764_000_000_123)
const base = { at: when, account, chat: user, chatKind: 'direct' } as const
const said = (id: string, parts: [Part, ...Part[]], context: MessageContext = {}): InboundEvent =>
  ({ ...base, kind: 'message', key: `m:aWdfZAG1faXRlbT${id}`, id: `aWdfZAG1faXRlbT${id}`, sender: customer, fromAccount: false, parts, context })
const asset = (id: string): string => `https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=${id}`
const story = (id: string): MediaRef => ({ at: 'remote', id: asset(id), expiresAt: new Date(when.getTime() + 86_400_000) })

const expected: Readonly<Record<string, InboundEvent[]>> = {
  'in-text': [said('ox', [{ kind: 'text', text: 'hola' }])],
  'in-image': [said('o2', [{ kind: 'image', media: { at: 'remote', id: `${asset('1')}&signature=x` } }])],
  'in-reply-inline': [said('oy', [{ kind: 'text', text: 'sí' }], { replyTo: 'aWdfZAG1faXRlbTow' })],
  'in-story-reply': [said('oz', [{ kind: 'text', text: '¡qué lindo!' }], { referral: { kind: 'story', media: story('story1'), sourceId: '17961233456789012', url: asset('story1') } })],
  'in-story-mention': [said('o0', [{ kind: 'image', media: story('story2') }], { referral: { kind: 'story', url: asset('story2') } })],
  'in-post-share': [said('o1', [{ kind: 'image', media: { at: 'remote', id: asset('9') }, caption: 'caption' }], { referral: { kind: 'post', title: 'caption', url: asset('9'), sourceId: '18012345678901234' } })],
  'in-reel-share': [said('o7', [{ kind: 'video', media: { at: 'remote', id: asset('10') }, caption: 'reel' }], { referral: { kind: 'post', title: 'reel', url: asset('10'), sourceId: '17990000000000001' } })],
  'in-unsend': [{ ...base, kind: 'delete', key: 'd:aWdfZAG1faXRlbTox', target: 'aWdfZAG1faXRlbTox' }],
  'in-unsupported': [said('o8', [{ kind: 'unsupported', remoteType: 'unsupported' }])],
  'in-reaction': [{ ...base, kind: 'reaction', key: `r:aWdfZAG1faXRlbTow:${user}:1764000000123:re`, target: 'aWdfZAG1faXRlbTow', sender: customer, emoji: '❤️' }],
  'in-seen': [{ ...base, kind: 'receipt', key: `s:read:${user}:aWdfZAG1faXRlbTow`, target: { upTo: 'aWdfZAG1faXRlbTow' }, receipt: 'read' }],
  'in-edit': [{ ...base, kind: 'edit', key: 'e:aWdfZAG1faXRlbTox:1', target: 'aWdfZAG1faXRlbTox', sender: customer, part: { kind: 'text', text: 'hola!' } }],
  'in-postback': [said('o5', [{ kind: 'choice', via: 'postback', id: 'menu:hours', title: 'Horarios' }])],
  'in-ad-referral': [said('ph', [{ kind: 'text', text: 'info' }], { referral: { kind: 'ad', title: 'Oferta', sourceId: '6045246247433', media: { at: 'remote', id: 'https://scontent.xx.fbcdn.net/a.jpg' } } })],
  'in-echo': [{
    ...base, at: new Date(1_764_000_000_500), partner: customer, kind: 'message', key: 'm:aWdfZAG1faXRlbTow', id: 'aWdfZAG1faXRlbTow', sender: us, fromAccount: 'provider_inbox',
    parts: [{ kind: 'text', text: 'respuesta' }], context: {},
  }],
  'in-changes-form': [{ ...said('pi', [{ kind: 'text', text: 'hola' }]), at: new Date(1_764_000_000_000) } as InboundEvent],
}

describe('Instagram reads its sample payloads', () => {
  it('has an expectation for every one of them', () => {
    expect(inboundNames('instagram').sort()).to.deep.equal(Object.keys(expected).sort())
  })
  const cases = Object.entries(expected).map(([name, events]) => ({ name, request: signed(fixtureText('instagram', name)), events }))
  for (const check of parseTable(open, cases)) it(check.name, check.run)
})

type Value = Record<string, unknown>
const message = (content: Value) => ({ object: 'instagram', entry: [{ id: account, time: 1_764_000_000_000, messaging: [{ sender: { id: user }, recipient: { id: account }, timestamp: 1_764_000_000_123, message: { mid: 'm_1', ...content } }] }] })
const partsOf = (content: Value) => {
  const [event] = parse(message(content))
  return event?.kind === 'message' ? event.parts : undefined
}

describe('Instagram parts', () => {
  it('show a heart as one', () => {
    expect(partsOf({ attachments: [{ type: 'like_heart' }] })).to.deep.equal([{ kind: 'text', text: '❤️' }])
  })

  it('show a share once, while it comes in two forms', () => {
    expect(partsOf({ attachments: [{ type: 'share', payload: { url: asset('9') } }, { type: 'ig_post', payload: { url: asset('9'), title: 't' } }] })).to.deep.equal([{ kind: 'image', media: { at: 'remote', id: asset('9') }, caption: 't' }])
    expect(partsOf({ attachments: [{ type: 'share', payload: { url: asset('9') } }] })).to.deep.equal([{ kind: 'image', media: { at: 'remote', id: asset('9') } }])
  })

  it('show a story that is gone as lost', () => {
    expect(partsOf({ attachments: [{ type: 'story_mention', payload: {} }] })).to.deep.equal([{ kind: 'image', media: { at: 'lost', reason: 'the provider gave no address to fetch' } }])
    expect(parse(message({ text: 'x', reply_to: { story: { id: '7' } } }))[0]).to.deep.include({ context: { referral: { kind: 'story', media: { at: 'lost', reason: 'the provider gave no address to fetch' }, sourceId: '7' } } })
  })

  it('are read from a test to oneself', () => {
    const body = { object: 'instagram', entry: [{ id: account, messaging: [{ sender: { id: account }, recipient: { id: account }, timestamp: 1, message: { mid: 'm', text: 'x', is_self: true } }] }] }
    expect(parse(body)[0]).to.deep.include({ kind: 'message', chat: account, fromAccount: false })
  })

  it('of the documentation\'s list form, and of a page, are refused', () => {
    for (const body of ['[{"object":"instagram","entry":[]}]', '{"object":"page","entry":[]}']) expect(() => parse(body)).to.throw().with.property('code', 'bad_request')
  })

  it('that are comments are told to the administrators', () => {
    const events = parse({ object: 'instagram', entry: [{ id: account, changes: [{ field: 'comments', value: { id: '1', text: 'x' } }] }] })
    expect(events).to.have.length(1)
    expect(events[0]).to.deep.include({ kind: 'account', code: 'webhook_field:comments' })
  })
})
