import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { fileStorage } from '../../server/adapters/storage.ts'
import { failure } from '../support/failure.ts'

describe('the storage in a folder', () => {
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'turno-storage-')) })
  afterEach(() => rmSync(folder, { recursive: true }))

  const content = Buffer.from('a voice note')
  const sha256 = createHash('sha256').update(content).digest('hex')
  const stream = (...chunks: (Buffer | string)[]) => Readable.from(chunks)
  const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))

  it('keeps a stream under the hash of its content', async () => {
    const storage = fileStorage(folder)
    expect(await storage.put(stream(content.subarray(0, 3), content.subarray(3)), 100)).to.deep.equal({ sha256, size: content.length })
    expect(files()).to.deep.equal([join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256)])
    expect(await storage.stat(sha256)).to.deep.equal({ size: content.length })
    expect(await buffer(storage.open(sha256))).to.deep.equal(content)
    expect((await buffer(storage.open(sha256, { start: 2, end: 6 }))).toString()).to.equal('voice')
  })

  it('stores the same content once, also when two bring it at the same time', async () => {
    const storage = fileStorage(folder)
    await Promise.all([storage.put(stream(content), 100), storage.put(stream(content.toString()), 100)])
    await storage.put(stream(content), 100)
    expect(files()).to.have.length(1)
  })

  it('refuses what grows past the limit, and keeps nothing of it', async () => {
    const storage = fileStorage(folder)
    let taken = 0
    const endless = Readable.from((function* () { for (;;) { taken += 1024; yield Buffer.alloc(1024) } })())
    const error = await failure(storage.put(endless, 10_000))
    expect(error).to.include({ code: 'media_too_large' })
    expect(error.details).to.deep.equal({ maxBytes: 10_000 })
    expect(taken).to.be.lessThan(200_000)
    expect(files()).to.deep.equal([])
  })

  it('takes exactly as much as the limit', async () => {
    expect(await fileStorage(folder).put(stream(content), content.length)).to.include({ size: content.length })
  })

  it('keeps nothing of a stream that breaks', async () => {
    const broken = Readable.from((async function* () { yield content; throw new Error('connection lost') })())
    expect((await failure(fileStorage(folder).put(broken, 100))).message).to.equal('connection lost')
    expect(files()).to.deep.equal([])
  })

  it('removes a file, and does not mind if there is none', async () => {
    const storage = fileStorage(folder)
    await storage.put(stream(content), 100)
    await storage.remove(sha256)
    await storage.remove(sha256)
    expect(await storage.stat(sha256)).to.equal(null)
  })

  it('leaves the folder for nobody', async () => {
    const storage = fileStorage(folder)
    for (const name of ['../../etc/passwd', '..', '', sha256.toUpperCase()]) {
      expect(() => storage.open(name)).to.throw().with.property('code', 'not_found')
      expect(await failure(storage.stat(name))).to.include({ code: 'not_found' })
    }
  })

  it('removes uploads that a crash left behind, and none that may still run', async () => {
    mkdirSync(join(folder, 'incoming'))
    const [old, fresh] = ['old', 'fresh'].map((name) => join(folder, 'incoming', name)) as [string, string]
    writeFileSync(old, 'x')
    writeFileSync(fresh, 'x')
    const dayBefore = Date.now() / 1000 - 25 * 3600
    utimesSync(old, dayBefore, dayBefore)
    await fileStorage(folder).put(stream(content), 100)
    expect([existsSync(old), existsSync(fresh)]).to.deep.equal([false, true])
  })
})
