import { expect } from 'chai'
import { isLinked } from '../../../plugins/whatsapp-web/baileys/authState.ts'
import { loadBaileys } from '../../../plugins/whatsapp-web/baileys/load.ts'
import { FakeWhatsApp } from '../../fakes/whatsapp-web/fake.ts'
import { MemoryStore } from './memoryStore.ts'
import { fault, lineOn, link, online, signal } from './rig.ts'

describe('whatsapp-web: linking a number', () => {
  let network: FakeWhatsApp
  beforeEach(async () => { network = await FakeWhatsApp.start() })
  afterEach(async () => {
    await network.stop()
    expect(network.errors).to.deep.equal([])
  })

  it('shows a QR code with its expiry, and names the account once the phone has scanned it', async () => {
    const phone = network.phone('573001112233', { name: 'Empresa' })
    const line = lineOn(network)
    const done = await link(line, phone)
    expect(done.identity).to.equal('573001112233@s.whatsapp.net')
    expect(done.account).to.deep.equal({
      user: '573001112233@s.whatsapp.net', name: 'Empresa',
      identifiers: [{ kind: 'phone', scope: '', value: '573001112233' }, { kind: 'lid', scope: '', value: phone.lid }],
    })
    expect(line.fake.statuses, 'the channel itself is not touched').to.deep.equal([])
    expect(await isLinked(await loadBaileys(), line.store)).to.equal(true)
    expect(phone.device?.registrationId).to.be.greaterThan(0)
  })

  it('refreshes the QR code, and says when nobody scanned any of the six', async () => {
    const { bridge, fake } = lineOn(network, new MemoryStore(), {}, { qrMs: 60 })
    let step = await bridge.login!.start('qr', new MemoryStore(), signal())
    const shown: string[] = []
    const ended = await fault((async () => {
      for (;;) {
        if (step.kind !== 'show') throw new Error(step.kind)
        expect(step.display).to.equal('qr')
        expect(step.expiresAt.getTime()).to.equal(fake.host.clock.now().getTime() + 60)
        shown.push(step.value)
        step = await bridge.login!.wait(step.id, signal())
      }
    })())
    expect(ended).to.equal('permanent auth_failed qr_expired')
    expect(new Set(shown).size).to.equal(6)
    expect(shown.every((qr) => qr.startsWith('https://wa.me/settings/linked_devices#'))).to.equal(true)
  })

  it('links by a code that is typed on the phone', async () => {
    const phone = network.phone('573001112233', { name: 'Empresa' })
    const line = lineOn(network)
    const scratch = new MemoryStore()
    const ask = await line.bridge.login!.start('code', scratch, signal())
    expect(ask.kind).to.equal('ask')
    const shown = await line.bridge.login!.submit(ask.kind === 'ask' ? ask.id : '', { phone: '+57 300 111 2233' })
    if (shown.kind !== 'show') throw new Error(shown.kind)
    expect(shown.display).to.equal('code')
    expect(shown.value).to.match(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    await phone.typeCode(shown.value.replace('-', ''))
    const done = await line.bridge.login!.wait(shown.id, signal())
    expect(done.kind === 'done' && done.identity).to.equal('573001112233@s.whatsapp.net')

    line.store.rows = scratch.rows
    await line.bridge.connect(signal())
    await line.status('connected')
    expect(phone.logins).to.equal(1)
    await line.bridge.disconnect()
  })

  it('refuses a number that is none, and a step that is over', async () => {
    const { bridge } = lineOn(network)
    const ask = await bridge.login!.start('code', new MemoryStore(), signal())
    expect(await fault(bridge.login!.submit(ask.kind === 'ask' ? ask.id : '', { phone: 'abc' }))).to.equal('permanent bad_request')
    expect(await fault(bridge.login!.wait('nothing', signal()))).to.equal('permanent auth_failed unknown_step')
    expect(await fault(bridge.login!.start('telepathy', new MemoryStore(), signal()))).to.equal('permanent bad_request')
  })

  it('gives up when the caller does, and closes the line to WhatsApp', async () => {
    const { bridge } = lineOn(network)
    const stop = new AbortController()
    const shown = await bridge.login!.start('qr', new MemoryStore(), stop.signal)
    const waiting = fault(bridge.login!.wait(shown.kind === 'show' ? shown.id : '', signal()))
    stop.abort()
    expect(await waiting).to.equal('permanent auth_failed cancelled')
    await network.wait('the line to close', () => network.connections.size === 0)
  })

  it('tells that WhatsApp cannot be reached', async () => {
    await network.unreachable()
    const { bridge } = lineOn(network)
    expect(await fault(bridge.login!.start('qr', new MemoryStore(), signal()))).to.equal('transient network network')
  })

  it('does not pair with a phone whose signature over the device is forged', async () => {
    const phone = network.phone('573001112233')
    const { bridge } = lineOn(network)
    const scratch = new MemoryStore()
    const shown = await bridge.login!.start('qr', scratch, signal())
    if (shown.kind !== 'show') throw new Error(shown.kind)
    phone.scan(shown.value, true)
    expect(await fault(bridge.login!.wait(shown.id, signal()))).to.equal('permanent auth_failed signature_invalid')
    expect(await isLinked(await loadBaileys(), scratch)).to.equal(false)
  })

  it('does not trust a server whose certificate another root has signed, unless the settings say so', async () => {
    const strict = lineOn(network, new MemoryStore(), { serverKey: '' })
    expect(await fault(strict.bridge.login!.start('qr', new MemoryStore(), signal()))).to.equal('permanent auth_failed signature_invalid')

    const phone = network.phone('573001112233')
    const lax = lineOn(network, new MemoryStore(), { serverKey: '', verifySignatures: false })
    expect((await link(lax, phone)).identity).to.equal('573001112233@s.whatsapp.net')
    expect(lax.fake.logs.some(({ level, message }) => level === 'warn' && message.includes('signature'))).to.equal(true)
  })

  it('removes the device at WhatsApp and its keys here when it is unlinked', async () => {
    const phone = network.phone('573001112233')
    const line = await online(network, phone)
    await line.bridge.login!.logout()
    expect(line.bridge.status()).to.include({ state: 'logged_out', code: 'unlinked' })
    await network.wait('the device to be gone', () => phone.device === undefined)
    expect(line.store.rows.size).to.equal(0)

    await link(line, phone)
    await line.bridge.connect(signal())
    await line.status('connected')
    await line.bridge.disconnect()
  })
})
