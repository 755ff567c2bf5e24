import { expect } from 'chai'
import { chatStates, hasOpenConversation, IllegalMove, isAssigned, mayMove, move } from '../../server/domain/chat.ts'

describe('the states of a chat', () => {
  it('lets a conversation open from IDLE and RESOLVED only, and end from every open state (domain §2.5)', () => {
    expect(chatStates.filter((state) => mayMove(state, 'ROUTING'))).to.deep.equal(['IDLE', 'UNROUTED', 'RESOLVED'])
    expect(chatStates.filter((state) => mayMove(state, 'RESOLVED'))).to.deep.equal(chatStates.filter(hasOpenConversation))
  })

  it('never reopens what is resolved', () => {
    for (const to of ['PENDING', 'QUEUED', 'MENU', 'UNROUTED'] as const) expect(() => move('RESOLVED', to)).to.throw(IllegalMove)
  })

  it('knows who holds a chat from its state', () => {
    expect(chatStates.filter(isAssigned)).to.deep.equal(['PENDING', 'FOLLOWUP'])
  })
})
