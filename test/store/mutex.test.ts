import { expect } from 'chai'
import { Mutex } from '../../server/store/sqlite/mutex.ts'
import { failure } from '../support/failure.ts'

describe('Mutex', () => {
  it('serves those who wait in the order they came, one at a time', async () => {
    const mutex = new Mutex(1000)
    const order: number[] = []
    let inside = 0
    await Promise.all([1, 2, 3, 4].map(async (n) => {
      const release = await mutex.acquire(`task ${n}`)
      expect(++inside).to.equal(1)
      await new Promise(setImmediate)
      order.push(n)
      inside--
      release()
      release()
    }))
    expect(order).to.deep.equal([1, 2, 3, 4])
  })

  it('names the holder to one who waited too long, and serves the others still', async () => {
    const mutex = new Mutex(5)
    const release = await mutex.acquire('the slow one')
    const error = await failure(mutex.acquire('the patient one'))
    expect(error).to.include({ code: 'SQLITE_WRITER_TIMEOUT' })
    expect(error.message).to.contain('the slow one').and.contain('the patient one')
    release()
    const next = await mutex.acquire('the next one')
    next()
  })
})
