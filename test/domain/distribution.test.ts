import { expect } from 'chai'
import { inTurn, isEligible, nextTierAt, ofTiers, planPass, type Candidate, type Decision, type Line, type OfferFacts, type WaitingChat } from '../../server/domain/distribution.ts'
import { estimatedWait, median } from '../../server/domain/waiting.ts'

const agent = (membershipId: number, more: Partial<Candidate> = {}): Candidate => ({
  membershipId, agentId: `a${membershipId}`, priority: 1, enabled: true, online: true, paused: false, load: 0, capacity: 0, wrapUpUntil: null, lastAssignedAt: null, ...more,
})
const line = (members: readonly Candidate[], more: Partial<Line> = {}): Line => ({
  key: 'q', members, pointer: 0, strategy: 'turns', weight: 1, widenAfter: 30_000, lapPause: 5000, restAfterExpiry: 30_000, ...more,
})
const chat = (chatId: string, more: Partial<WaitingChat> = {}): WaitingChat => ({
  chatId, key: 'q', priority: 0, queuedAt: 0, since: 0, excludedAgentId: null, invite: false, enqueue: true, once: false, totalTimeout: 120_000, timeLeft: null, deadlineAt: null,
  restUntil: null, lap: 1, offers: [], resting: false, ...more,
})
const chats = (...ids: string[]): WaitingChat[] => ids.map((id) => chat(id))
const plan = (waiting: readonly WaitingChat[], lines: readonly Line[], now = 0): ReturnType<typeof planPass> => planPass(waiting, new Map(lines.map((one) => [one.key, one])), now)
const given = (result: ReturnType<typeof planPass>): string =>
  [...result.decisions].flatMap(([id, d]) => (d.kind === 'assign' ? `${id}→${d.agentId}` : d.kind === 'offer' ? `${id}⇢${d.agentIds.join('+')}` : [])).join(' ')
const offered = (agentId: string, more: Partial<OfferFacts> = {}): OfferFacts => ({ agentId, lap: 1, open: false, declined: false, ...more })

describe('turns', () => {
  it('follow the order of joining, from the pointer on, once around', () => {
    expect(inTurn([agent(3), agent(1), agent(2)], 1).map((m) => m.membershipId)).to.deep.equal([2, 3, 1])
    expect(inTurn([agent(1), agent(2)], 0).map((m) => m.membershipId)).to.deep.equal([1, 2])
    // The pointer is a number: the membership it names may be gone.
    expect(inTurn([agent(1), agent(5)], 3).map((m) => m.membershipId)).to.deep.equal([5, 1])
  })

  it('are those of the worked case: A, B, C, pointer at B, B pauses (domain §3.1)', () => {
    const members = [agent(1), agent(2, { paused: true }), agent(3)]
    const first = plan(chats('x', 'y', 'z'), [line(members, { pointer: 2 })])
    expect(given(first)).to.equal('x→a3 y→a1 z→a3')
    expect(given(plan(chats('w'), [line(members, { pointer: first.pointers.get('q') ?? 0 })]))).to.equal('w→a1')
  })

  it('do not move for whoever is passed over', () => {
    const result = plan(chats('x'), [line([agent(1, { online: false }), agent(2, { paused: true })], { pointer: 7 })])
    expect(given(result)).to.equal('')
    expect(result.pointers.size).to.equal(0)
  })

  it('fill agents up to their capacity and leave the rest waiting', () => {
    const result = plan(chats('x', 'y', 'z'), [line([agent(1, { capacity: 2, load: 1 }), agent(2, { capacity: 1 })])])
    expect(given(result)).to.equal('x→a1 y→a2')
    expect(result.decisions.get('z')).to.deep.include({ kind: 'wait', nobody: true })
  })

  it('leave the author of a transfer out, without blocking those behind (§3.8)', () => {
    expect(given(plan([chat('own', { excludedAgentId: 'a1' }), chat('then')], [line([agent(1)])]))).to.equal('then→a1')
  })
})

