import { expect } from 'chai'
import { monotonicIds } from '../../server/adapters/ids.ts'
import { ManualTime } from '../support/time.ts'

describe('ids', () => {
  it('ascend within one millisecond, and when the clock goes back', () => {
    const time = new ManualTime()
    const ids = monotonicIds(time)
    const made = Array.from({ length: 1000 }, () => ids.next())
    time.set(time.now() - 60_000)
    made.push(ids.next())
    time.set(time.now() + 120_000)
    made.push(ids.next())
    expect([...made].sort()).to.deep.equal(made)
    expect(new Set(made)).to.have.property('size', made.length)
    expect(made.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).to.equal(true)
  })
})
