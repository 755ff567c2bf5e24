import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import sharp from 'sharp'
import type { Part, RemoteMedia } from '../../../plugins/sdk/index.ts'
import { hostMedia } from '../../../plugins/sdk/testkit/index.ts'
import type { Customer } from '../../fakes/whatsapp-web/customer.ts'
import { FakeWhatsApp } from '../../fakes/whatsapp-web/fake.ts'
import type { MediaKind } from '../../fakes/whatsapp-web/media.ts'
import type { Phone } from '../../fakes/whatsapp-web/phone.ts'
import { fault, lineOn, online, signal, type EventOf, type Line } from './rig.ts'

async function bytesOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

const mediaOf = (event: EventOf<'message'>): RemoteMedia => {
  const [part] = event.parts
  if (!('media' in part) || part.media.at !== 'remote') throw new Error(`no file: ${JSON.stringify(part)}`)
  return part.media
}

describe('whatsapp-web: files', () => {
  let network: FakeWhatsApp
  let phone: Phone
  let ana: Customer
  let line: Line
  beforeEach(async () => {
    network = await FakeWhatsApp.start()
    phone = network.phone('573001112233', { name: 'Empresa' })
    ana = network.customer('573009998877', { name: 'Ana' })
    line = await online(network, phone)
  })
  afterEach(async () => {
    await line.bridge.disconnect()
    await network.stop()
    expect(network.errors).to.deep.equal([])
  })
  const fetched = async (ref: RemoteMedia): Promise<Buffer> => bytesOf((await line.bridge.media!.fetch(ref, signal())).stream)

  const received: { name: string; kind: MediaKind; message: (fields: object) => object; mimeType: string }[] = [
    { name: 'a picture', kind: 'Image', message: (fields) => ({ imageMessage: { ...fields, mimetype: 'image/jpeg', caption: 'Mire' } }), mimeType: 'image/jpeg' },
    { name: 'a voice note', kind: 'Audio', message: (fields) => ({ audioMessage: { ...fields, mimetype: 'audio/ogg; codecs=opus', ptt: true, seconds: 3 } }), mimeType: 'audio/ogg; codecs=opus' },
    { name: 'a video', kind: 'Video', message: (fields) => ({ videoMessage: { ...fields, mimetype: 'video/mp4' } }), mimeType: 'video/mp4' },
    { name: 'a document', kind: 'Document', message: (fields) => ({ documentMessage: { ...fields, mimetype: 'application/pdf', fileName: 'guía.pdf' } }), mimeType: 'application/pdf' },
    { name: 'a sticker', kind: 'Image', message: (fields) => ({ stickerMessage: { ...fields, mimetype: 'image/webp' } }), mimeType: 'image/webp' },
  ]
  for (const { name, kind, message, mimeType } of received) {
    it(`fetches ${name} with the same bytes`, async () => {
      const bytes = randomBytes(70_001)
      await ana.write(phone, message(network.media.put(kind, bytes)))
      const ref = mediaOf(await line.event('message'))
      expect(ref).to.include({ mimeType, size: 70_001 })
      const file = await line.bridge.media!.fetch(ref, signal())
      expect(file).to.include({ mimeType, size: 70_001 })
      expect((await bytesOf(file.stream)).equals(bytes)).to.equal(true)
    })
  }

  it('names a file without giving its key away, and finds it again after a restart', async () => {
    const mediaKey = randomBytes(32)
    const fields = network.media.put('Image', Buffer.from('picture'), mediaKey)
    await ana.write(phone, { imageMessage: { ...fields, mimetype: 'image/jpeg' } })
    const event = await line.event('message')
    const ref = mediaOf(event)
    const told = JSON.stringify(event) + Buffer.from(ref.id, 'base64url').toString('latin1')
    for (const secret of [mediaKey.toString('base64'), mediaKey.toString('hex'), mediaKey.toString('latin1'), fields.directPath]) expect(told).not.to.include(secret)

    await line.bridge.disconnect()
    line = lineOn(network, line.store.copy())
    expect((await fetched(ref)).toString(), 'even while the line is down').to.equal('picture')
    const last = ref.id.slice(-1) === 'A' ? 'B' : 'A'
    expect(await fault(fetched({ ...ref, id: ref.id.slice(0, -2) + last + last }))).to.equal('permanent media_unavailable')
  })

  it('refuses a file that was changed on its way', async () => {
    const fields = network.media.put('Image', randomBytes(1000))
    network.media.spoil(fields.directPath)
    await ana.write(phone, { imageMessage: { ...fields, mimetype: 'image/jpeg' } })
    expect(await fault(fetched(mediaOf(await line.event('message'))))).to.equal('permanent media_unavailable')
  })

  it('asks no host but WhatsApp\'s, whatever address a customer writes into a message', async () => {
    await line.bridge.disconnect()
    const evil = network.media.put('Image', Buffer.from('x'))
    await ana.write(phone, { imageMessage: { ...evil, url: 'https://169.254.169.254/latest/meta-data', directPath: '/latest/meta-data' } })
    // As in production: no server of one's own is trusted for files.
    line = lineOn(network, line.store)
    await line.bridge.connect(signal())
    const ref = mediaOf(await line.event('message'))
    await line.bridge.disconnect()
    line = lineOn(network, line.store, { serverUrl: '', serverAuthority: '' })
    line.fake.network.answerAlways({ status: 500 })
    await fault(fetched(ref))
    expect(line.fake.network.requests.map(({ url }) => url)).to.deep.equal(['https://mmg.whatsapp.net/latest/meta-data'])
  })

  it('has the phone upload a file again that has expired', async () => {
    const bytes = randomBytes(500)
    const fields = network.media.put('Image', bytes)
    network.media.remove(fields.directPath)
    phone.reuploads.set(fields.directPath, { kind: 'Image', bytes })
    await ana.write(phone, { imageMessage: { ...fields, mimetype: 'image/jpeg' } })
    expect((await fetched(mediaOf(await line.event('message')))).equals(bytes)).to.equal(true)
  })

  it('says when the phone no longer has it', async () => {
    const fields = network.media.put('Image', randomBytes(10))
    network.media.remove(fields.directPath)
    await ana.write(phone, { imageMessage: { ...fields, mimetype: 'image/jpeg' } })
    expect(await fault(fetched(mediaOf(await line.event('message'))))).to.equal('permanent media_unavailable')
  })

  const picture = (): Promise<Buffer> => sharp({ create: { width: 40, height: 30, channels: 3, background: '#c00' } }).jpeg().toBuffer()
  const sent: { name: string; kind: MediaKind; field: 'imageMessage' | 'videoMessage' | 'audioMessage' | 'documentMessage' | 'stickerMessage'; part: (bytes: Buffer) => Part; has: object }[] = [
    { name: 'a picture with a caption', kind: 'Image', field: 'imageMessage', part: (bytes) => ({ kind: 'image', media: hostMedia({ fileName: 'a.jpg', mimeType: 'image/jpeg', bytes }), caption: 'Mire' }), has: { caption: 'Mire', mimetype: 'image/jpeg', width: 40, height: 30 } },
    { name: 'a voice note', kind: 'Audio', field: 'audioMessage', part: (bytes) => ({ kind: 'voice', media: hostMedia({ fileName: 'v.ogg', mimeType: 'audio/ogg', bytes }), durationMs: 3200 }), has: { ptt: true, mimetype: 'audio/ogg; codecs=opus', seconds: 3 } },
    { name: 'a song', kind: 'Audio', field: 'audioMessage', part: (bytes) => ({ kind: 'audio', media: hostMedia({ fileName: 's.mp3', mimeType: 'audio/mpeg', bytes }), durationMs: 1000 }), has: { ptt: false, mimetype: 'audio/mpeg' } },
    { name: 'a document', kind: 'Document', field: 'documentMessage', part: (bytes) => ({ kind: 'document', media: hostMedia({ fileName: 'guía.pdf', mimeType: 'application/pdf', bytes }), caption: 'La guía' }), has: { fileName: 'guía.pdf', caption: 'La guía', mimetype: 'application/pdf' } },
    { name: 'a sticker', kind: 'Image', field: 'stickerMessage', part: (bytes) => ({ kind: 'sticker', media: hostMedia({ fileName: 's.webp', mimeType: 'image/webp', bytes }), animated: true }), has: { mimetype: 'image/webp', isAnimated: true } },
    { name: 'a video', kind: 'Video', field: 'videoMessage', part: (bytes) => ({ kind: 'video', media: hostMedia({ fileName: 'v.mp4', mimeType: 'video/mp4', bytes }) }), has: { mimetype: 'video/mp4' } },
  ]
  for (const { name, kind, field, part, has } of sent) {
    it(`sends ${name}, which the customer opens with the same bytes`, async () => {
      const bytes = await picture()
      await line.send(ana.lidJid, part(bytes))
      const message = ana.inbox(phone)[0]?.message
      const content = message?.[field] ?? message?.documentWithCaptionMessage?.message?.documentMessage
      expect(content).to.deep.include(has)
      expect(network.media.take(kind, content ?? {}).equals(bytes)).to.equal(true)
    })
  }

  it('gives a picture a preview, as phones show one before the file is there', async () => {
    await line.send(ana.lidJid, { kind: 'image', media: hostMedia({ fileName: 'a.jpg', mimeType: 'image/jpeg', bytes: await picture() }) })
    expect(ana.inbox(phone)[0]?.message.imageMessage?.jpegThumbnail?.length).to.be.greaterThan(50)
  })

  it('sends nothing when the upload fails, and says so', async () => {
    network.media.refuseUploads = 500
    expect(await fault(line.send(ana.lidJid, { kind: 'document', media: hostMedia({ fileName: 'a.txt', mimeType: 'text/plain', bytes: 'x' }) }))).to.equal('transient network 500')
    expect(phone.sent).to.deep.equal([])
  })

  it('refuses a file that the channel does not take', async () => {
    const big = { ...hostMedia({ fileName: 'a.jpg', mimeType: 'image/jpeg', bytes: 'x' }), size: 17 * 1024 * 1024 }
    expect(await fault(line.send(ana.lidJid, { kind: 'image', media: big }))).to.equal('permanent media_too_large')
    expect(await fault(line.send(ana.lidJid, { kind: 'voice', media: hostMedia({ fileName: 'v.mp3', mimeType: 'audio/mpeg', bytes: 'x' }) }))).to.equal('permanent media_type')
  })
})
