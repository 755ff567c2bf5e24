import { expect } from 'chai'
import { chooseDestination, type Destination, type RoutingFacts } from '../../server/domain/routing.ts'

const queue = (id: string): Destination => ({ type: 'queue', id })
const agent = (id: string): Destination => ({ type: 'agent', id })
const none: Destination = { type: 'none' }

function choose(facts: Partial<RoutingFacts>, unusable: string[] = []): string {
  const decision = chooseDestination({
    oneShot: null, boundAgentId: null, boundQueueId: null, channelDestination: none, fallbackQueueId: null,
    usable: (destination) => destination.type === 'none' || !unusable.includes(destination.id), ...facts,
  })
  const to = decision.to.type === 'none' ? 'none' : decision.to.id
  return `${to}${decision.fallback ? ' (fallback)' : ''}${decision.skipped.length > 0 ? ` after ${decision.skipped.length}` : ''}`
}

describe('routing (domain §2.6)', () => {
  const table: [string, Partial<RoutingFacts>, string[], string][] = [
    ['one-shot before everything', { oneShot: queue('once'), boundAgentId: 'ana', channelDestination: queue('line') }, [], 'once'],
    ['the bound agent before the bound queue', { boundAgentId: 'ana', boundQueueId: 'own', channelDestination: queue('line') }, [], 'ana'],
    ['the bound queue before the line', { boundQueueId: 'own', channelDestination: agent('luis') }, [], 'own'],
    ['the line', { channelDestination: agent('luis') }, [], 'luis'],
    ['the next step when one cannot be used', { boundAgentId: 'gone', channelDestination: queue('line') }, ['gone'], 'line after 1'],
    ['the fallback when none can', { channelDestination: queue('gone'), fallbackQueueId: 'first' }, ['gone'], 'first (fallback) after 1'],
    ['nobody when there is no fallback', { channelDestination: queue('gone') }, ['gone'], 'none after 1'],
    ['nobody when the fallback is unusable too', { channelDestination: queue('gone'), fallbackQueueId: 'first' }, ['gone', 'first'], 'none after 1'],
    ['nobody where the line says so, fallback or not', { fallbackQueueId: 'first' }, [], 'none'],
  ]
  for (const [name, facts, unusable, expected] of table) it(`goes to ${name}`, () => expect(choose(facts, unusable)).to.equal(expected))
})
