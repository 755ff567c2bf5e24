/**
 * Random days of a small contact centre: whatever agents, customers and supervisors do, in any order, the invariants of
 * domain §2.2 hold after each step and nobody is forgotten. A day that breaks one is printed with its seed; run it again
 * with TURNO_TEST_SEED.
 */
import { expect } from 'chai'
import { acceptOffer, cancelTransfer, declineOffer } from '../../server/actions/distribution/offers.ts'
import { resolveChat, transferChat } from '../../server/actions/conversations.ts'
import { goOffline, pauseAgent, unpauseAgent } from '../../server/actions/presence.ts'
import { updateQueue } from '../../server/actions/queues.ts'
import { DomainError } from '../../server/domain/errors.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import { eachDatabase } from '../databases.ts'
import { boss, World } from '../world.ts'

const days = Number(process.env.TURNO_TEST_DAYS ?? 8)
const stepsOfDay = 30

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

eachDatabase((database) => {
  let world: World
  let supervisor: Actor
  let reason = ''
  const queues = ['Ventas', 'Soporte']
  const agents = ['Ana', 'Beto', 'Caro', 'Dora']
  before(async () => {
    world = await World.build(database)
    for (const queue of queues) {
      await world.newQueue(queue)
      await world.channel(queue, { queue })
    }
    for (const [n, name] of agents.entries()) await world.agent(name, { queues: n === 3 ? ['Soporte'] : queues, maxChats: n, online: false })
    supervisor = await world.supervisor('Sara')
    reason = await world.pauseReason('Almuerzo')
  })
  after(() => world.close())

  const one = async (sql: string): Promise<number> => (await world.db.get<{ n: number }>(sql))?.n ?? -1

  /** Counts of what must never be, by name. */
  async function broken(): Promise<Record<string, number>> {
    const found: Record<string, number> = {
      'assigned without an open assignment of the same agent': await one(
        "SELECT COUNT(*) AS n FROM chats c LEFT JOIN assignments a ON a.openChatId = c.id WHERE (c.state IN ('PENDING','FOLLOWUP')) <> (a.id IS NOT NULL) OR (a.id IS NOT NULL AND (c.agentId IS NULL OR c.agentId <> a.agentId))"),
      'queued without a place in a list, or with one without being queued': await one(
        "SELECT COUNT(*) AS n FROM chats c LEFT JOIN distributions d ON d.openChatId = c.id AND d.waits = 1 LEFT JOIN queue_legs l ON l.openChatId = c.id WHERE (c.state = 'QUEUED') <> (d.id IS NOT NULL) OR (c.state = 'QUEUED') <> (l.id IS NOT NULL)"),
      'a place in the list that is not the chat’s': await one(
        'SELECT COUNT(*) AS n FROM chats c JOIN distributions d ON d.openChatId = c.id AND d.waits = 1 JOIN queue_legs l ON l.openChatId = c.id WHERE c.queuedAt <> d.queuedAt OR c.queuedAt <> l.queuedAt OR d.targetId <> c.queueId'),
      'an open conversation that should not be, or none': await one(
        "SELECT COUNT(*) AS n FROM chats c LEFT JOIN conversations v ON v.openChatId = c.id WHERE (c.state NOT IN ('IDLE','RESOLVED')) <> (v.id IS NOT NULL)"),
      'something open in a resolved chat': await one(
        "SELECT COUNT(*) AS n FROM chats c WHERE c.state = 'RESOLVED' AND (EXISTS (SELECT 1 FROM distributions d WHERE d.openChatId = c.id) OR EXISTS (SELECT 1 FROM offers o WHERE o.openChatId = c.id))"),
      'an offer without its distribution': await one(
        'SELECT COUNT(*) AS n FROM offers o LEFT JOIN distributions d ON d.id = o.distributionId AND d.endedAt IS NULL WHERE o.endedAt IS NULL AND d.id IS NULL'),
      'an offer to somebody who is not there': await one(
        "SELECT COUNT(*) AS n FROM offers o JOIN agents a ON a.agentId = o.agentId WHERE o.endedAt IS NULL AND (a.presence <> 'online' OR a.pausedSince IS NOT NULL)"),
      'a distribution that is offered to nobody, or the other way round': await one(
        "SELECT COUNT(*) AS n FROM distributions d WHERE d.endedAt IS NULL AND (d.state = 'offered') <> EXISTS (SELECT 1 FROM offers o WHERE o.openDistributionId = d.id)"),
      'a load that is not what the agent holds': await one(
        'SELECT COUNT(*) AS n FROM agents a WHERE a.chatLoad <> (SELECT COUNT(*) FROM chats c WHERE c.agentId = a.agentId) + (SELECT COUNT(*) FROM offers o WHERE o.openAgentId = a.agentId AND o.reserves = 1)'),
    }
    // Nobody waits in a list that gives at once while an agent of it is free, but for the author of a transfer.
    for (const queue of queues) {
      const row = await world.db.get<{ mode: string | null }>('SELECT mode FROM queues WHERE id = ?', [world.queue(queue)])
      if (row?.mode === 'invite') continue
      found[`${queue}: waits while somebody is free`] = (await world.db.get<{ n: number }>(
        `SELECT COUNT(*) AS n FROM distributions d WHERE d.waitingFor = ? AND d.state = 'waiting' AND EXISTS (
           SELECT 1 FROM memberships m JOIN agents a ON a.agentId = m.agentId JOIN users u ON u.id = a.agentId
            WHERE m.queueId = ? AND a.presence = 'online' AND a.pausedSince IS NULL AND (u.maxChats = 0 OR a.chatLoad < u.maxChats) AND (d.authorId IS NULL OR d.authorId <> a.agentId OR d.authorUntil <= ?))`,
        [world.queue(queue), world.queue(queue), world.clock.at]))?.n ?? -1
    }
    return Object.fromEntries(Object.entries(found).filter(([, n]) => n !== 0))
  }

  async function step(random: () => number, day: number): Promise<string> {
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]
    const name = pick(agents) ?? 'Ana'
    const who = world.who(name)
    const id = who.id ?? ''
    const held = pick(await world.db.all<{ id: string }>('SELECT id FROM chats WHERE agentId = ?', [id]))?.id
    const open = pick(await world.db.all<{ id: string }>("SELECT id FROM chats WHERE state NOT IN ('IDLE','RESOLVED')"))?.id
    const offer = pick(await world.db.all<{ id: string; agentId: string }>('SELECT id, agentId FROM offers WHERE endedAt IS NULL'))
    const asked = agents.find((one) => world.who(one).id === offer?.agentId)
    const queue = pick(queues) ?? 'Ventas'
    const deeds: [string, () => Promise<unknown>][] = [
      ['writes', () => world.arrive(queue, { from: `d${day}-${Math.floor(random() * 6)}`, text: 'hola' })],
      ['writes', () => world.arrive(queue, { from: `d${day}-${Math.floor(random() * 6)}`, text: 'hola' })],
      [`${name} signs in`, () => world.signIn(name)],
      [`${name} signs in`, () => world.signIn(name)],
      [`${name} goes`, () => goOffline(world.core, id, 'logout')],
      [`${name} pauses`, () => pauseAgent(world.core, who, id, reason)],
      [`${name} is back`, () => unpauseAgent(world.core, who, id)],
      [`${asked ?? 'nobody'} accepts`, async () => offer && asked && acceptOffer(world.core, world.who(asked), offer.id)],
      [`${asked ?? 'nobody'} accepts`, async () => offer && asked && acceptOffer(world.core, world.who(asked), offer.id)],
      [`${asked ?? 'nobody'} declines`, async () => offer && asked && declineOffer(world.core, world.who(asked), offer.id)],
      [`${name} resolves`, async () => held && resolveChat(world.core, who, held, {})],
      [`${name} resolves`, async () => held && resolveChat(world.core, who, held, {})],
      [`${name} transfers to ${queue}`, async () => held && transferChat(world.core, who, held, { target: { type: 'queue', id: world.queue(queue) }, enqueue: random() < 0.7 })],
      [`${name} transfers to a colleague`, async () => held && transferChat(world.core, who, held, { target: { type: 'agent', id: world.who(pick(agents) ?? 'Ana').id ?? '' } })],
      [`${name} takes a transfer back`, async () => held && cancelTransfer(world.core, who, held)],
      ['the supervisor gives a chat', async () => open && transferChat(world.core, supervisor, open, { target: { type: 'agent', id }, force: true })],
      ['the supervisor resolves', async () => open && resolveChat(world.core, supervisor, open, {})],
      [`${queue} asks first`, () => updateQueue(world.core, boss, { queueId: world.queue(queue), mode: 'invite', strategy: pick(['turns', 'all', 'fewest', 'longest-idle'] as const) ?? 'turns', totalTimeout: 40 })],
      [`${queue} gives at once`, () => updateQueue(world.core, boss, { queueId: world.queue(queue), mode: 'join', strategy: 'turns' })],
      ['time passes', async () => world.clock.pass(Math.floor(random() * 20))],
      ['time passes', async () => world.clock.pass(Math.floor(random() * 20))],
    ]
    const [what, deed] = pick(deeds) ?? ['nothing', async () => undefined]
    world.clock.pass(1)
    try {
      await deed()
    } catch (error) {
      // Refused, as it may be; anything else is a fault.
      if (!(error instanceof DomainError)) throw error
      return `${what}: ${error.code}`
    }
    return what
  }

  it('keep every invariant, and leave nobody waiting who could be served', async () => {
    const given = Number(process.env.TURNO_TEST_SEED ?? 0)
    const first = given || 20_261_128
    for (let day = 0; day < (given ? 1 : days); day++) {
      const seed = first + day
      const random = randomOf(seed)
      const story: string[] = []
      for (let n = 0; n < stepsOfDay; n++) {
        story.push(await step(random, day))
        // Sometimes several things happen before anybody looks.
        if (random() < 0.3) continue
        await world.settle()
        const wrong = await broken()
        expect(wrong, `seed ${seed}\n${story.join('\n')}`).to.deep.equal({})
      }
      await world.settle()
      expect(await broken(), `seed ${seed}\n${story.join('\n')}`).to.deep.equal({})
    }
    // The days were not empty.
    const ends = (await world.db.all<{ outcome: string }>('SELECT DISTINCT outcome FROM offers WHERE outcome IS NOT NULL')).map((row) => row.outcome)
    if (!given) expect(ends).to.have.members(['accepted', 'declined', 'expired', 'withdrawn'])
    expect(await one('SELECT COUNT(*) AS n FROM assignments')).to.be.greaterThan(days)
  }).timeout(120_000)
})
