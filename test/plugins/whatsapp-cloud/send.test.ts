import { expect } from 'chai'
import type { Json, OutboundMessage, Part, RemoteProfile } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { fakeHost, hostMedia, outbound, sampleParts, sendTable } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost, SendCase } from '../../../plugins/sdk/testkit/index.ts'
import cloud from '../../../plugins/whatsapp-cloud/index.ts'
import type { CloudSettings } from '../../../plugins/whatsapp-cloud/settings.ts'
import { fixture, outboundBody } from '../meta/samples.ts'

const settings: CloudSettings = { phoneNumberId: '106540352242922', wabaId: '102290129340398', appId: '555000111' }
const secrets = { accessToken: 'secret-token', appSecret: 's', verifyToken: 'v' }
const opening = (over: Partial<CloudSettings> = {}) => (fake: FakeHost) => cloud.open({ id: '01', settings: { ...settings, ...over }, secrets, webhookUrl: '' }, fake.host)

const never = new AbortController().signal
const key = '01JHKEYKEYKEYKEYKEYKEYKEYK'
const answers = fixture<Record<string, Json>>('whatsapp-cloud', 'api-responses')
const sent = { json: answers.send_ok as Json }
const wamid = 'wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBJCOTY3NDc0NDFDRUI3NTA0Q0UA'
const messages = 'https://graph.facebook.com/v25.0/106540352242922/messages'
const chat = '16505551234'
const common = { messaging_product: 'whatsapp', recipient_type: 'individual', to: '+16505551234', biz_opaque_callback_data: key }
const send = (part: Part, over: Partial<Extract<OutboundMessage, { op: 'send' }>> = {}) => outbound(part, { chat, ...over })
const quoted = { id: 'wamid.Q', sender: chat, part: sampleParts.text }

const goes = (name: string, message: OutboundMessage, body: Json): SendCase => ({
  name, message, answers: [sent], result: { ids: [wamid] },
  requests: [{ method: 'POST', url: messages, headers: { authorization: 'Bearer secret-token', 'content-type': 'application/json' }, body }],
})
const photo = hostMedia({ fileName: 'foto.jpg', mimeType: 'image/jpeg', bytes: 'bytes' })
const uploads = (name: string, part: Part, file: Json, body: Json): SendCase => ({
  name, message: send(part), answers: [{ json: { id: '4490709327384033' } }, sent], result: { ids: [wamid] },
  requests: [
    { method: 'POST', url: 'https://graph.facebook.com/v25.0/106540352242922/media', headers: { authorization: 'Bearer secret-token' }, body: file },
    { method: 'POST', url: messages, body },
  ],
})