describe('strategies (domain §3.10)', () => {
  const members = [agent(1, { load: 3, lastAssignedAt: 10 }), agent(2, { load: 1, lastAssignedAt: 30 }), agent(3, { load: 1, lastAssignedAt: 20 })]
  const table: [Line['strategy'], string, number][] = [
    ['turns', 'x→a3 y→a1 z→a2', 2],
    ['longest-idle', 'x→a1 y→a3 z→a2', 2],
    ['fewest', 'x→a3 y→a2 z→a3', 3],
    ['linear', 'x→a1 y→a1 z→a1', 1],
  ]
  for (const [strategy, expected, pointer] of table) {
    it(`${strategy}: ties go by turn, and every selection moves the pointer`, () => {
      const result = plan(chats('x', 'y', 'z'), [line(members, { strategy, pointer: 2 })], 100)
      expect(given(result)).to.equal(expected)
      expect(result.pointers.get('q')).to.equal(pointer)
    })
  }

  it('all: one offer for each who is free, which reserves nothing', () => {
    const result = plan([chat('x', { invite: true }), chat('y', { invite: true })], [line([agent(1, { capacity: 1 }), agent(2, { paused: true }), agent(3)], { strategy: 'all' })])
    expect(given(result)).to.equal('x⇢a1+a3 y⇢a1+a3')
  })

  it('all: whoever becomes free later is asked too, the others are not asked again', () => {
    const asked = chat('x', { invite: true, offers: [offered('a1', { open: true })], deadlineAt: 120_000 })
    expect(given(plan([asked], [line([agent(1), agent(3)], { strategy: 'all' })], 10))).to.equal('x⇢a3')
    expect(given(plan([asked], [line([agent(1)], { strategy: 'all' })], 10))).to.equal('')
  })

  it('priority first, then the time waited; an agent of two queues goes by time waited × weight (§3.5)', () => {
    const one = [agent(1, { capacity: 1 })]
    const both = [line(one), line([{ ...agent(9, { capacity: 1 }), agentId: 'a1' }], { key: 'r', weight: 3 })]
    expect(given(plan([chat('old', { queuedAt: 0 }), chat('urgent', { queuedAt: 50, priority: 1 })], [line(one)], 100))).to.equal('urgent→a1')
    expect(given(plan([chat('old', { queuedAt: 0 }), chat('weighty', { key: 'r', queuedAt: 60 })], both, 100))).to.equal('weighty→a1')
    expect(given(plan([chat('old', { queuedAt: 0 }), chat('weighty', { key: 'r', queuedAt: 70 })], both, 100))).to.equal('old→a1')
  })
})

describe('tiers (domain §3.10)', () => {
  const members = [agent(1, { capacity: 1, load: 1 }), agent(2, { priority: 2 }), agent(3, { priority: 5 })]
  it('join one after the other as a chat waits', () => {
    const at = (now: number): string => given(plan(chats('x'), [line(members)], now))
    expect(at(29_999)).to.equal('')
    expect(at(30_000)).to.equal('x→a2')
    expect(ofTiers(members, 0, 30_000, 60_000).map((m) => m.agentId)).to.deep.equal(['a1', 'a2', 'a3'])
    expect(nextTierAt(members, 0, 30_000, 30_000)).to.equal(60_000)
    expect(nextTierAt(members, 0, 30_000, 60_000)).to.equal(null)
  })

  it('join at once when nobody of the former is signed in; a pause is no absence', () => {
    expect(given(plan(chats('x'), [line([agent(1, { online: false }), agent(2, { priority: 2 })])]))).to.equal('x→a2')
    expect(given(plan(chats('x'), [line([agent(1, { paused: true }), agent(2, { priority: 2 })])]))).to.equal('')
  })
})

