import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { LocalWake, type Waker } from '../../server/adapters/wake.ts'
import { BullWake } from '../../server/adapters/wakeBull.ts'
import { keepingLog } from '../support/log.ts'
import { ManualTime } from '../support/time.ts'

/** What every waker does, whatever rings it. */
function contract(make: () => Waker): void {
  let wake: Waker
  beforeEach(() => { wake = make() })
  afterEach(() => wake.close())

  it('runs the handlers of the topic that was nudged, with the keys', async () => {
    const calls: unknown[] = []
    wake.on('inbox', (keys) => { calls.push(['inbox', keys]) })
    wake.on('inbox', (keys) => { calls.push(['second', keys]) })
    wake.on('outbox', (keys) => { calls.push(['outbox', keys]) })
    wake.nudge('inbox', ['a', 'b'])
    await wake.idle()
    expect(calls).to.deep.equal([['inbox', ['a', 'b']], ['second', ['a', 'b']]])
  })

  it('makes one run of nudges that come together, each key once', async () => {
    const calls: unknown[] = []
    wake.on('drain', (keys) => { calls.push(keys) })
    wake.nudge('drain', ['q1'])
    wake.nudge('drain', ['q2', 'q1'])
    await wake.idle()
    expect(calls).to.deep.equal([['q1', 'q2']])
  })

  it('gives no keys when one nudge had none, or there are too many', async () => {
    const calls: unknown[] = []
    wake.on('drain', (keys) => { calls.push(keys) })
    wake.nudge('drain', ['q1'])
    wake.nudge('drain')
    wake.nudge('drain', ['q2'])
    await wake.idle()
    wake.nudge('drain', Array.from({ length: 2000 }, (_, at) => `q${at}`))
    await wake.idle()
    expect(calls).to.deep.equal([[], []])
  })

  it('never runs a handler beside itself, and once more for nudges during a run', async () => {
    const calls: unknown[] = []
    let inside = 0
    wake.on('inbox', async (keys) => {
      expect(++inside).to.equal(1)
      calls.push(keys)
      if (calls.length === 1) {
        wake.nudge('inbox', ['x'])
        await new Promise(setImmediate)
        wake.nudge('inbox', ['y'])
      }
      await new Promise(setImmediate)
      inside--
    })
    wake.nudge('inbox', ['first'])
    await wake.idle()
    expect(calls).to.deep.equal([['first'], ['x', 'y']])
  })

  it('runs as many at a time as asked', async () => {
    let inside = 0
    let most = 0
    wake.on('media', async () => {
      most = Math.max(most, ++inside)
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      inside--
    }, { parallel: 2 })
    for (let i = 0; i < 8; i++) {
      wake.nudge('media', [`${i}`])
      await new Promise(setImmediate)
    }
    await wake.idle()
    expect(most).to.equal(2)
  })

  it('goes on after a handler that throws', async () => {
    let calls = 0
    wake.on('jobs', () => {
      if (++calls === 1) throw new Error('once')
    })
    wake.nudge('jobs')
    await wake.idle()
    wake.nudge('jobs')
    await wake.idle()
    expect(calls).to.equal(2)
  })

  it('rings an alarm, not before its time', async () => {
    const at = Date.now() + 60
    const rung = new Promise<readonly string[]>((resolve) => wake.on('timers', (keys) => resolve([...keys, String(Date.now() >= at)])))
    wake.alarm('timers', at, 'row')
    expect(await rung).to.deep.equal(['row', 'true'])
  })

  it('rings at once for a moment that has passed', async () => {
    const rung = new Promise<readonly string[]>((resolve) => wake.on('timers', resolve))
    wake.alarm('timers', Date.now() - 60_000, 'late')
    expect(await rung).to.deep.equal(['late'])
  })

  it('runs nothing more once it is closed or the subscription has ended', async () => {
    const calls: string[] = []
    const end = wake.on('inbox', () => { calls.push('ended') })
    wake.on('inbox', () => { calls.push('closed') })
    end()
    wake.nudge('inbox')
    await wake.idle()
    wake.nudge('inbox')
    await wake.close()
    wake.nudge('inbox')
    wake.alarm('inbox', 0)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(calls).to.deep.equal(['closed'])
  })

  it('waits at its close for a handler that runs', async () => {
    let done = false
    wake.on('jobs', async () => {
      for (let i = 0; i < 5; i++) await new Promise(setImmediate)
      done = true
    })
    wake.nudge('jobs')
    await new Promise(setImmediate)
    await wake.close()
    expect(done).to.equal(true)
  })
}

