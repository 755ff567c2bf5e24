/** What an administrator sets for one linked number. Every value may be missing: `open` gets none before linking. */
import type { JsonSchema } from '../sdk/index.ts'

export interface Settings {
  /** Client version shown to WhatsApp, `2.3000.n`; empty for the one that the library ships. */
  readonly clientVersion?: string
  readonly lookUpVersion?: boolean
  readonly verifySignatures?: boolean
  readonly markOnline?: boolean
  readonly simulateTyping?: boolean
  readonly phoneBook?: boolean
  readonly groups?: boolean
  readonly importHistory?: boolean
  readonly replyEveryMs?: number
  readonly firstContactEveryMs?: number
  readonly firstContactsPerDay?: number
  readonly serverUrl?: string
  readonly serverKey?: string
  readonly serverAuthority?: string
}

export interface Secrets {
  /** `http://user:password@host:port`. */
  readonly proxy?: string
}

export const defaults = {
  clientVersion: '', lookUpVersion: true, verifySignatures: true, markOnline: false, simulateTyping: false, phoneBook: true, groups: true,
  importHistory: false, replyEveryMs: 1500, firstContactEveryMs: 15_000, firstContactsPerDay: 0, serverUrl: '', serverKey: '', serverAuthority: '',
} as const satisfies Required<Settings>

export type CompleteSettings = Required<Settings>

export const complete = (settings: Readonly<Settings>): CompleteSettings => ({ ...defaults, ...settings })

interface Texts { readonly title: string; readonly description?: string }
let order = 0
const property = (type: object, en: Texts, es: Texts): object => ({ ...type, ...en, 'x-es': es, 'x-order': ++order })
const flag = (byDefault: boolean, en: Texts, es: Texts): object => property({ type: 'boolean', default: byDefault }, en, es)
const count = (byDefault: number, minimum: number, en: Texts, es: Texts): object => property({ type: 'integer', default: byDefault, minimum }, en, es)
const line = (pattern: string, en: Texts, es: Texts): object => property({ type: 'string', default: '', pattern }, en, es)

export const settingsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    phoneBook: flag(defaults.phoneBook,
      { title: 'Names from the phone\'s address book', description: 'Chats show the name that the linked phone has saved for the contact.' },
      { title: 'Nombres de la agenda del teléfono', description: 'Los chats muestran el nombre con que el teléfono vinculado guardó el contacto.' }),
    groups: flag(defaults.groups,
      { title: 'Groups', description: 'Messages of the groups that the number belongs to are shown.' },
      { title: 'Grupos', description: 'Se muestran los mensajes de los grupos a los que pertenece el número.' }),
    importHistory: flag(defaults.importHistory,
      { title: 'Keep the history the phone sends', description: 'When a number is linked, its phone sends its recent chats. They are stored as history and answered by nobody.' },
      { title: 'Guardar el historial que envía el teléfono', description: 'Al vincular un número, su teléfono envía los chats recientes. Se guardan como historial y nadie los contesta.' }),
    markOnline: flag(defaults.markOnline,
      { title: 'Show the number as online', description: 'The owner\'s phone stops notifying new messages while this is on.' },
      { title: 'Mostrar el número en línea', description: 'Mientras esté activo, el teléfono del dueño deja de notificar los mensajes nuevos.' }),
    simulateTyping: flag(defaults.simulateTyping,
      { title: 'Show "typing…" before each message', description: 'Delays each message by a few seconds, according to its length.' },
      { title: 'Mostrar "escribiendo…" antes de cada mensaje', description: 'Demora cada mensaje unos segundos, según su longitud.' }),
    replyEveryMs: count(defaults.replyEveryMs, 0,
      { title: 'Milliseconds between two messages', description: 'Sending fast is what gets numbers banned.' },
      { title: 'Milisegundos entre dos mensajes', description: 'Enviar muy rápido es lo que hace que bloqueen los números.' }),
    firstContactEveryMs: count(defaults.firstContactEveryMs, 0,
      { title: 'Milliseconds between two first contacts', description: 'For messages to people who never wrote to this number.' },
      { title: 'Milisegundos entre dos primeros contactos', description: 'Para mensajes a personas que nunca han escrito a este número.' }),
    firstContactsPerDay: count(defaults.firstContactsPerDay, 0,
      { title: 'First contacts per day, at most', description: '0 for no limit. A fresh number should begin with a few tens.' },
      { title: 'Primeros contactos por día, como máximo', description: '0 para no limitar. Un número nuevo debería empezar con unas pocas decenas.' }),
    verifySignatures: flag(defaults.verifySignatures,
      { title: 'Check WhatsApp\'s signatures', description: 'Turn it off only when linking fails with "signature_invalid" and you know why.' },
      { title: 'Comprobar las firmas de WhatsApp', description: 'Desactívelo solo si la vinculación falla con "signature_invalid" y usted sabe por qué.' }),
    lookUpVersion: flag(defaults.lookUpVersion,
      { title: 'Look up the client version when WhatsApp refuses it' },
      { title: 'Consultar la versión del cliente cuando WhatsApp la rechaza' }),
    clientVersion: line('^(\\d+\\.\\d+\\.\\d+)?$',
      { title: 'Client version', description: 'For example 2.3000.1043857760. Empty for the one that comes with Turno.' },
      { title: 'Versión del cliente', description: 'Por ejemplo 2.3000.1043857760. Vacío para la que trae Turno.' }),
    serverUrl: line('^(wss?://.+)?$',
      { title: 'Server address (tests only)', description: 'A server of one\'s own instead of WhatsApp\'s.' },
      { title: 'Dirección del servidor (solo pruebas)', description: 'Un servidor propio en lugar del de WhatsApp.' }),
    serverKey: line('^([0-9a-f]{64})?$',
      { title: 'Server root key (tests only)' }, { title: 'Clave raíz del servidor (solo pruebas)' }),
    serverAuthority: property({ type: 'string', default: '' },
      { title: 'Certificate authority of the server (tests only)' }, { title: 'Autoridad certificadora del servidor (solo pruebas)' }),
  },
}

export const secretsSchema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    proxy: property({ type: 'string', pattern: '^(https?://.+)?$' },
      { title: 'Proxy', description: 'http://user:password@host:port. Empty to connect directly.' },
      { title: 'Proxy', description: 'http://usuario:clave@servidor:puerto. Vacío para conectarse directamente.' }),
  },
}
