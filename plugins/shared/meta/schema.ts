/** What the settings of the three networks have in common, as JSON Schema with the annotations of the SDK. */
import type { JsonSchema } from '../../sdk/bridge.ts'

export interface Texts { readonly title: string; readonly description: string }

export const field = (type: 'string' | 'boolean', es: Texts, en: Texts, rest: JsonSchema = {}): JsonSchema => ({ type, ...en, 'x-es': es, ...rest })

/** The order of the properties is the order of the form. */
export const form = (properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(properties).map(([name, property], index) => [name, { 'x-order': index + 1, ...property }])),
  required,
})

export const idField = (es: Texts, en: Texts, rest: JsonSchema = {}): JsonSchema => field('string', es, en, { pattern: '^[0-9]{5,25}$', ...rest })
export const secretField = (es: Texts, en: Texts, rest: JsonSchema = {}): JsonSchema =>
  field('string', es, en, { format: 'password', minLength: 1, writeOnly: true, ...rest })

export const defaultVersion = 'v25.0'
export const versionField = field('string',
  { title: 'Versión de la API', description: 'Versión de la Graph API de Meta con la que se habla. Cada una se retira unos dos años después de salir.' },
  { title: 'API version', description: 'Version of Meta\'s Graph API to talk to. Each one is retired about two years after it comes out.' },
  { pattern: '^v[0-9]{1,3}\\.[0-9]{1,2}$', default: defaultVersion })

export const apiUrlField = (url: string): JsonSchema => field('string',
  { title: 'Dirección de la API', description: 'Sólo para pruebas o un proxy propio. A esta dirección se envía el token.' },
  { title: 'API address', description: 'Only for tests or a proxy of your own. The token is sent to this address.' },
  { format: 'uri', pattern: '^https?://', default: url })

export const appSecretField = secretField(
  { title: 'Clave secreta de la app', description: 'En el panel de la app de Meta: Configuración, Básica. Con ella se comprueba que un webhook viene de Meta.' },
  { title: 'App secret', description: 'In Meta\'s app dashboard: Settings, Basic. It proves that a webhook comes from Meta.' },
  { 'x-endpoint': true })

const verifyTokenBytes = 16
export const verifyTokenField = secretField(
  { title: 'Token de verificación', description: 'Turno inventa uno. El mismo se escribe en el panel de Meta junto a la dirección del webhook.' },
  { title: 'Verify token', description: 'Turno makes one up. The same one is entered in Meta\'s dashboard beside the webhook address.' },
  { 'x-endpoint': true, 'x-generate': verifyTokenBytes })
