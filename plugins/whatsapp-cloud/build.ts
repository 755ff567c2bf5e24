/** OutboundMessage → body of `POST /{phone-number-id}/messages` (provider page "Sending"). Pure; limits are checked before anything leaves. */
import { BridgeError } from '../sdk/bridge.ts'
import type { Capabilities, Choice, ContactCard, HostMedia, Json, OutboundMessage, Part } from '../sdk/bridge.ts'
import { checkSendable } from '../sdk/sendable.ts'
import { atMost, checkedFile, notEmpty, refuse, unsupported } from '../shared/meta/limits.ts'
import { optional, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import { limits } from './capabilities.ts'
import { bsuidOf, phoneOf } from './identity.ts'
import { buttonsOf, componentsOf, languageOf, variablesOf } from './templates.ts'

export type Body = { readonly [key: string]: Json }
/** How Meta gets the file: an uploaded id, or an address it fetches from. */
export type MediaHandle = { readonly id: string } | { readonly link: string }

/** At most this many characters of opaque data come back with each status. */
const correlationMax = 512

export interface BuildInputs {
  readonly capabilities: Capabilities
  /** Of the message's only file, when it has one. */
  readonly media?: MediaHandle
  /** The template as approved, when `needsDefinition` asks for it. */
  readonly definition?: Obj
}

/** @throws {BridgeError} permanent, for what the network cannot carry. */
export function build(message: OutboundMessage, inputs: BuildInputs): Body {
  checkSendable(inputs.capabilities, message)
  const common = { messaging_product: 'whatsapp', ...addressee(message), ...correlation(message.idempotencyKey) }
  if (message.op === 'react') return { ...common, type: 'reaction', reaction: { message_id: message.target, emoji: message.emoji ?? '' } }
  if (message.op !== 'send') throw unsupported('WhatsApp Cloud cannot change or take back what was sent')
  return { ...common, ...(message.replyTo && { context: { message_id: message.replyTo.id } }), ...content(message.part, inputs) }
}

const correlation = (key: string): Body => (key.length <= correlationMax ? { biz_opaque_callback_data: key } : {})

/** `capi_group:` in base64, with which every group id begins. */
const groupPrefix = 'Y2FwaV9ncm91cDo'

/** A phone first: authentication templates need one. It goes with `+`, or Meta may put its own country before it. */
export function addressee(message: Pick<OutboundMessage, 'chat' | 'user'>): { recipient_type: string; to?: string; recipient?: string } {
  if (message.chat.startsWith(groupPrefix)) return { recipient_type: 'group', to: message.chat }
  const values = (kind: 'phone' | 'bsuid') => (message.user?.identifiers ?? []).filter(identifier => identifier.kind === kind).map(identifier => identifier.value)
  const phone = values('phone').map(phoneOf).find(Boolean) ?? phoneOf(message.chat)
  if (phone) return { recipient_type: 'individual', to: `+${phone}` }
  const bsuid = bsuidOf(message.chat) ?? values('bsuid').map(bsuidOf).find(Boolean)
  if (bsuid) return { recipient_type: 'individual', recipient: bsuid }
  throw refuse('Neither a phone number nor a user id is known')
}

/** The one file a message carries, wherever it stands. */
export function fileOf(message: OutboundMessage, capabilities: Capabilities): HostMedia | undefined {
  if (message.op !== 'send') return undefined
  const { part } = message
  if ('media' in part) return attachment(part, capabilities)
  if (part.kind === 'buttons' && part.header && typeof part.header !== 'string') {
    return checkedFile(capabilities, headerKind(part.header.at === 'host' ? part.header.mimeType : ''), part.header)
  }
  if (part.kind === 'template' && part.header && 'at' in part.header) return checkedFile(capabilities, headerKind(part.header.mimeType), part.header)
  return undefined
}

function attachment(part: Extract<Part, { media: unknown }>, capabilities: Capabilities): HostMedia {
  const media = checkedFile(capabilities, part.kind, part.media)
  const still = part.kind === 'sticker' && part.animated === false
  if (still && media.size > limits.stillSticker) throw new BridgeError('permanent', 'media_too_large', `A still sticker may have ${limits.stillSticker} bytes`)
  return media
}

const headerKind = (mimeType: string): 'image' | 'video' | 'document' =>
  mimeType.startsWith('image/') ? 'image' : mimeType.startsWith('video/') ? 'video' : 'document'

function content(part: Part, inputs: BuildInputs): Body {
  switch (part.kind) {
    case 'text':
      notEmpty('The text', part.text)
      return { type: 'text', text: { body: part.text, preview_url: /https?:\/\//i.test(part.text) } }
    case 'image': case 'video': case 'audio': case 'voice': case 'document': case 'sticker': return media(part, inputs)
    case 'location': {
      const { latitude, longitude, name, address } = part
      return { type: 'location', location: { latitude, longitude, ...optional('name', name), ...optional('address', address) } }
    }
    case 'contacts':
      if (part.contacts.length === 0) throw refuse('No contact to send')
      return { type: 'contacts', contacts: part.contacts.map(card) }
    case 'buttons': return { type: 'interactive', interactive: buttons(part, inputs.media) }
    case 'list': return { type: 'interactive', interactive: listMessage(part) }
    case 'template': return { type: 'template', template: template(part, inputs) }
    default: throw unsupported(`WhatsApp Cloud does not take ${part.kind}`)
  }
}

function media(part: Extract<Part, { media: unknown }>, inputs: BuildInputs): Body {
  if (!inputs.media) throw refuse('The file was not handed over')
  const caption = part.caption || undefined
  atMost('The caption', caption, limits.caption)
  const type = part.kind === 'voice' ? 'audio' : part.kind
  const fileName = part.kind === 'document' && part.media.at === 'host' ? part.media.fileName : undefined
  return {
    type,
    [type]: { ...inputs.media, ...optional('caption', caption), ...optional('filename', fileName), ...(part.kind === 'voice' && { voice: true }) },
  }
}

function card(contact: ContactCard): Json {
  return {
    name: { formatted_name: contact.name, first_name: contact.name.split(' ')[0] ?? contact.name },
    phones: contact.phones.map(phone => ({
      phone: phone.value,
      ...optional('type', phone.type),
      ...optional('wa_id', phone.onNetwork ? phoneOf(phone.value.replace(/[^0-9+]/g, '')) : undefined),
    })),
    ...(contact.emails?.length && { emails: contact.emails.map(email => ({ email })) }),
    ...(contact.organization && { org: { company: contact.organization } }),
  }
}

function checkChoices(choices: readonly Choice[], idMax: number): void {
  for (const choice of choices) {
    notEmpty('A title', choice.title)
    notEmpty('An id', choice.id)
    atMost('An id', choice.id, idMax)
  }
  if (new Set(choices.map(choice => choice.id)).size < choices.length) throw refuse('Two choices have the same id')
}

function buttons(part: Extract<Part, { kind: 'buttons' }>, file?: MediaHandle): Json {
  checkChoices(part.choices, limits.buttonId)
  if (new Set(part.choices.map(choice => choice.title)).size < part.choices.length) throw refuse('Two buttons have the same title')
  notEmpty('The text', part.body)
  atMost('The footer', part.footer, limits.footer)
  return {
    type: 'button',
    ...optional('header', buttonsHeader(part.header, file)),
    body: { text: part.body },
    ...(part.footer && { footer: { text: part.footer } }),
    action: { buttons: part.choices.map(({ id, title }) => ({ type: 'reply', reply: { id, title } })) },
  }
}

function buttonsHeader(header: Extract<Part, { kind: 'buttons' }>['header'], handle?: MediaHandle): Json | undefined {
  if (!header) return undefined
  if (typeof header === 'string') {
    atMost('The header', header, limits.header)
    return { type: 'text', text: header }
  }
  const type = headerKind(header.at === 'host' ? header.mimeType : '')
  const fileName = type === 'document' && header.at === 'host' ? header.fileName : undefined
  return { type, [type]: { ...handle, ...optional('filename', fileName) } }
}

function listMessage(part: Extract<Part, { kind: 'list' }>): Json {
  checkChoices(part.sections.flatMap(section => section.choices), limits.rowId)
  for (const section of part.sections) atMost('A section title', section.title, limits.sectionTitle)
  if (part.sections.length > 1 && part.sections.some(section => !section.title)) throw refuse('Each of several sections needs a title')
  notEmpty('The text', part.body)
  notEmpty('The button', part.button)
  atMost('The button', part.button, limits.listButton)
  atMost('The header', part.header, limits.header)
  atMost('The footer', part.footer, limits.footer)
  return {
    type: 'list',
    ...(part.header && { header: { type: 'text', text: part.header } }),
    body: { text: part.body },
    ...(part.footer && { footer: { text: part.footer } }),
    action: {
      button: part.button,
      sections: part.sections.map(section => ({
        ...(section.title && { title: section.title }),
        rows: section.choices.map(({ id, title, description }) => ({ id, title, ...(description && { description }) })),
      })),
    },
  }
}

type TemplatePart = Extract<Part, { kind: 'template' }>

/** Buttons are sent by kind, and a named header by its name: both stand only in the template itself. */
export const needsDefinition = (part: TemplatePart): boolean =>
  Object.keys(part.buttons ?? {}).length > 0 || (!!part.header && 'text' in part.header && isNamed(part))

const isNamed = (part: TemplatePart): boolean => Object.keys(part.variables).some(key => !/^[0-9]+$/.test(key))

function template(part: TemplatePart, inputs: BuildInputs): Json {
  const components = [...templateHeader(part, inputs), ...templateBody(part), ...templateButtons(part, inputs.definition ?? {})]
  return { name: part.name, language: { code: languageOf(part.language) }, ...(components.length > 0 && { components }) }
}

function templateHeader(part: TemplatePart, inputs: BuildInputs): Json[] {
  const { header } = part
  if (!header) return []
  if ('text' in header) {
    const source = componentsOf(inputs.definition ?? {}).find(item => str(item.type)?.toUpperCase() === 'HEADER')
    const name = isNamed(part) ? variablesOf(str(source?.text) ?? '')[0] : undefined
    return [{ type: 'header', parameters: [{ type: 'text', ...optional('parameter_name', name), text: header.text }] }]
  }
  if ('latitude' in header) {
    const { latitude, longitude, name, address } = header
    return [{ type: 'header', parameters: [{ type: 'location', location: { latitude, longitude, ...optional('name', name), ...optional('address', address) } }] }]
  }
  const type = headerKind(header.mimeType)
  return [{ type: 'header', parameters: [{ type, [type]: { ...inputs.media, ...(type === 'document' && { filename: header.fileName }) } }] }]
}

function templateBody(part: TemplatePart): Json[] {
  const entries = Object.entries(part.variables)
  if (entries.length === 0) return []
  const named = isNamed(part)
  const ordered = named ? entries : entries.sort(([a], [b]) => Number(a) - Number(b))
  return [{ type: 'body', parameters: ordered.map(([key, value]) => ({ type: 'text', ...(named && { parameter_name: key }), text: value })) }]
}

function templateButtons(part: TemplatePart, definition: Obj): Json[] {
  const known = buttonsOf(definition)
  return Object.entries(part.buttons ?? {}).flatMap(([position, value]) => {
    const parameter = buttonParameter(str(known[Number(position)]?.type)?.toUpperCase(), value)
    return parameter ? [{ type: 'button', sub_type: parameter.sub_type, index: position, parameters: [parameter.value] }] : []
  })
}

/** Kinds that take no value (telephone, contact request) are left out. A one-time code goes as the tail of a link. */
function buttonParameter(type: string | undefined, value: string): { sub_type: string; value: Json } | undefined {
  switch (type) {
    case 'QUICK_REPLY': return { sub_type: 'quick_reply', value: { type: 'payload', payload: value } }
    case 'URL': case 'OTP': return { sub_type: 'url', value: { type: 'text', text: value } }
    case 'COPY_CODE': return { sub_type: 'copy_code', value: { type: 'coupon_code', coupon_code: value } }
    case 'FLOW': return { sub_type: 'flow', value: { type: 'action', action: { flow_token: value } } }
    default: return undefined
  }
}
