import { expect } from 'chai'
import { bridgeConformance } from '../../../plugins/sdk/conformance.ts'
import { isBridgeError, type InboundEvent, type SendResult } from '../../../plugins/sdk/index.ts'
import { loopback, loopbackSignature, signLoopback, type LoopbackEvent, type LoopbackSettings } from '../../../plugins/sdk/testkit/loopback.ts'
import { network } from '../../../plugins/sdk/testkit/loopbackLink.ts'
import { fakeHost, hostMedia, LoopbackNetwork, outbound, parseTable, sampleParts, webhookRequest, type FakeHost } from '../../../plugins/sdk/testkit/index.ts'

const secret = 'a shared secret'
const open = (fake: FakeHost = fakeHost(), settings: Partial<LoopbackSettings> = {}) =>
  loopback.open({ id: '01', settings: { account: 'line-1', ...settings }, secrets: { appSecret: secret }, webhookUrl: '' }, fake.host)
const request = (...events: LoopbackEvent[]) => webhookRequest(signLoopback(secret, events))
const never = new AbortController().signal
const fault = (run: Promise<SendResult>) => run.then(() => null, (error: unknown) => (isBridgeError(error) ? `${error.kind} ${error.code}` : String(error)))

describe('the loopback bridge', () => {
  const samples = {
    settings: { account: 'line-1' },
    secrets: { appSecret: secret },
    webhooks: [request(
      { account: 'line-1', id: 'm1', from: '57300', text: 'Hola', name: 'Ana', replyTo: 'm0' },
      { account: 'line-2', id: 'm1', from: '57300', media: { id: 'f1', as: 'image', mimeType: 'image/png' } },
      { account: 'line-2', id: 'r1', from: '57300', kind: 'receipt', target: 'out-1', receipt: 'read', at: 5 },
    )],
    unknown: request({ account: 'line-1', id: 'm2', from: '57300', kind: 'hologram' as 'message' }),
  }
  for (const check of bridgeConformance(loopback, samples)) it(check.name, check.run)
})

