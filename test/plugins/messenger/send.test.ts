import { expect } from 'chai'
import type { Json, OutboundMessage, Part } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { fakeHost, hostMedia, outbound, sampleParts, sendTable } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost, SendCase } from '../../../plugins/sdk/testkit/index.ts'
import messenger from '../../../plugins/messenger/index.ts'
import type { MessengerSettings } from '../../../plugins/messenger/settings.ts'
import { outboundBody } from '../meta/samples.ts'

const page = '682498302938465'
const chat = '4398273648291734'
const opening = (over: Partial<MessengerSettings> = {}) => (fake: FakeHost) => messenger.open({
  id: '01', settings: { pageId: page, appId: '3', ...over }, secrets: { pageToken: 'page-token', appSecret: 's', verifyToken: 'v' }, webhookUrl: '',
}, fake.host)

const never = new AbortController().signal
const messages = `https://graph.facebook.com/v25.0/${page}/messages`
const sent = { json: outboundBody('messenger', 'out-messages', 'response ok') }
const windowClosed = { status: 400, json: outboundBody('messenger', 'out-messages', 'error window') }
const key = 'turno:42'
const send = (part: Part, over: Partial<Extract<OutboundMessage, { op: 'send' }>> = {}) => outbound(part, { chat, idempotencyKey: key, ...over })
const act = (op: { op: 'react'; target: string; emoji: string | null }): OutboundMessage => ({ ...op, idempotencyKey: key, chat, author: 'human' })
const sample = (name: string) => outboundBody('messenger', 'out-messages', name) as { message: object }
/** A sample with our key where echoes bring it back. */
const keyed = (name: string, message: object = {}): Json => {
  const body = sample(name)
  return { ...body, message: { ...body.message, ...message, metadata: key } } as Json
}
const post = (body: Json) => ({ method: 'POST', url: messages, headers: { authorization: 'Bearer page-token' }, body })
const goes = (name: string, message: OutboundMessage, body: Json): SendCase => ({ name, message, answers: [sent], requests: [post(body)], result: { ids: ['m_OUT1'] } })
const tagged = (text: string): Json => ({ recipient: { id: chat }, messaging_type: 'MESSAGE_TAG', tag: 'HUMAN_AGENT', message: { text, metadata: key } })
const responding = (text: string): Json => ({ recipient: { id: chat }, messaging_type: 'RESPONSE', message: { text, metadata: key } })

