import { expect } from 'chai'
import type { proto } from '@whiskeysockets/baileys'
import type { Part } from '../../../plugins/sdk/index.ts'
import { sampleParts } from '../../../plugins/sdk/testkit/index.ts'
import type { Customer } from '../../fakes/whatsapp-web/customer.ts'
import { FakeWhatsApp } from '../../fakes/whatsapp-web/fake.ts'
import type { Phone } from '../../fakes/whatsapp-web/phone.ts'
import { fault, lineOn, newKey, online, signal, type Line } from './rig.ts'

describe('whatsapp-web: what is sent', () => {
  let network: FakeWhatsApp
  let phone: Phone
  let ana: Customer
  let line: Line
  beforeEach(async () => {
    network = await FakeWhatsApp.start()
    phone = network.phone('573001112233', { name: 'Empresa' })
    ana = network.customer('573009998877', { name: 'Ana' })
    line = await online(network, phone)
  })
  afterEach(async () => {
    await line.bridge.disconnect()
    await network.stop()
    expect(network.errors).to.deep.equal([])
  })
  const read = (): proto.Message[] => ana.inbox(phone).map(({ message }) => message)
  const last = (): proto.Message => read().at(-1) ?? ({} as proto.Message)
  const text = (value: string): Part => ({ kind: 'text', text: value })

  it('reaches the customer and the own phone, encrypted for each, with an id that the host can name later', async () => {
    await ana.write(phone, 'hola')
    await line.event('message')
    const { ids, recipient } = await line.send(ana.lidJid, text('Buenos días'))
    expect(read().map((message) => message.extendedTextMessage?.text)).to.deep.equal(['Buenos días'])
    const [sent] = phone.sent
    expect(sent?.own?.deviceSentMessage?.message?.extendedTextMessage?.text).to.equal('Buenos días')
    expect(ids).to.deep.equal([`${ana.lidJid}||1|${sent?.id}`])
    expect(recipient?.identifiers).to.deep.equal([{ kind: 'phone', scope: '', value: '573009998877' }, { kind: 'lid', scope: '', value: ana.lid }])
  })

  it('reaches someone the host knows by number alone', async () => {
    const user = { user: '573009998877@s.whatsapp.net', identifiers: [{ kind: 'phone', scope: '', value: '573009998877' }] as const }
    const { ids } = await line.send('573009998877@s.whatsapp.net', text('Hola'), { user })
    expect(last().extendedTextMessage?.text).to.equal('Hola')
    expect(ids[0].split('|')[0], 'the chat that an answer will have').to.equal(ana.lidJid)
  })

  it('and is told as delivered, read and played, with the key of the send', async () => {
    const idempotencyKey = newKey()
    const { ids: [id] } = await line.send(ana.lidJid, text('uno'), { idempotencyKey })
    const bare = id.split('|').at(-1) ?? ''
    ana.receipt(phone, bare)
    await line.event('receipt', ({ receipt }) => receipt === 'delivered')
    ana.receipt(phone, bare, 'read')
    await line.event('receipt', ({ receipt }) => receipt === 'read')
    ana.addressing = 'lid'
    ana.receipt(phone, bare, 'played')
    await line.event('receipt', ({ receipt }) => receipt === 'played')
    expect(line.events('receipt').map(({ target, receipt, correlation, chat }) => [target, receipt, correlation, chat])).to.deep.equal(
      ['delivered', 'read', 'played'].map((receipt) => [id, receipt, idempotencyKey, ana.lidJid]))
  })

  const location = { kind: 'location', latitude: 0, longitude: -74.08, name: 'Sede', address: 'Calle 1' } as const
  const parts: { name: string; part: Part; check: (message: proto.Message) => void }[] = [
    { name: 'a location on the equator', part: location, check: ({ locationMessage: at }) => expect([at?.degreesLatitude, at?.degreesLongitude, at?.name, at?.address]).to.deep.equal([0, -74.08, 'Sede', 'Calle 1']) },
    { name: 'a contact', part: { kind: 'contacts', contacts: [{ name: 'Ana', phones: [{ value: '+57 300' }] }] }, check: ({ contactMessage: card }) => expect(card?.vcard).to.include('FN:Ana').and.include('waid=57300:+57 300') },
    { name: 'two contacts', part: { kind: 'contacts', contacts: [{ name: 'A', phones: [] }, { name: 'B', phones: [] }] }, check: ({ contactsArrayMessage: cards }) => expect(cards?.contacts?.map((one) => one.displayName)).to.deep.equal(['A', 'B']) },
    { name: 'what a template says', part: { ...sampleParts.template, rendered: 'Su cita es hoy' } as Part, check: ({ extendedTextMessage: said }) => expect(said?.text).to.equal('Su cita es hoy') },
  ]
  for (const { name, part, check } of parts) {
    it(name, async () => {
      await line.send(ana.lidJid, part)
      check(last())
    })
  }

  it('a quote, an edit, a reaction, its end and a deletion, of the message that is meant', async () => {
    const asked = await ana.write(phone, '¿A qué hora?')
    const { id, sender } = await line.event('message')
    await line.send(ana.lidJid, text('A las tres'), { replyTo: { id, sender: sender.user, part: { kind: 'text', text: '¿A qué hora?' } } })
    expect(last().extendedTextMessage?.contextInfo).to.deep.include({ stanzaId: asked, participant: ana.phoneJid })
    expect(last().extendedTextMessage?.contextInfo?.quotedMessage?.conversation).to.equal('¿A qué hora?')

    const { ids: [ours] } = await line.send(ana.lidJid, text('A las trse'))
    const bare = ours.split('|').at(-1)
    await line.do({ op: 'edit', chat: ana.lidJid, target: ours, part: text('A las tres') } as never)
    expect(last().protocolMessage).to.deep.include({ type: 14 })
    expect(last().protocolMessage?.editedMessage?.extendedTextMessage?.text).to.equal('A las tres')
    expect(last().protocolMessage?.key).to.deep.include({ id: bare, fromMe: true })
    expect(phone.sent.at(-1)?.attrs['edit']).to.equal('1')

    await line.do({ op: 'react', chat: ana.lidJid, target: id, emoji: '👍' } as never)
    expect(last().reactionMessage).to.deep.include({ text: '👍' })
    expect(last().reactionMessage?.key).to.deep.include({ id: asked, fromMe: false, remoteJid: ana.phoneJid })
    await line.do({ op: 'react', chat: ana.lidJid, target: id, emoji: null } as never)
    expect(last().reactionMessage?.text).to.equal('')

    await line.do({ op: 'delete', chat: ana.lidJid, target: ours } as never)
    expect(last().protocolMessage?.key?.id).to.equal(bare)
    expect(phone.sent.at(-1)?.attrs['edit']).to.equal('7')
  })

  it('refuses what this network does not carry, before anything leaves', async () => {
    for (const kind of ['buttons', 'list', 'choice', 'form', 'order', 'unsupported'] as const) {
      expect(await fault(line.send(ana.lidJid, sampleParts[kind])), kind).to.equal('permanent not_supported')
    }
    expect(await fault(line.do({ op: 'edit', chat: ana.lidJid, target: `${ana.lidJid}||1|X`, part: location } as never))).to.equal('permanent not_supported')
    expect(await fault(line.do({ op: 'delete', chat: ana.lidJid, target: 'nonsense' } as never))).to.equal('permanent bad_request')
    expect(phone.sent).to.deep.equal([])
  })

  it('says that a number is not on WhatsApp', async () => {
    expect(await fault(line.send('573000000000@s.whatsapp.net', text('x')))).to.equal('permanent not_on_network')
    expect(phone.sent).to.deep.equal([])
  })

  it('sends to the number that WhatsApp knows, when it mends one', async () => {
    const bruno = network.customer('551187654321')
    network.mended.set('5511987654321', '551187654321')
    const { recipient } = await line.send('5511987654321@s.whatsapp.net', text('Olá'))
    expect(bruno.inbox(phone)).to.have.length(1)
    expect(recipient?.identifiers[0]?.value).to.equal('551187654321')
  })

  const nacks: [string, string][] = [
    ['463', 'permanent recipient_limited 463'], ['403', 'permanent recipient_blocked 403'], ['404', 'permanent not_on_network 404'],
    ['429', 'transient rate_limited 429'], ['500', 'transient provider_error 500'], ['479', 'permanent provider_error 479'],
  ]
  for (const [code, said] of nacks) {
    it(`tells a refusal (${code}) as it is`, async () => {
      phone.nacks.push(code)
      expect(await fault(line.send(ana.lidJid, text('x')))).to.equal(said)
    })
  }

  it('begins no new chats while WhatsApp forbids them (463), goes on with the others, and tells the host', async () => {
    await ana.write(phone, 'hola')
    await line.event('message')
    const bea = network.customer('573005550000')
    const carla = network.customer('573005551111')
    const until = Math.floor(Date.now() / 1000) + 3600
    phone.reachoutLock = { is_active: true, time_enforcement_ends: String(until), enforcement_type: 'DEFAULT' }
    phone.nacks.push('463')
    expect(await fault(line.send(bea.phoneJid, text('x')))).to.equal('permanent recipient_limited 463')
    const told = await line.event('account')
    expect(told).to.deep.include({ code: 'reachout_limited', severity: 'warning' })
    const sent = phone.sent.length
    expect(await fault(line.send(carla.phoneJid, text('x')))).to.equal('permanent recipient_limited 463')
    expect(phone.sent.length, 'not even tried').to.equal(sent)
    await line.send(ana.lidJid, text('a quien ya escribió'))
    line.fake.advance(3_700_000)
    await line.send(carla.phoneJid, text('ya se puede'))
  })

  it('keeps to the number of first contacts per day that the settings allow', async () => {
    await line.bridge.disconnect()
    line = lineOn(network, line.store, { firstContactsPerDay: 1 })
    await line.bridge.connect(signal())
    await line.status('connected')
    await line.send(ana.phoneJid, text('primera'))
    await line.send(ana.phoneJid, text('la misma persona'))
    const bea = network.customer('573005550000')
    expect(await fault(line.send(bea.phoneJid, text('x')))).to.equal('permanent rate_limited')
    line.fake.advance(24 * 3_600_000)
    await line.send(bea.phoneJid, text('mañana'))
  })

  it('does not send to someone whose keys their phone has not signed', async () => {
    network.forgePreKeys = true
    expect(await fault(line.send(ana.phoneJid, text('x')))).to.equal('permanent provider_error signature_invalid')
    expect(phone.sent).to.deep.equal([])
  })

  it('sends again to a phone that could not read a message, from what it kept', async () => {
    const { ids: [id] } = await line.send(ana.lidJid, text('léame'))
    await line.bridge.disconnect()
    line = lineOn(network, line.store.copy())
    await line.bridge.connect(signal())
    await line.status('connected')
    ana.party.forget()
    phone.askAgain(ana, id.split('|').at(-1) ?? '', ana.phoneJid)
    await network.wait('another copy', () => read().length === 2)
    expect(last().extendedTextMessage?.text).to.equal('léame')
    await line.send(ana.lidJid, text('y siga'))
    expect(last().extendedTextMessage?.text).to.equal('y siga')
  })

  it('stores what it sends, and the keys it used up, before the message leaves', async () => {
    await line.send(ana.lidJid, text('primera'))
    const stored: string[] = []
    line.store.written = () => {
      if (phone.sent.length === 1) stored.push(...[...line.store.writes.at(-1)?.keys() ?? []].map((row) => row.replace(/\d+_1\.0$|3EB0\w+$|\d+$/, '*')))
    }
    await line.send(ana.lidJid, text('segunda'))
    expect(stored).to.deep.equal(['sent/*', 'sent/ring/*', 'sent/cursor', 'key/session/*', 'key/session/*'])
  })

  it('is uncertain when the line dies before the acknowledgement, and a later receipt settles it', async () => {
    phone.loseNextAck = true
    const idempotencyKey = newKey()
    const sentAfter = new Date(Date.now() - 1000)
    expect(await fault(line.send(ana.lidJid, text('¿llegó?'), { idempotencyKey }))).to.equal('uncertain network')
    expect(await line.bridge.lookup!(idempotencyKey, sentAfter, signal())).to.equal('unknown')
    await network.wait('the line', () => phone.logins === 2)
    await line.status('connected')
    ana.receipt(phone, phone.sent[0]?.id ?? '')
    expect((await line.event('receipt', ({ receipt }) => receipt === 'delivered')).correlation).to.equal(idempotencyKey)
  })

  it('knows what became of a send: accepted, or never left', async () => {
    const idempotencyKey = newKey()
    const sentAfter = new Date(Date.now() - 1000)
    const result = await line.send(ana.lidJid, text('x'), { idempotencyKey })
    await line.bridge.disconnect()
    line = lineOn(network, line.store.copy())
    expect(await line.bridge.lookup!(idempotencyKey, sentAfter, signal())).to.deep.include({ ids: result.ids })
    expect(await line.bridge.lookup!(newKey(), sentAfter, signal())).to.equal('absent')
  })

  it('is refused as transient while the line is down', async () => {
    await line.bridge.disconnect()
    expect(await fault(line.send(ana.lidJid, text('x')))).to.equal('transient network')
  })

  it('the same id on each attempt, so that a phone drops the repetition', async () => {
    const idempotencyKey = newKey()
    await line.send(ana.lidJid, text('x'), { idempotencyKey })
    await line.send(ana.lidJid, text('x'), { idempotencyKey })
    expect(phone.sent.map(({ id }) => id)).to.deep.equal([phone.sent[0]?.id, phone.sent[0]?.id])
  })

  it('200 messages to each of two people, in order, all readable, while they write too', async () => {
    const bea = network.customer('573005550000')
    await ana.write(phone, 'hola')
    await bea.write(phone, 'hola')
    await network.wait('both', () => line.events('message').length === 2)
    const lane = async (to: Customer): Promise<void> => {
      for (let n = 0; n < 200; n++) {
        await line.send(to.lidJid, text(String(n)))
        if (n % 10 === 0) await to.write(phone, `r${n}`)
      }
    }
    await Promise.all([lane(ana), lane(bea)])
    const expected = Array.from({ length: 200 }, (_, n) => String(n))
    expect(ana.inbox(phone).map(({ message }) => message.extendedTextMessage?.text)).to.deep.equal(expected)
    expect(bea.inbox(phone).map(({ message }) => message.extendedTextMessage?.text)).to.deep.equal(expected)
    expect(phone.undecryptable).to.equal(0)
    await network.wait('their messages', () => line.events('message').length === 42)
  }).timeout(60_000)

  it('shows typing, before a message where the settings ask for it, and when an agent types', async () => {
    await line.bridge.disconnect()
    line = lineOn(network, line.store, { simulateTyping: true })
    await line.bridge.connect(signal())
    await line.status('connected')
    await line.send(ana.lidJid, text('Buenos días'))
    const states = (): string[] => phone.presences.filter(({ tag }) => tag === 'chatstate').map(({ content }) => (Array.isArray(content) ? content[0]?.tag ?? '' : ''))
    expect(states()).to.deep.equal(['composing', 'paused'])
    await line.bridge.presence!.setTyping!(ana.lidJid, true)
    await network.wait('typing', () => states().length === 3)
  })

  it('tells the customer that their messages were read, every one up to the last', async () => {
    const ids = [await ana.write(phone, 'uno'), await ana.write(phone, 'dos'), await ana.write(phone, 'tres')]
    await network.wait('all', () => line.events('message').length === 3)
    await line.bridge.presence!.markRead!(ana.lidJid, `${ana.lidJid}||0|${ids[1]}`)
    const receipt = await network.wait('a read receipt', () => phone.receipts.find(({ attrs }) => attrs['type'] === 'read'))
    const listed = Array.isArray(receipt.content) ? receipt.content.flatMap(({ content }) => (Array.isArray(content) ? content.map(({ attrs }) => attrs['id']) : [])) : []
    expect([receipt.attrs['id'], ...listed]).to.deep.equal(ids.slice(0, 2))
    expect(receipt.attrs['to']).to.equal(ana.phoneJid)
  })

  it('answers whether a number is reachable, as it was typed', async () => {
    const directory = line.bridge.directory!
    expect(await directory.resolve!('300 999 8877', signal())).to.deep.equal({ user: ana.lidJid, chat: ana.lidJid, reachable: true })
    expect(await directory.resolve!('+57 300 000 0000', signal())).to.deep.include({ reachable: false })
    expect(await fault(directory.resolve!('nobody', signal()))).to.equal('permanent bad_request')
  })
})
