/** What somebody leaves behind: an agent who goes, a queue that ends, requests that nobody could read (domain §3.7, T8, T13, T16, §8.12). */
import { expect } from 'chai'
import { createChannel } from '../../server/actions/channels.ts'
import { recordInbound } from '../../server/actions/inbound/record.ts'
import { unknownAccounts, unparsedRequests } from '../../server/actions/queries/channels.ts'
import { findUser } from '../../server/actions/queries/staff.ts'
import { removeQueue } from '../../server/actions/queues.ts'
import { replayRequests } from '../../server/actions/replay.ts'
import { disableUser, removeUser } from '../../server/actions/users.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { boss, inbound, World } from '../world.ts'
import { agent } from './company.ts'

describe('What is left behind', () => {
  eachDatabase((database) => {
    let world: World
    before(async () => {
      world = await World.build(database)
      await world.newQueue('Ventas')
      await world.channel('linea')
    })
    after(() => world.close())
    const queueOf = async (from: string): Promise<string | undefined> => {
      const row = await world.db.get<{ queueId: string }>('SELECT queueId FROM chats WHERE remoteChatId = ?', [from])
      return [...world.queues].find(([, id]) => id === row?.queueId)?.[0]
    }

    it('by a disabled agent goes to the queue named, whose agents take it in turn', async () => {
      const ana = await world.agent('Ana')
      await world.write('linea', 'a1', 'hola')
      await world.write('linea', 'a2', 'hola')
      await world.agent('Beto', { queues: ['Ventas'], maxChats: 1 })
      const userId = ana.id as string
      expect(await failure(disableUser(world.core, boss, { userId }))).to.include({ code: 'has_chats' })
      const done = await disableUser(world.core, boss, { userId, releaseTo: { type: 'queue', id: world.queue('Ventas') } })
      expect(done).to.include({ enabled: false, released: 2 })
      await world.settle()
      const holders = [await world.holder('a1'), await world.holder('a2')]
      expect(holders).to.have.members(['Beto', null])
      expect(await queueOf('a1')).to.equal('Ventas')
      const types = (await world.db.all<{ type: string }>('SELECT type FROM event_log ORDER BY id')).map((row) => row.type)
      expect(types.slice(types.indexOf('agent.disabled') + 1)).to.include('assignment.ended').and.to.include('queue.entered')
      expect(await disableUser(world.core, boss, { userId, releaseTo: { type: 'queue', id: world.queue('Ventas') } })).to.include({ released: 0 })
    })

    it('by a removed agent goes to the agent named, even a full one', async () => {
      const caro = await world.agent('Caro')
      await world.write('linea', 'c1', 'hola')
      expect(await world.holder('c1')).to.equal('Caro')
      const beto = world.who('Beto').id as string
      expect(await removeUser(world.core, boss, { userId: caro.id as string, releaseTo: { type: 'agent', id: beto } })).to.deep.equal({ released: 1 })
      expect(await world.holder('c1')).to.equal('Beto')
      expect(await failure(findUser(world.core, boss, 'caro'))).to.include({ code: 'not_found' })
    })

    it('in a queue that ends goes on waiting in another, and stays with the agents who have it', async () => {
      const other = await world.newQueue('Cobros')
      await world.channel('cobros', { queue: 'Ventas' })
      await world.write('cobros', 'v1', 'hola')
      expect(await world.holder('v1')).to.equal(null)
      await world.channel('norte', { queue: 'Cobros' })
      const queueId = world.queue('Ventas')
      expect(await failure(removeQueue(world.core, boss, { queueId, force: true, moveTo: other }))).to.include({ code: 'in_use' })
      await world.db.run("UPDATE channels SET destinationType = 'none', destinationId = NULL WHERE destinationId = ?", [queueId])
      world.core.catalog.forget()
      expect(await failure(removeQueue(world.core, boss, { queueId, force: true }))).to.include({ code: 'has_waiting_chats' })
      expect(await failure(removeQueue(world.core, boss, { queueId, force: true, moveTo: queueId }))).to.include({ code: 'invalid_destination' })
      const held = (
        await world.db.all<{ remoteChatId: string }>('SELECT remoteChatId FROM chats WHERE queueId = ? AND agentId IS NOT NULL', [queueId])
      ).map((row) => row.remoteChatId)
      expect(held).to.have.length.greaterThan(0)
      const { moved } = await removeQueue(world.core, boss, { queueId, force: true, moveTo: other })
      expect(moved).to.be.greaterThan(held.length)
      for (const from of held) expect([await world.holder(from), await queueOf(from)]).to.deep.equal(['Beto', 'Cobros'])
      expect([(await world.chat('v1')).state, await queueOf('v1')]).to.deep.equal(['QUEUED', 'Cobros'])
    })

    it('unread at an endpoint is read again after the mend, once, and for the channel that was missing', async () => {
      const { core } = world
      const first = await createChannel(core, boss, {
        name: 'Sur',
        bridge: 'loopback',
        settings: { account: 'sur' },
        secrets: { appSecret: 'a secret of the endpoint' },
      })
      const endpointId = first.endpoint?.id as string
      const { url } = first.endpoint as { url: string }
      const request = (body: string) => ({ method: 'POST' as const, url, headers: { 'content-type': 'application/json' }, rawBody: Buffer.from(body) })
      const said = (account: string, id: string) => ({ account, id, at: world.clock.at, from: `de-${account}`, text: 'hola' })
      await recordInbound(core, { endpointId, request: request(JSON.stringify({ events: [said('sur', 's1')] })), parseError: 'a bridge in need of a mend' })
      await recordInbound(core, { endpointId, request: request('{{{'), parseError: 'not JSON' })
      await recordInbound(core, { endpointId, request: request(JSON.stringify({ events: [said('oeste', 'o1')] })), events: inbound(said('oeste', 'o1')) })
      expect(await unparsedRequests(core, boss, { endpointId })).to.have.length(2)

      const result = await replayRequests(core, boss, { channelId: first.id })
      expect([result.read, result.unknown, result.failed.length]).to.deep.equal([1, 1, 1])
      await world.settle()
      expect(await world.chat('de-sur')).to.include({ unread: 1 })
      expect(await unknownAccounts(core, boss)).to.have.length(1)

      const second = await createChannel(core, boss, { name: 'Oeste', bridge: 'loopback', settings: { account: 'oeste' }, endpointId })
      expect(await replayRequests(core, boss, { channelId: second.id })).to.deep.include({ read: 1 })
      await world.settle()
      expect(await world.chat('de-oeste')).to.include({ unread: 1 })
      expect(await unknownAccounts(core, boss)).to.deep.equal([])

      expect(await replayRequests(core, boss, { channelId: first.id })).to.deep.include({ read: 0 })
      await world.settle()
      expect(await world.db.all('SELECT id FROM messages WHERE chatId = ?', [(await world.chat('de-sur')).id])).to.have.length(1)
      expect(await failure(replayRequests(core, agent, { channelId: first.id }))).to.include({ code: 'forbidden' })
    })
  })
})
