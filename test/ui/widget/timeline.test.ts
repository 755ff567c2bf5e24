import { expect } from 'chai'
import type { PageMessage } from '../../../plugins/widget/frames.ts'
import { answerable, change, markRead, merge, resumeFrom, without, type Item } from '../../../ui/src/widget/timeline.ts'

const account = (id: string, at: number): PageMessage => ({ id, at, from: 'agent', parts: [{ kind: 'text', text: id }] })
const own = (clientId: string, at: number, over: Partial<PageMessage> = {}): PageMessage => ({ id: `v.${clientId}`, clientId, at, from: 'visitor', parts: [{ kind: 'text', text: clientId }], ...over })
const waiting = (clientId: string, at: number, state: Item['state'] = 'waiting'): Item => ({ key: clientId, state, message: { ...own(clientId, at), id: clientId } })
const keys = (items: readonly Item[]): string[] => items.map((item) => item.key)

describe('the timeline of the widget', () => {
  it('keeps each message once, whichever way it comes', () => {
    const once = merge([], [account('a', 1), own('c1', 2)])
    expect(keys(merge(once, [account('a', 1), own('c1', 2), account('b', 3)]))).to.deep.equal(['a', 'c1', 'b'])
  })

  it('puts the stored message in the place of what was written', () => {
    const items = merge([waiting('c1', 5, 'sending')], [own('c1', 7)])
    expect(items).to.have.length(1)
    expect(items[0]).to.deep.include({ key: 'c1', state: 'sent' }).and.have.nested.property('message.id', 'v.c1')
  })

  it('orders by time, late ones in their place, and leaves what waits at the end in its order', () => {
    const items = merge([waiting('c1', 1), waiting('c2', 0)], [account('b', 30), account('a', 20), own('c0', 25)])
    expect(keys(items)).to.deep.equal(['a', 'c0', 'b', 'c1', 'c2'])
  })

  it('never takes a read mark back', () => {
    const read = merge([], [own('c1', 1, { read: true })])
    expect(merge(read, [own('c1', 1, { read: false })])[0]?.message.read).to.equal(true)
  })

  it('shows a file that was just sent from where it is', () => {
    const file = (kind: 'image' | 'document', url: string) => ({ kind, media: { url, mimeType: 'image/png', size: 1, fileName: 'a.png' } })
    const written: Item = { key: 'c1', state: 'sending', message: own('c1', 1, { parts: [file('image', 'blob:x')] }) }
    expect(merge([written], [own('c1', 2, { parts: [file('image', 'media/1')] })])[0]?.message.parts[0]).to.have.nested.property('media.url', 'blob:x')
    expect(merge([written], [own('c1', 2, { parts: [file('document', 'media/1')] })])[0]?.message.parts[0]).to.have.nested.property('media.url', 'media/1')
  })

  it('keeps the quote that the confirmation of a send does not tell', () => {
    const replyTo = { id: 'a', from: 'account', kind: 'text', text: 'Hola' } as const
    const written: Item = { key: 'c1', state: 'sending', message: own('c1', 1, { replyTo }) }
    expect(merge([written], [own('c1', 2)])[0]?.message.replyTo).to.deep.equal(replyTo)
  })

  it('marks what was written up to a message as read, and nothing later or unsent', () => {
    const items = markRead(merge([waiting('c3', 9)], [own('c1', 1), account('a', 2), own('c2', 3), own('c4', 4)]), 'v.c2')
    expect(items.filter((item) => item.message.read).map((item) => item.key)).to.deep.equal(['c1', 'c2'])
    expect(markRead(items, 'unknown').filter((item) => item.message.read)).to.have.length(2)
  })

  it('goes on reading half a minute before the newest', () => {
    expect(resumeFrom([])).to.equal(null)
    expect(resumeFrom(merge([], [account('a', 1000)]))).to.equal(null)
    const items = merge([waiting('c1', 900_000)], [account('a', 1000), account('b', 40_000), account('c', 71_000), account('d', 90_000)])
    expect(resumeFrom(items)).to.equal('b')
  })

  it('lets options be pressed only while they are the last thing said', () => {
    const items = merge([], [account('a', 1), account('b', 2)])
    expect([answerable(items, 'a'), answerable(items, 'b')]).to.deep.equal([false, true])
    expect(answerable([...items, waiting('c1', 3)], 'b')).to.equal(false)
  })

  it('changes and removes one', () => {
    const items = merge([waiting('c1', 3)], [account('a', 1)])
    expect(change(items, 'c1', { state: 'failed', error: 'x' })[1]).to.include({ state: 'failed', error: 'x' })
    expect(keys(without(items, 'c1'))).to.deep.equal(['a'])
  })
})
