import { expect } from 'chai'
import { FakeWhatsApp } from '../../fakes/whatsapp-web/fake.ts'
import type { Customer } from '../../fakes/whatsapp-web/customer.ts'
import type { Phone } from '../../fakes/whatsapp-web/phone.ts'
import { lineOn, online, signal, type Line } from './rig.ts'

const textOf = (event: { readonly parts: readonly { readonly kind: string }[] }): string => {
  const [part] = event.parts
  return part && 'text' in part && typeof part.text === 'string' ? part.text : ''
}

describe('whatsapp-web: what arrives', () => {
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
  const message = (text: string) => line.event('message', (event) => textOf(event) === text)

  it('a text, with who wrote it under both addresses, confirmed as delivered', async () => {
    const id = await ana.write(phone, 'Hola')
    const event = await message('Hola')
    expect({ ...event, at: null }).to.deep.equal({
      kind: 'message', key: `${ana.lidJid}||0|${id}`, id: `${ana.lidJid}||0|${id}`, at: null, account: '573001112233@s.whatsapp.net',
      chat: ana.lidJid, chatKind: 'direct', fromAccount: false, parts: [{ kind: 'text', text: 'Hola' }], context: {},
      sender: { user: ana.lidJid, name: 'Ana', identifiers: [{ kind: 'phone', scope: '', value: '573009998877' }, { kind: 'lid', scope: '', value: ana.lid }] },
    })
    expect(Math.abs(event.at.getTime() - Date.now())).to.be.lessThan(5000)
    await network.wait('a receipt', () => phone.receipts.find(({ attrs }) => attrs['id'] === id))
    await network.wait('nothing unconfirmed', () => phone.unconfirmed === 0)
  })

  it('one person in one chat, under whichever address they write', async () => {
    const bea = network.customer('573005550000', { name: 'Bea', addressing: 'lid' })
    await bea.write(phone, 'uno')
    bea.addressing = 'phone'
    await bea.write(phone, 'dos')
    bea.hidesOther = true
    await bea.write(phone, 'tres')
    bea.addressing = 'lid'
    await bea.write(phone, 'cuatro')
    await message('cuatro')
    const events = line.events('message')
    expect(events.map(textOf)).to.deep.equal(['uno', 'dos', 'tres', 'cuatro'])
    expect(new Set(events.map(({ chat, sender }) => `${chat} ${sender.user}`))).to.deep.equal(new Set([`${bea.lidJid} ${bea.lidJid}`]))
    expect(events.every(({ sender }) => sender.identifiers.length === 2)).to.equal(true)
  })

  it('keeps the chat of someone who first wrote without a LID, and says when the LID is known', async () => {
    const carla = network.customer('573005551111', { name: 'Carla' })
    carla.hasLid = false
    await carla.write(phone, 'sin lid')
    expect((await message('sin lid')).chat).to.equal('573005551111@s.whatsapp.net')
    carla.hasLid = true
    await carla.write(phone, 'con lid')
    const after = await message('con lid')
    expect(after.chat).to.equal('573005551111@s.whatsapp.net')
    expect(after.sender.identifiers).to.deep.equal([{ kind: 'phone', scope: '', value: '573005551111' }, { kind: 'lid', scope: '', value: carla.lid }])
    const alias = await line.event('identity', ({ now }) => now.some(({ value }) => value === carla.lid))
    expect(alias).to.deep.include({ change: 'alias', before: [{ kind: 'phone', scope: '', value: '573005551111' }] })
  })

  it('a quote of ours and of theirs, by the ids that the host knows', async () => {
    const first = await ana.write(phone, 'primera')
    await message('primera')
    await ana.write(phone, { extendedTextMessage: { text: 'cito la mía', contextInfo: { stanzaId: first, participant: ana.phoneJid, quotedMessage: { conversation: 'primera' } } } })
    expect((await message('cito la mía')).context).to.deep.equal({ replyTo: `${ana.lidJid}||0|${first}` })
    const { ids: [ours] } = await line.send(ana.lidJid, { kind: 'text', text: 'nuestra' })
    const stanzaId = ours.split('|').at(-1)
    await ana.write(phone, { extendedTextMessage: { text: 'cito la suya', contextInfo: { stanzaId, participant: phone.phoneJid, quotedMessage: { conversation: 'nuestra' }, isForwarded: true } } })
    expect((await message('cito la suya')).context).to.deep.equal({ replyTo: ours, forwarded: true })
  })

  it('an advert and the answer to a status', async () => {
    await ana.write(phone, { extendedTextMessage: { text: 'quiero', contextInfo: { externalAdReply: { title: 'Oferta', body: '2x1', sourceUrl: 'https://fb.me/x', sourceId: '9', ctwaClid: 'clid', sourceType: 'ad' } } } })
    expect((await message('quiero')).context.referral).to.deep.equal({ kind: 'ad', title: 'Oferta', body: '2x1', url: 'https://fb.me/x', sourceId: '9', clickId: 'clid' })
    await ana.write(phone, { extendedTextMessage: { text: 'qué lindo', contextInfo: { remoteJid: 'status@broadcast', stanzaId: 'st', participant: phone.phoneJid, quotedMessage: { conversation: 'Abrimos' } } } })
    expect((await message('qué lindo')).context).to.deep.equal({ referral: { kind: 'status', body: 'Abrimos', sourceId: 'st' } })
  })

  it('a reaction, its change and its end; an edit; a deletion', async () => {
    const { ids: [ours] } = await line.send(ana.lidJid, { kind: 'text', text: 'nuestra' })
    const key = { remoteJid: phone.phoneJid, fromMe: false, id: ours.split('|').at(-1) ?? '' }
    await ana.write(phone, { reactionMessage: { key, text: '👍' } })
    await ana.write(phone, { reactionMessage: { key, text: '' } })
    await network.wait('two reactions', () => line.events('reaction').length === 2)
    expect(line.events('reaction').map(({ target, emoji, sender }) => [target, emoji, sender.user])).to.deep.equal([[ours, '👍', ana.lidJid], [ours, null, ana.lidJid]])

    const theirs = await ana.write(phone, 'mal escrito')
    await ana.write(phone, { protocolMessage: { type: 14, key: { remoteJid: phone.phoneJid, fromMe: true, id: theirs }, editedMessage: { conversation: 'bien escrito' } } })
    expect(await line.event('edit')).to.deep.include({ target: `${ana.lidJid}||0|${theirs}`, part: { kind: 'text', text: 'bien escrito' } })
    await ana.write(phone, { protocolMessage: { type: 0, key: { remoteJid: phone.phoneJid, fromMe: true, id: theirs } } })
    expect((await line.event('delete')).target).to.equal(`${ana.lidJid}||0|${theirs}`)
  })

  it('no deletion and no edit of what is not the sender\'s own', async () => {
    const { ids: [ours] } = await line.send(ana.lidJid, { kind: 'text', text: 'nuestra' })
    const id = ours.split('|').at(-1) ?? ''
    await ana.write(phone, { protocolMessage: { type: 0, key: { remoteJid: phone.phoneJid, fromMe: false, id } } })
    await ana.write(phone, { protocolMessage: { type: 14, key: { remoteJid: phone.phoneJid, fromMe: false, id }, editedMessage: { conversation: 'falso' } } })
    await ana.write(phone, 'fin')
    await message('fin')
    expect(line.events('delete')).to.deep.equal([])
    expect(line.events('edit').map(({ target }) => target), 'at most a message of their own').to.deep.equal([`${ana.lidJid}||0|${id}`])
  })

  it('what the own phone writes, as ours, with who it was written to', async () => {
    const id = await phone.write(ana, { conversation: 'desde el celular' })
    const event = await message('desde el celular')
    expect(event).to.deep.include({ fromAccount: 'phone', chat: ana.lidJid, id: `${ana.lidJid}||1|${id}` })
    expect(event.sender.user).to.equal('573001112233@s.whatsapp.net')
    const contact = await line.event('contact')
    expect(contact.profile.identifiers.map(({ value }) => value)).to.deep.equal(['573009998877', ana.lid])
    expect(line.fake.delivered.indexOf(contact)).to.be.lessThan(line.fake.delivered.indexOf(event))
  })

  it('no echo of what was sent through the bridge itself', async () => {
    await line.send(ana.lidJid, { kind: 'text', text: 'por aquí' })
    await ana.write(phone, 'visto')
    await message('visto')
    expect(line.events('message').map(textOf)).to.deep.equal(['visto'])
  })

  it('nothing of statuses, channels and WhatsApp itself', async () => {
    await ana.write(phone, 'estado', { from: 'status@broadcast', participant: ana.phoneJid })
    await network.customer('0').write(phone, 'sistema')
    await ana.write(phone, 'fin')
    await message('fin')
    expect(line.events('message').map(textOf)).to.deep.equal(['fin'])
  })

  it('a message to a broadcast list that the line is on, in the sender\'s own chat', async () => {
    await ana.write(phone, 'a todos', { from: '123456@broadcast', participant: ana.phoneJid, sender_lid: undefined, participant_lid: ana.lidJid })
    expect((await message('a todos')).chat).to.equal(ana.lidJid)
  })

  it('a message that cannot be read as pending, and then what it says, under the same id', async () => {
    await ana.write(phone, 'primero')
    await message('primero')
    const id = await ana.writeGarbage(phone)
    const pending = await line.event('message', ({ context }) => context.pending === true)
    expect(pending).to.deep.include({ id: `${ana.lidJid}||0|${id}`, parts: [{ kind: 'unsupported', remoteType: 'undecryptable' }] })
    expect(pending.key).not.to.equal(pending.id)
    await network.wait('a request to send it again', () => phone.receipts.find(({ attrs }) => attrs['id'] === id && attrs['type'] === 'retry'))
    await ana.write(phone, 'ahora sí', { id })
    const filled = await message('ahora sí')
    expect(filled).to.deep.include({ id: pending.id, key: pending.id, context: {} })
  })

  it('200 messages of each of two people, in order, each once', async () => {
    const bea = network.customer('573005550000')
    for (let n = 0; n < 200; n++) {
      await ana.write(phone, `a${n}`)
      await bea.write(phone, `b${n}`)
    }
    await message('b199')
    const texts = line.events('message').map(textOf)
    const expected = Array.from({ length: 200 }, (_, n) => String(n))
    expect(texts.filter((text) => text.startsWith('a')).map((text) => text.slice(1))).to.deep.equal(expected)
    expect(texts.filter((text) => text.startsWith('b')).map((text) => text.slice(1))).to.deep.equal(expected)
  })

  it('waits for the host when it cannot store, and keeps the order', async () => {
    await line.bridge.disconnect()
    let down = true
    let attempts = 0
    line = lineOn(network, line.store, {}, {}, {}, {
      deliverFails: () => {
        attempts++
        network.changed()
        return down ? new Error('no database') : null
      },
    })
    await line.bridge.connect(signal())
    await line.status('connected')
    await ana.write(phone, 'uno')
    await ana.write(phone, 'dos')
    await network.wait('some attempts', () => attempts > 2)
    down = false
    await message('dos')
    expect(line.events('message').map(textOf)).to.deep.equal(['uno', 'dos'])
  })

  it('names from the phone\'s address book, at the first synchronisation and when they change', async () => {
    await phone.shareStateKey()
    await phone.saveContact(ana, 'Doña Ana')
    const named = await line.event('contact', ({ profile }) => profile.bookName === 'Doña Ana')
    expect(named.profile.user).to.equal(ana.lidJid)
    await phone.saveContact(ana, 'Ana Vecina')
    await line.event('contact', ({ profile }) => profile.bookName === 'Ana Vecina')
    const book = []
    for await (const profile of line.bridge.directory!.contacts!(signal())) book.push(profile)
    expect(book.map(({ user, bookName }) => [user, bookName])).to.deep.equal([[ana.lidJid, 'Ana Vecina']])

    await line.bridge.disconnect()
    line = lineOn(network, line.store.copy())
    await line.bridge.connect(signal())
    await line.status('connected')
    expect((await line.bridge.directory!.profile!(ana.lidJid, signal()))?.bookName).to.equal('Ana Vecina')
  })

  it('typing, as a signal and nothing else', async () => {
    await ana.write(phone, 'fin')
    await message('fin')
    ana.typing(phone)
    ana.typing(phone, false)
    await network.wait('signals', () => line.fake.signals.length === 2)
    expect(line.fake.signals.map((one) => [one.chat, one.typing])).to.deep.equal([[ana.lidJid, true], [ana.lidJid, false]])
    expect(line.fake.delivered.map(({ kind }) => kind).filter((kind) => kind !== 'identity')).to.deep.equal(['message'])
  })

  it('a call, once, with how to reject it; and that it was missed', async () => {
    const id = ana.call(phone)
    const call = await line.event('call')
    expect(call).to.deep.include({ id, state: 'ringing', chat: ana.lidJid })
    expect(call.sender.identifiers).to.have.length(2)
    await line.bridge.calls!.reject({ id, chat: call.chat })
    await network.wait('the rejection', () => phone.rejectedCalls.includes(id))
    const second = ana.call(phone)
    ana.hangUp(phone, second)
    await line.event('call', ({ state }) => state === 'missed')
    expect(line.events('call').map(({ state }) => state)).to.deep.equal(['ringing', 'ringing', 'missed'])
    expect(line.events('message'), 'a call is no message').to.deep.equal([])
  })
})

