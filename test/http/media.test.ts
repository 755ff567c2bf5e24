import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import sharp from 'sharp'
import { eachDatabase } from '../databases.ts'
import { Company, type Person } from '../support/company.ts'
import { type Browser, refusalOf, Site } from '../support/site.ts'

const picture = (width: number, height: number): Promise<Buffer> => sharp({ create: { width, height, channels: 3, background: '#226688' } }).png().toBuffer()

eachDatabase((database) => {
  describe('files over HTTP', () => {
    let company: Company
    let site: Site
    let ana: Person
    let mine: Browser, theirs: Browser, boss: Browser
    let channel: string
    const folder = mkdtempSync(join(tmpdir(), 'turno-media-'))
    const formerTmp = process.env.TMPDIR
    before(async () => {
      process.env.TMPDIR = folder
      company = await Company.open(database)
      site = await Site.open(company.core)
      ana = await company.person('ana', 'agent')
      await company.person('beto', 'agent')
      await company.person('jefa', 'supervisor')
      channel = await company.channel()
      ;[mine, theirs, boss] = [site.browser(), site.browser(), site.browser('supervisor')]
      await mine.signIn('ana')
      await theirs.signIn('beto')
      await boss.signIn('jefa')
    })
    after(async () => {
      await site.close()
      if (formerTmp === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = formerTmp
      rmSync(folder, { recursive: true, force: true })
    })
    afterEach(() => {
      if (existsSync(folder)) expect(readdirSync(folder).filter((name) => name.startsWith('turno-')), 'nothing lies around').to.deep.equal([])
    })

    it('are taken with their measure and a reduced picture', async () => {
      const answer = await mine.upload('añoñ 😀.png', await picture(1200, 600), 'image/png')
      expect(answer.status).to.equal(201)
      expect(answer.json).to.deep.include({ mime: 'image/png', name: 'añoñ 😀.png', width: 1200, height: 600, state: 'ready', thumb: true })
      const thumb = await mine.get(`/app/media/${answer.json.id}/thumb`)
      expect([thumb.status, thumb.headers.get('content-type')]).to.deep.equal([200, 'image/webp'])
      const file = await mine.get(`/app/media/${answer.json.id}`)
      expect(file.headers.get('content-disposition')).to.equal("inline; filename=\"a_o_ __.png\"; filename*=UTF-8''a%C3%B1o%C3%B1%20%F0%9F%98%80.png")
      expect(file.headers.get('x-content-type-options')).to.equal('nosniff')
      expect(file.headers.get('content-security-policy')).to.contain("default-src 'none'")
    })

    it('turn a picture as its camera says', async () => {
      const sideways = await sharp(await picture(60, 30)).jpeg().withMetadata({ orientation: 6 }).toBuffer()
      expect((await mine.upload('foto.jpg', sideways)).json).to.deep.include({ width: 30, height: 60 })
    })

    it('are refused when their content is not what their name says, and nothing is kept', async () => {
      const png = await picture(10, 10)
      const kept = company.storage.files.size
      for (const [name, content] of [
        ['foto.png', 'MZ\u0090\u0000 this is a program'], ['foto.jpg', png], ['foto.png', '<svg onload="alert(1)"/>'], ['informe.pdf', png], ['vacio.txt', ''],
        ['cortada.png', png.subarray(0, 40)], ['cabeza.png', Buffer.concat([png.subarray(0, 33), Buffer.alloc(500, 7)])],
      ] as const) {
        expect(refusalOf(await mine.upload(name, content, 'image/png')), `${name}`).to.equal('415 media_type')
      }
      expect(company.storage.files.size).to.equal(kept)
      expect(await company.core.db.all("SELECT id FROM media WHERE name IN ('foto.jpg', 'informe.pdf', 'cortada.png')")).to.have.length(1)
    })

    it('are refused when they are too large, before all of it has come', async () => {
      expect(refusalOf(await mine.upload('grande.txt', Buffer.alloc(101 * 1024 * 1024, 97)))).to.equal('413 media_too_large')
    }).timeout(60_000)

    it('are refused without a session, a token, or a file', async () => {
      expect(refusalOf(await site.browser().upload('a.txt', 'hola'))).to.equal('401 unauthorized')
      const { csrf } = mine
      mine.csrf = null
      expect(refusalOf(await mine.upload('a.txt', 'hola'))).to.equal('403 csrf')
      mine.csrf = csrf
      expect(refusalOf(await mine.ask('/app/media', { method: 'POST', raw: new FormData() }))).to.equal('400 bad_request')
      expect(refusalOf(await mine.post('/app/media', {}))).to.equal('400 bad_request')
      const other = new FormData()
      other.set('otro', new Blob(['x']), 'x.txt')
      expect(refusalOf(await mine.ask('/app/media', { method: 'POST', raw: other }))).to.equal('400 bad_request')
    })

    it('that browsers must not show are downloaded', async () => {
      for (const [name, content] of [['pagina.html', '<script>alert(1)</script>'], ['dibujo.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'], ['nota.txt', 'hola'], ['x.js', 'alert(1)']]) {
        const { json } = await mine.upload(name as string, content as string, 'text/html')
        const file = await mine.get(`/app/media/${json.id}`)
        expect(file.headers.get('content-disposition'), name).to.match(/^attachment; /)
        expect(file.headers.get('content-type'), name).not.to.match(/html|svg|script/)
        expect(file.headers.get('content-security-policy')).to.contain('sandbox')
      }
    })

    it('come in parts, and not again when nothing changed', async () => {
      const { json } = await mine.upload('diez.txt', '0123456789')
      const path = `/app/media/${json.id}`
      const whole = await mine.get(path)
      expect([whole.status, whole.text, whole.headers.get('accept-ranges'), whole.headers.get('cache-control')]).to.deep.equal([200, '0123456789', 'bytes', 'private, no-cache'])
      for (const [range, status, text, said] of [
        ['bytes=2-4', 206, '234', 'bytes 2-4/10'], ['bytes=7-', 206, '789', 'bytes 7-9/10'], ['bytes=-3', 206, '789', 'bytes 7-9/10'], ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
        ['bytes=10-', 416, '', 'bytes */10'], ['bytes=4-2', 416, '', 'bytes */10'], ['bytes=0-1,3-4', 200, '0123456789', null], ['lines=1-2', 200, '0123456789', null],
      ] as const) {
        const part = await mine.get(path, { range })
        expect([part.status, part.text, part.headers.get('content-range')], range).to.deep.equal([status, text, said])
      }
      const etag = whole.headers.get('etag') as string
      expect((await mine.get(path, { 'if-none-match': etag })).status).to.equal(304)
      expect((await mine.get(path, { range: 'bytes=0-1', 'if-range': etag })).text).to.equal('01')
      expect((await mine.get(path, { range: 'bytes=0-1', 'if-range': '"another"' })).text).to.equal('0123456789')
      const head = await mine.ask(path, { method: 'HEAD' })
      expect([head.status, head.headers.get('content-length'), head.text]).to.deep.equal([200, '10', ''])
    })

    it('come in parts that no compression spoils', async () => {
      const { json } = await mine.upload('largo.txt', 'abcdefghij'.repeat(500))
      const part = await mine.get(`/app/media/${json.id}`, { range: 'bytes=1000-3999', 'accept-encoding': 'gzip' })
      expect([part.status, part.headers.get('content-encoding'), part.text]).to.deep.equal([206, null, 'abcdefghij'.repeat(300)])
    })

    it('are shown to those who may see the chat, and to nobody else', async () => {
      const { json: upload } = await mine.upload('factura.txt', 'privado')
      expect(refusalOf(await theirs.get(`/app/media/${upload.id}`))).to.equal('404 not_found')
      const chat = await company.heldChat(channel, ana)
      const message = await company.message(chat, '', { mediaId: upload.id })
      await company.core.db.run('UPDATE media SET chatId = ?, messageId = ? WHERE id = ?', [chat, message, upload.id])
      for (const path of [`/app/media/${upload.id}`, `/app/media/${upload.id}/thumb`]) expect(refusalOf(await theirs.get(path))).to.equal('404 not_found')
      expect((await mine.get(`/app/media/${upload.id}`)).text).to.equal('privado')
      expect((await boss.get(`/app/media/${upload.id}`)).text).to.equal('privado')
      expect(refusalOf(await site.browser().get(`/app/media/${upload.id}`))).to.equal('401 unauthorized')
    })

    it('that did not come yet, or are gone, are said to be', async () => {
      const id = company.core.ids.next()
      await company.insert('media', { id, mime: 'image/png', name: 'a.png', state: 'pending', uploadedBy: ana.id, createdAt: company.clock.now() })
      expect(refusalOf(await mine.get(`/app/media/${id}`))).to.equal('409 media_unavailable')
      const { json } = await mine.upload('ido.txt', 'ya no está')
      await company.storage.remove((await company.core.db.get<{ sha256: string }>('SELECT sha256 FROM media WHERE id = ?', [json.id]))?.sha256 as string)
      expect(refusalOf(await mine.get(`/app/media/${json.id}`))).to.equal('409 media_unavailable')
    })
  })
})