describe('the waker in one process', () => {
  contract(() => new LocalWake({ log: keepingLog() }))

  const atHand = () => {
    const time = new ManualTime()
    const log = keepingLog()
    const calls: (readonly string[])[] = []
    const wake = new LocalWake({ log, clock: time, timer: time.timer })
    wake.on('timers', (keys) => { calls.push(keys) })
    return { time, log, wake, calls }
  }

  it('rings alarms of one moment together, and a nearer one set later first', async () => {
    const { time, wake, calls } = atHand()
    wake.alarm('timers', time.now() + 5000, 'b')
    wake.alarm('timers', time.now() + 5000, 'c')
    wake.alarm('timers', time.now() + 1000, 'a')
    time.advance(999)
    await wake.idle()
    expect(calls).to.deep.equal([])
    time.advance(1)
    await wake.idle()
    time.advance(4000)
    await wake.idle()
    expect(calls).to.deep.equal([['a'], ['b', 'c']])
  })

  it('keeps an alarm that is further away than a timer can be', async () => {
    const { time, wake, calls } = atHand()
    wake.alarm('timers', time.now() + 60 * 24 * 3600 * 1000)
    time.advance(60 * 24 * 3600 * 1000 - 1)
    await wake.idle()
    expect(calls).to.deep.equal([])
    time.advance(1000)
    await wake.idle()
    expect(calls).to.deep.equal([[]])
  })

  it('follows a wall clock that is put forward', async () => {
    const { time, wake, calls } = atHand()
    wake.alarm('timers', time.now() + 3600_000)
    time.set(time.now() + 3600_000)
    time.advance(60_000)
    await wake.idle()
    expect(calls).to.deep.equal([[]])
  })

  it('logs what a handler throws', async () => {
    const { wake, log } = atHand()
    const error = new Error('no')
    wake.on('jobs', () => Promise.reject(error))
    wake.nudge('jobs')
    await wake.idle()
    expect(log.lines).to.deep.equal([{ level: 'error', message: 'wake handler failed', fields: { topic: 'jobs', error } }])
  })
})