describe('whatsapp-web: the history of the phone', () => {
  let network: FakeWhatsApp
  beforeEach(async () => { network = await FakeWhatsApp.start() })
  afterEach(async () => { await network.stop() })

  const begin = async (importHistory: boolean): Promise<{ line: Line; ana: Customer; phone: Phone }> => {
    const phone = network.phone('573001112233', { name: 'Empresa' })
    const ana = network.customer('573009998877', { name: 'Ana' })
    const line = await online(network, phone, { importHistory })
    await phone.sendHistory({
      conversations: [{
        id: ana.phoneJid, displayName: 'Doña Ana', lidJid: ana.lidJid,
        messages: [
          { message: { key: { remoteJid: ana.phoneJid, fromMe: false, id: 'H2' }, messageTimestamp: 1_700_000_100, message: { conversation: 'segunda' } } },
          { message: { key: { remoteJid: ana.phoneJid, fromMe: true, id: 'H1' }, messageTimestamp: 1_700_000_000, message: { conversation: 'primera' } } },
        ],
      }],
      phoneNumberToLidMappings: [{ pnJid: ana.phoneJid, lidJid: ana.lidJid }],
    })
    await line.event('contact', ({ profile }) => profile.bookName === 'Doña Ana')
    return { line, ana, phone }
  }

  it('gives names and identities, and no messages', async () => {
    const { line, ana, phone } = await begin(false)
    await ana.write(phone, 'nueva')
    await line.event('message', (event) => textOf(event) === 'nueva')
    expect(line.events('message').map(textOf)).to.deep.equal(['nueva'])
    expect(line.events('identity').some(({ now }) => now.some(({ value }) => value === ana.lid))).to.equal(true)
    await line.bridge.disconnect()
  })

  it('gives messages too when the settings ask, as history, at their own time, oldest first', async () => {
    const { line } = await begin(true)
    await line.event('message', (event) => textOf(event) === 'segunda')
    expect(line.events('message').map((event) => [textOf(event), event.history, event.fromAccount, event.at.getTime()])).to.deep.equal([
      ['primera', true, 'phone', 1_700_000_000_000], ['segunda', true, false, 1_700_000_100_000],
    ])
    await line.bridge.disconnect()
  })
})
