import { expect } from 'chai'
import { shareOf, type FeedViewer, type HappenedTo, type Share } from '../../server/domain/audience.ts'
import { rightsOf, type Actor, type AgentPermission, type Role } from '../../server/domain/permissions.ts'
import { mayDo, readableUntil, sightOf, type ChatFacts, type ChatVerb, type Sight } from '../../server/domain/sight.ts'

const me = 'me'
const colleague = 'colleague'
const actor = (role: Role, grants: Partial<Record<AgentPermission, boolean>> = {}): Actor => ({
  kind: role, id: role === 'agent' ? me : `the-${role}`, name: role, rights: rightsOf(role, role === 'agent', new Map(), new Map(Object.entries(grants)) as Map<AgentPermission, boolean>),
})
const viewer = (who: Actor, watching: readonly string[] = []): FeedViewer =>
  ({ actor: who, agentId: who.kind === 'agent' ? who.id : null, queueIds: new Set(['mine']), watching: new Set(watching) })
const agent = viewer(actor('agent'))
const taker = viewer(actor('agent', { 'chat.take': true }))
const supervisor = viewer(actor('supervisor'))
const admin = viewer(actor('admin'))

const chat = (facts: Partial<ChatFacts>): ChatFacts => ({ kind: 'direct', state: 'PENDING', agentId: null, queueId: null, lastAgentId: null, apiOnly: false, ...facts })
const chats = {
  own: chat({ agentId: me, lastAgentId: me }),
  colleagues: chat({ agentId: colleague, lastAgentId: colleague }),
  waitingHere: chat({ state: 'QUEUED', queueId: 'mine' }),
  waitingElsewhere: chat({ state: 'QUEUED', queueId: 'other' }),
  inMenu: chat({ state: 'MENU' }),
  unrouted: chat({ state: 'UNROUTED', queueId: 'mine' }),
  resolvedByMe: chat({ state: 'RESOLVED', lastAgentId: me }),
  resolvedByColleague: chat({ state: 'RESOLVED', lastAgentId: colleague }),
  group: chat({ kind: 'group', state: 'IDLE' }),
  apiOnly: chat({ agentId: me, apiOnly: true }),
}

describe('what somebody sees of a chat', () => {
  const table: [keyof typeof chats, agent: Sight, taker: Sight, stayed: Sight, supervisor: Sight][] = [
    ['own', 'held', 'held', 'held', 'all'],
    ['colleagues', 'none', 'none', 'past', 'all'],
    ['waitingHere', 'row', 'open', 'past', 'all'],
    ['waitingElsewhere', 'none', 'none', 'past', 'all'],
    ['inMenu', 'none', 'none', 'past', 'all'],
    ['unrouted', 'none', 'none', 'past', 'all'],
    ['resolvedByMe', 'none', 'none', 'past', 'all'],
    ['resolvedByColleague', 'none', 'none', 'past', 'all'],
    ['group', 'none', 'none', 'none', 'all'],
    ['apiOnly', 'none', 'none', 'none', 'none'],
  ]
  for (const [name, ...sights] of table) {
    it(`is ${sights.join(', ')} for an agent, one who may take, one who stayed, a supervisor: ${name}`, () => {
      expect([sightOf(agent, chats[name], false), sightOf(taker, chats[name], false), sightOf(agent, chats[name], true), sightOf(supervisor, chats[name], false)]).to.deep.equal(sights)
      expect(sightOf(admin, chats[name], false)).to.equal(sights[3])
    })
  }

  it('is nothing for a supervisor’s user who has no such right', () => {
    expect(sightOf({ actor: { ...actor('supervisor'), rights: new Set() }, agentId: null, queueIds: new Set(['mine']) }, chats.waitingHere, true)).to.equal('none')
  })

  it('ends with one’s own stay while a colleague holds the chat', () => {
    expect(readableUntil('past', chats.colleagues, 1000)).to.equal(1000)
    expect(readableUntil('past', chats.resolvedByColleague, 1000)).to.equal(null)
    expect(readableUntil('held', chats.own, 1000)).to.equal(null)
  })

  const verbs: readonly ChatVerb[] = ['row', 'see', 'write', 'note', 'transfer', 'resolve', 'monitor']
  const allowed: [Sight, string, Actor, string][] = [
    ['held', 'an agent', actor('agent'), 'row see write note transfer resolve'],
    ['held', 'an agent who may not transfer', actor('agent', { 'chat.transfer': false }), 'row see write note resolve'],
    ['held', 'an agent who may not resolve', actor('agent', { 'chat.resolve': false }), 'row see write note transfer'],
    ['past', 'an agent', actor('agent'), 'row see'],
    ['open', 'an agent', actor('agent'), 'row see'],
    ['row', 'an agent', actor('agent'), 'row'],
    ['all', 'a supervisor', actor('supervisor'), verbs.join(' ')],
    ['all', 'an admin', actor('admin'), verbs.join(' ')],
  ]
  for (const [sight, who, whoActor, may] of allowed) {
    it(`lets ${who} with sight “${sight}”: ${may}`, () => {
      expect(verbs.filter((verb) => mayDo(whoActor, sight, verb)).join(' ')).to.equal(may)
    })
  }
})