describe('offers (domain §3.3, §3.4)', () => {
  const both = [line([agent(1), agent(2)])]
  const decide = (more: Partial<WaitingChat>, now: number, lines = both): Decision | undefined => plan([chat('x', { invite: true, ...more })], lines, now).decisions.get('x')

  it('go to one agent, and the limit runs from the first', () => {
    expect(decide({}, 1000)).to.deep.equal({ kind: 'offer', agentIds: ['a1'], lap: 1, anew: false, clock: { timeLeft: null, deadlineAt: 121_000 } })
    expect(decide({ totalTimeout: 0 }, 1000)).to.deep.include({ clock: { timeLeft: null, deadlineAt: null } })
  })

  it('reserve a place', () => {
    expect(given(plan([chat('x', { invite: true }), chat('y', { invite: true })], [line([agent(1, { capacity: 1 })])]))).to.equal('x⇢a1')
  })

  it('go round, pause, and go round again', () => {
    const clock = { deadlineAt: 40_000 }
    expect(decide({ ...clock, offers: [offered('a1')] }, 15_000)).to.deep.include({ kind: 'offer', agentIds: ['a2'], lap: 1 })
    expect(decide({ ...clock, offers: [offered('a1'), offered('a2')] }, 30_000)).to.deep.include({ kind: 'wait', restUntil: 35_000, nobody: false })
    expect(decide({ ...clock, offers: [offered('a1'), offered('a2')], restUntil: 35_000 }, 34_999)).to.deep.include({ kind: 'wait', restUntil: 35_000 })
    expect(decide({ ...clock, offers: [offered('a1'), offered('a2')], restUntil: 35_000 }, 35_000)).to.deep.include({ kind: 'offer', agentIds: ['a1'], lap: 2 })
    expect(decide({ ...clock, lap: 2, offers: [offered('a1'), offered('a2'), offered('a1', { lap: 2 })] }, 36_000)).to.deep.include({ kind: 'offer', agentIds: ['a2'], lap: 2 })
  })

  it('end with the time limit: the chat rests, or the distribution has failed', () => {
    expect(decide({ deadlineAt: 40_000, offers: [offered('a1', { open: true })] }, 40_000)).to.deep.equal({ kind: 'expire', restUntil: 70_000 })
    expect(decide({ deadlineAt: 40_000, enqueue: false }, 40_000)).to.deep.equal({ kind: 'fail', reason: 'time_limit' })
  })

  it('begin again after the rest, or earlier for somebody who was not asked', () => {
    const rested = { resting: true, restUntil: 70_000, offers: [offered('a1'), offered('a2')] }
    expect(decide(rested, 69_999)).to.deep.include({ kind: 'wait', restUntil: 70_000 })
    expect(decide(rested, 70_000)).to.deep.include({ kind: 'offer', agentIds: ['a1'], lap: 1, anew: true, clock: { timeLeft: null, deadlineAt: 190_000 } })
    expect(decide(rested, 50_000, [line([agent(1), agent(2), agent(3)])])).to.deep.include({ kind: 'offer', agentIds: ['a3'], anew: true })
  })

  it('the limit stands still while nobody could take the chat', () => {
    const away = [line([agent(1, { paused: true })])]
    expect(decide({ deadlineAt: 40_000, offers: [offered('a1')] }, 10_000, away)).to.deep.include({ kind: 'wait', clock: { timeLeft: 30_000, deadlineAt: null } })
    expect(decide({ timeLeft: 30_000, offers: [offered('a1')] }, 50_000)).to.deep.include({ kind: 'offer', agentIds: ['a2'], clock: { timeLeft: null, deadlineAt: 80_000 } })
  })

  it('once: a single round, then it is declined or over', () => {
    const once = { once: true, enqueue: false, totalTimeout: 0 }
    expect(decide({ ...once, offers: [offered('a1', { declined: true }), offered('a2')] }, 9)).to.deep.equal({ kind: 'fail', reason: 'declined' })
    expect(decide({ ...once, offers: [offered('a1'), offered('a2')] }, 9)).to.deep.equal({ kind: 'fail', reason: 'expired' })
    expect(decide(once, 9, [line([])])).to.deep.equal({ kind: 'fail', reason: 'unavailable' })
  })

  it('a chat that rests does not block those behind it', () => {
    expect(given(plan([chat('x', { invite: true, resting: true, restUntil: 99, offers: [offered('a1'), offered('a2')] }), chat('y', { invite: true, queuedAt: 5 })], both, 50))).to.equal('y⇢a1')
  })
})

describe('the expected wait (domain §3.10)', () => {
  it('is the place × the middle handling ÷ the agents, and nothing below five handlings', () => {
    expect(median([1, 2, 3, 4])).to.equal(null)
    expect(median([5, 1, 9, 2, 3])).to.equal(3)
    expect(median([1, 2, 3, 4, 5, 6])).to.equal(3.5)
    expect(estimatedWait(3, 300_000)).to.equal(15)
    expect(estimatedWait(1, 100)).to.equal(1)
    expect(estimatedWait(1, null)).to.equal(null)
  })
})

describe('an agent is eligible', () => {
  const table: [string, Partial<Candidate>, boolean][] = [
    ['when online, unpaused and below capacity', { capacity: 3, load: 2 }, true],
    ['without limit', { capacity: 0, load: 900 }, true],
    ['not when full', { capacity: 3, load: 3 }, false],
    ['not when overfull by force', { capacity: 3, load: 4 }, false],
    ['not when offline', { online: false }, false],
    ['not when paused', { paused: true }, false],
    ['not when disabled', { enabled: false }, false],
    ['not before the wrap-up ends', { wrapUpUntil: 1001 }, false],
    ['from the instant it ends', { wrapUpUntil: 1000 }, true],
  ]
  for (const [name, more, eligible] of table) it(name, () => expect(isEligible(agent(1, more), 1000)).to.equal(eligible))
})
