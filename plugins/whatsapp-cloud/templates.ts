/** Templates as the API writes them, and as Turno does (provider page "Templates"). */
import { BridgeError } from '../sdk/bridge.ts'
import type { Json, RemoteTemplate, TemplateButton, TemplateDraft } from '../sdk/bridge.ts'
import { measure } from '../sdk/capabilities.ts'
import { list, objects, optional, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'

/** Webhooks write `en-US` where the API takes `en_US`. */
export const languageOf = (language: string): string => language.replace('-', '_')

const categories: Readonly<Record<string, RemoteTemplate['category']>> = {
  MARKETING: 'marketing', UTILITY: 'utility', AUTHENTICATION: 'authentication',
  // The names before 2023.
  TRANSACTIONAL: 'utility', OTP: 'authentication',
}
/** What is not known counts as marketing: the one a marketing stop holds back. */
export const categoryOf = (category: string): RemoteTemplate['category'] => categories[category.toUpperCase()] ?? 'marketing'

const statuses: Readonly<Record<string, RemoteTemplate['status']>> = {
  APPROVED: 'approved', REINSTATED: 'approved', UNARCHIVED: 'approved', PENDING: 'submitted', IN_APPEAL: 'submitted',
  REJECTED: 'rejected', LIMIT_EXCEEDED: 'rejected', PAUSED: 'paused', DISABLED: 'disabled', LOCKED: 'disabled', ARCHIVED: 'disabled',
  DELETED: 'deleted', PENDING_DELETION: 'deleted',
}
/** Of the API's status or a webhook's event. Undefined for those that change nothing (FLAGGED: still usable). */
export const statusOf = (word: string | undefined): RemoteTemplate['status'] | undefined =>
  word !== undefined && Object.hasOwn(statuses, word) ? statuses[word] : undefined

export const templateFields = 'id,name,language,status,category,components,quality_score,rejected_reason,parameter_format'

type HeaderKind = NonNullable<RemoteTemplate['headerKind']>
const headerKinds: Readonly<Record<string, HeaderKind>> = { TEXT: 'text', IMAGE: 'image', VIDEO: 'video', DOCUMENT: 'document', LOCATION: 'location' }

export const componentsOf = (source: Obj): readonly Obj[] => objects(source.components)
const component = (source: Obj, type: string): Obj | undefined => componentsOf(source).find(item => str(item.type)?.toUpperCase() === type)
/** In the order that sending counts them by. */
export const buttonsOf = (source: Obj): readonly Obj[] => objects(component(source, 'BUTTONS')?.buttons)

export function remoteTemplate(source: Obj): RemoteTemplate {
  const header = component(source, 'HEADER')
  const buttons = buttonsOf(source).map(button)
  const reason = str(source.rejected_reason)
  return {
    remoteId: str(source.id) ?? '',
    name: str(source.name) ?? '',
    language: languageOf(str(source.language) ?? ''),
    category: categoryOf(str(source.category) ?? ''),
    status: statusOf(str(source.status)) ?? 'submitted',
    body: str(component(source, 'BODY')?.text) ?? '',
    ...optional('footer', str(component(source, 'FOOTER')?.text)),
    ...(buttons.length > 0 && { buttons }),
    ...(header && { headerKind: headerKinds[str(header.format)?.toUpperCase() ?? ''] ?? 'other' }),
    ...optional('reason', reason === 'NONE' ? undefined : reason),
    raw: source as Json,
  }
}

/** Every button keeps its place, as sending names them by position; kinds without a counterpart show as quick replies. */
function button(source: Obj): TemplateButton {
  const text = str(source.text) ?? ''
  const example = str(list(source.example)[0]) ?? str(source.example)
  switch (str(source.type)?.toUpperCase()) {
    case 'URL': return { type: 'url', text, ...optional('value', str(source.url)), ...optional('example', example) }
    case 'PHONE_NUMBER': return { type: 'phone', text, ...optional('value', str(source.phone_number)) }
    case 'COPY_CODE': case 'OTP': return { type: 'copy_code', text, ...optional('example', example) }
    case 'FLOW': return { type: 'flow', text, ...optional('value', str(source.flow_id)) }
    case 'REQUEST_CONTACT_INFO': return { type: 'request_contact', text }
    default: return { type: 'quick_reply', text }
  }
}

const placeholder = /\{\{\s*([A-Za-z0-9_]+)\s*\}\}/g
export const variablesOf = (text: string): string[] => [...new Set([...text.matchAll(placeholder)].map(found => found[1] ?? ''))]

const wrong = (message: string): BridgeError => new BridgeError('permanent', 'template_invalid', message)

/** What Meta refuses is refused here first, in words. @throws {BridgeError} template_invalid */
export function checkDraft(draft: TemplateDraft): void {
  if (!/^[a-z0-9_]{1,512}$/.test(draft.name)) throw wrong('The name may have lower-case letters, digits and _ only')
  if (draft.category === 'authentication') return
  const variables = variablesOf(draft.body)
  const inHeader = draft.header?.kind === 'text' ? variablesOf(draft.header.text) : []
  const all = [...variables, ...inHeader]
  tooLong('The body', draft.body, 1024)
  tooLong('The footer', draft.footer, 60)
  if (draft.body.trim() === '') throw wrong('The body is empty')
  if (/^\s*\{\{[^}]*\}\}|\{\{[^}]*\}\}\s*$/.test(draft.body)) throw wrong('The body may not begin or end with a variable')
  if (/\}\}\s*\{\{/.test(draft.body)) throw wrong('Two variables need words between them')
  const positional = variables.filter(isPosition)
  if (all.some(isPosition) && !all.every(isPosition)) throw wrong('Numbered and named variables cannot be mixed')
  if (positional.some((_, index) => !positional.includes(String(index + 1)))) throw wrong('Numbered variables count from 1 without gaps')
  const missing = variables.filter(name => !draft.examples[name]?.trim())
  if (missing.length > 0) throw wrong(`An example is needed for: ${missing.join(', ')}`)
  if (draft.header?.kind === 'text') {
    tooLong('The header', draft.header.text, 60)
    if (inHeader.length > 1) throw wrong('The header may have one variable')
    if (inHeader.length === 1 && !draft.header.example?.trim()) throw wrong('The header\'s variable needs an example')
  }
  const buttons = draft.buttons ?? []
  if (buttons.length > 10) throw wrong('At most 10 buttons')
  for (const entry of buttons) {
    tooLong('A button', entry.text, 25)
    const needsValue = entry.type === 'url' || entry.type === 'phone' || entry.type === 'flow'
    if (needsValue && !entry.value) throw wrong(`The button "${entry.text}" needs a value`)
    if (entry.type === 'copy_code' && !entry.example) throw wrong(`The button "${entry.text}" needs an example code`)
    if (entry.type === 'url' && entry.value && variablesOf(entry.value).length > 0 && !entry.example) throw wrong(`The address of "${entry.text}" needs an example`)
  }
}

