import { expect } from 'chai'
import type { FeedBatch, ResumeAnswer } from '../../server/http/contract/feed.ts'
import { FeedClient, type FeedSocket } from '../../ui/src/shared/feed/feed.ts'

/** A socket in the hand: the test decides when it connects, fails and speaks. */
class HandSocket implements FeedSocket {
  connected = false
  dials = 0
  sent: [string, unknown][] = []
  answers: ((answer: ResumeAnswer) => void)[] = []
  private readonly listeners = new Map<string, (...args: never[]) => void>()
  on(event: string, listener: (...args: never[]) => void) { this.listeners.set(event, listener) }
  connect() { this.dials += 1 }
  disconnect() { if (this.connected) this.drop() }
  emit(event: string, ...args: unknown[]) {
    this.sent.push([event, args[0]])
    if (event === 'resume') this.answers.push(args[1] as (answer: ResumeAnswer) => void)
  }
  say(event: string, value?: unknown) { (this.listeners.get(event) as ((value: unknown) => void) | undefined)?.(value) }
  open() {
    this.connected = true
    this.say('connect')
  }
  drop() {
    this.connected = false
    this.say('disconnect')
  }
  resumes() { return this.sent.filter(([event]) => event === 'resume').map(([, value]) => (value as { cursor: string }).cursor) }
}

function setUp(reload = async () => 'fresh') {
  const socket = new HandSocket()
  const waits: { ms: number; run: () => void; live: boolean }[] = []
  const seen: { batches: FeedBatch[]; states: string[]; closed: string[]; reloads: number } = { batches: [], states: [], closed: [], reloads: 0 }
  const feed = new FeedClient(socket, {
    onBatch: (batch) => void seen.batches.push(batch),
    onReload: () => {
      seen.reloads += 1
      return reload()
    },
    onTyping: () => undefined,
    onBoard: () => undefined,
    onClosed: (reason) => void seen.closed.push(reason),
    onState: (state) => void seen.states.push(state),
  }, {
    now: () => 0,
    random: () => 0.5,
    after: (ms, run) => {
      const wait = { ms, run, live: true }
      waits.push(wait)
      return () => { wait.live = false }
    },
  })
  const answer = (value: ResumeAnswer) => socket.answers.shift()?.(value)
  const fire = () => waits.filter((wait) => wait.live).splice(-1).forEach((wait) => {
    wait.live = false
    wait.run()
  })
  return { socket, waits, seen, feed, answer, fire }
}
const batch = (cursor: string): FeedBatch => ({ cursor, items: [] })

describe('the live feed', () => {
  it('resumes from the cursor of the page’s first load', () => {
    const { socket, feed, answer, seen } = setUp()
    feed.start('10')
    socket.open()
    answer({ ok: true, cursor: '15' })
    expect(socket.resumes()).to.deep.equal(['10'])
    expect(seen.states).to.deep.equal(['connecting', 'live'])
  })

  it('resumes after a loss from the last batch applied, not from what the server promised', () => {
    const { socket, feed, answer, fire } = setUp()
    feed.start('10')
    socket.open()
    answer({ ok: true, cursor: '99' })
    socket.say('events', batch('12'))
    socket.drop()
    fire()
    socket.open()
    expect(socket.resumes()).to.deep.equal(['10', '12'])
  })

  it('tries again later and later while the server does not answer, and from the start after success', () => {
    const { socket, feed, answer, waits, fire } = setUp()
    feed.start('1')
    for (let n = 0; n < 3; n += 1) {
      socket.say('connect_error', new Error('xhr'))
      fire()
    }
    socket.open()
    answer({ ok: true, cursor: '1' })
    socket.drop()
    expect(waits.map((wait) => wait.ms)).to.deep.equal([500, 1000, 2000, 500])
  })

  it('tries at once when told to, and not twice', () => {
    const { socket, feed, waits } = setUp()
    feed.start('1')
    socket.say('connect_error', new Error('xhr'))
    feed.retryNow()
    expect(socket.dials).to.equal(2)
    expect(waits.every((wait) => !wait.live)).to.equal(true)
    feed.retryNow()
    expect(socket.dials).to.equal(2)
  })

  it('loads everything again when too much was missed, and goes on from there', async () => {
    const { socket, feed, answer, seen } = setUp()
    feed.start('1')
    socket.open()
    answer({ ok: false, reload: true })
    await Promise.resolve()
    await Promise.resolve()
    expect(seen.reloads).to.equal(1)
    expect(socket.resumes()).to.deep.equal(['1', 'fresh'])
  })

  it('starts over when the fresh load fails', async () => {
    const { socket, feed, answer, seen } = setUp(() => Promise.reject(new Error('down')))
    feed.start('1')
    socket.open()
    answer({ ok: false, reload: true })
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen.states.at(-1)).to.equal('lost')
  })

  it('watches again after a reconnect what was being watched, and only that', () => {
    const { socket, feed, answer, fire } = setUp()
    feed.start('1')
    socket.open()
    answer({ ok: true, cursor: '1' })
    feed.watch('a')
    feed.watch('b')
    feed.unwatch('a')
    socket.sent = []
    socket.drop()
    fire()
    socket.open()
    answer({ ok: true, cursor: '1' })
    expect(socket.sent.filter(([event]) => event === 'watch').map(([, value]) => value)).to.deep.equal([{ chatId: 'b' }])
  })

  for (const [how, act] of [
    ['the server closes the session', (socket: HandSocket) => socket.say('session_closed', { reason: 'second_login' })],
    ['the handshake is refused for lack of a session', (socket: HandSocket) => socket.say('connect_error', new Error('unauthorized'))],
  ] as const) {
    it(`stops for good when ${how}`, () => {
      const { socket, feed, seen, waits } = setUp()
      feed.start('1')
      act(socket)
      socket.say('disconnect')
      expect(seen.states.at(-1)).to.equal('closed')
      expect(seen.closed).to.have.lengthOf(1)
      expect(waits).to.have.lengthOf(0)
    })
  }
})
