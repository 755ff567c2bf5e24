import { expect } from 'chai'
import { applyReceipt, type StatusTimes } from '../../server/domain/messageStatus.ts'

const none: StatusTimes = { status: 'sending', sentAt: null, deliveredAt: null, readAt: null, playedAt: null }
type Receipt = Parameters<typeof applyReceipt>[1]

function after(start: StatusTimes, ...receipts: Receipt[]): StatusTimes {
  return receipts.reduce((now, receipt, n) => applyReceipt(now, receipt, 100 + n) ?? now, start)
}

describe('the status of a message', () => {
  const table: [string, Receipt[], StatusTimes['status']][] = [
    ['forward, step by step', ['sent', 'delivered', 'read'], 'read'],
    ['forward, steps left out', ['read'], 'read'],
    ['never backwards (S40)', ['read', 'delivered', 'sent', 'failed'], 'read'],
    ['accepted is sent', ['accepted'], 'sent'],
    ['failed while it was not delivered', ['sent', 'failed'], 'failed'],
    ['delivery disproves a failure', ['failed', 'delivered'], 'delivered'],
    ['sent does not', ['failed', 'sent'], 'failed'],
    ['played is more than read', ['read', 'played', 'read'], 'played'],
  ]
  for (const [name, receipts, status] of table) {
    it(`goes ${name}`, () => expect(after(none, ...receipts).status).to.equal(status))
  }

  it('fills the times of steps that were left out, and keeps those there are', () => {
    expect(after(none, 'read')).to.include({ sentAt: 100, deliveredAt: 100, readAt: 100, playedAt: null })
    expect(after(none, 'sent', 'read', 'delivered')).to.include({ sentAt: 100, deliveredAt: 101, readAt: 101 })
  })

  it('says when a receipt changes nothing', () => {
    expect(applyReceipt(after(none, 'read'), 'delivered', 500)).to.equal(null)
    expect(applyReceipt(after(none, 'failed'), 'failed', 500)).to.equal(null)
  })

  it('is settled by a receipt after an uncertain send', () => {
    expect(after({ ...none, status: 'uncertain' }, 'delivered').status).to.equal('delivered')
  })
})
