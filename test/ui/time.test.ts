import { expect } from 'chai'
import { daysBetween, formatElapsed, formatLeft } from '../../ui/src/shared/lib/time.ts'
import { backoff } from '../../ui/src/shared/feed/backoff.ts'
import { waitLevel } from '../../ui/src/shared/lib/targets.ts'

const second = 1000
describe('times of the screens', () => {
  for (const [ms, text] of [[-500, '00:00'], [0, '00:00'], [252 * second, '04:12'], [4325 * second, '1:12:05'], [183_600 * second, '2 d 3 h']] as const) {
    it(`writes ${ms} ms passed as ${text}`, () => expect(formatElapsed(ms)).to.equal(text))
  }
  for (const [ms, text] of [[-1, '0 min'], [59 * second, '0 min'], [3599 * second, '59 min'], [86_100 * second, '23 h 55 min'], [183_600 * second, '2 d 3 h']] as const) {
    it(`writes ${ms} ms left as ${text}`, () => expect(formatLeft(ms)).to.equal(text))
  }
  it('counts midnights, not days of 24 hours', () => {
    const late = new Date(2026, 10, 22, 23, 59).getTime()
    expect(daysBetween(late, new Date(2026, 10, 23, 0, 1).getTime())).to.equal(1)
    expect(daysBetween(late, late)).to.equal(0)
  })
  it('turns a wait amber at three minutes and red at ten', () => {
    expect([0, 179_999, 180_000, 599_999, 600_000].map(waitLevel)).to.deep.equal(['ok', 'ok', 'warn', 'warn', 'bad'])
  })
  it('waits longer after each failed attempt, up to fifteen seconds, spread by two fifths', () => {
    expect([0, 1, 2, 3, 9].map((attempt) => backoff(attempt, 0.5))).to.deep.equal([500, 1000, 2000, 4000, 15_000])
    expect([backoff(50, 0), backoff(50, 1)]).to.deep.equal([9000, 21_000])
  })
})
