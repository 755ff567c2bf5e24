import { expect } from 'chai'
import type { proto } from '@whiskeysockets/baileys'
import type { Part, Referral } from '../../../plugins/sdk/index.ts'
import { contextOf, partOf, referralOf, unwrap, type MakeFile } from '../../../plugins/whatsapp-web/content.ts'
import { isMetaPicture } from '../../../plugins/whatsapp-web/convert.ts'
import { messageId, outgoingId, parseMessageId, person } from '../../../plugins/whatsapp-web/ids.ts'
import { readVcard, writeVcard } from '../../../plugins/whatsapp-web/vcard.ts'
import { phoneDigits } from '../../../plugins/whatsapp-web/directory.ts'

const file: MakeFile = (kind, { mimetype }, fileName) => ({ at: 'remote', id: kind, ...(mimetype ? { mimeType: mimetype } : {}), ...(fileName ? { fileName } : {}) })
const media = (id: string, more: object = {}) => ({ at: 'remote', id, ...more }) as const

describe('whatsapp-web: what a message says', () => {
  const table: { name: string; message: proto.IMessage; part: Part | null }[] = [
    { name: 'a text', message: { conversation: 'Hola' }, part: { kind: 'text', text: 'Hola' } },
    { name: 'a text with a preview', message: { extendedTextMessage: { text: 'Mire https://x.co', title: 'X' } }, part: { kind: 'text', text: 'Mire https://x.co' } },
    { name: 'a picture', message: { imageMessage: { mimetype: 'image/jpeg', caption: 'Mire' } }, part: { kind: 'image', media: media('image', { mimeType: 'image/jpeg' }), caption: 'Mire' } },
    { name: 'a picture to see once', message: { viewOnceMessageV2: { message: { imageMessage: {} } } }, part: { kind: 'image', media: media('image') } },
    { name: 'a video', message: { videoMessage: { seconds: 7, caption: '' } }, part: { kind: 'video', media: media('video'), durationMs: 7000 } },
    { name: 'a moving picture', message: { videoMessage: { gifPlayback: true } }, part: { kind: 'video', media: media('video'), animated: true } },
    { name: 'a round video', message: { ptvMessage: { seconds: 3 } }, part: { kind: 'video', media: media('video'), durationMs: 3000 } },
    { name: 'a voice note', message: { audioMessage: { ptt: true, seconds: 4, mimetype: 'audio/ogg; codecs=opus' } }, part: { kind: 'voice', media: media('audio', { mimeType: 'audio/ogg; codecs=opus' }), durationMs: 4000 } },
    { name: 'a song', message: { audioMessage: { ptt: false, seconds: 180 } }, part: { kind: 'audio', media: media('audio'), durationMs: 180_000 } },
    { name: 'a document with a caption', message: { documentWithCaptionMessage: { message: { documentMessage: { fileName: 'guía.pdf', caption: 'La guía' } } } }, part: { kind: 'document', media: media('document', { fileName: 'guía.pdf' }), caption: 'La guía' } },
    { name: 'a sticker that moves', message: { stickerMessage: { isAnimated: true } }, part: { kind: 'sticker', media: media('sticker'), animated: true } },
    { name: 'a place on the equator', message: { locationMessage: { degreesLatitude: 0, degreesLongitude: 0, name: 'Aquí' } }, part: { kind: 'location', latitude: 0, longitude: 0, name: 'Aquí' } },
    { name: 'a live place', message: { liveLocationMessage: { degreesLatitude: 4.6, degreesLongitude: -74.1, caption: 'Voy' } }, part: { kind: 'location', latitude: 4.6, longitude: -74.1, name: 'Voy' } },
    { name: 'a disappearing message', message: { ephemeralMessage: { message: { extendedTextMessage: { text: 'Se va' } } } }, part: { kind: 'text', text: 'Se va' } },
    {
      name: 'contacts', message: { contactsArrayMessage: { contacts: [{ displayName: 'Ana', vcard: 'BEGIN:VCARD\nFN:Ana Gómez\nTEL;type=CELL;waid=573001112233:+57 300 111 2233\nEND:VCARD' }] } },
      part: { kind: 'contacts', contacts: [{ name: 'Ana Gómez', phones: [{ value: '+57 300 111 2233', type: 'cell', onNetwork: true }] }] },
    },
    { name: 'a pressed button', message: { buttonsResponseMessage: { selectedButtonId: 'si', selectedDisplayText: 'Sí' } }, part: { kind: 'choice', via: 'button', id: 'si', title: 'Sí' } },
    { name: 'a chosen row', message: { listResponseMessage: { title: 'Cita', singleSelectReply: { selectedRowId: '1' } } }, part: { kind: 'choice', via: 'list', id: '1', title: 'Cita' } },
    { name: 'a pressed button of a template', message: { templateButtonReplyMessage: { selectedId: 'x', selectedDisplayText: 'X' } }, part: { kind: 'choice', via: 'template', id: 'x', title: 'X' } },
    {
      name: 'a pressed native button', message: { interactiveResponseMessage: { body: { text: 'Sí' }, nativeFlowResponseMessage: { name: 'quick_reply', paramsJson: '{"id":"si"}' } } },
      part: { kind: 'choice', via: 'button', id: 'si', title: 'Sí' },
    },
    {
      name: 'a filled form', message: { interactiveResponseMessage: { body: { text: 'Enviado' }, nativeFlowResponseMessage: { name: 'flow', paramsJson: '{"nombre":"Ana"}' } } },
      part: { kind: 'form', name: 'flow', values: { nombre: 'Ana' }, raw: '{"nombre":"Ana"}' },
    },
    { name: 'a form that is no JSON', message: { interactiveResponseMessage: { nativeFlowResponseMessage: { name: 'flow', paramsJson: '{' } } }, part: { kind: 'form', name: 'flow', values: null, raw: '{' } },
    { name: 'buttons of another business', message: { buttonsMessage: { contentText: '¿Sí?', footerText: 'Adiós', buttons: [{ buttonText: { displayText: 'Sí' } }] } }, part: { kind: 'text', text: '¿Sí?\nAdiós\nSí' } },
    { name: 'a poll', message: { pollCreationMessageV3: { name: '¿Cuándo?', options: [{ optionName: 'Hoy' }, { optionName: 'Mañana' }] } }, part: { kind: 'unsupported', remoteType: 'pollCreation', text: '¿Cuándo?\n- Hoy\n- Mañana' } },
    { name: 'an order', message: { orderMessage: { message: 'Dos panes' } }, part: { kind: 'unsupported', remoteType: 'order', text: 'Dos panes' } },
    { name: 'an invitation to a group', message: { groupInviteMessage: { groupName: 'Familia' } }, part: { kind: 'unsupported', remoteType: 'groupInvite', text: 'Familia' } },
    { name: 'a sender key alone', message: { senderKeyDistributionMessage: { groupId: 'x@g.us' } }, part: null },
    { name: 'a vote', message: { pollUpdateMessage: {}, messageContextInfo: {} }, part: null },
    { name: 'a pin', message: { pinInChatMessage: {} }, part: null },
    { name: 'the frame of an album', message: { albumMessage: { expectedImageCount: 2 } }, part: null },
    { name: 'nothing', message: {}, part: null },
    { name: 'an empty text', message: { extendedTextMessage: { text: '' } }, part: { kind: 'unsupported', remoteType: 'extendedText' } },
  ]
  for (const { name, message, part } of table) it(name, () => expect(partOf(unwrap(message), file)).to.deep.equal(part))

  it('a copy of what the own phone sent, out of its envelope', () => {
    expect(unwrap({ deviceSentMessage: { message: { ephemeralMessage: { message: { conversation: 'x' } } } } })).to.deep.equal({ conversation: 'x' })
  })
})