describe('WhatsApp Cloud sends', () => {
  const bsuid: RemoteProfile = { user: 'US.13491208655302741918', identifiers: [{ kind: 'bsuid', scope: settings.wabaId, value: 'US.13491208655302741918' }] }
  const list: Part = {
    kind: 'list', body: 'Elija', header: 'Menú', footer: 'Gracias', button: 'Ver',
    sections: [{ title: 'A', choices: [{ id: '1', title: 'Uno', description: 'el primero' }] }, { title: 'B', choices: [{ id: '2', title: 'Dos' }] }],
  }
  const cases: SendCase[] = [
    goes('a text', send({ kind: 'text', text: 'hola' }), { ...common, type: 'text', text: { body: 'hola', preview_url: false } }),
    goes('a text with a link, with its preview', send({ kind: 'text', text: 'https://turno.example' }), { ...common, type: 'text', text: { body: 'https://turno.example', preview_url: true } }),
    goes('a quote', send({ kind: 'text', text: 'sí' }, { replyTo: quoted }), { ...common, context: { message_id: 'wamid.Q' }, type: 'text', text: { body: 'sí', preview_url: false } }),
    goes('a place, at 0 too', send({ kind: 'location', latitude: 0, longitude: 0, name: 'Sede', address: 'Calle 1' }), { ...common, type: 'location', location: { latitude: 0, longitude: 0, name: 'Sede', address: 'Calle 1' } }),
    goes('a contact', send({ kind: 'contacts', contacts: [{ name: 'Ana Gómez', phones: [{ value: '+57 300 123', type: 'CELL', onNetwork: true }], emails: ['a@b.co'], organization: 'Acme' }] }), {
      ...common, type: 'contacts',
      contacts: [{
        name: { formatted_name: 'Ana Gómez', first_name: 'Ana' }, phones: [{ phone: '+57 300 123', type: 'CELL', wa_id: '57300123' }],
        emails: [{ email: 'a@b.co' }], org: { company: 'Acme' },
      }],
    }),
    goes('buttons', send({ kind: 'buttons', body: '¿Confirma?', header: 'Cita', footer: 'Gracias', choices: [{ id: 'si', title: 'Sí' }, { id: 'no', title: 'No' }] }), {
      ...common, type: 'interactive',
      interactive: {
        type: 'button', header: { type: 'text', text: 'Cita' }, body: { text: '¿Confirma?' }, footer: { text: 'Gracias' },
        action: { buttons: [{ type: 'reply', reply: { id: 'si', title: 'Sí' } }, { type: 'reply', reply: { id: 'no', title: 'No' } }] },
      },
    }),
    goes('a list', send(list), {
      ...common, type: 'interactive',
      interactive: {
        type: 'list', header: { type: 'text', text: 'Menú' }, body: { text: 'Elija' }, footer: { text: 'Gracias' },
        action: { button: 'Ver', sections: [{ title: 'A', rows: [{ id: '1', title: 'Uno', description: 'el primero' }] }, { title: 'B', rows: [{ id: '2', title: 'Dos' }] }] },
      },
    }),
    goes('a reaction', { op: 'react', idempotencyKey: key, chat, author: 'human', target: 'wamid.Q', emoji: '😀' }, { ...common, type: 'reaction', reaction: { message_id: 'wamid.Q', emoji: '😀' } }),
    goes('a reaction taken back', { op: 'react', idempotencyKey: key, chat, author: 'human', target: 'wamid.Q', emoji: null }, { ...common, type: 'reaction', reaction: { message_id: 'wamid.Q', emoji: '' } }),
    goes('to a person without a number', send({ kind: 'text', text: 'hola' }, { chat: bsuid.user, user: bsuid }), {
      ...(outboundBody('whatsapp-cloud', 'out-messages', 'Send text to BSUID (written by us)') as object), text: { body: 'hola', preview_url: false }, biz_opaque_callback_data: key,
    }),
    goes('to the number of someone who has both', send({ kind: 'text', text: 'hola' }, { chat: bsuid.user, user: { ...bsuid, identifiers: [...bsuid.identifiers, { kind: 'phone', scope: '', value: '16505551234' }] } }), {
      ...common, type: 'text', text: { body: 'hola', preview_url: false },
    }),
    goes('to a group', send({ kind: 'text', text: 'hola' }, { chat: 'Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjAz' }), {
      ...common, recipient_type: 'group', to: 'Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjAz', type: 'text', text: { body: 'hola', preview_url: false },
    }),
    goes('a long key without it', send({ kind: 'text', text: 'hola' }, { idempotencyKey: 'k'.repeat(513) }), {
      messaging_product: 'whatsapp', recipient_type: 'individual', to: '+16505551234', type: 'text', text: { body: 'hola', preview_url: false },
    }),
    uploads('an image after uploading it', { kind: 'image', media: photo, caption: 'Mire' },
      { messaging_product: 'whatsapp', type: 'image/jpeg', file: { file: 'foto.jpg', type: 'image/jpeg', size: 5 } },
      { ...common, type: 'image', image: { id: '4490709327384033', caption: 'Mire' } }),
    uploads('a document under its name', { kind: 'document', media: hostMedia({ fileName: 'guía "1".pdf', mimeType: 'application/pdf', bytes: '%PDF' }) },
      { messaging_product: 'whatsapp', type: 'application/pdf', file: { file: 'guía "1".pdf', type: 'application/pdf', size: 4 } },
      { ...common, type: 'document', document: { id: '4490709327384033', filename: 'guía "1".pdf' } }),
    uploads('a voice note as one', sampleParts.voice, { messaging_product: 'whatsapp', type: 'audio/ogg', file: { file: 'nota.ogg', type: 'audio/ogg', size: 1 } },
      { ...common, type: 'audio', audio: { id: '4490709327384033', voice: true } }),
    uploads('a sticker', sampleParts.sticker, { messaging_product: 'whatsapp', type: 'image/webp', file: { file: 'sticker.webp', type: 'image/webp', size: 1 } },
      { ...common, type: 'sticker', sticker: { id: '4490709327384033' } }),
    uploads('buttons under a picture', { kind: 'buttons', body: '¿Confirma?', header: photo, choices: [{ id: 'si', title: 'Sí' }] },
      { messaging_product: 'whatsapp', type: 'image/jpeg', file: { file: 'foto.jpg', type: 'image/jpeg', size: 5 } },
      { ...common, type: 'interactive', interactive: { type: 'button', header: { type: 'image', image: { id: '4490709327384033' } }, body: { text: '¿Confirma?' }, action: { buttons: [{ type: 'reply', reply: { id: 'si', title: 'Sí' } }] } } }),
  ]
  for (const check of sendTable(opening(), cases)) it(check.name, check.run)

  const byLink = sendTable(opening({ mediaBy: 'link' }), [goes('a video by its address, where that is chosen', send(sampleParts.video), {
    ...common, type: 'video', video: { link: 'https://turno.example/m/file-video.mp4?signature=test' },
  })])
  for (const check of byLink) it(check.name, check.run)

  it('with empty fields of a form taken as not filled in, and a pasted token as meant', async () => {
    const fake = fakeHost()
    fake.network.answer(sent)
    const bridge = cloud.open({ id: '01', settings: { ...settings, apiUrl: '', apiVersion: '' }, secrets: { ...secrets, accessToken: ' secret-token\n' }, webhookUrl: '' }, fake.host)
    await bridge.send(send({ kind: 'text', text: 'hola' }), never)
    expect(fake.network.requests.map(({ url, headers }) => [url, headers.authorization])).to.deep.equal([[messages, 'Bearer secret-token']])
  })

  it('one file once, however many get it', async () => {
    const fake = fakeHost()
    const bridge = opening()(fake)
    fake.network.answer({ json: { id: '1' } }, sent, sent)
    await bridge.send(send({ kind: 'image', media: photo }), never)
    await bridge.send(send({ kind: 'image', media: photo }), never)
    expect(fake.network.requests.map(request => request.url.split('/').at(-1))).to.deep.equal(['media', 'messages', 'messages'])
  })

  it('and says what the network calls the addressee', async () => {
    const fake = fakeHost()
    fake.network.answer({ json: { contacts: [{ input: '+5215512345678', wa_id: '5215512345678', user_id: 'MX.1' }], messages: [{ id: 'wamid.1' }] } })
    const result = await opening()(fake).send(send({ kind: 'text', text: 'hola' }), never)
    expect(result.recipient).to.deep.equal({ user: 'MX.1', identifiers: [{ kind: 'bsuid', scope: settings.wabaId, value: 'MX.1' }, { kind: 'phone', scope: '', value: '5215512345678' }] })
  })
})

