import { expect } from 'chai'
import { assignInTurns, inTurn, isEligible, type Candidate } from '../../server/domain/distribution.ts'

const agent = (membershipId: number, more: Partial<Candidate> = {}): Candidate => ({
  membershipId, agentId: `a${membershipId}`, enabled: true, online: true, paused: false, load: 0, capacity: 0, wrapUpUntil: null, ...more,
})
const chats = (...ids: string[]): { chatId: string; excludedAgentId: null }[] => ids.map((chatId) => ({ chatId, excludedAgentId: null }))
const given = (result: ReturnType<typeof assignInTurns>): string => result.choices.map((choice) => `${choice.chatId}→${choice.agentId}`).join(' ')

describe('turns', () => {
  it('follow the order of joining, from the pointer on, once around', () => {
    expect(inTurn([agent(3), agent(1), agent(2)], 1).map((m) => m.membershipId)).to.deep.equal([2, 3, 1])
    expect(inTurn([agent(1), agent(2)], 0).map((m) => m.membershipId)).to.deep.equal([1, 2])
    // The pointer is a number: the membership it names may be gone.
    expect(inTurn([agent(1), agent(5)], 3).map((m) => m.membershipId)).to.deep.equal([5, 1])
  })

  it('are those of the worked case: A, B, C, pointer at B, B pauses (domain §3.1)', () => {
    const members = [agent(1), agent(2, { paused: true }), agent(3)]
    const first = assignInTurns(chats('x', 'y', 'z'), members, 2, 0)
    expect(given(first)).to.equal('x→a3 y→a1 z→a3')
    expect(assignInTurns(chats('w'), members, first.pointer, 0).choices[0]?.agentId).to.equal('a1')
  })

  it('do not move for whoever is passed over', () => {
    expect(assignInTurns(chats('x'), [agent(1, { online: false }), agent(2, { paused: true })], 7, 0)).to.deep.equal({ choices: [], pointer: 7 })
  })

  it('fill agents up to their capacity and leave the rest waiting', () => {
    const result = assignInTurns(chats('x', 'y', 'z'), [agent(1, { capacity: 2, load: 1 }), agent(2, { capacity: 1 })], 0, 0)
    expect(given(result)).to.equal('x→a1 y→a2')
  })

  it('leave the author of a transfer out, without blocking those behind (§3.8)', () => {
    const result = assignInTurns([{ chatId: 'own', excludedAgentId: 'a1' }, { chatId: 'next', excludedAgentId: null }], [agent(1)], 0, 0)
    expect(given(result)).to.equal('next→a1')
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