describe('whatsapp-web: what a message answers', () => {
  const picture = (url: string) => (isMetaPicture(url) ? media(url) : undefined)
  const referral = (context: proto.IContextInfo): Referral | undefined => referralOf(contextOf({ extendedTextMessage: { text: 'x', contextInfo: context } }) ?? {}, file, picture)

  it('an advert, with its picture only from Meta\'s own servers', () => {
    const advert = { title: 'Oferta', body: '2x1', sourceUrl: 'https://fb.me/x', sourceId: '1', ctwaClid: 'c', sourceType: 'ad' }
    const seen = { kind: 'ad', title: 'Oferta', body: '2x1', url: 'https://fb.me/x', sourceId: '1', clickId: 'c' }
    expect(referral({ externalAdReply: { ...advert, thumbnailUrl: 'https://scontent.xx.fbcdn.net/a.jpg' } })).to.deep.equal({ ...seen, media: media('https://scontent.xx.fbcdn.net/a.jpg') })
    expect(referral({ externalAdReply: { ...advert, thumbnailUrl: 'http://169.254.169.254/latest' } })).to.deep.equal(seen)
    expect(referral({ externalAdReply: { ...advert, thumbnailUrl: 'https://fbcdn.net.evil.example/a' } })).to.deep.equal(seen)
  })
  it('no advert: a link that someone decorated', () => expect(referral({ externalAdReply: { title: 'x', sourceUrl: 'https://x' } })).to.equal(undefined))
  it('a status, with its text or its picture', () => {
    expect(referral({ remoteJid: 'status@broadcast', stanzaId: 's1', quotedMessage: { extendedTextMessage: { text: 'Cerramos hoy' } } })).to.deep.equal({ kind: 'status', body: 'Cerramos hoy', sourceId: 's1' })
    expect(referral({ remoteJid: 'status@broadcast', stanzaId: 's2', quotedMessage: { imageMessage: { caption: 'Nuevo' } } })).to.deep.equal({ kind: 'status', body: 'Nuevo', sourceId: 's2', media: media('image') })
  })
})

