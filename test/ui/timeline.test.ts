import { expect } from 'chai'
import type { EventLine, MessageView, TimelineItem } from '../../server/http/contract/chats.ts'
import { firstUnread, mergeItems, viewItems } from '../../ui/src/shared/lib/timeline.ts'

const noon = new Date(2026, 10, 23, 12).getTime()
const message = (id: string, at: number, more: Partial<MessageView> = {}): MessageView => ({
  type: 'message', id, chatId: 'c', conversationId: null, clientId: null, direction: 'in', kind: 'text', visibility: 'public', author: { kind: 'customer', id: null, name: 'M' }, text: id,
  media: null, location: null, extra: null, quote: null, referral: null, reactions: [], status: null, failure: null, at: noon + at, sentAt: null, deliveredAt: null, readAt: null, editedAt: null,
  deletedAt: null, late: false, ...more,
})
const event = (id: string, at: number): EventLine => ({ type: 'event', id, chatId: 'c', at: noon + at, event: 'assignment.started', actor: { kind: 'system', id: null, name: '' }, data: {} })
const ids = (items: readonly TimelineItem[]) => items.map((item) => item.id)
const options = { me: 'laura', showEvents: true, unreadFrom: null }

describe('the timeline of a thread', () => {
  it('adds new items at the end and puts a late one in its place', () => {
    const old = [message('a', 1), message('c', 3)]
    expect(ids(mergeItems(old, [message('d', 4)]))).to.deep.equal(['a', 'c', 'd'])
    expect(ids(mergeItems(old, [message('b', 2)]))).to.deep.equal(['a', 'b', 'c'])
  })

  it('puts a changed item in place of its former self', () => {
    const merged = mergeItems([message('a', 1), message('b', 2)], [message('a', 1, { status: 'read' })])
    expect(ids(merged)).to.deep.equal(['a', 'b'])
    expect(merged[0]).to.include({ status: 'read' })
  })

  it('keeps one order for two items of the same instant', () => {
    expect(ids(mergeItems([message('b', 1)], [message('a', 1)]))).to.deep.equal(['a', 'b'])
    expect(ids(mergeItems([message('a', 1)], [message('b', 1)]))).to.deep.equal(['a', 'b'])
  })

  it('separates days, marks the unread and starts a run anew after each separator', () => {
    const items = [message('a', -86_400_000), message('b', 0), message('c', 1), message('d', 2)]
    const view = viewItems(items, { ...options, unreadFrom: 'c' })
    expect(view.map((item) => item.type)).to.deep.equal(['day', 'message', 'day', 'message', 'unread', 'message', 'message'])
    expect(view.flatMap((item) => (item.type === 'message' ? [item.first] : []))).to.deep.equal([true, true, true, false])
    expect(view[4]).to.include({ count: 2 })
  })

  it('hides events when the reader wants none, without an empty day', () => {
    expect(viewItems([event('e', 0)], { ...options, showEvents: false })).to.deep.equal([])
    expect(viewItems([event('e', 0)], options).map((item) => item.type)).to.deep.equal(['day', 'event'])
  })

  it('keeps the key of a local echo when the server’s message replaces it', () => {
    const sent = message('01ABC', 0, { clientId: 'local-1', direction: 'out', author: { kind: 'agent', id: 'laura', name: 'Laura' } })
    const [, item] = viewItems([sent], options)
    expect(item).to.include({ key: 'local-1', mine: true })
  })

  it('finds the first unread among the customer’s messages only', () => {
    const items = [message('a', 1), message('b', 2), message('x', 3, { direction: 'out' }), message('c', 4)]
    expect(firstUnread(items, 2)).to.equal('b')
    expect(firstUnread(items, 99)).to.equal('a')
    expect(firstUnread(items, 0)).to.equal(null)
  })
})
