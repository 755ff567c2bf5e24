import { expect } from 'chai'
import { bridgeEntry, SDK_VERSION } from '../../../plugins/sdk/index.ts'

describe('the package field of a bridge', () => {
  const cases: readonly (readonly [string, unknown, string | null])[] = [
    ['a path inside the package', { turno: { bridge: './dist/index.js' } }, './dist/index.js'],
    ['no field', { name: 'x' }, null],
    ['a path that leaves the package', { turno: { bridge: './../other/index.js' } }, null],
    ['a path that leaves it with backslashes', { turno: { bridge: './a\\..\\..\\x.js' } }, null],
    ['an absolute path', { turno: { bridge: '/etc/x.js' } }, null],
    ['a path without ./', { turno: { bridge: 'dist/index.js' } }, null],
    ['something else', { turno: { bridge: 7 } }, null],
    ['a field that is no object', { turno: './x.js' }, null],
    ['nothing', null, null],
  ]
  for (const [name, manifest, entry] of cases) {
    it(`${entry === null ? 'is not taken from' : 'is'} ${name}`, () => {
      expect(bridgeEntry(manifest)).to.equal(entry)
    })
  }

  it('goes with an SDK that has a version', () => {
    expect(SDK_VERSION).to.match(/^\d+\.\d+\.\d+$/)
  })
})