function tooLong(what: string, text: string | undefined, max: number): void {
  const length = measure(text ?? '', 'characters')
  if (length > max) throw wrong(`${what} has ${length} characters; at most ${max} are allowed`)
}

const isPosition = (name: string): boolean => /^[0-9]+$/.test(name)

/** The form `message_templates` takes. `sampleHandle` is the uploaded sample of a media header. */
export function draftBody(draft: TemplateDraft, sampleHandle?: string): { name: string; language: string; category: string; parameter_format: string; components: Json[] } {
  const variables = variablesOf(draft.body)
  const inHeader = draft.header?.kind === 'text' ? variablesOf(draft.header.text) : []
  const named = [...variables, ...inHeader].some(name => !isPosition(name))
  return {
    name: draft.name,
    language: languageOf(draft.language),
    category: draft.category.toUpperCase(),
    parameter_format: named ? 'NAMED' : 'POSITIONAL',
    components: draft.category === 'authentication' ? authentication(draft) : [
      ...headerComponent(draft, named, sampleHandle),
      { type: 'BODY', text: draft.body, ...(variables.length > 0 && { example: bodyExample(draft, variables, named) }) },
      ...(draft.footer ? [{ type: 'FOOTER', text: draft.footer }] : []),
      ...(draft.buttons?.length ? [{ type: 'BUTTONS', buttons: draft.buttons.map(buttonBody) }] : []),
    ],
  }
}

function bodyExample(draft: TemplateDraft, variables: readonly string[], named: boolean): Json {
  if (named) return { body_text_named_params: variables.map(name => ({ param_name: name, example: draft.examples[name] ?? '' })) }
  const ordered = [...variables].sort((a, b) => Number(a) - Number(b))
  return { body_text: [ordered.map(name => draft.examples[name] ?? '')] }
}

function headerComponent(draft: TemplateDraft, named: boolean, sampleHandle?: string): Json[] {
  const { header } = draft
  if (!header) return []
  if (header.kind === 'location') return [{ type: 'HEADER', format: 'LOCATION' }]
  if (header.kind !== 'text') return [{ type: 'HEADER', format: header.kind.toUpperCase(), example: { header_handle: [sampleHandle ?? ''] } }]
  const [variable] = variablesOf(header.text)
  const example = header.example ?? ''
  return [{
    type: 'HEADER', format: 'TEXT', text: header.text,
    ...(variable && { example: named ? { header_text_named_params: [{ param_name: variable, example }] } : { header_text: [example] } }),
  }]
}

function buttonBody(source: TemplateButton): Json {
  const { text, value, example } = source
  switch (source.type) {
    case 'url': return { type: 'URL', text, url: value ?? '', ...(example && { example: [example] }) }
    case 'phone': return { type: 'PHONE_NUMBER', text, phone_number: value ?? '' }
    case 'copy_code': return { type: 'COPY_CODE', example: example ?? '' }
    case 'flow': return { type: 'FLOW', text, flow_id: value ?? '' }
    case 'request_contact': return { type: 'REQUEST_CONTACT_INFO', text }
    case 'quick_reply': return { type: 'QUICK_REPLY', text }
  }
}

/** The words of an authentication template are Meta's own; only its button has a text. */
const authentication = (draft: TemplateDraft): Json[] => [
  { type: 'BODY', add_security_recommendation: true },
  { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE', ...optional('text', draft.buttons?.find(entry => entry.type === 'copy_code')?.text) }] },
]