const redisUrl = process.env.TURNO_TEST_REDIS_URL
if (redisUrl) {
  describe('the waker of a cluster', function () {
    this.timeout(60_000)
    const open: Waker[] = []
    let prefix = ''
    const make = (log = keepingLog()) => {
      const wake = new BullWake({ url: redisUrl, prefix, log })
      open.push(wake)
      return wake
    }
    beforeEach(() => { prefix = `test-${randomBytes(4).toString('hex')}` })
    afterEach(async () => { for (const wake of open.splice(0)) await wake.close() })

    /** Repeats a nudge that the other may not be listening to yet. */
    const until = async (heard: Promise<unknown>, say: () => void): Promise<void> => {
      const saying = setInterval(say, 20)
      await heard
      clearInterval(saying)
    }
    const together = async (a: Waker, b: Waker): Promise<void> => {
      await until(new Promise<void>((resolve) => a.on('control', () => resolve())), () => b.nudge('control'))
      await until(new Promise<void>((resolve) => b.on('control', () => resolve())), () => a.nudge('control'))
    }

    describe('alone', () => contract(() => make()))

    it('nudges the other processes, with the keys', async () => {
      const [a, b] = [make(), make()]
      await together(a, b)
      const heard = new Promise<readonly string[]>((resolve) => b.on('outbox', resolve))
      a.nudge('outbox', ['chat1'])
      a.nudge('outbox', ['chat2'])
      expect(await heard).to.deep.equal(['chat1', 'chat2'])
    })

    it('nudges nobody under another prefix', async () => {
      const stranger = make()
      prefix = `${prefix}-other`
      const [a, b] = [make(), make()]
      let heard = 0
      stranger.on('control', () => { heard++ })
      await together(a, b)
      const own = new Promise<void>((resolve) => stranger.on('jobs', () => resolve()))
      stranger.nudge('jobs')
      await own
      expect(heard).to.equal(0)
    })

    it('rings an alarm once in every process', async () => {
      const [a, b] = [make(), make()]
      await together(a, b)
      const rings = { a: 0, b: 0 }
      const both = new Promise<void>((resolve) => {
        const ring = (who: 'a' | 'b') => () => {
          rings[who]++
          if (rings.a && rings.b) resolve()
        }
        a.on('timers', ring('a'))
        b.on('timers', ring('b'))
      })
      a.alarm('timers', Date.now() + 80)
      await both
      await together(a, b)
      expect(rings).to.deep.equal({ a: 1, b: 1 })
    })

    it('rings the alarm of a process that is gone', async () => {
      const [a, b] = [make(), make()]
      await together(a, b)
      const rung = new Promise<unknown>((resolve) => b.on('timers', resolve))
      a.alarm('timers', Date.now() + 400)
      const redis = new Redis(redisUrl)
      while (!await redis.exists(`${prefix}:bull:wake:delayed`)) await new Promise(setImmediate)
      redis.disconnect()
      await open.shift()?.close()
      await rung
    })

    if (process.env.TURNO_TEST_SERVICES) {
      const services = (...words: string[]) => execFileSync(new URL('../support/services.sh', import.meta.url).pathname, words, { stdio: 'ignore' })

      it('works alone while Redis is down, warns once, and finds the others when it is back', async () => {
        const log = keepingLog()
        const [a, b] = [make(log), make()]
        await together(a, b)
        const unheard = new Promise<void>((resolve) => a.on('feed', () => resolve()))
        services('stop', 'redis', '-9')
        try {
          const alone = new Promise<void>((resolve) => a.on('inbox', () => resolve()))
          const rung = new Promise<void>((resolve) => a.on('timers', () => resolve()))
          a.nudge('inbox')
          a.alarm('timers', Date.now() + 30)
          await alone
          await rung
        } finally {
          services('start', 'redis')
        }
        await unheard
        await together(a, b)
        expect(log.lines.filter(({ level }) => level === 'warn')).to.have.length(1)
        expect(log.lines.filter(({ level }) => level === 'info').map(({ message }) => message)).to.deep.equal(['redis is back'])
        const rung = new Promise<unknown>((resolve) => b.on('timers', resolve))
        a.alarm('timers', Date.now() + 50)
        await rung
      })

      it('starts and closes without Redis, and joins the others once there is one', async () => {
        services('stop', 'redis')
        let early: Waker
        let late: Waker
        try {
          early = make()
          late = make()
          const alone = new Promise<void>((resolve) => early.on('inbox', () => resolve()))
          early.nudge('inbox')
          await alone
          await new BullWake({ url: redisUrl, prefix, log: keepingLog() }).close()
        } finally {
          services('start', 'redis')
        }
        await together(early, late)
      })
    }

    it('goes on when Redis is emptied', async () => {
      const [a, b] = [make(), make()]
      await together(a, b)
      a.alarm('timers', Date.now() + 100)
      const redis = new Redis(redisUrl)
      await redis.flushall()
      redis.disconnect()
      await new Promise<unknown>((resolve) => a.on('timers', resolve))
      const rung = new Promise<unknown>((resolve) => b.on('timers', resolve))
      a.alarm('timers', Date.now() + 150)
      await rung
      await together(a, b)
    })
  })
}
