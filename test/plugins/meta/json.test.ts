import { expect } from 'chai'
import { httpUrl, instant, num, parseJson, str } from '../../../plugins/shared/meta/json.ts'

describe('reading what Meta sends', () => {
  const bodies: readonly (readonly [name: string, text: string, value: unknown])[] = [
    ['keeps long ids to the last digit', '{"id":9007199254740993123,"n":[12345678901234567,-12345678901234567]}', { id: '9007199254740993123', n: ['12345678901234567', '-12345678901234567'] }],
    ['keeps ordinary numbers numbers', '{"a":1764000000123,"b":-1.5,"c":1e21}', { a: 1764000000123, b: -1.5, c: 1e21 }],
    ['keeps long fractions numbers', '{"latitude":37.44221496582031250001}', { latitude: Number('37.44221496582031250001') }],
    ['leaves digits in texts alone', '{"text":"9007199254740993123 \\"9007199254740993123\\" \\\\"}', { text: '9007199254740993123 "9007199254740993123" \\' }],
    ['knows what is no JSON', '{"a":', undefined],
  ]
  for (const [name, text, value] of bodies) it(name, () => { expect(parseJson(text)).to.deep.equal(value) })

  const instants: readonly (readonly [unknown[], number])[] = [
    [['1764000000'], 1_764_000_000_000], [[1764000000123], 1_764_000_000_123], [[undefined, '', 'x', 5], 5000], [[], 0], [[1e18], 0], [[-4], 0],
  ]
  for (const [candidates, ms] of instants) it(`takes ${JSON.stringify(candidates)} as the instant ${ms}`, () => { expect(instant(...candidates).getTime()).to.equal(ms) })

  it('takes numbers for ids and ids for numbers, and nothing for nothing', () => {
    expect([str(7), str(''), str(null), num('7'), num(' '), num('x'), num(Number.NaN)]).to.deep.equal(['7', undefined, undefined, 7, undefined, undefined, undefined])
  })

  it('fetches only from the web', () => {
    expect(['https://a.b/c', 'http://a.b', '/reel/1', 'javascript:1', 'file:///etc/passwd', 7].map(httpUrl)).to.deep.equal(['https://a.b/c', 'http://a.b', undefined, undefined, undefined, undefined])
  })
})
