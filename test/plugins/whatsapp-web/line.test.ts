import { expect } from 'chai'
import { behaviourOf, pauseMs } from '../../../plugins/whatsapp-web/disconnects.ts'
import { FakeWhatsApp } from '../../fakes/whatsapp-web/fake.ts'
import type { Phone } from '../../fakes/whatsapp-web/phone.ts'
import { node } from '../../fakes/whatsapp-web/stanza.ts'
import { link, lineOn, online, signal, type Line } from './rig.ts'

describe('whatsapp-web: what each ending of the line means', () => {
  const table: { name: string; ending: Parameters<typeof behaviourOf>[0]; means: ReturnType<typeof behaviourOf> }[] = [
    { name: '515 after pairing', ending: { statusCode: 515, message: 'x' }, means: { do: 'reconnect' } },
    { name: '401 device removed', ending: { statusCode: 401, message: 'x' }, means: { do: 'forget', code: 'logged_out' } },
    { name: '403 blocked', ending: { statusCode: 403, message: 'x' }, means: { do: 'stop', code: 'account_blocked', action: 'open_app' } },
    { name: '402 banned for a while', ending: { statusCode: 402, message: 'x', attributes: { expire: '3600' } }, means: { do: 'stop', code: 'temporarily_banned', action: 'wait', untilMs: 3_600_000 } },
    { name: '405 client too old', ending: { statusCode: 405, message: 'x' }, means: { do: 'stop', code: 'client_outdated', action: 'upgrade' } },
    { name: '408 lost', ending: { statusCode: 408, message: 'x' }, means: { do: 'retry', code: 'connection_lost' } },
    { name: '411 no multi-device', ending: { statusCode: 411, message: 'x' }, means: { do: 'stop', code: 'multi_device_off', action: 'open_app' } },
    { name: '428 closed', ending: { statusCode: 428, message: 'x' }, means: { do: 'retry', code: 'connection_closed' } },
    { name: '440 replaced', ending: { statusCode: 440, message: 'x' }, means: { do: 'stop', code: 'session_in_use', action: 'fix_settings' } },
    { name: '503', ending: { statusCode: 503, message: 'x' }, means: { do: 'retry', code: 'service_unavailable' } },
    { name: 'a proxy that answers 403', ending: { statusCode: 403, message: 'WebSocket Error (Unexpected server response: 403)' }, means: { do: 'retry', code: 'network' } },
    { name: 'a wrong certificate', ending: { statusCode: 400, message: 'noise certificate signature invalid' }, means: { do: 'stop', code: 'signature_invalid', action: 'fix_settings' } },
    { name: 'a code nobody knows', ending: { statusCode: 999, message: 'x' }, means: { do: 'retry', code: 'code_999' } },
  ]
  for (const { name, ending, means } of table) it(name, () => expect(behaviourOf(ending)).to.deep.equal(means))

  it('500 is tried a few times, and then asks for a new link', () => {
    const means = behaviourOf({ statusCode: 500, message: 'x' })
    expect(means).to.deep.include({ do: 'retry', code: 'bad_session', attempts: 4, then: { do: 'stop', code: 'bad_session', action: 'login' } })
  })

  it('waits longer each time, spread by a fifth', () => {
    expect([0, 1, 2, 3, 4, 5, 99].map((attempt) => pauseMs(attempt, () => 0.5))).to.deep.equal([1000, 2000, 5000, 10_000, 30_000, 60_000, 60_000])
    expect(pauseMs(0, () => 0)).to.equal(800)
    expect(pauseMs(0, () => 0.999999)).to.equal(1200)
  })
})

