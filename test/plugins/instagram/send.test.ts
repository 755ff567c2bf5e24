import { expect } from 'chai'
import type { Json, OutboundMessage, Part } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { fakeHost, hostMedia, outbound, sampleParts, sendTable } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost, SendCase } from '../../../plugins/sdk/testkit/index.ts'
import instagram from '../../../plugins/instagram/index.ts'
import type { InstagramSettings } from '../../../plugins/instagram/settings.ts'
import { outboundBody } from '../meta/samples.ts'

const account = '17841405726653026'
const pageId = '682498302938465'
const chat = '1784298734567123'
const opening = (over: Partial<InstagramSettings> = {}) => (fake: FakeHost) => instagram.open({
  id: '01', settings: { accountId: account, ...over }, secrets: { accessToken: 'ig-token', appSecret: 's', verifyToken: 'v' }, webhookUrl: '',
}, fake.host)
const byPage = { login: 'facebook', pageId, appId: '3' } as const

const never = new AbortController().signal
const own = `https://graph.instagram.com/v25.0/${account}/messages`
const paged = `https://graph.facebook.com/v25.0/${pageId}/messages`
const sent = { json: { recipient_id: chat, message_id: 'aWdPUT' } }
const send = (part: Part, over: Partial<Extract<OutboundMessage, { op: 'send' }>> = {}) => outbound(part, { chat, ...over })
const react = (emoji: string | null): OutboundMessage => ({ op: 'react', idempotencyKey: 'k', chat, author: 'human', target: 'aWdfZAG1faXRlbTox', emoji })
const sample = (name: string) => outboundBody('instagram', 'out-messages', name)
const goes = (name: string, message: OutboundMessage, body: Json, url = own): SendCase =>
  ({ name, message, answers: [sent], requests: [{ method: 'POST', url, headers: { authorization: 'Bearer ig-token' }, body }], result: { ids: ['aWdPUT'] } })
const file = (fileName: string, mimeType: string) => ({ ...hostMedia({ fileName, mimeType, bytes: 'abc' }), publicUrl: () => `https://chat.example.org/m/${fileName}` })

describe('Instagram sends', () => {
  const cases: SendCase[] = [
    goes('a text', send({ kind: 'text', text: 'hola' }), sample('text (IG login)')),
    goes('a picture by its address', send({ kind: 'image', media: file('a.jpg', 'image/jpeg') }), sample('image')),
    goes('a PDF by its address', send({ kind: 'document', media: file('a.pdf', 'application/pdf') }), sample('pdf')),
    goes('a heart by its word', react('❤️'), sample('react')),
    goes('another emoji as it is', react('🎉'), { recipient: { id: chat }, sender_action: 'react', payload: { message_id: 'aWdfZAG1faXRlbTox', reaction: '🎉' } }),
    goes('a reaction taken back', react(null), { recipient: { id: chat }, sender_action: 'unreact', payload: { message_id: 'aWdfZAG1faXRlbTox' } }),
    goes('buttons as quick replies', send({ kind: 'buttons', body: 'Elige', choices: [{ id: 'a', title: 'Uno' }] }), { recipient: { id: chat }, message: { text: 'Elige', quick_replies: [{ content_type: 'text', title: 'Uno', payload: 'a' }] } }),
  ]
  for (const check of sendTable(opening(), cases)) it(`by Instagram login ${check.name}`, check.run)

  const quoted = { id: 'aWdfZAG1faXRlbTox', sender: chat, part: sampleParts.text }
  const pageCases: SendCase[] = [
    goes('a text', send({ kind: 'text', text: 'hola' }), sample('text (Page login)'), paged),
    goes('a quote', send({ kind: 'text', text: 'hola' }, { replyTo: quoted }), { ...(sample('text (Page login)') as object), reply_to: { mid: 'aWdfZAG1faXRlbTox' } }, paged),
  ]
  for (const check of sendTable(opening(byPage), pageCases)) it(`by page login ${check.name}`, check.run)

  const refused = (code: number, error_subcode: number) => ({ status: 400, json: { error: { code, error_subcode, message: 'm' } } })
  const late = sendTable(opening({ ...byPage, humanAgent: true }), [{
    name: 'a person\'s late answer with the tag for it', message: send({ kind: 'text', text: 'seguimos' }), answers: [refused(10, 2018278), sent],
    requests: [{ method: 'POST', url: paged }, { method: 'POST', url: paged, body: sample('human agent') }], result: { ids: ['aWdPUT'] },
  }])
  for (const check of late) it(check.name, check.run)
})

describe('Instagram refuses before sending', () => {
  const table: { name: string; message: OutboundMessage; code: string }[] = [
    { name: 'a text of 1,001 bytes', message: send({ kind: 'text', text: `${'x'.repeat(999)}é` }), code: 'bad_request' },
    { name: 'buttons whose text is 1,001 bytes', message: send({ kind: 'buttons', body: `${'x'.repeat(999)}é`, choices: [{ id: 'a', title: 'Uno' }] }), code: 'bad_request' },
    { name: 'a Word document', message: send({ kind: 'document', media: file('a.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document') }), code: 'media_type' },
    { name: 'a picture of 9 MB', message: send({ kind: 'image', media: { ...file('a.jpg', 'image/jpeg'), size: 9 * 1024 * 1024 } }), code: 'media_too_large' },
    { name: 'a quote, which its login does not have', message: send({ kind: 'text', text: 'x' }, { replyTo: { id: 'm', sender: chat, part: sampleParts.text } }), code: 'not_supported' },
    { name: 'a place', message: send(sampleParts.location), code: 'not_supported' },
  ]
  for (const { name, message, code } of table) {
    it(name, async () => {
      const fake = fakeHost()
      const error = await opening()(fake).send(message, never).then(() => null, (reason: unknown) => reason)
      expect(isBridgeError(error) && [error.kind, error.code]).to.deep.equal(['permanent', code])
      expect(fake.network.requests).to.deep.equal([])
    })
  }

  it('but not a text of 1,000 bytes', async () => {
    const fake = fakeHost()
    fake.network.answer(sent)
    expect((await opening()(fake).send(send({ kind: 'text', text: `${'x'.repeat(998)}é` }), never)).ids).to.deep.equal(['aWdPUT'])
  })
})
