import { expect } from 'chai'
import { network } from '../../plugins/sdk/testkit/loopbackLink.ts'
import { viewerOf } from '../../server/actions/access.ts'
import { argonPasswords } from '../../server/actions/passwords.ts'
import { feedAfter, feedEnds, loadFeed } from '../../server/actions/queries/feed.ts'
import { FeedCutter } from '../../server/actions/queries/feedItems.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import type { FeedItem } from '../../server/http/contract/feed.ts'
import { eachDatabase } from '../databases.ts'
import { type Browser, refusalOf, Site } from '../support/site.ts'
import { World } from '../world.ts'

const password = 'correcto caballo pila grapa'

eachDatabase((database) => {
  describe('what people of the house tell each other', () => {
    let world: World
    let site: Site
    let ana: Browser, beto: Browser, boss: Browser
    let jefa: Actor
    before(async () => {
      network.clear()
      world = await World.build(database)
      site = await Site.open(world.core, { bridges: world.bridges, passwords: argonPasswords })
      const signIn = async (name: string, app: 'agent' | 'supervisor' = 'agent'): Promise<Browser> => {
        const browser = site.browser(app)
        await world.db.run('UPDATE sessions SET connectedAt = NULL')
        expect((await browser.signIn(name, password)).status).to.equal(201)
        return browser
      }
      await world.agent('Ana', { maxChats: 0 })
      await world.channel('linea')
      jefa = await world.supervisor('Jefa')
      ana = await signIn('ana')
      await world.agent('Beto', { queues: [] })
      beto = await signIn('beto')
      boss = await signIn('jefa', 'supervisor')
    })
    after(async () => {
      await site.close()
      await world.close()
    })
    /** What each is told live of what `deed` does. */
    const heard = async (deed: () => Promise<unknown>): Promise<(who: Actor) => Promise<FeedItem[]>> => {
      const { last } = await feedEnds(world.core)
      await deed()
      const cutter = new FeedCutter(await loadFeed(world.core, await feedAfter(world.core, last, 500)))
      return async (who) => cutter.cut({ ...(await viewerOf(world.db, who)), watching: new Set() }, 'es').items
    }
    const direct = async (): Promise<string> => (await ana.post('/app/internal', { kind: 'direct', userId: world.who('Beto').id })).json.id

    it('is one chat for two people, however often it is begun', async () => {
      const [first, second] = await Promise.all([ana.post('/app/internal', { kind: 'direct', userId: world.who('Beto').id }), beto.post('/app/internal', { kind: 'direct', userId: world.who('Ana').id })])
      expect(first.json.id).to.equal(second.json.id)
      expect([first.json.title, second.json.title]).to.deep.equal(['Beto', 'Ana'])
      expect((await ana.get('/app/colleagues')).json.items.map((one: { name: string }) => one.name)).to.include.members(['Beto', 'Jefa'])
      expect(refusalOf(await ana.post('/app/internal', { kind: 'direct', userId: world.who('Ana').id }))).to.equal('404 not_found')
    })

    it('reaches its members at once, counts as unread, and no bridge, report or supervisor learns of it', async () => {
      const id = await direct()
      const sentBefore = network.arrivals.length
      const told = await heard(() => ana.post(`/app/internal/${id}/messages`, { clientId: 'interno-uno', text: '¿Almorzamos?', mentions: [world.who('Beto').id] }))
      const [item] = await told(world.who('Beto'))
      expect(item?.internal).to.deep.include({ chatId: id, text: '¿Almorzamos?', visibility: 'internal' })
      expect(item?.data).to.deep.include({ internalChatId: id, mentioned: true })
      expect(await told(jefa), 'a supervisor who is not part of it').to.deep.equal([])
      expect((await beto.get('/app/internal')).json.items[0]).to.deep.include({ id, unread: 1, title: 'Ana' })
      expect((await ana.get('/app/internal')).json.items[0]).to.deep.include({ unread: 0 })
      for (const path of ['/messages', '/read', '/leave']) expect(refusalOf(await boss.post(`/app/internal/${id}${path}`, path === '/messages' ? { clientId: 'ajeno-123', text: 'x' } : {})), path).to.equal('404 not_found')
      expect(refusalOf(await boss.get(`/app/internal/${id}/messages`))).to.equal('404 not_found')
      expect((await beto.post(`/app/internal/${id}/read`)).status).to.equal(204)
      expect((await beto.get('/app/internal')).json.items[0].unread).to.equal(0)
      await world.settle()
      expect(network.arrivals.length).to.equal(sentBefore)
      expect(await world.db.all('SELECT id FROM outbox')).to.deep.equal([])
    })

    it('comes in pages, and a repeated send is one message', async () => {
      const id = (await ana.post('/app/internal', { kind: 'group', title: 'Turno tarde', userIds: [world.who('Beto').id, jefa.id] })).json.id
      for (let i = 0; i < 5; i++) await ana.post(`/app/internal/${id}/messages`, { clientId: `grupo-${i}-x`, text: `g${i}` })
      const again = await ana.post(`/app/internal/${id}/messages`, { clientId: 'grupo-4-x', text: 'otra vez' })
      expect(again.json.text).to.equal('g4')
      const page = (await boss.get(`/app/internal/${id}/messages?limit=3`)).json
      expect(page.items.map((one: { text: string }) => one.text)).to.deep.equal(['g2', 'g3', 'g4'])
      const older = (await boss.get(`/app/internal/${id}/messages?limit=3&before=${page.before}`)).json
      expect([older.items.map((one: { text: string }) => one.text), older.before]).to.deep.equal([['g0', 'g1'], null])
      expect((await boss.ask(`/app/internal/${id}`, { method: 'PATCH', body: { title: 'Tarde' } })).json.title).to.equal('Tarde')
      expect((await beto.post(`/app/internal/${id}/leave`)).status).to.equal(204)
      expect(refusalOf(await beto.get(`/app/internal/${id}/messages`))).to.equal('404 not_found')
      const told = await heard(() => ana.post(`/app/internal/${id}/messages`, { clientId: 'sin-beto-1', text: 'ya se fue' }))
      expect(await told(world.who('Beto'))).to.deep.equal([])
      expect(await told(jefa)).to.have.length(1)
    })

    it('carries files that only its members may open', async () => {
      const id = await direct()
      const uploaded = await ana.upload('turnos.txt', 'lunes: Beto', 'text/plain')
      const sent = await ana.post(`/app/internal/${id}/messages`, { clientId: 'interno-archivo', mediaId: uploaded.json.id })
      expect(sent.json.media).to.deep.include({ name: 'turnos.txt' })
      expect((await beto.get(`/app/media/${uploaded.json.id}`)).text).to.equal('lunes: Beto')
      expect(refusalOf(await boss.get(`/app/media/${uploaded.json.id}`))).to.equal('404 not_found')
      expect(refusalOf(await ana.post(`/app/internal/${id}/messages`, { clientId: 'otra-vez-1', mediaId: uploaded.json.id })), 'once').to.equal('404 not_found')
    })

    it('calls whoever a note mentions, and nobody else', async () => {
      await world.write('linea', 'con-nota', 'hola')
      const { id } = await world.chat('con-nota')
      const told = await heard(() => ana.post(`/app/chats/${id}/notes`, { clientId: 'nota-mencion', text: '@Jefa mire esto', mentions: [jefa.id, world.who('Ana').id] }))
      expect((await told(jefa)).filter((item) => item.type === 'mention.created').map((item) => item.data)).to.deep.equal([{ chatId: id, messageId: (await world.db.get<{ id: string }>("SELECT id FROM messages WHERE clientKey LIKE '%nota-mencion'"))?.id, title: 'Cliente con-nota' }])
      for (const who of ['Ana', 'Beto']) expect((await told(world.who(who))).filter((item) => item.type === 'mention.created'), who).to.deep.equal([])
    })

    it('lets an agent react where the line carries it, with one voice for the line', async () => {
      await world.write('linea', 'con-reaccion', 'gracias')
      const { id } = await world.chat('con-reaccion')
      const message = (await ana.get(`/app/chats/${id}/timeline`)).json.items.find((item: { text?: string }) => item.text === 'gracias')
      const react = (who: Browser, emoji: string | null) => who.ask(`/app/chats/${id}/messages/${message.id}/reaction`, { method: 'PUT', body: { emoji } })
      expect((await react(ana, '👍')).json.reactions).to.deep.equal([{ by: 'Ana', emoji: '👍', fromCustomer: false }])
      expect((await react(boss, '❤️')).json.reactions).to.deep.equal([{ by: 'Jefa', emoji: '❤️', fromCustomer: false }])
      expect(refusalOf(await react(beto, '👍'))).to.equal('404 not_found')
      await world.settle()
      const ops = network.arrivals.filter((arrival) => (arrival.message as { chat: string; op?: string }).chat === 'con-reaccion' && (arrival.message as { op?: string }).op === 'react').map((arrival) => arrival.message as { emoji: string })
      expect(ops.map((op) => op.emoji)).to.deep.equal(['👍', '❤️'])
      expect((await react(ana, null)).json.reactions).to.deep.equal([])
      expect((await world.chat('con-reaccion')).state).to.equal('PENDING')
    })
  })
})
