import { expect } from 'chai'
import { decideInbound, type InboundFacts } from '../../server/domain/inbound.ts'

const live: InboundFacts = {
  nature: 'live', chatKind: 'direct', ownLine: false, channelEnabled: true, call: false, sortAt: 1000, state: 'RESOLVED', lastInboundSort: null,
  lastAgentMessageAt: null, lastClosedAt: null, oneShot: false, phrase: null, special: null, muted: false,
}

describe('what a message that came in does (domain §2.3)', () => {
  const table: [string, Partial<InboundFacts>, string][] = [
    ['a group is stored only', { chatKind: 'group' }, '4 store'],
    ['an echo answers a pending chat', { nature: 'echo', state: 'PENDING' }, '5 followup'],
    ['an echo opens nothing', { nature: 'echo', state: 'IDLE' }, '5 store'],
    ['history is stored only', { nature: 'history', state: 'IDLE' }, '6 store'],
    ['what another application owns is stored only', { nature: 'waiting', state: 'IDLE' }, '6b store'],
    ['our own lines do not serve each other', { ownLine: true, state: 'IDLE' }, '7 store'],
    ['a disabled channel reaches the agent who has the chat', { channelEnabled: false, state: 'FOLLOWUP' }, '7b pending'],
    ['a disabled channel leaves the queue as it is', { channelEnabled: false, state: 'QUEUED' }, '7b stay'],
    ['a disabled channel starts nothing', { channelEnabled: false, state: 'RESOLVED' }, '7b unroute'],
    ['a call changes nothing', { call: true, state: 'IDLE' }, '8 store'],
    ['an older message of an assigned chat, newer than the answer, is waiting', { state: 'FOLLOWUP', lastInboundSort: 2000, lastAgentMessageAt: 500 }, '9 pending late'],
    ['an older message that was answered already changes nothing', { state: 'FOLLOWUP', lastInboundSort: 2000, lastAgentMessageAt: 1500 }, '9 store late'],
    ['an older message in an open chat starts nothing', { state: 'QUEUED', lastInboundSort: 2000 }, '9 store late'],
    ['an older message from before the closing is late', { lastInboundSort: 2000, lastClosedAt: 1500 }, '9 store late'],
    ['an older message from after the closing opens anew', { lastInboundSort: 2000, lastClosedAt: 500 }, '18 route'],
    ['the same instant is not out of order', { state: 'FOLLOWUP', lastInboundSort: 1000 }, '13 pending'],
    ['an assigned chat waits for its agent', { state: 'FOLLOWUP' }, '13 pending'],
    ['a waiting chat keeps its place', { state: 'QUEUED' }, '14 stay'],
    ['a phrase from the phone stops the bot', { nature: 'echo', state: 'MENU', phrase: 'stop' }, '5 stopBot'],
    ['a phrase of a customer who may stops the bot, before an agent hears of it', { state: 'PENDING', phrase: 'stop' }, '10 stopBot'],
    ['and resumes it', { state: 'UNROUTED', phrase: 'resume' }, '10 resumeBot'],
    ['a special phrase beats a menu, a mute and a one-shot', { state: 'MENU', special: 'elsewhere', muted: true, oneShot: true }, '12 special'],
    ['a special phrase moves a chat that waits elsewhere', { state: 'QUEUED', special: 'elsewhere' }, '12 special'],
    ['a special phrase leaves a chat that waits there already', { state: 'QUEUED', special: 'same target' }, '14 stay'],
    ['a special phrase does not take a chat from its agent', { state: 'FOLLOWUP', special: 'elsewhere' }, '13 pending'],
    ['a muted chat starts nothing', { state: 'RESOLVED', muted: true }, '15 store'],
    ['a muted menu hears nothing', { state: 'MENU', muted: true }, '15 store'],
    ['a menu is given its answer', { state: 'MENU' }, '17 menu'],
    ['TRANSIT is routed', { state: 'TRANSIT' }, '16 route'],
    ['a one-shot destination is used', { state: 'UNROUTED', oneShot: true }, '16 route'],
    ['the rest is routed: IDLE', { state: 'IDLE' }, '18 route'],
    ['the rest is routed: RESOLVED', { state: 'RESOLVED' }, '18 route'],
    ['the rest is routed: UNROUTED', { state: 'UNROUTED' }, '18 route'],
  ]
  for (const [name, facts, expected] of table) {
    it(name, () => {
      const { row, then, late } = decideInbound({ ...live, ...facts })
      expect(`${row} ${then}${late ? ' late' : ''}`).to.equal(expected)
    })
  }
})
