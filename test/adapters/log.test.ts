import { expect } from 'chai'
import { createLog, withFields, type LogOptions } from '../../server/adapters/log.ts'
import { DomainError } from '../../server/domain/errors.ts'

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLog({ level: 'debug', pretty: false, to: { write: (line) => { lines.push(line) } }, ...options })
  return { log, lines, last: () => JSON.parse(lines.at(-1) as string) as Record<string, unknown> }
}

describe('the log', () => {
  it('writes one object a line: a constant message, and the values in fields', () => {
    const { log, lines, last } = capture()
    log.warn('channel is slow', { channelId: '01J', waits: [1, 2] })
    expect(lines[0]).to.match(/^\{.*\}\n$/)
    expect(last()).to.deep.include({ level: 'warn', message: 'channel is slow', channelId: '01J', waits: [1, 2] })
    expect(Date.parse(last().time as string)).to.be.greaterThan(0)
  })

  it('leaves out what is below its level', () => {
    const { log, lines } = capture({ level: 'warn' })
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(lines).to.have.length(2)
    const silent = capture({ level: 'silent' })
    silent.log.error('e')
    expect(silent.lines).to.deep.equal([])
  })

  it('masks secrets by their names at any depth, and in addresses', () => {
    const { log, lines } = capture()
    const hidden = 'hunter2'
    log.info('x', {
      password: hidden, token: hidden, accessToken: hidden, access_token: hidden, appSecret: hidden, apiKey: hidden,
      headers: { Authorization: hidden, cookie: hidden, 'set-cookie': [hidden] },
      deep: { list: [{ credentials: { user: hidden } }] },
      url: `mysql://u:${hidden}@h/x`, link: `https://h/?access_token=${hidden}`, map: new Map([['secret', hidden]]),
    })
    log.error('y', { error: new Error(`cannot reach redis://:${hidden}@h`, { cause: new Error(`https://u:${hidden}@h`) }) })
    expect(lines.join('')).to.not.contain(hidden)
  })

  it('keeps what only sounds like a secret', () => {
    const { log, last } = capture()
    log.info('x', { key: 'inbox', keys: ['a'], hasPassword: true, keyId: 'ab' })
    expect(last()).to.deep.include({ key: 'inbox', keys: ['a'], hasPassword: true, keyId: 'ab' })
  })

  it('writes errors with code, details and cause', () => {
    const { log, last } = capture()
    log.error('x', { error: new DomainError('in_use', { queueId: '01J' }, { cause: new TypeError('inner') }) })
    expect(last().error).to.deep.include({ name: 'DomainError', code: 'in_use', details: { queueId: '01J' } })
    expect((last().error as { cause: object }).cause).to.include({ name: 'TypeError', message: 'inner' })
  })

  it('survives anything in the fields', () => {
    const { log, last } = capture()
    const loop: Record<string, unknown> = { bytes: Buffer.alloc(5), big: 10n, text: 'x'.repeat(10_000), none: undefined, when: new Date(0) }
    loop.self = loop
    log.info('x', loop)
    expect(last()).to.include({ bytes: '5 bytes', big: '10', when: '1970-01-01T00:00:00.000Z' })
    expect((last().text as string).length).to.be.lessThan(5000)
  })

  it('is a line for people where asked, with the stack of an error below', () => {
    const { log, lines } = capture({ pretty: true })
    log.info('server listens', { port: 8080, host: 'a b' })
    log.error('failed', { error: new Error('broken') })
    expect(lines[0]).to.match(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}server listens {2}port=8080 host="a b"\n$/)
    expect(lines[1]).to.match(/ERROR failed {2}error="broken"\nError: broken\n {4}at /)
  })

  it('adds fields to every line', () => {
    const { log, last } = capture()
    withFields(log, { channelId: '01J' }).debug('x', { n: 1 })
    expect(last()).to.include({ channelId: '01J', n: 1 })
  })
})
