import { Readable } from 'node:stream'
import { expect } from 'chai'
import { isBridgeError, type HostedMessage } from '../../../plugins/sdk/index.ts'
import { loopback, signLoopback } from '../../../plugins/sdk/testkit/loopback.ts'
import { fakeHost, outbound, parseTable, sampleParts, sendTable, webhookRequest, type FakeHost, type NamedCheck } from '../../../plugins/sdk/testkit/index.ts'

const open = (fake: FakeHost) => loopback.open({ id: '01', settings: { account: 'line-1', url: 'http://far.example' }, secrets: { appSecret: 's' }, webhookUrl: '' }, fake.host)
const fails = async (checks: NamedCheck[]): Promise<boolean> => checks[0]!.run().then(() => false, () => true)

describe('the testkit', () => {
  const request = webhookRequest(signLoopback('s', [{ account: 'line-1', id: 'c1', from: '57300', kind: 'contact', name: 'Ana' }]))
  const event = { kind: 'contact', key: 'c1', at: new Date(0), account: 'line-1', profile: { user: '57300', identifiers: [{ kind: 'visitor', scope: 'line-1', value: '57300' }], name: 'Ana' } } as const

  it('compares the events of a captured request exactly', async () => {
    expect(await fails(parseTable(open, [{ name: '', request, events: [event] }]))).to.equal(false)
    expect(await fails(parseTable(open, [{ name: '', request, events: [] }]))).to.equal(true)
    expect(await fails(parseTable(open, [{ name: '', request, events: [{ ...event, key: 'other' }] }]))).to.equal(true)
    expect(await fails(parseTable(open, [{ name: '', request: { ...request, headers: {} }, events: [event] }]))).to.equal(true)
  })

  it('compares the request that a message becomes, and what came of it', async () => {
    const message = outbound(sampleParts.text, { chat: '57300' })
    const good = {
      name: '', message, answers: [{ json: { ids: ['m1'], at: 5 } }],
      requests: [{ method: 'POST', url: 'http://far.example/send', headers: { 'Content-Type': 'application/json' } }], result: { ids: ['m1'] as [string], at: new Date(5) },
    }
    expect(await fails(sendTable(open, [good]))).to.equal(false)
    expect(await fails(sendTable(open, [{ ...good, requests: [] }]))).to.equal(true)
    expect(await fails(sendTable(open, [{ ...good, requests: [{ method: 'POST', url: 'http://far.example/send', body: {} }] }]))).to.equal(true)
    expect(await fails(sendTable(open, [{ ...good, result: { ids: ['m2'] } }]))).to.equal(true)
    expect(await fails(sendTable(open, [{ ...good, error: { kind: 'transient', code: 'network' } }]))).to.equal(true)
    expect(await fails(sendTable(open, [{ ...good, answers: [] }]))).to.equal(true)
  })

  it('compares the error of a send', async () => {
    const bad = {
      name: '', message: outbound(sampleParts.text), answers: [{ status: 429, headers: { 'retry-after': '3' } }],
      requests: [{ method: 'POST', url: 'http://far.example/send' }], error: { kind: 'transient', code: 'rate_limited', retryAfterMs: 3000 } as const,
    }
    expect(await fails(sendTable(open, [bad]))).to.equal(false)
    expect(await fails(sendTable(open, [{ ...bad, error: { kind: 'permanent', code: 'rate_limited' } }]))).to.equal(true)
    expect(await fails(sendTable(open, [{ ...bad, answers: [{ json: { ids: ['m'], at: 1 } }] }]))).to.equal(true)
  })

  it('keeps a channel\'s store, clock and history in memory', async () => {
    const fake = fakeHost({ now: new Date(1000) })
    await fake.host.store.write(new Map([['a', Buffer.from('1')], ['b', Buffer.from('2')]]))
    await fake.host.store.write(new Map([['a', null]]))
    expect(await fake.host.store.get('a')).to.equal(null)
    expect([...(await fake.host.store.getMany(['a', 'b'])).keys()]).to.deep.equal(['b'])
    await fake.host.store.clear()
    expect(fake.stored.size).to.equal(0)
    fake.advance(500)
    expect(fake.host.clock.now().getTime()).to.equal(1500)

    const said = (id: string): HostedMessage => ({ id, at: new Date(0), fromAccount: true, parts: [sampleParts.text] })
    fake.histories.set('c', ['1', '2', '3'].map(said))
    const ids = async (after: string | null, limit: number) => (await fake.host.history('c', after, limit)).map((one) => one.id)
    expect(await ids(null, 2)).to.deep.equal(['2', '3'])
    expect(await ids('1', 1)).to.deep.equal(['2'])
    expect(await ids('unknown', 5)).to.deep.equal(['1', '2', '3'])
    expect(await ids('3', 5)).to.deep.equal([])
  })

  it('takes files by content and size', async () => {
    const { host, kept } = fakeHost()
    const accept = ['image/*']
    const png = Buffer.from('89504e470d0a1a0a', 'hex')
    const media = await host.storeMedia(Readable.from([png]), { fileName: 'a.txt', maxBytes: 100, accept })
    expect(media).to.include({ mimeType: 'image/png', size: 8, fileName: 'a.txt' })
    const code = (run: Promise<unknown>) => run.then(() => null, (error: unknown) => (isBridgeError(error) ? error.code : error))
    expect(await code(host.storeMedia(Buffer.from('<html>'), { fileName: 'a.png', maxBytes: 100, accept }))).to.equal('media_type')
    expect(await code(host.storeMedia(Readable.from([png]), { fileName: 'a.png', maxBytes: 7, accept }))).to.equal('media_too_large')
    expect(kept).to.have.length(1)
  })
})