describe('whose screens an event goes to', () => {
  const on = (type: string, cells: Partial<HappenedTo> = {}): HappenedTo => ({ type, chatId: 'chat', agentId: null, queueId: null, ...cells })
  const watchingAgent = viewer(actor('agent'), ['chat'])
  const watchingSupervisor = viewer(actor('supervisor'), ['chat'])
  const table: [string, HappenedTo, keyof typeof chats, Partial<Record<'agent' | 'taker' | 'watchingAgent' | 'supervisor' | 'watchingSupervisor', Share>>][] = [
    ['a message in my chat', on('message.created'), 'own', { agent: 'full', supervisor: 'row', watchingSupervisor: 'full' }],
    ['a message in a colleague’s chat', on('message.created'), 'colleagues', { agent: 'skip', watchingAgent: 'skip', supervisor: 'row', watchingSupervisor: 'full' }],
    ['a note in a colleague’s chat', on('message.note_created'), 'colleagues', { agent: 'skip', watchingAgent: 'skip' }],
    ['a message in a chat that waits in my queue', on('message.created'), 'waitingHere', { agent: 'skip', watchingAgent: 'skip', taker: 'row' }],
    ['a chat enters my queue', on('queue.entered', { queueId: 'mine' }), 'waitingHere', { agent: 'limited', taker: 'row', supervisor: 'row' }],
    ['a chat enters another queue', on('queue.entered', { queueId: 'other' }), 'waitingElsewhere', { agent: 'skip', taker: 'skip', supervisor: 'row' }],
    ['a chat leaves my queue for another', on('queue.left', { queueId: 'mine' }), 'waitingElsewhere', { agent: 'gone', taker: 'gone', supervisor: 'row' }],
    ['a colleague takes a chat from my queue', on('assignment.started', { queueId: 'mine', agentId: colleague }), 'colleagues', { agent: 'gone', supervisor: 'row' }],
    ['my stay ends', on('assignment.ended', { agentId: me }), 'colleagues', { agent: 'gone' }],
    ['I am given a chat', on('assignment.started', { agentId: me }), 'own', { agent: 'full' }],
    ['my chat is resolved', on('conversation.resolved', { agentId: me }), 'resolvedByMe', { agent: 'row', watchingAgent: 'full' }],
    ['a receipt in a chat I resolved', on('message.status_changed'), 'resolvedByMe', { agent: 'row' }],
    ['a message event of a chat I lost', on('message.created', { agentId: me }), 'colleagues', { agent: 'skip' }],
    ['something in a line that is its client’s own', on('message.created'), 'apiOnly', { agent: 'skip', supervisor: 'skip', watchingSupervisor: 'skip' }],
    ['a menu step', on('menu.input'), 'inMenu', { agent: 'skip', supervisor: 'row' }],
    ['a colleague pauses', on('agent.paused', { chatId: null, agentId: colleague }), 'own', { agent: 'plain', supervisor: 'plain' }],
    ['a session is closed', on('agent.session_closed', { chatId: null, agentId: me }), 'own', { agent: 'skip', supervisor: 'skip' }],
    ['a line goes down', on('channel.status_changed', { chatId: null }), 'own', { agent: 'plain', supervisor: 'plain' }],
    ['a contact changes', on('contact.updated', { chatId: null }), 'own', { agent: 'skip', supervisor: 'plain' }],
    ['a template is approved', on('template.status_changed', { chatId: null }), 'own', { agent: 'skip', supervisor: 'plain' }],
  ]
  const viewers = { agent, taker, watchingAgent, supervisor, watchingSupervisor }
  for (const [what, event, name, expected] of table) {
    it(`${what}: ${Object.entries(expected).map(([who, share]) => `${who} ${share}`).join(', ')}`, () => {
      for (const [who, share] of Object.entries(expected)) expect(shareOf(viewers[who as keyof typeof viewers], event, event.chatId === null ? undefined : chats[name]), who).to.equal(share)
    })
  }
})
