/** What a widget channel may be told, and how its stored settings are read: every value may be missing. */
import type { JsonSchema } from '../sdk/index.ts'
import type { PageConfig, Texts, Wanted } from './frames.ts'
import { textMax } from './capabilities.ts'

/** As stored. Flat, so that a form and a prompt can be made of it. */
export interface WidgetChannelSettings {
  readonly key?: string
  readonly name?: string
  readonly colour?: string
  readonly theme?: 'auto' | 'light' | 'dark'
  readonly position?: 'right' | 'left'
  readonly language?: 'auto' | 'es' | 'en'
  readonly avatar?: string
  readonly subtitle?: Partial<Texts>
  readonly teaser?: Partial<Texts>
  readonly welcome?: Partial<Texts>
  readonly consent?: Partial<Texts>
  readonly allowedOrigins?: readonly string[]
  readonly prechatName?: Wanted
  readonly prechatEmail?: Wanted
  readonly prechatPhone?: Wanted
  readonly sessionHours?: number
  readonly greetOnOpen?: boolean
  readonly attachments?: boolean
  readonly attachmentMaxMb?: number
  readonly attachmentTypes?: readonly string[]
  readonly branding?: boolean
}
export interface WidgetSecrets { readonly tokenKey: string; readonly identifySecret: string }

export interface WidgetSettings extends PageConfig {
  readonly origins: readonly string[]
  readonly sessionMs: number
}

/** No HTML and no SVG: both carry scripts. Families where every member is harmless. */
const accepted = [
  'image/jpeg', 'image/png', 'image/webp', 'image/gif', 'video/mp4', 'video/webm', 'video/3gpp', 'video/quicktime', 'audio/*',
  'application/pdf', 'application/zip', 'text/plain', 'text/csv', 'application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint',
  'application/x-cfb', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/vnd.oasis.opendocument.text', 'application/vnd.oasis.opendocument.spreadsheet', 'application/vnd.oasis.opendocument.presentation',
]
const maxMb = 16

const texts = (given: Partial<Texts> | undefined, fallback: Texts): Texts => ({ es: given?.es ?? fallback.es, en: given?.en ?? fallback.en })
const none: Texts = { es: '', en: '' }

/** Exact origins, `*` kept; what is no origin is left out, so that a slip never opens more than was meant. */
export function readOrigins(given: readonly string[]): string[] {
  const origins = given.flatMap((one) => {
    if (one.trim() === '*') return ['*']
    const url = URL.canParse(one.trim()) ? new URL(one.trim()) : null
    return url && /^https?:$/.test(url.protocol) ? [url.origin] : []
  })
  return [...new Set(origins)]
}

export function readSettings(given: WidgetChannelSettings): WidgetSettings {
  const mb = given.attachmentMaxMb ?? maxMb
  return {
    key: given.key ?? '',
    name: given.name ?? '',
    colour: /^#[0-9a-f]{6}$/i.test(given.colour ?? '') ? (given.colour ?? '').toLowerCase() : '#0a6478',
    theme: given.theme ?? 'auto',
    position: given.position ?? 'right',
    language: given.language ?? 'auto',
    avatar: /^(https:\/\/|data:image\/(png|jpeg|webp);)/i.test(given.avatar ?? '') ? (given.avatar ?? '') : '',
    texts: {
      subtitle: texts(given.subtitle, { es: 'Respondemos en unos minutos', en: 'We answer within minutes' }),
      teaser: texts(given.teaser, none),
      welcome: texts(given.welcome, { es: '¡Hola! Escríbanos y con gusto le ayudamos.', en: 'Hello! Write to us, we are glad to help.' }),
      consent: texts(given.consent, none),
    },
    prechat: { name: given.prechatName ?? 'off', email: given.prechatEmail ?? 'off', phone: given.prechatPhone ?? 'off' },
    attachments: {
      enabled: given.attachments ?? true,
      maxBytes: Math.min(mb > 0 ? mb : maxMb, maxMb) * 1024 * 1024,
      accept: given.attachmentTypes?.length ? given.attachmentTypes : accepted,
    },
    textMax,
    greetOnOpen: given.greetOnOpen ?? false,
    branding: given.branding ?? true,
    origins: readOrigins(given.allowedOrigins ?? []),
    sessionMs: (given.sessionHours && given.sessionHours > 0 ? given.sessionHours : 168) * 3_600_000,
  }
}

type Said = readonly [title: string, description?: string]
const field = (order: number, schema: object, en: Said, es: Said): object => ({
  ...schema,
  title: en[0],
  ...(en[1] ? { description: en[1] } : {}),
  'x-es': { title: es[0], ...(es[1] ? { description: es[1] } : {}) },
  'x-order': order,
})
const texted = { type: 'object', 'x-texts': true, additionalProperties: false, properties: { es: { type: 'string', maxLength: 500 }, en: { type: 'string', maxLength: 500 } } }
const wanted = { type: 'string', enum: ['off', 'optional', 'required'], default: 'off' }