describe('loopback parses', () => {
  const base = { account: 'line-1', from: '57300', at: 1_700_000_000_000 }
  const common = { at: new Date(1_700_000_000_000), account: 'line-1', chat: '57300', chatKind: 'direct' } as const
  const sender = { user: '57300', identifiers: [{ kind: 'visitor', scope: 'line-1', value: '57300' }] } as const
  const said = (id: string, part: Extract<InboundEvent, { kind: 'message' }>['parts'][0]): InboundEvent =>
    ({ ...common, kind: 'message', key: id, id, sender, fromAccount: false, parts: [part], context: {} })
  const table: { name: string; events: LoopbackEvent[]; gives: InboundEvent[] }[] = [
    { name: 'a text', events: [{ ...base, id: 'm1', text: 'Hola' }], gives: [said('m1', { kind: 'text', text: 'Hola' })] },
    {
      name: 'a picture with its caption', events: [{ ...base, id: 'm1', text: 'Mire', media: { id: 'f', as: 'image', mimeType: 'image/png', size: 3 } }],
      gives: [said('m1', { kind: 'image', media: { at: 'remote', id: 'f', mimeType: 'image/png', size: 3 }, caption: 'Mire' })],
    },
    { name: 'a choice', events: [{ ...base, id: 'm1', choice: { id: 'a', title: 'Sí' } }], gives: [said('m1', { kind: 'choice', via: 'button', id: 'a', title: 'Sí' })] },
    { name: 'a receipt', events: [{ ...base, id: 'e1', kind: 'receipt', target: 'out-1', receipt: 'read' }], gives: [{ ...common, kind: 'receipt', key: 'e1', target: 'out-1', receipt: 'read' }] },
    { name: 'an edit', events: [{ ...base, id: 'e1', kind: 'edit', target: 'm1', text: 'x' }], gives: [{ ...common, kind: 'edit', key: 'e1', target: 'm1', sender, part: { kind: 'text', text: 'x' } }] },
    { name: 'a deletion', events: [{ ...base, id: 'e1', kind: 'delete', target: 'm1' }], gives: [{ ...common, kind: 'delete', key: 'e1', target: 'm1' }] },
    { name: 'a reaction taken back', events: [{ ...base, id: 'e1', kind: 'reaction', target: 'm1', emoji: null }], gives: [{ ...common, kind: 'reaction', key: 'e1', target: 'm1', sender, emoji: null }] },
    { name: 'an opt-out', events: [{ ...base, id: 'e1', kind: 'opt', state: 'out' }], gives: [{ ...common, kind: 'opt', key: 'e1', user: sender, state: 'out', scope: 'all' }] },
    { name: 'no event from typing', events: [{ ...base, id: 't1', kind: 'typing' }], gives: [] },
  ]
  for (const check of parseTable((fake) => open(fake), table.map((one) => ({ name: one.name, request: request(...one.events), events: one.gives })))) it(check.name, check.run)

  it('typing as a signal, and nothing else', () => {
    const { webhook } = open()
    const typing = request({ ...base, id: 't1', kind: 'typing' }, { ...base, id: 'm1', text: 'typing' }, { ...base, id: 't2', kind: 'typing', typing: false })
    expect(webhook?.signals?.(typing)).to.deep.equal([
      { kind: 'typing', account: 'line-1', chat: '57300', sender: '57300', typing: true },
      { kind: 'typing', account: 'line-1', chat: '57300', sender: '57300', typing: false },
    ])
    expect(webhook?.signals?.(request({ ...base, id: 'm1', text: 'x' }))).to.deep.equal([])
  })

  it('events of several accounts behind one address', () => {
    const events = open().webhook?.parse(request({ ...base, id: 'm1', text: 'a' }, { ...base, account: 'line-2', id: 'm1', text: 'b' })) ?? []
    expect(events.map((event) => event.account)).to.deep.equal(['line-1', 'line-2'])
  })

  it('only what is signed with the secret of the endpoint', () => {
    const good = request({ ...base, id: 'm1', text: 'a' })
    expect(open().webhook?.verify(good)).to.equal(true)
    const other = loopbackSignature('another secret', good.rawBody)
    expect(open().webhook?.verify({ ...good, headers: { 'x-loopback-signature': other } })).to.equal(false)
  })
})

