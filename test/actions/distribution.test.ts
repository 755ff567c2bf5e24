/** Offers, laps, limits and overflow (domain §3.3 to §3.10), through the actions, on both databases and an injected clock. */
import { expect } from 'chai'
import { network } from '../../plugins/sdk/testkit/loopbackLink.ts'
import { cancelTransfer, acceptOffer, declineOffer } from '../../server/actions/distribution/offers.ts'
import { resolveChat, transferChat } from '../../server/actions/conversations.ts'
import { expirePresence, agentDisconnected, pauseAgent, unpauseAgent } from '../../server/actions/presence.ts'
import { openOffers } from '../../server/actions/queries/offers.ts'
import { updateQueue, type QueueChange } from '../../server/actions/queues.ts'
import { addMembers, removeMembers } from '../../server/actions/memberships.ts'
import { setSetting } from '../../server/actions/settings.ts'
import type { OfferView } from '../../server/http/contract/offers.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { boss, World } from '../world.ts'

const ms = 1000

eachDatabase((database) => {
  let world: World
  let n = 0
  before(async () => {
    world = await World.build(database)
  })
  after(() => world.close())
  beforeEach(() => network.clear())

  /** A queue of its own with its line, so that tests do not meet; agents' names are given the number too. */
  interface Place { readonly queue: string; readonly queueId: string; readonly line: string; agent(name: string, how?: { maxChats?: number; online?: boolean; priority?: number }): Promise<string>; change(change: Omit<QueueChange, 'queueId'>): Promise<unknown> }
  async function place(change: Omit<QueueChange, 'queueId'> = {}): Promise<Place> {
    const queue = `Cola ${++n}`
    const queueId = await world.newQueue(queue)
    if (Object.keys(change).length > 0) await updateQueue(world.core, boss, { queueId, ...change })
    const line = `linea ${n}`
    await world.channel(line, { queue })
    const at = n
    return {
      queue, queueId, line,
      change: (more) => updateQueue(world.core, boss, { queueId, ...more }),
      async agent(name, { maxChats = 0, online = true, priority } = {}) {
        const own = `${name}${at}`
        await world.agent(own, { queues: [queue], maxChats, online: false })
        if (priority !== undefined) await addMembers(world.core, boss, { queueId, agentIds: [world.who(own).id ?? ''], priority })
        if (online) await world.signIn(own)
        return own
      },
    }
  }
  const offersTo = async (name: string): Promise<OfferView[]> => openOffers(world.db, await world.core.catalog.read(), world.who(name).id ?? '', world.clock.at)
  const accept = async (name: string): Promise<unknown> => {
    const [offer] = await offersTo(name)
    return acceptOffer(world.core, world.who(name), offer?.id ?? '')
  }
  const load = async (name: string): Promise<number> => (await world.db.get<{ chatLoad: number }>('SELECT chatLoad FROM agents WHERE agentId = ?', [world.who(name).id ?? '']))?.chatLoad ?? -1
  const pass = async (seconds: number): Promise<void> => {
    world.clock.pass(seconds)
    await world.settle()
  }
  const events = async (from: string, like = '%'): Promise<string[]> =>
    (await world.db.all<{ type: string }>('SELECT type FROM event_log WHERE chatId = ? AND type LIKE ? ORDER BY seq', [(await world.chat(from)).id, like])).map((row) => row.type)
  const next = (): string => `cliente-${++n}`

  it('S05: offers in turns, pauses between laps, stops at the limit, keeps the place, and refuses who comes late', async () => {
    const here = await place({ mode: 'invite', inviteTimeout: 15, totalTimeout: 40 })
    const [a, b] = [await here.agent('Ana'), await here.agent('Beto')]
    const who = next()
    await world.write(here.line, who, 'Hola')
    const queuedAt = (await world.chat(who)).queuedAt
    const [first] = await offersTo(a)
    expect(first).to.include({ title: `Cliente ${who}`, preview: 'Hola', queueName: here.queue, expiresAt: world.clock.at + 15 * ms })
    expect([await offersTo(b), await load(a)]).to.deep.equal([[], 1])
    await pass(15)
    expect([(await offersTo(a)).length, (await offersTo(b)).length, await load(a), await load(b)]).to.deep.equal([0, 1, 0, 1])
    await pass(15)
    expect([(await offersTo(a)).length, (await offersTo(b)).length]).to.deep.equal([0, 0])
    await pass(5)
    const [again] = await offersTo(a)
    expect(again?.expiresAt).to.equal(world.clock.at + 5 * ms)
    await pass(5)
    expect(await world.chat(who)).to.include({ state: 'QUEUED', agentId: null, queuedAt })
    expect(await failure(acceptOffer(world.core, world.who(a), again?.id ?? ''))).to.include({ code: 'offer_gone' })
    expect(await failure(acceptOffer(world.core, world.who(b), again?.id ?? ''))).to.include({ code: 'not_found' })
    expect(await events(who, 'distribution%')).to.deep.equal([
      'distribution.offered', 'distribution.offer_expired', 'distribution.offered', 'distribution.offer_expired', 'distribution.offered', 'distribution.offer_expired', 'distribution.expired',
    ])
    // It rests, and somebody who was not asked ends the rest.
    await pass(10)
    expect([(await offersTo(a)).length, (await offersTo(b)).length]).to.deep.equal([0, 0])
    const c = await here.agent('Caro')
    await world.settle()
    expect((await offersTo(c)).length).to.equal(1)
    await accept(c)
    expect([await world.holder(who), await load(c), await load(a)]).to.deep.equal([c, 1, 0])
  })

  it('S06: an offer whose process died is taken up again, with the place kept', async () => {
    const here = await place({ mode: 'invite', inviteTimeout: 15, totalTimeout: 0 })
    const a = await here.agent('Ana')
    const who = next()
    await world.write(here.line, who, 'Hola')
    const before = await world.chat(who)
    // Nobody looked for an hour.
    world.clock.pass(3600)
    await world.settle()
    await pass(5)
    expect((await offersTo(a)).length).to.equal(1)
    expect((await world.chat(who)).queuedAt).to.equal(before.queuedAt)
    await accept(a)
    expect(await world.db.get('SELECT COUNT(*) AS n FROM assignments WHERE chatId = ?', [before.id])).to.deep.include({ n: 1 })
  })

  it('goes on to the next at once when the agent declines, pauses, signs out or leaves the queue', async () => {
    const here = await place({ mode: 'invite', inviteTimeout: 120, totalTimeout: 0 })
    const names = [await here.agent('Ana'), await here.agent('Beto'), await here.agent('Caro'), await here.agent('Dora'), await here.agent('Eva')]
    const [a, b, c, d, e] = names as [string, string, string, string, string]
    const reason = await world.pauseReason(`Pausa${n}`)
    const who = next()
    await world.write(here.line, who, 'Hola')
    const asked = async (): Promise<string[]> => {
      const found: string[] = []
      for (const name of names) if ((await offersTo(name)).length > 0) found.push(name)
      return found
    }
    await declineOffer(world.core, world.who(a), (await offersTo(a))[0]?.id ?? '')
    await world.settle()
    expect(await asked()).to.deep.equal([b])
    await pauseAgent(world.core, world.who(b), world.who(b).id ?? '', reason)
    await world.settle()
    expect(await asked()).to.deep.equal([c])
    await removeMembers(world.core, boss, { queueId: here.queueId, agentIds: [world.who(c).id ?? ''] })
    await world.settle()
    expect(await asked()).to.deep.equal([d])
    const session = await world.db.get<{ sessionId: string }>('SELECT sessionId FROM agents WHERE agentId = ?', [world.who(d).id ?? ''])
    // S41: a line lost for less than the grace changes nothing; for longer, the next is asked.
    await agentDisconnected(world.core, session?.sessionId ?? '')
    await pass(40)
    expect(await asked()).to.deep.equal([d])
    world.clock.pass(20)
    await expirePresence(world.core)
    await world.settle()
    expect(await asked()).to.deep.equal([e])
    expect(await world.db.all("SELECT outcome, reason FROM offers WHERE chatId = ? ORDER BY id", [(await world.chat(who)).id])).to.deep.equal([
      { outcome: 'declined', reason: null }, { outcome: 'withdrawn', reason: 'agent_paused' }, { outcome: 'withdrawn', reason: 'removed' },
      { outcome: 'withdrawn', reason: 'agent_offline' }, { outcome: null, reason: null },
    ])
    await unpauseAgent(world.core, world.who(b), world.who(b).id ?? '')
    expect(await load(b)).to.equal(0)
    await resolveChat(world.core, boss, (await world.chat(who)).id, {})
    expect([await asked(), await load(e)]).to.deep.equal([[], 0])
  })

  it('S08: of resolving and accepting at the same time one wins', async () => {
    const here = await place({ mode: 'invite', totalTimeout: 0 })
    const a = await here.agent('Ana')
    for (let round = 0; round < 6; round++) {
      const who = next()
      await world.write(here.line, who, 'Hola')
      const { id } = await world.chat(who)
      const [offer] = await offersTo(a)
      const tries = [() => acceptOffer(world.core, world.who(a), offer?.id ?? ''), () => resolveChat(world.core, boss, id, {})]
      const done = await Promise.allSettled((round % 2 === 0 ? tries : tries.reverse()).map((one) => one()))
      const after = await world.chat(who)
      expect(done.some((one) => one.status === 'fulfilled')).to.equal(true)
      expect(after.state).to.equal('RESOLVED')
      expect(after.agentId).to.equal(null)
      expect(await load(a)).to.equal(0)
      expect((await world.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM offers WHERE openChatId = ?', [id]))?.n).to.equal(0)
    }
  })

  it('S44: offered to all, one has it; tiers join later; what does not fit overflows once', async () => {
    const other = await place()
    const here = await place({ mode: 'invite', strategy: 'all', inviteTimeout: 120, totalTimeout: 0, widenAfter: 30 })
    const [a, b, c, d] = [await here.agent('Ana', { maxChats: 1 }), await here.agent('Beto', { maxChats: 1 }), await here.agent('Caro', { maxChats: 1 }), await here.agent('Dora', { priority: 2, maxChats: 1 })]
    const who = next()
    await world.write(here.line, who, 'Hola')
    const offers = [(await offersTo(a))[0], (await offersTo(b))[0], (await offersTo(c))[0]]
    expect(offers.every((one) => one !== undefined)).to.equal(true)
    expect([await load(a), await load(b), (await offersTo(d)).length]).to.deep.equal([0, 0, 0])
    const tried = await Promise.allSettled([acceptOffer(world.core, world.who(a), offers[0]?.id ?? ''), acceptOffer(world.core, world.who(b), offers[1]?.id ?? '')])
    expect(tried.map((one) => one.status).sort()).to.deep.equal(['fulfilled', 'rejected'])
    const lost = tried.find((one) => one.status === 'rejected') as PromiseRejectedResult
    expect(lost.reason).to.include({ code: 'offer_gone' })
    const winner = await world.holder(who)
    expect([a, b]).to.include(winner)
    expect((await load(a)) + (await load(b))).to.equal(1)
    expect(await world.db.get("SELECT outcome, reason FROM offers WHERE id = ?", [offers[2]?.id ?? ''])).to.deep.include({ outcome: 'withdrawn', reason: 'accepted_by_other' })
    expect(await failure(acceptOffer(world.core, world.who(c), offers[2]?.id ?? ''))).to.include({ code: 'offer_gone' })
    // Another stays unanswered: the second tier is asked too.
    const second = next()
    await world.write(here.line, second, 'Hola')
    await pass(29)
    expect((await offersTo(d)).length).to.equal(0)
    await pass(1)
    expect((await offersTo(d)).length).to.equal(1)
    // Two may wait; the third goes on, and stays there.
    await here.change({ maxWaiting: 2, overflow: { type: 'queue', id: other.queueId } })
    const third = next()
    world.clock.pass(1)
    await world.write(here.line, third, 'Hola')
    const fourth = next()
    world.clock.pass(1)
    await world.write(here.line, fourth, 'Hola')
    expect(await world.db.all('SELECT queueId, outcome FROM queue_legs WHERE chatId = ? ORDER BY id', [(await world.chat(fourth)).id])).to.deep.equal([
      { queueId: here.queueId, outcome: 'overflowed' }, { queueId: other.queueId, outcome: null },
    ])
    expect([(await world.chat(second)).state, (await world.chat(third)).state]).to.deep.equal(['QUEUED', 'QUEUED'])
    await other.change({ maxWait: 60, overflow: { type: 'queue', id: here.queueId } })
    await pass(120)
    expect(await world.db.get('SELECT queueId FROM chats WHERE id = ?', [(await world.chat(fourth)).id])).to.deep.include({ queueId: other.queueId })
  })

  it('overflows who has waited too long, and refuses a limit that leads nowhere', async () => {
    const other = await place()
    const here = await place()
    expect(await failure(here.change({ maxWait: 60 }))).to.include({ code: 'overflow_required' })
    expect(await failure(here.change({ maxWait: 60, overflow: { type: 'queue', id: here.queueId } }))).to.include({ code: 'invalid_destination' })
    expect(await failure(here.change({ strategy: 'all' }))).to.include({ code: 'validation' })
    await here.change({ maxWait: 60, overflow: { type: 'queue', id: other.queueId } })
    const who = next()
    await world.write(here.line, who, 'Hola')
    await pass(59)
    expect(await world.db.get('SELECT queueId FROM chats WHERE remoteChatId = ?', [who])).to.deep.include({ queueId: here.queueId })
    await pass(1)
    expect(await world.db.get('SELECT queueId FROM chats WHERE remoteChatId = ?', [who])).to.deep.include({ queueId: other.queueId })
  })

  it('tells who is left waiting once, with their place; S03: what they write meanwhile changes nothing', async () => {
    const here = await place({ messages: { waiting: { es: 'Espere, es el número {{ position }}.' } } })
    const [one, two] = [next(), next()]
    await world.write(here.line, one, 'Hola')
    world.clock.pass(1)
    await world.write(here.line, two, 'Hola')
    const before = await world.chat(two)
    for (let i = 0; i < 5; i++) {
      world.clock.pass(1)
      await world.write(here.line, two, `más ${i}`)
    }
    expect(await world.chat(two)).to.include({ state: 'QUEUED', queuedAt: before.queuedAt })
    expect([world.received(one), world.received(two)]).to.deep.equal([['Espere, es el número 1.'], ['Espere, es el número 2.']])
    expect((await events(two)).filter((type) => type === 'queue.no_agents').length).to.equal(1)
  })

  it('S28: no chat comes to an agent who is full by force, until there is room', async () => {
    const here = await place()
    const a = await here.agent('Ana', { maxChats: 2 })
    const [one, two, three, four] = [next(), next(), next(), next()]
    for (const who of [one, two, three]) await world.write(here.line, who, 'Hola')
    expect((await world.chat(three)).state).to.equal('QUEUED')
    const supervisor = await world.supervisor(`Sara${n}`)
    world.clock.pass(1)
    await world.write(here.line, four, 'Hola')
    await transferChat(world.core, supervisor, (await world.chat(three)).id, { target: { type: 'agent', id: world.who(a).id ?? '' } })
    await world.settle()
    expect([await load(a), (await world.chat(four)).state]).to.deep.equal([3, 'QUEUED'])
    await resolveChat(world.core, world.who(a), (await world.chat(one)).id, {})
    await world.settle()
    expect((await world.chat(four)).state).to.equal('QUEUED')
    await resolveChat(world.core, world.who(a), (await world.chat(two)).id, {})
    await world.settle()
    expect([await world.holder(four), await load(a)]).to.deep.equal([a, 2])
  })

  it('gives an agent of two queues the chat that has waited longest by weight', async () => {
    const [one, two] = [await place(), await place({ weight: 3 })]
    const [early, late] = [next(), next()]
    await world.write(one.line, early, 'Hola')
    world.clock.pass(60)
    await world.write(two.line, late, 'Hola')
    world.clock.pass(40)
    const name = `Doble${++n}`
    await world.agent(name, { queues: [one.queue, two.queue], maxChats: 1, online: false })
    await world.signIn(name)
    await world.settle()
    // 100 s × 1 against 40 s × 3.
    expect([await world.holder(early), await world.holder(late)]).to.deep.equal([null, name])
  })

  it('pauses an agent who lets offers go by, and forgets the misses of who answers', async () => {
    await setSetting(world.core, boss, { name: 'distribution.autoPauseAfterMissed', value: 2 })
    const here = await place({ mode: 'invite', inviteTimeout: 10, totalTimeout: 0 })
    const a = await here.agent('Ana')
    const who = next()
    await world.write(here.line, who, 'Hola')
    await pass(10)
    await pass(5)
    expect((await offersTo(a)).length).to.equal(1)
    await pass(10)
    const row = await world.db.get<{ pausedSince: number | null }>('SELECT pausedSince FROM agents WHERE agentId = ?', [world.who(a).id ?? ''])
    expect(row?.pausedSince).to.equal(world.clock.at)
    await pass(60)
    expect((await offersTo(a)).length).to.equal(0)
    await unpauseAgent(world.core, world.who(a), world.who(a).id ?? '')
    await world.settle()
    await pass(5)
    await accept(a)
    expect(await world.db.get('SELECT missedOffers FROM agents WHERE agentId = ?', [world.who(a).id ?? ''])).to.deep.include({ missedOffers: 0 })
    await setSetting(world.core, boss, { name: 'distribution.autoPauseAfterMissed', value: 0 })
  })

  it('leaves a transferred chat with its agent until somebody accepts (§4.1), and may be taken back', async () => {
    const here = await place({ mode: 'invite', inviteTimeout: 15, totalTimeout: 0 })
    const [a, b] = [await here.agent('Ana'), await here.agent('Beto')]
    const who = next()
    await world.write(here.line, who, 'Hola')
    await accept(a)
    const { id } = await world.chat(who)
    const to = { target: { type: 'agent' as const, id: world.who(b).id ?? '' }, note: 'Sabe de facturas' }
    expect(await transferChat(world.core, world.who(a), id, to)).to.equal('offered')
    await world.settle()
    expect([await world.holder(who), (await offersTo(b))[0]]).to.deep.include(a)
    expect((await offersTo(b))[0]).to.include({ from: a, message: 'Sabe de facturas', chatId: id })
    expect(await failure(transferChat(world.core, world.who(a), id, to))).to.include({ code: 'transfer_in_progress' })
    expect(await failure(cancelTransfer(world.core, world.who(b), id))).to.include({ code: 'forbidden' })
    await cancelTransfer(world.core, world.who(a), id)
    expect([(await offersTo(b)).length, await load(b), await world.holder(who)]).to.deep.equal([0, 0, a])
    // Nobody answers: the chat stays as it was.
    await transferChat(world.core, world.who(a), id, to)
    await world.settle()
    await pass(15)
    expect(await world.chat(who)).to.include({ state: 'PENDING', agentId: world.who(a).id })
    expect((await events(who, 'transfer%')).at(-1)).to.equal('transfer.failed')
    // To the queue: the other is asked, not the author.
    expect(await transferChat(world.core, world.who(a), id, { target: { type: 'queue', id: here.queueId }, note: 'Ojo' })).to.equal('offered')
    await world.settle()
    await accept(b)
    await world.settle()
    expect([await world.holder(who), await load(a), await load(b)]).to.deep.equal([b, 0, 1])
    expect(await world.db.get("SELECT body, authorName FROM messages WHERE chatId = ? AND kind = 'note'", [id])).to.deep.include({ body: 'Ojo', authorName: a })
    expect(world.received(who).at(-1)).to.equal(`Su chat ha sido transferido a ${b}.`)
  })

  it('S07: a transfer that may wait, and finds nobody left, waits; its author comes last', async () => {
    const here = await place({ mode: 'invite', inviteTimeout: 15, totalTimeout: 0 })
    const [a, b] = [await here.agent('Ana'), await here.agent('Beto')]
    const who = next()
    await world.write(here.line, who, 'Hola')
    await accept(a)
    const { id } = await world.chat(who)
    expect(await transferChat(world.core, world.who(a), id, { target: { type: 'queue', id: here.queueId }, enqueue: true })).to.equal('offered')
    await world.settle()
    const askedAt = world.clock.at
    await pauseAgent(world.core, world.who(b), world.who(b).id ?? '', await world.pauseReason(`Almuerzo${n}`))
    await world.settle()
    expect(await world.chat(who)).to.include({ state: 'QUEUED', agentId: null, queuedAt: askedAt })
    await pass(29)
    expect((await offersTo(a)).length).to.equal(0)
    await pass(1)
    expect((await offersTo(a)).length).to.equal(1)
    expect(await failure(transferChat(world.core, world.who(a), id, { target: { type: 'queue', id: here.queueId } }))).to.include({ code: 'forbidden' })
  })

  it('a menu invites agents in its order, and goes on when nobody takes the chat', async () => {
    const here = await place()
    const [a, b] = [await here.agent('Ana'), await here.agent('Beto')]
    const menuId = await world.menu({
      format: 'turno.menu/1', name: `Invita ${n}`, start: 'hola', settings: {}, nodes: [
        { id: 'hola', type: 'invite', agents: [b.toLowerCase(), a.toLowerCase()], timeout: 20, message: 'Cliente de {{ channel.name }}', on: { declined: 'no', timeout: 'tarde' } },
        { id: 'no', type: 'message', text: 'Nadie quiso.' }, { id: 'tarde', type: 'message', text: 'Nadie contestó.' },
      ],
    })
    await world.channel(`menu ${n}`, { menu: menuId })
    const line = `menu ${n}`
    const [one, two, three] = [next(), next(), next()]
    await world.write(line, one, 'Hola')
    expect([(await world.chat(one)).state, (await offersTo(b)).length, (await offersTo(a)).length]).to.deep.equal(['MENU', 1, 0])
    await pass(20)
    expect([(await offersTo(b)).length, (await offersTo(a)).length]).to.deep.equal([0, 1])
    await pass(20)
    expect(world.received(one)).to.deep.equal(['Nadie contestó.'])
    expect([(await world.chat(one)).state, await load(a), await load(b)]).to.deep.equal(['RESOLVED', 0, 0])
    await world.write(line, two, 'Hola')
    await accept(b)
    await world.settle()
    expect([await world.holder(two), await load(b)]).to.deep.equal([b, 1])
    expect((await world.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM menu_runs WHERE openChatId = ?', [(await world.chat(two)).id]))?.n).to.equal(0)
    await world.write(line, three, 'Hola')
    for (const name of [b, a]) {
      await declineOffer(world.core, world.who(name), (await offersTo(name))[0]?.id ?? '')
      await world.settle()
    }
    expect(world.received(three)).to.deep.equal(['Nadie quiso.'])
  })

  it('gives an agent time after a chat, which ends by itself', async () => {
    const here = await place({ wrapUp: 30 })
    const a = await here.agent('Ana')
    const [one, two] = [next(), next()]
    await world.write(here.line, one, 'Hola')
    await resolveChat(world.core, world.who(a), (await world.chat(one)).id, {})
    await world.write(here.line, two, 'Hola')
    expect((await world.chat(two)).state).to.equal('QUEUED')
    await pass(30)
    expect(await world.holder(two)).to.equal(a)
    const types = (await world.db.all<{ type: string }>('SELECT type FROM event_log WHERE agentId = ? AND type LIKE ? ORDER BY id', [world.who(a).id ?? '', 'agent.wrapup%'])).map((row) => row.type)
    expect(types).to.deep.equal(['agent.wrapup_started', 'agent.wrapup_ended'])
  })
})