export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['key', 'name'],
  properties: {
    key: field(1, { type: 'string', pattern: '^[A-Za-z0-9_-]{8,64}$', 'x-identity': true, 'x-generate': 12 },
      ['Key', 'Public name of this widget in the page: data-key.'], ['Clave', 'Nombre público de este chat en la página: data-key.']),
    name: field(2, { type: 'string', minLength: 1, maxLength: 80 }, ['Name that visitors see'], ['Nombre que ven los visitantes']),
    allowedOrigins: field(3, { type: 'array', items: { type: 'string', pattern: '^(\\*|https?://[^/\\s]+)$' }, default: [] },
      ['Sites that may show it', 'Exact origins (https://www.example.com). * lets any site, only if you mean it.'],
      ['Sitios que pueden mostrarlo', 'Orígenes exactos (https://www.ejemplo.com). * permite cualquier sitio; úselo solo si eso quiere.']),
    colour: field(4, { type: 'string', format: 'color', pattern: '^#[0-9a-fA-F]{6}$', default: '#0a6478' },
      ['Colour', 'The text on it is chosen so that it can be read.'], ['Color', 'El texto que va encima se elige para que se lea bien.']),
    theme: field(5, { type: 'string', enum: ['auto', 'light', 'dark'], default: 'auto' }, ['Theme'], ['Tema']),
    position: field(6, { type: 'string', enum: ['right', 'left'], default: 'right' }, ['Side of the page'], ['Lado de la página']),
    language: field(7, { type: 'string', enum: ['auto', 'es', 'en'], default: 'auto' }, ['Language', 'auto: the visitor\'s.'], ['Idioma', 'auto: el del visitante.']),
    avatar: field(8, { type: 'string', maxLength: 100_000 }, ['Logo', 'Address (https) of a square picture.'], ['Logotipo', 'Dirección (https) de una imagen cuadrada.']),
    subtitle: field(9, texted, ['Line below the name'], ['Línea debajo del nombre']),
    teaser: field(10, texted, ['Invitation beside the button', 'Empty: none.'], ['Invitación junto al botón', 'Vacía: ninguna.']),
    welcome: field(11, texted, ['Text of an empty conversation'], ['Texto de una conversación vacía']),
    prechatName: field(12, wanted, ['Ask for the name'], ['Pedir el nombre']),
    prechatEmail: field(13, wanted, ['Ask for the e-mail'], ['Pedir el correo']),
    prechatPhone: field(14, wanted, ['Ask for the phone'], ['Pedir el teléfono']),
    consent: field(15, texted, ['Consent to be accepted before writing', 'Empty: none.'], ['Consentimiento que se acepta antes de escribir', 'Vacío: ninguno.']),
    greetOnOpen: field(16, { type: 'boolean', default: false }, ['The menu speaks first', 'When the visitor opens the chat.'], ['El menú habla primero', 'Cuando el visitante abre el chat.']),
    sessionHours: field(17, { type: 'integer', minimum: 1, maximum: 8760, default: 168 },
      ['Hours a visitor is remembered', 'Counted from the last visit.'], ['Horas que se recuerda a un visitante', 'Contadas desde la última visita.']),
    attachments: field(18, { type: 'boolean', default: true }, ['Visitors may send files'], ['Los visitantes pueden enviar archivos']),
    attachmentMaxMb: field(19, { type: 'integer', minimum: 1, maximum: maxMb, default: maxMb }, ['Largest file, MB'], ['Archivo más grande, MB']),
    attachmentTypes: field(20, { type: 'array', items: { type: 'string', pattern: '^[a-z]+/([a-z0-9.+-]+|\\*)$' }, default: [] },
      ['Types of files', 'Empty: pictures, video, audio, PDF, Office, text, zip.'], ['Tipos de archivo', 'Vacío: imágenes, vídeo, audio, PDF, Office, texto, zip.']),
    branding: field(21, { type: 'boolean', default: true }, ['Show “Powered by Turno”'], ['Mostrar «Con la tecnología de Turno»']),
  },
}

export const secretsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['tokenKey', 'identifySecret'],
  properties: {
    tokenKey: field(1, { type: 'string', minLength: 32, 'x-generate': 32 },
      ['Key of the visitors\' tokens', 'Changing it makes every visitor a new one.'], ['Clave de los tokens de visitante', 'Si la cambia, todo visitante será nuevo.']),
    identifySecret: field(2, { type: 'string', minLength: 16, 'x-generate': 32 },
      ['Secret for identify', 'Your site signs its users\' ids with it.'], ['Secreto de identify', 'Su sitio firma con él los identificadores de sus usuarios.']),
  },
}