describe('Messenger sends', () => {
  const quoted = { id: 'm_AAA1', sender: chat, part: sampleParts.text }
  const cases: SendCase[] = [
    goes('a text', send({ kind: 'text', text: 'Hello' }), sample('text') as unknown as Json),
    goes('a quote', send({ kind: 'text', text: 'ok' }, { replyTo: quoted }), keyed('reply')),
    goes('buttons as quick replies', send({ kind: 'buttons', body: 'Elige', choices: [{ id: 'queue:ventas', title: 'Ventas' }] }), keyed('quick replies')),
    goes('what stands above and below buttons within their text', send({ kind: 'buttons', header: 'Menú', body: 'Elige', footer: 'Gracias', choices: [{ id: 'queue:ventas', title: 'Ventas' }] }),
      keyed('quick replies', { text: 'Menú\n\nElige\n\nGracias' })),
    { ...goes('a reaction', act({ op: 'react', target: 'm_AAA1', emoji: '👍' }), sample('react') as unknown as Json), answers: [{ json: { recipient_id: chat } }], result: { ids: ['action:m_AAA1:turno:42'] } },
    { ...goes('a reaction taken back', act({ op: 'react', target: 'm_AAA1', emoji: null }), sample('unreact') as unknown as Json), answers: [{ json: { recipient_id: chat } }], result: { ids: ['action:m_AAA1:turno:42'] } },
    {
      name: 'a picture after uploading it', message: send({ kind: 'image', media: hostMedia({ fileName: 'a.jpg', mimeType: 'image/jpeg', bytes: 'abc' }) }), answers: [{ json: { attachment_id: '77' } }, sent],
      requests: [
        { method: 'POST', url: `https://graph.facebook.com/v25.0/${page}/message_attachments`, body: { message: '{"attachment":{"type":"image","payload":{"is_reusable":true}}}', filedata: { file: 'a.jpg', type: 'image/jpeg', size: 3 } } },
        post({ recipient: { id: chat }, messaging_type: 'RESPONSE', message: { attachment: { type: 'image', payload: { attachment_id: '77' } }, metadata: key } }),
      ],
      result: { ids: ['m_OUT1'] },
    },
    goes('to the person, whatever the chat is called', send({ kind: 'text', text: 'Hello' }, { chat: 'old', user: { user: chat, identifiers: [{ kind: 'psid', scope: page, value: chat }] } }), sample('text') as unknown as Json),
    { name: 'nothing more when the person is gone', message: send({ kind: 'text', text: 'x' }), answers: [{ status: 400, json: outboundBody('messenger', 'out-messages', 'error user unavailable') }], requests: [post(responding('x'))], error: { kind: 'permanent', code: 'recipient_blocked' } },
    { name: 'nothing more when the window is closed', message: send({ kind: 'text', text: 'x' }), answers: [windowClosed], requests: [post(responding('x'))], error: { kind: 'permanent', code: 'window_closed' } },
    { name: 'and is not sure of an accepted send without an id', message: send({ kind: 'text', text: 'x' }), answers: [{ json: {} }], requests: [post(responding('x'))], error: { kind: 'uncertain', code: 'provider_error' } },
  ]
  for (const check of sendTable(opening(), cases)) it(check.name, check.run)

  const byLink = sendTable(opening({ mediaBy: 'link' }), [goes('a file by its address, where that is chosen', send({ kind: 'image', media: hostMedia({ fileId: 'f', fileName: 'a.jpg', mimeType: 'image/jpeg', bytes: 'abc' }) }),
    { recipient: { id: chat }, messaging_type: 'RESPONSE', message: { attachment: { type: 'image', payload: { url: 'https://turno.example/m/f?signature=test', is_reusable: true } }, metadata: key } })])
  for (const check of byLink) it(check.name, check.run)

  const late = sendTable(opening({ humanAgent: true }), [
    { name: 'a person\'s late answer with the tag for it', message: send({ kind: 'text', text: 'x' }), answers: [windowClosed, sent], requests: [post(responding('x')), post(tagged('x'))], result: { ids: ['m_OUT1'] } },
    { name: 'not a machine\'s', message: send({ kind: 'text', text: 'x' }, { author: 'automatic' }), answers: [windowClosed], requests: [post(responding('x'))], error: { kind: 'permanent', code: 'window_closed' } },
    { name: 'and gives up after seven days', message: send({ kind: 'text', text: 'x' }), answers: [windowClosed, windowClosed], requests: [post(responding('x')), post(tagged('x'))], error: { kind: 'permanent', code: 'window_closed' } },
  ])
  for (const check of late) it(check.name, check.run)

  it('a window that is longer only for people, where the feature is approved', () => {
    expect(opening()(fakeHost()).capabilities().serviceWindow).to.deep.equal({ hours: 24 })
    expect(opening({ humanAgent: true })(fakeHost()).capabilities().serviceWindow).to.deep.equal({ hours: 24, humanHours: 168 })
  })
})

describe('Messenger refuses before sending', () => {
  const choices = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}`, title: `Opción ${index}` }))
  const photo = hostMedia({ fileName: 'a.jpg', mimeType: 'image/jpeg', bytes: 'abc' })
  const table: { name: string; part: Part; code: string }[] = [
    { name: 'a text of 2,001 characters', part: { kind: 'text', text: 'x'.repeat(2001) }, code: 'bad_request' },
    { name: 'a text of blanks', part: { kind: 'text', text: '  ' }, code: 'bad_request' },
    { name: 'a file of 26 MB', part: { kind: 'document', media: { ...photo, size: 26 * 1024 * 1024 } }, code: 'media_too_large' },
    { name: 'a caption', part: { kind: 'image', media: photo, caption: 'x' }, code: 'not_supported' },
    { name: 'fourteen quick replies', part: { kind: 'buttons', body: 'x', choices: choices(14) }, code: 'bad_request' },
    { name: 'a quick reply of 21 characters', part: { kind: 'buttons', body: 'x', choices: [{ id: '1', title: 'x'.repeat(21) }] }, code: 'bad_request' },
    { name: 'a payload of 1,001 characters', part: { kind: 'buttons', body: 'x', choices: [{ id: 'x'.repeat(1001), title: 'x' }] }, code: 'bad_request' },
    { name: 'buttons whose text is too long with what stands above', part: { kind: 'buttons', header: 'x'.repeat(60), body: 'x'.repeat(1990), choices: choices(1) }, code: 'bad_request' },
    { name: 'a picture above buttons', part: { kind: 'buttons', header: photo, body: 'x', choices: choices(1) }, code: 'not_supported' },
    { name: 'a place', part: sampleParts.location, code: 'not_supported' },
    { name: 'a list', part: sampleParts.list, code: 'not_supported' },
  ]
  for (const { name, part, code } of table) {
    it(name, async () => {
      const fake = fakeHost()
      const error = await opening()(fake).send(send(part), never).then(() => null, (reason: unknown) => reason)
      expect(isBridgeError(error) && [error.kind, error.code]).to.deep.equal(['permanent', code])
      expect(fake.network.requests).to.deep.equal([])
    })
  }
})
