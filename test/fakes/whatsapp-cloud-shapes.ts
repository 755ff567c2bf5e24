/** What Meta checks of a message and of a template before it takes them (the provider's limits and the shapes of its OpenAPI file). */
import { must } from './graph.ts'
import type { Obj } from './graph.ts'

const obj = (value: unknown): Obj => {
  must(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object is required')
  return value as Obj
}
const array = (value: unknown, min: number, max: number, what: string): Obj[] => {
  must(Array.isArray(value) && value.length >= min && value.length <= max, `${what}: between ${min} and ${max}`)
  return value as Obj[]
}
const text = (value: unknown, max: number, what: string): string => {
  must(typeof value === 'string' && value.length > 0 && [...value].length <= max, `${what}: 1 to ${max} characters`)
  return value
}
const optionalText = (value: unknown, max: number, what: string): void => {
  if (value !== undefined) text(value, max, what)
}
const only = (value: Obj, allowed: readonly string[], what: string): void => {
  for (const name of Object.keys(value)) must(allowed.includes(name), `${what}: unexpected key ${name}`)
}

type KnownFile = (id: string) => boolean
const kinds = ['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'interactive', 'template', 'reaction']

export function checkMessage(body: Obj, known: KnownFile): void {
  must((body.to === undefined) !== (body.recipient === undefined), 'either to or recipient')
  must(body.recipient_type === 'individual' || body.recipient_type === 'group', 'recipient_type')
  if (body.to !== undefined && body.recipient_type === 'individual') must(/^\+\d{7,15}$/.test(String(body.to)), 'to: + and digits')
  const type = String(body.type)
  must(kinds.includes(type), `type ${type} is not known`)
  only(body, ['messaging_product', 'recipient_type', 'to', 'recipient', 'type', 'context', 'biz_opaque_callback_data', type], 'message')
  optionalText(body.biz_opaque_callback_data, 512, 'biz_opaque_callback_data')
  if (body.context !== undefined) text(obj(body.context).message_id, 512, 'context.message_id')
  if (type === 'contacts') return void array(body.contacts, 1, 257, 'contacts').forEach(contact => text(obj(contact.name).formatted_name, 1024, 'formatted_name'))
  const content = obj(body[type])
  if (type === 'text') return void text(content.body, 4096, 'text.body')
  if (type === 'location') return must(typeof content.latitude === 'number' && typeof content.longitude === 'number', 'latitude and longitude')
  if (type === 'reaction') return must(typeof content.message_id === 'string' && typeof content.emoji === 'string', 'message_id and emoji')
  if (type === 'interactive') return interactive(content, known)
  if (type === 'template') return template(content, known)
  file(content, known)
  optionalText(content.caption, 1024, 'caption')
  if (content.caption !== undefined) must(['image', 'video', 'document'].includes(type), `${type} has no caption`)
  only(content, ['id', 'link', 'caption', ...(type === 'document' ? ['filename'] : []), ...(type === 'audio' ? ['voice'] : [])], type)
}

function file(content: Obj, known: KnownFile): void {
  must((content.id === undefined) !== (content.link === undefined), 'either id or link')
  if (content.id !== undefined) must(known(String(content.id)), 'the media id is not known')
  else must(/^https?:\/\//.test(String(content.link)), 'link must be an address')
}

function header(content: Obj, known: KnownFile): void {
  const type = String(content.type)
  if (type === 'text') return void text(content.text, 60, 'header.text')
  must(['image', 'video', 'document'].includes(type), `header of type ${type}`)
  file(obj(content[type]), known)
}

function interactive(content: Obj, known: KnownFile): void {
  const type = String(content.type)
  if (content.header !== undefined) header(obj(content.header), known)
  if (content.footer !== undefined) text(obj(content.footer).text, 60, 'footer')
  const action = obj(content.action)
  if (type === 'button') {
    text(obj(content.body).text, 1024, 'body')
    const replies = array(action.buttons, 1, 3, 'buttons').map(button => obj(button.reply))
    for (const reply of replies) {
      text(reply.id, 256, 'reply.id')
      text(reply.title, 20, 'reply.title')
    }
    return must(new Set(replies.map(reply => reply.id)).size === replies.length, 'reply ids must differ')
  }
  must(type === 'list', `interactive of type ${type}`)
  text(obj(content.body).text, 4096, 'body')
  text(action.button, 20, 'action.button')
  const sections = array(action.sections, 1, 10, 'sections')
  if (sections.length > 1) sections.forEach(section => text(section.title, 24, 'section.title'))
  const rows = sections.flatMap(section => array(section.rows, 1, 10, 'rows'))
  must(rows.length <= 10, 'at most 10 rows in all')
  for (const row of rows) {
    text(row.id, 200, 'row.id')
    text(row.title, 24, 'row.title')
    optionalText(row.description, 72, 'row.description')
  }
}

function template(content: Obj, known: KnownFile): void {
  text(content.name, 512, 'template.name')
  must(/^[a-z]{2,3}(_[A-Z]{2})?$/.test(String(obj(content.language).code)), 'language.code')
  for (const component of content.components === undefined ? [] : array(content.components, 1, 12, 'components')) {
    must(['header', 'body', 'button'].includes(String(component.type)), 'component.type')
    if (component.type === 'button') must(typeof component.sub_type === 'string' && /^\d+$/.test(String(component.index)), 'sub_type and index')
    for (const parameter of array(component.parameters, 1, 50, 'parameters')) {
      const kind = String(parameter.type)
      if (['image', 'video', 'document'].includes(kind)) file(obj(parameter[kind]), known)
      else if (kind === 'text') text(parameter.text, 1024, 'parameter.text')
      else must(parameter[kind] !== undefined, `parameter ${kind} without its value`)
    }
  }
}

export function checkTemplate(body: Obj): void {
  must(/^[a-z0-9_]{1,512}$/.test(String(body.name)), 'name')
  must(['MARKETING', 'UTILITY', 'AUTHENTICATION'].includes(String(body.category)), 'category')
  must(/^[a-z]{2,3}(_[A-Z]{2})?$/.test(String(body.language)), 'language')
  const components = array(body.components, 1, 5, 'components')
  const find = (type: string) => components.find(component => component.type === type)
  const main = find('BODY')
  must(main !== undefined, 'a body is required')
  if (body.category === 'AUTHENTICATION') return
  const words = text(main.text, 1024, 'body')
  const variables = words.match(/\{\{\w+\}\}/g) ?? []
  if (variables.length > 0) must(main.example !== undefined, 'variables need examples')
  must(!/^\{\{|\}\}$/.test(words), 'a variable at the start or end')
  const head = find('HEADER')
  if (head && ['IMAGE', 'VIDEO', 'DOCUMENT'].includes(String(head.format))) {
    const handles = obj(head.example).header_handle
    must(Array.isArray(handles) && String(handles[0]).startsWith('4::'), 'header_handle')
  }
}
