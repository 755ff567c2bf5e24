import { expect } from 'chai'
import { counted, forgiven, waitBefore, type Guard } from '../../server/domain/signInGuard.ts'

const now = 1_000_000_000
const none = { pair: null, user: null, address: null }
const after = (kind: 'pair' | 'user' | 'address', failures: number, at = now): Guard => {
  let guard: Guard | null = null
  for (let i = 0; i < failures; i++) guard = counted(guard, kind, at)
  return guard as Guard
}

describe('guesses of a password', () => {
  it('cost nothing at first, then a block that grows to a quarter of an hour', () => {
    const waits = [1, 4, 5, 6, 8, 30].map((failures) => waitBefore({ ...none, pair: after('pair', failures) }, false, now) / 1000)
    expect(waits).to.deep.equal([0, 0, 30, 60, 240, 900])
  })

  it('are forgotten one by one', () => {
    const guard = after('pair', 6)
    const later = now + 21 * 60_000
    expect(waitBefore({ ...none, pair: guard }, false, later)).to.equal(0)
    expect(counted(guard, 'pair', later).failures).to.equal(5)
  })

  it('slow a user name and an address down, but never more than a moment, and not for whoever was here before', () => {
    for (const kind of ['user', 'address'] as const) {
      const guards = { ...none, [kind]: after(kind, 500) }
      expect(waitBefore(guards, false, now)).to.be.within(1, 2000)
      expect(waitBefore(guards, false, now + 2000)).to.equal(0)
      expect(waitBefore(guards, true, now)).to.equal(0)
    }
  })

  it('do not free the address of its other guesses when one is right', () => {
    expect(forgiven(after('pair', 4), 'pair', now)).to.equal(null)
    expect(forgiven(after('address', 4), 'address', now)?.failures).to.equal(3)
  })
})
