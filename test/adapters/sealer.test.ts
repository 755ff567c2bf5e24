import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeyFile, openSealer } from '../../server/adapters/sealer.ts'

describe('the sealer', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'turno-key-'))
    path = join(folder, 'keys', 'secret.key')
    createKeyFile(path)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const secret = Buffer.from('token de Ñandú')
  const wrong = (work: () => unknown) => expect(work).to.throw().with.property('code', 'secret_key_wrong')

  it('opens what it sealed, which shows nothing of it and never looks alike', () => {
    const sealed = openSealer(path).seal(secret)
    expect(Buffer.from(openSealer(path).open(sealed)).equals(secret)).to.equal(true)
    expect(Buffer.from(sealed).includes('token')).to.equal(false)
    expect(Buffer.from(openSealer(path).seal(secret)).equals(sealed)).to.equal(false)
  })

  it('seals nothing as well', () => {
    const sealer = openSealer(path)
    expect(sealer.open(sealer.seal(new Uint8Array(0)))).to.have.length(0)
  })

  it('has a key file that its owner alone reads, and that is never replaced', () => {
    expect(statSync(path).mode & 0o777).to.equal(0o600)
    const before = readFileSync(path, 'utf8')
    expect(() => createKeyFile(path)).to.throw().with.property('code', 'EEXIST')
    expect(readFileSync(path, 'utf8')).to.equal(before)
  })

  it('refuses what another key sealed, and what was changed in any place', () => {
    const sealer = openSealer(path)
    const sealed = Buffer.from(sealer.seal(secret))
    const other = join(folder, 'other.key')
    createKeyFile(other)
    wrong(() => openSealer(other).open(sealed))
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] as number) ^ 1
      wrong(() => sealer.open(changed))
    }
    wrong(() => sealer.open(sealed.subarray(0, 20)))
    wrong(() => sealer.open(new Uint8Array(0)))
  })

  it('opens with former keys, and seals with the newest', () => {
    const sealed = openSealer(path).seal(secret)
    const newer = join(folder, 'newer.key')
    createKeyFile(newer)
    writeFileSync(newer, readFileSync(newer, 'utf8') + readFileSync(path, 'utf8'))
    const both = openSealer(newer)
    expect(Buffer.from(both.open(sealed)).equals(secret)).to.equal(true)
    wrong(() => openSealer(path).open(both.seal(secret)))
  })

  it('refuses a file that is missing, empty or no key', () => {
    wrong(() => openSealer(join(folder, 'none')))
    for (const text of ['', '# note\n', 'c2hvcnQ=\n']) {
      writeFileSync(path, text)
      wrong(() => openSealer(path))
    }
  })
})