describe('whatsapp-web: the line', () => {
  let network: FakeWhatsApp
  let phone: Phone
  let line: Line
  const ana = () => network.customers[0] ?? network.customer('573009998877', { name: 'Ana' })
  const hears = async (text: string): Promise<void> => {
    await ana().write(phone, text)
    await line.event('message', ({ parts: [part] }) => part.kind === 'text' && part.text === text)
  }
  beforeEach(async () => {
    network = await FakeWhatsApp.start()
    phone = network.phone('573001112233', { name: 'Empresa' })
    line = await online(network, phone)
  })
  afterEach(async () => {
    await line.bridge.disconnect()
    await network.stop()
    expect(network.errors).to.deep.equal([])
  })

  it('reports the account when it is connected, and may be connected and closed again and again', async () => {
    expect(line.bridge.status()).to.deep.include({ state: 'connected' })
    expect(line.fake.statuses.map(({ state }) => state)).to.deep.equal(['connecting', 'connected'])
    await line.bridge.connect(signal())
    await line.bridge.disconnect()
    await line.bridge.disconnect()
    await line.bridge.connect(signal())
    await line.status('connected')
    expect(phone.logins).to.equal(2)
    await hears('Otra vez')
  })

  it('needs no new QR after a restart, and reads what came meanwhile, once', async () => {
    await hears('Antes')
    await line.bridge.disconnect()
    await ana().write(phone, 'Mientras')
    line = lineOn(network, line.store.copy())
    await line.bridge.connect(signal())
    await line.event('message', ({ parts: [part] }) => part.kind === 'text' && part.text === 'Mientras')
    await hears('Después')
    expect(line.events('message').map(({ parts: [part] }) => part.kind === 'text' && part.text)).to.deep.equal(['Mientras', 'Después'])
    await network.wait('everything to be confirmed', () => phone.unconfirmed === 0)
  })

  const ends = (how: () => void) => async (): Promise<void> => {
    const since = line.fake.statuses.length
    how()
    await network.wait('a second login', () => phone.logins === 2)
    await line.status('connected')
    const told = line.fake.statuses.slice(since).map(({ state }) => state)
    expect(told[0]).to.equal('transient_disconnect')
    expect(told.at(-1)).to.equal('connected')
    await hears('Sigo aquí')
  }
  it('comes back after 503', ends(() => phone.connection?.streamError({ code: '503' })))
  it('comes back after 500', ends(() => phone.connection?.streamError({ code: '500' })))
  it('comes back after an unknown stream error', ends(() => phone.connection?.streamError({}, node('xml-not-well-formed'))))
  it('comes back after a cut (428)', ends(() => phone.connection?.drop()))
  it('comes back when WhatsApp was not reachable for a while', async () => {
    await network.unreachable()
    await line.status('transient_disconnect', 'network')
    const { since } = await line.status('transient_disconnect')
    await network.wait('some attempts', () => line.fake.statuses.length > 4)
    expect((await line.status('transient_disconnect')).since, 'down since the first cut').to.deep.equal(since)
    await network.listen()
    await line.status('connected')
    await hears('Volvimos')
  })

  it('notices a server that says nothing any more', async () => {
    await line.bridge.disconnect()
    line = lineOn(network, line.store, {}, { keepAliveMs: 100 })
    await line.bridge.connect(signal())
    await line.status('connected')
    if (phone.connection) phone.connection.silent = true
    await line.status('transient_disconnect', 'connection_lost')
    await network.wait('a new login', () => phone.logins === 3)
  }).timeout(15_000)

  it('stops and asks for a new link after several bad sessions in a row', async () => {
    network.refusals.push(...Array.from({ length: 6 }, () => ({ reason: '500' })))
    phone.connection?.drop()
    const status = await line.status('action_required', 'bad_session')
    expect(status.action).to.equal('login')
    expect(network.refusals.length, 'attempts left unused').to.be.greaterThan(0)
  })

  const stops = (reason: Record<string, string>, code: string, action: string) => async (): Promise<void> => {
    network.refusals.push(reason)
    phone.connection?.drop()
    const status = await line.status('action_required', code)
    expect(status.action).to.equal(action)
    const { handshakes } = network
    expect(await line.send('573009998877@s.whatsapp.net', { kind: 'text', text: 'x' }).catch((error: { kind: string }) => error.kind)).to.equal('transient')
    expect(network.handshakes, 'no further attempt').to.equal(handshakes)
    expect(line.store.rows.has('creds'), 'the keys are kept').to.equal(true)
    // A person has acted: the same bridge may be asked again.
    await line.bridge.connect(signal())
    await line.status('connected')
  }
  it('stops when the number is blocked (403)', stops({ reason: '403' }, 'account_blocked', 'open_app'))
  it('stops when multi-device is off (411)', stops({ reason: '411' }, 'multi_device_off', 'open_app'))
  it('stops when WhatsApp wants a newer client (405) and none can be found', async () => {
    line.fake.network.answerAlways({ status: 503 })
    await stops({ reason: '405' }, 'client_outdated', 'upgrade')()
  })

  it('says until when a ban lasts (402)', async () => {
    network.refusals.push({ reason: '402', expire: '3600' })
    phone.connection?.drop()
    const status = await line.status('action_required', 'temporarily_banned')
    expect(status).to.include({ action: 'wait' })
    expect(status.until?.getTime()).to.equal(status.since.getTime() + 3_600_000)
  })

  it('looks a newer client version up when WhatsApp refuses its own (405), and keeps it', async () => {
    line.fake.network.answerAlways({ body: 'self.x={"client_revision":1999999999}' })
    network.refusals.push({ reason: '405' })
    phone.connection?.drop()
    await network.wait('a second login', () => phone.logins === 2)
    await line.status('connected')
    expect(phone.connection?.payload.userAgent?.appVersion).to.include({ primary: 2, secondary: 3000, tertiary: 1_999_999_999 })
    expect(line.fake.network.requests.map(({ url }) => url)).to.deep.equal(['https://web.whatsapp.com/sw.js'])

    await line.bridge.disconnect()
    line = lineOn(network, line.store)
    await line.bridge.connect(signal())
    await line.status('connected')
    expect(phone.connection?.payload.userAgent?.appVersion?.tertiary).to.equal(1_999_999_999)
  })

  it('shows the version of its settings', async () => {
    await line.bridge.disconnect()
    line = lineOn(network, line.store, { clientVersion: '2.3000.42' })
    await line.bridge.connect(signal())
    await line.status('connected')
    expect(phone.connection?.payload.userAgent?.appVersion?.tertiary).to.equal(42)
  })

  it('forgets the keys when the phone removes the device (401), and can be linked anew', async () => {
    phone.unlink()
    expect(await line.status('logged_out')).to.include({ code: 'logged_out' })
    expect(line.store.rows.size).to.equal(0)
    await link(line, phone)
    await line.bridge.connect(signal())
    await line.status('connected')
    await hears('Otra vez vinculado')
  })

  it('gives way to another process that uses the same keys (440), without throwing it out again', async () => {
    const other = lineOn(network, line.store.copy())
    await other.bridge.connect(signal())
    const status = await line.status('action_required', 'session_in_use')
    expect(status.action).to.equal('fix_settings')
    await other.status('connected')
    expect(phone.logins).to.equal(2)
    await other.bridge.disconnect()
  })

  it('closes the line when the store refuses its keys, and goes on when it takes them again', async () => {
    line.store.refuse = () => true
    await ana().write(phone, 'No se guarda')
    await line.status('transient_disconnect', 'store_failed')
    line.store.refuse = undefined
    await line.status('connected')
    await line.event('message', ({ parts: [part] }) => part.kind === 'text' && part.text === 'No se guarda')
    expect(line.events('message')).to.have.length(1)
  })

  it('is unconfigured without keys, and connecting says so', async () => {
    const empty = lineOn(network)
    expect(empty.bridge.status()).to.deep.equal({ state: 'unconfigured' })
    await empty.bridge.connect(signal())
    expect(empty.bridge.status()).to.deep.equal({ state: 'unconfigured' })
    await empty.bridge.disconnect()
  })

  it('ends with the signal that it was connected with', async () => {
    await line.bridge.disconnect()
    const stop = new AbortController()
    await line.bridge.connect(stop.signal)
    await line.status('connected')
    stop.abort()
    await network.wait('the line to close', () => network.connections.size === 0)
  })
})