describe('WhatsApp Cloud sends templates', () => {
  const template = (over: Partial<Extract<Part, { kind: 'template' }>>): OutboundMessage =>
    send({ kind: 'template', remoteId: '920', name: 'pedido', language: 'es-CO', variables: {}, rendered: 'Hola', ...over })
  const body = (components: Json[]) => ({ ...common, type: 'template', template: { name: 'pedido', language: { code: 'es_CO' }, ...(components.length > 0 && { components }) } })
  const definition = (components: Json[]): SendCase['answers'][number] => ({ json: { id: '920', name: 'pedido', components } })
  const asks = { method: 'GET', url: 'https://graph.facebook.com/v25.0/920?fields=id%2Cname%2Clanguage%2Cstatus%2Ccategory%2Ccomponents%2Cquality_score%2Crejected_reason%2Cparameter_format' }
  const withDefinition = (name: string, message: OutboundMessage, known: Json[], components: Json[]): SendCase =>
    ({ name, message, answers: [definition(known), sent], requests: [asks, { method: 'POST', url: messages, body: body(components) }], result: { ids: [wamid] } })

  const cases: SendCase[] = [
    goes('without anything', template({}), body([])),
    goes('with numbered variables in their order', template({ variables: { 10: 'j', 2: 'b', 1: 'a' } }), body([{ type: 'body', parameters: ['a', 'b', 'j'].map(text => ({ type: 'text', text })) }])),
    goes('with named variables', template({ variables: { nombre: 'Ana', pedido: '7' } }), body([{
      type: 'body', parameters: [{ type: 'text', parameter_name: 'nombre', text: 'Ana' }, { type: 'text', parameter_name: 'pedido', text: '7' }],
    }])),
    goes('with a place above', template({ header: { latitude: 4.6, longitude: -74.1, name: 'Sede' } }), body([{ type: 'header', parameters: [{ type: 'location', location: { latitude: 4.6, longitude: -74.1, name: 'Sede' } }] }])),
    goes('with a word above', template({ header: { text: 'julio' }, variables: { 1: 'a' } }), body([{ type: 'header', parameters: [{ type: 'text', text: 'julio' }] }, { type: 'body', parameters: [{ type: 'text', text: 'a' }] }])),
    withDefinition('with a named word above', template({ header: { text: 'julio' }, variables: { nombre: 'Ana' } }), [{ type: 'HEADER', format: 'TEXT', text: 'Ofertas de {{mes}}' }], [
      { type: 'header', parameters: [{ type: 'text', parameter_name: 'mes', text: 'julio' }] }, { type: 'body', parameters: [{ type: 'text', parameter_name: 'nombre', text: 'Ana' }] },
    ]),
    withDefinition('with a value for each button that takes one', template({ buttons: { 0: 'si', 1: 'tail', 2: 'x', 3: 'CODE', 4: 'token' } }), [{
      type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Sí' }, { type: 'URL', text: 'Ver', url: 'https://a/{{1}}' }, { type: 'PHONE_NUMBER', text: 'Llamar' }, { type: 'COPY_CODE' }, { type: 'FLOW', text: 'Abrir' }],
    }], [
      { type: 'button', sub_type: 'quick_reply', index: '0', parameters: [{ type: 'payload', payload: 'si' }] },
      { type: 'button', sub_type: 'url', index: '1', parameters: [{ type: 'text', text: 'tail' }] },
      { type: 'button', sub_type: 'copy_code', index: '3', parameters: [{ type: 'coupon_code', coupon_code: 'CODE' }] },
      { type: 'button', sub_type: 'flow', index: '4', parameters: [{ type: 'action', action: { flow_token: 'token' } }] },
    ]),
    {
      name: 'with a file above, which is uploaded', message: template({ header: hostMedia({ fileName: 'guía.pdf', mimeType: 'application/pdf', bytes: '%PDF' }) }),
      answers: [{ json: { id: '77' } }, sent], result: { ids: [wamid] },
      requests: [
        { method: 'POST', url: 'https://graph.facebook.com/v25.0/106540352242922/media' },
        { method: 'POST', url: messages, body: body([{ type: 'header', parameters: [{ type: 'document', document: { id: '77', filename: 'guía.pdf' } }] }]) },
      ],
    },
  ]
  for (const check of sendTable(opening(), cases)) it(check.name, check.run)
})

