import { expect } from 'chai'
import type { ChatRow, ChatState } from '../../server/http/contract/chats.ts'
import { belongs, compareRows, spaces, type ChatFilter, type Viewer } from '../../ui/src/shared/lib/lists.ts'

const row = (id: string, state: ChatState, more: Partial<ChatRow> = {}): ChatRow => ({
  id, channelId: 'ch', channelType: 'widget', state, title: id, subtitle: null, avatarUrl: null, conversationId: null, agentId: null, agentName: null, queueId: null, queueName: null, priority: 0,
  unread: 0, waitingSince: null, queuedAt: null, lastMessageAt: null, lastInboundAt: null, preview: null, limited: false, ...more,
})
const laura: Viewer = { app: 'agent', userId: 'laura', queueIds: ['q1'] }
const boss: Viewer = { app: 'supervisor', userId: 'boss', queueIds: [] }
const mine = { agentId: 'laura' }

describe('which list a chat stands in', () => {
  const table: [string, ChatRow, ChatFilter, Viewer, boolean][] = [
    ['an agent’s own pending chat', row('a', 'PENDING', mine), { list: 'pending' }, laura, true],
    ['a colleague’s pending chat', row('a', 'PENDING', { agentId: 'other' }), { list: 'pending' }, laura, false],
    ['a colleague’s pending chat, for the supervisor', row('a', 'PENDING', { agentId: 'other' }), { list: 'pending' }, boss, true],
    ['an own followed chat', row('a', 'FOLLOWUP', mine), { list: 'following' }, laura, true],
    ['a pending chat among the followed', row('a', 'PENDING', mine), { list: 'following' }, laura, false],
    ['a chat waiting in an own queue', row('a', 'QUEUED', { queueId: 'q1' }), { list: 'waiting' }, laura, true],
    ['a chat waiting in another queue', row('a', 'QUEUED', { queueId: 'q2' }), { list: 'waiting' }, laura, false],
    ['a chat waiting anywhere, for the supervisor', row('a', 'QUEUED', { queueId: 'q2' }), { list: 'waiting' }, boss, true],
    ['a chat in a menu', row('a', 'MENU'), { list: 'open' }, boss, true],
    ['an assigned chat among the open', row('a', 'PENDING', mine), { list: 'open' }, boss, false],
    ['any chat among all', row('a', 'IDLE'), { list: 'all' }, boss, true],
    ['a chat of another queue under a queue’s filter', row('a', 'PENDING', { queueId: 'q2' }), { list: 'all', queue: 'q1' }, boss, false],
    ['a chat of another agent under an agent’s filter', row('a', 'PENDING', mine), { list: 'all', agent: 'other' }, boss, false],
    ['a chat of another channel under a channel’s filter', row('a', 'PENDING'), { list: 'all', channel: 'other' }, boss, false],
  ]
  for (const [name, chat, filter, viewer, expected] of table) it(`${expected ? 'takes' : 'leaves out'} ${name}`, () => expect(belongs(chat, filter, viewer)).to.equal(expected))

  it('knows a resolved chat by who held it a moment before', () => {
    expect(belongs(row('a', 'RESOLVED'), { list: 'resolved' }, laura, true)).to.equal(true)
    expect(belongs(row('a', 'RESOLVED'), { list: 'resolved' }, laura, false)).to.equal(false)
  })
})

describe('the order of a list', () => {
  const rows = [row('none', 'FOLLOWUP', { lastMessageAt: 9 }), row('short', 'PENDING', { waitingSince: 50, lastMessageAt: 60 }), row('long', 'PENDING', { waitingSince: 10, lastMessageAt: 10 }), row('queued', 'QUEUED', { queuedAt: 20, waitingSince: 1, lastMessageAt: 20 })]
  const order = (sort: 'recent' | 'waiting') => [...rows].sort(compareRows(sort)).map((one) => one.id)
  it('puts who waits longest first, by the queue’s clock while queued, and who waits for nothing last', () => expect(order('waiting')).to.deep.equal(['long', 'queued', 'short', 'none']))
  it('puts the newest activity first', () => expect(order('recent')).to.deep.equal(['short', 'queued', 'long', 'none']))
  it('groups by queue, the longest wait first, keeping the order inside', () => {
    const grouped = spaces([row('a', 'PENDING', { queueId: 'x', queueName: 'X', waitingSince: 30 }), row('b', 'PENDING', { queueId: 'y', queueName: 'Y', waitingSince: 10 }), row('c', 'PENDING', { queueId: 'x', queueName: 'X', waitingSince: 20 }), row('d', 'FOLLOWUP')])
    expect(grouped.map((space) => [space.queueId, space.longest, space.rows.map((one) => one.id)])).to.deep.equal([['y', 10, ['b']], ['x', 20, ['a', 'c']], [null, null, ['d']]])
  })
})