for (const where of ['in its process', 'behind HTTP'] as const) {
  describe(`loopback sends to a network ${where}`, () => {
    let far: LoopbackNetwork
    let served: Awaited<ReturnType<LoopbackNetwork['listen']>> | null = null
    let bridge: ReturnType<typeof open>
    beforeEach(async () => {
      far = where === 'in its process' ? network : new LoopbackNetwork()
      far.clear()
      const fake = fakeHost()
      if (where === 'behind HTTP') {
        served = await far.listen()
        bridge = loopback.open({ id: '01', settings: { account: 'line-1', url: served.url }, secrets: { appSecret: secret }, webhookUrl: '' }, { ...fake.host, fetch })
      } else bridge = open(fake)
    })
    afterEach(async () => { await served?.close(); served = null; far.clear() })

    it('and the message arrives once, with its file named', async () => {
      const media = hostMedia({ fileId: 'f1', fileName: 'foto.jpg', mimeType: 'image/jpeg', bytes: 'abc' })
      const message = outbound({ kind: 'image', media, caption: 'Mire' }, { chat: '57300' })
      const sent = await bridge.send(message, never)
      expect(sent.ids).to.deep.equal([`out-${message.idempotencyKey}`])
      expect(far.arrivals).to.have.length(1)
      expect(far.arrivals[0]).to.deep.include({ account: 'line-1', key: message.idempotencyKey, times: 1 })
      expect(far.arrivals[0]?.message).to.deep.include({ chat: '57300', part: { kind: 'image', caption: 'Mire', media: { at: 'host', fileId: 'f1', fileName: 'foto.jpg', mimeType: 'image/jpeg', size: 3 } } })
    })

    it('and a fault that the test asks for happens once per time', async () => {
      far.fail('line-1', 'transient', 2)
      far.fail('line-1', 'permanent')
      far.fail('line-2', 'permanent')
      const outcomes: (string | null)[] = []
      for (let at = 0; at < 4; at++) outcomes.push(await fault(bridge.send(outbound(sampleParts.text), never)))
      expect(outcomes).to.deep.equal(['transient rate_limited', 'transient rate_limited', 'permanent bad_request', null])
      expect(far.arrivals).to.have.length(1)
    })

    it('and a lost answer can be asked about', async () => {
      const message = outbound(sampleParts.text)
      expect(await bridge.lookup?.(message.idempotencyKey, new Date(0), never)).to.equal('absent')
      far.fail('line-1', 'uncertain')
      expect(await fault(bridge.send(message, never))).to.equal('uncertain network')
      const found = await bridge.lookup?.(message.idempotencyKey, new Date(0), never)
      expect(found).to.have.nested.property('ids[0]', `out-${message.idempotencyKey}`)
    })

    it('and a repeated key shows as a second arrival under the first id', async () => {
      const message = outbound(sampleParts.text)
      const first = await bridge.send(message, never)
      const second = await bridge.send(message, never)
      expect(second.ids).to.deep.equal(first.ids)
      expect(far.arrivals.map((arrival) => arrival.times)).to.deep.equal([2])
    })

    it('and one that hangs ends when the caller gives up', async () => {
      far.fail('line-1', 'hang')
      const giveUp = new AbortController()
      far.onArrival = () => { giveUp.abort() }
      expect(await fault(bridge.send(outbound(sampleParts.text), giveUp.signal))).to.equal('uncertain network')
      expect(far.arrivals).to.have.length(1)
    })

    it('and files come from it, and typing and reading reach it', async () => {
      far.files.set('f1', { bytes: Buffer.from('abc'), mimeType: 'text/plain', fileName: 'año.txt' })
      const file = await bridge.media?.fetch({ at: 'remote', id: 'f1' }, never)
      const chunks: Buffer[] = []
      for await (const chunk of file!.stream) chunks.push(Buffer.from(chunk))
      expect({ text: Buffer.concat(chunks).toString(), mimeType: file?.mimeType, fileName: file?.fileName, size: file?.size })
        .to.deep.equal({ text: 'abc', mimeType: 'text/plain', fileName: 'año.txt', size: 3 })
      expect(await bridge.media?.fetch({ at: 'remote', id: 'f2' }, never).catch((error: unknown) => isBridgeError(error) && error.code)).to.equal('media_unavailable')
      await bridge.presence?.setTyping?.('57300', true)
      await bridge.presence?.markRead?.('57300', 'm1')
      expect(far.told).to.deep.equal([{ account: 'line-1', kind: 'typing', chat: '57300', typing: true }, { account: 'line-1', kind: 'read', chat: '57300', upTo: 'm1' }])
    })
  })
}

describe('loopback behind HTTP', () => {
  it('calls a refused connection transient: nothing was handed over', async () => {
    const served = await new LoopbackNetwork().listen()
    await served.close()
    const bridge = loopback.open({ id: '01', settings: { account: 'line-1', url: served.url }, secrets: { appSecret: secret }, webhookUrl: '' }, { ...fakeHost().host, fetch })
    expect(await fault(bridge.send(outbound(sampleParts.text), never))).to.equal('transient network')
    expect(await bridge.lookup?.('k', new Date(0), never)).to.equal('unknown')
  })

  it('has no lookup where settings say so, and declares what it promises', () => {
    expect(open(fakeHost(), { lookup: false }).lookup).to.equal(undefined)
    expect(open(fakeHost(), { idempotentSend: true }).capabilities().idempotentSend).to.equal(true)
    expect(open().capabilities().idempotentSend).to.equal(false)
  })
})