describe('WhatsApp Cloud refuses before sending', () => {
  const choices = (count: number) => Array.from({ length: count }, (_, index) => ({ id: `${index}`, title: `Opción ${index}` }))
  const rows = (count: number, over: object = {}): Part => ({ kind: 'list', body: 'x', button: 'Ver', sections: [{ title: '', choices: choices(count).map(choice => ({ ...choice, ...over })) }] })
  const big = (mimeType: string, size: number) => ({ ...hostMedia({ fileName: 'f', mimeType, bytes: 'x' }), size })
  const table: { name: string; message: OutboundMessage; code: string }[] = [
    { name: 'a text of 4,097 characters', message: send({ kind: 'text', text: 'x'.repeat(4097) }), code: 'bad_request' },
    { name: 'a text of blanks', message: send({ kind: 'text', text: ' \n' }), code: 'bad_request' },
    { name: 'an image of 6 MB', message: send({ kind: 'image', media: big('image/png', 6 * 1024 * 1024) }), code: 'media_too_large' },
    { name: 'a still sticker of 200 KB', message: send({ kind: 'sticker', media: big('image/webp', 200 * 1024), animated: false }), code: 'media_too_large' },
    { name: 'a gif', message: send({ kind: 'image', media: big('image/gif', 5) }), code: 'media_type' },
    { name: 'a file that is not in storage', message: send({ kind: 'image', media: { at: 'remote', id: '1' } }), code: 'media_unavailable' },
    { name: 'a caption of 1,025 characters', message: send({ kind: 'image', media: photo, caption: 'x'.repeat(1025) }), code: 'bad_request' },
    { name: 'a caption below a voice note', message: send({ ...sampleParts.voice, caption: 'x' } as Part), code: 'not_supported' },
    { name: 'four buttons', message: send({ kind: 'buttons', body: 'x', choices: choices(4) }), code: 'bad_request' },
    { name: 'a button of 21 characters', message: send({ kind: 'buttons', body: 'x', choices: [{ id: '1', title: 'x'.repeat(21) }] }), code: 'bad_request' },
    { name: 'two buttons of one name', message: send({ kind: 'buttons', body: 'x', choices: [{ id: '1', title: 'x' }, { id: '2', title: 'x' }] }), code: 'bad_request' },
    { name: 'two buttons of one id', message: send({ kind: 'buttons', body: 'x', choices: [{ id: '1', title: 'x' }, { id: '1', title: 'y' }] }), code: 'bad_request' },
    { name: 'a footer of 61 characters', message: send({ kind: 'buttons', body: 'x', footer: 'x'.repeat(61), choices: choices(1) }), code: 'bad_request' },
    { name: 'eleven rows', message: send(rows(11)), code: 'bad_request' },
    { name: 'a description of 73 characters', message: send(rows(1, { description: 'x'.repeat(73) })), code: 'bad_request' },
    { name: 'a row id of 201 characters', message: send(rows(1, { id: 'x'.repeat(201) })), code: 'bad_request' },
    { name: 'a list button of 21 characters', message: send({ ...rows(1), button: 'x'.repeat(21) } as Part), code: 'bad_request' },
    {
      name: 'several sections of which one has no title', code: 'bad_request',
      message: send({ kind: 'list', body: 'x', button: 'Ver', sections: [{ title: 'A', choices: [{ id: '1', title: 'a' }] }, { title: '', choices: [{ id: '2', title: 'b' }] }] }),
    },
    { name: 'an audio above a template', message: send({ ...sampleParts.template, header: hostMedia({ fileName: 'a', mimeType: 'image/gif', bytes: 'x' }) } as Part), code: 'media_type' },
    { name: 'a message to nobody', message: send({ kind: 'text', text: 'x' }, { chat: '?' }), code: 'bad_request' },
    { name: 'an edit', message: { op: 'edit', idempotencyKey: key, chat, author: 'human', target: 'wamid.1', part: sampleParts.text }, code: 'not_supported' },
    { name: 'a deletion', message: { op: 'delete', idempotencyKey: key, chat, author: 'human', target: 'wamid.1' }, code: 'not_supported' },
  ]
  for (const { name, message, code } of table) {
    it(name, async () => {
      const fake = fakeHost()
      const error = await opening()(fake).send(message, never).then(() => null, (reason: unknown) => reason)
      expect(isBridgeError(error) && [error.kind, error.code]).to.deep.equal(['permanent', code])
      expect(fake.network.requests).to.deep.equal([])
    })
  }
})