describe('whatsapp-web: ids', () => {
  it('say chat, author, side and id, and can be read again', () => {
    const parts = { chat: '1@lid', author: '', fromMe: false, id: '3AB' }
    expect(messageId(parts)).to.equal('1@lid||0|3AB')
    expect(parseMessageId('1@lid||0|3AB')).to.deep.equal(parts)
    expect(parseMessageId('x')).to.equal(null)
  })
  it('stay short and unforgeable whatever the sender\'s device mints', () => {
    const long = messageId({ chat: '1@lid', author: '', fromMe: false, id: 'x'.repeat(10_000) })
    expect(long.length).to.be.lessThan(100)
    const forged = messageId({ chat: '1@lid', author: '', fromMe: false, id: 'a|b' })
    expect(forged.split('|')).to.have.length(4)
  })
  it('are the same on each attempt of a send, and shaped like the web client\'s', () => {
    expect(outgoingId('k1')).to.equal(outgoingId('k1')).and.to.match(/^3EB0[0-9A-F]{18}$/)
    expect(outgoingId('k2')).not.to.equal(outgoingId('k1'))
  })
  it('name the person, not the device', () => {
    expect(['573:5@s.whatsapp.net', '1:2@lid', '573@c.us', '573:99@hosted', '1@hosted.lid', '12@g.us', '', null].map(person))
      .to.deep.equal(['573@s.whatsapp.net', '1@lid', '573@s.whatsapp.net', '573@s.whatsapp.net', '1@lid', '12@g.us', '', ''])
  })
})

describe('whatsapp-web: cards and numbers', () => {
  it('writes a card that it reads back', () => {
    const card = { name: 'Gómez, Ana; hija', phones: [{ value: '+57 300 111 2233', type: 'cell', onNetwork: true }], emails: ['ana@example.com'], organization: 'Casa' }
    expect(readVcard(writeVcard(card))).to.deep.equal(card)
  })
  it('reads folded lines, prefixes and cards without a name', () => {
    expect(readVcard('BEGIN:VCARD\r\nFN:Ana\r\n  Gómez\r\nitem1.TEL:+1 555\r\nEND:VCARD')).to.deep.equal({ name: 'Ana Gómez', phones: [{ value: '+1 555' }] })
    expect(readVcard('BEGIN:VCARD\nTEL:+1 555\nEND:VCARD').name).to.equal('+1 555')
  })
  const numbers: [string, string | null][] = [
    ['300 123 4567', '573001234567'], ['+57 (300) 123-4567', '573001234567'], ['573001234567', '573001234567'], ['+5215512345678', '5215512345678'],
    ['no', null], ['12', null], ['', null],
  ]
  for (const [typed, digits] of numbers) it(`reads ${JSON.stringify(typed)} on a Colombian line`, () => expect(phoneDigits(typed, '573001112233')).to.equal(digits))
})
