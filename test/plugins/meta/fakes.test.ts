/** The fake networks from the customer's side: what they post is signed, and means what the customer did. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import type { Bridge, InboundEvent, RemoteMedia } from '../../../plugins/sdk/index.ts'
import { outbound, sampleParts, webhookRequest } from '../../../plugins/sdk/testkit/index.ts'
import instagram from '../../../plugins/instagram/index.ts'
import messenger from '../../../plugins/messenger/index.ts'
import cloud from '../../../plugins/whatsapp-cloud/index.ts'
import type { FakeGraph } from '../../fakes/graph.ts'
import { FakeInstagram } from '../../fakes/instagram.ts'
import { FakeMessenger } from '../../fakes/messenger.ts'
import { FakeWhatsAppCloud } from '../../fakes/whatsapp-cloud.ts'
import { bytesOf, liveHost } from './host.ts'

const never = new AbortController().signal
const picture = { name: 'foto.png', type: 'image/png', bytes: Buffer.from('picture') }

describe('the fake networks of Meta', () => {
  let events: InboundEvent[]
  let install: Server
  let provider: FakeGraph

  /** The smallest install: it answers the handshake, checks the signature, and keeps the events. */
  async function serve<P extends FakeGraph>(fake: P, open: (fake: P) => Bridge): Promise<{ fake: P; bridge: Bridge }> {
    await fake.start()
    provider = fake
    const bridge = open(fake)
    events = []
    install = createServer((incoming, response) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const request = webhookRequest({
          method: incoming.method === 'GET' ? 'GET' : 'POST', url: `http://install${incoming.url}`, body: Buffer.concat(chunks),
          headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
        })
        const handshake = bridge.webhook?.handshake?.(request)
        if (handshake) return response.writeHead(handshake.status).end(handshake.body)
        if (!bridge.webhook?.verify(request)) return response.writeHead(401).end()
        events.push(...bridge.webhook.parse(request))
        response.writeHead(200).end('EVENT_RECEIVED')
      })
    })
    await new Promise<void>(resolve => { install.listen(0, '127.0.0.1', resolve) })
    fake.webhookUrl = `http://127.0.0.1:${(install.address() as AddressInfo).port}/wh/1`
    return { fake, bridge }
  }
  afterEach(async () => {
    await provider.stop()
    await new Promise<void>(resolve => { install.close(() => { resolve() }); install.closeAllConnections() })
  })

  const told = () => events.map(event => {
    if (event.kind === 'message') return `${event.sender.user} ${event.fromAccount || ''} ${event.parts.map(part => (part.kind === 'text' ? part.text : part.kind === 'choice' ? `${part.via} ${part.id}` : part.kind)).join()}`.replace('  ', ' ')
    return event.kind === 'receipt' ? `${event.receipt} ${typeof event.target === 'string' ? event.target : 'upTo'}` : event.kind === 'template' ? `template ${event.template.status}` : event.kind
  })
  async function fetched(bridge: Bridge): Promise<string> {
    const media = events.flatMap(event => (event.kind === 'message' ? event.parts : [])).flatMap(part => ('media' in part ? [part.media] : [])).at(-1)
    const file = await bridge.media?.fetch(media as RemoteMedia, never)
    return file ? bytesOf(file.stream) : ''
  }

  it('of WhatsApp: a customer writes, presses, sends a file, and reads the answer', async () => {
    const { fake, bridge } = await serve(new FakeWhatsAppCloud(), one => cloud.open({ id: '1', settings: one.settings, secrets: one.secrets, webhookUrl: '' }, liveHost().host))
    const ana = { phone: '573001112233', userId: 'CO.1234', name: 'Ana' }
    expect(await fake.handshake(fake.verifyToken)).to.deep.equal({ status: 200, body: '1158201444' })
    expect((await fake.handshake('wrong')).status).to.equal(403)
    await fake.text(ana, '¡Mañana / ok!')
    await fake.press(ana, { id: 'ventas', title: 'Ventas' })
    await fake.file(ana, 'image', picture)
    expect(told()).to.deep.equal(['CO.1234 ¡Mañana / ok!', 'CO.1234 button ventas', 'CO.1234 image'])
    expect(await fetched(bridge)).to.equal('picture')
    events = []
    const { ids: [id] } = await bridge.send(outbound(sampleParts.text, { chat: '573001112233' }), never)
    const [message] = fake.accepted
    if (!message) throw new Error('nothing was accepted')
    await fake.status(message, 'delivered')
    await fake.status(message, 'read')
    expect(told()).to.deep.equal([`delivered ${id}`, `read ${id}`])
    expect(events[0]).to.have.property('correlation', '01JHKEYKEYKEYKEYKEYKEYKEYK')
    await bridge.templates?.submit({ name: 'aviso', language: 'es_CO', category: 'utility', body: 'Hola', examples: {} }, never)
    const [template] = fake.templates
    if (template) await fake.templateEvent(template, 'APPROVED')
    expect(told().at(-1)).to.equal('template approved')
    expect((await fake.post({ object: 'whatsapp_business_account', entry: [] }, 'forged')).status).to.equal(401)
  })

  it('of WhatsApp: after 24 hours a text fails, and a template does not', async () => {
    const { fake, bridge } = await serve(new FakeWhatsAppCloud(), one => cloud.open({ id: '1', settings: one.settings, secrets: one.secrets, webhookUrl: '' }, liveHost().host))
    fake.windowClosed.add('573001112233')
    await bridge.send(outbound(sampleParts.template, { chat: '573001112233' }), never)
    const failed = fake.nextWebhook()
    await bridge.send(outbound(sampleParts.text, { chat: '573001112233' }), never)
    await failed
    expect(events.map(event => event.kind === 'receipt' && [event.target, event.error?.code])).to.deep.equal([[fake.accepted[1]?.id, 'window_closed']])
  })

  it('of Messenger: a customer writes, presses, sends a file, and reads the answer', async () => {
    const { fake, bridge } = await serve(new FakeMessenger(), one => messenger.open({ id: '1', settings: one.settings, secrets: one.secrets, webhookUrl: '' }, liveHost().host))
    await fake.text('4398', 'hola')
    await fake.press('4398', { id: 'ventas', title: 'Ventas' })
    await fake.file('4398', 'image', picture)
    expect(told()).to.deep.equal(['4398 hola', '4398 button ventas', '4398 image'])
    expect(await fetched(bridge)).to.equal('picture')
    events = []
    await bridge.send(outbound(sampleParts.text, { chat: '4398' }), never)
    const [message] = fake.accepted
    if (!message) throw new Error('nothing was accepted')
    await fake.echo(message, { app_id: 7 })
    await fake.delivered(message)
    await fake.read('4398')
    expect(told()).to.deep.equal([`${fake.accountId} api Buenos días`, `delivered ${message.id}`, 'delivered upTo', 'read upTo'])
    expect(events[0]).to.have.property('correlation', '01JHKEYKEYKEYKEYKEYKEYKEYK')
  })

  it('of Instagram: a customer writes, presses, sends a file, and sees the answer', async () => {
    const { fake, bridge } = await serve(new FakeInstagram(), one => instagram.open({ id: '1', settings: one.settings, secrets: one.secrets, webhookUrl: '' }, liveHost().host))
    await fake.text('1784', 'hola')
    await fake.press('1784', { id: 'ventas', title: 'Ventas' })
    await fake.file('1784', 'audio', { ...picture, type: 'audio/mp4' })
    expect(told()).to.deep.equal(['1784 hola', '1784 button ventas', '1784 audio'])
    expect(await fetched(bridge)).to.equal('picture')
    events = []
    await bridge.send(outbound(sampleParts.text, { chat: '1784' }), never)
    const [message] = fake.accepted
    if (!message) throw new Error('nothing was accepted')
    await fake.echo(message)
    await fake.seen(message)
    expect(told()).to.deep.equal([`${fake.accountId} provider_inbox Buenos días`, 'read upTo'])
  })

  it('refuse what the real ones refuse', async () => {
    const { fake } = await serve(new FakeWhatsAppCloud(), one => cloud.open({ id: '1', settings: one.settings, secrets: one.secrets, webhookUrl: '' }, liveHost().host))
    const call = async (body: object) => (await fetch(`${fake.url}/v25.0/106540352242922/messages`, {
      method: 'POST', headers: { authorization: `Bearer ${fake.token}`, 'content-type': 'application/json' }, body: JSON.stringify({ messaging_product: 'whatsapp', recipient_type: 'individual', to: '+573001112233', ...body }),
    })).status
    expect(await call({ type: 'text', text: { body: 'x' } })).to.equal(200)
    for (const body of [{ type: 'hologram', hologram: {} }, { type: 'text', text: {} }, { type: 'image', image: { id: '404' } }, { type: 'text', text: { body: 'x' }, to: '573001112233' }, { type: 'text', text: { body: 'x' }, extra: 1 }]) {
      expect(await call(body), JSON.stringify(body)).to.equal(400)
    }
  })
})
