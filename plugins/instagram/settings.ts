import type { JsonSchema } from '../sdk/bridge.ts'
import { apiUrlField, appSecretField, field, form, idField, secretField, verifyTokenField, versionField } from '../shared/meta/schema.ts'

export interface InstagramSettings {
  /** Professional account id, as webhooks name it. */
  readonly accountId: string
  /** `instagram`: Instagram API with Instagram login. `facebook`: the account is linked to a Facebook page. */
  readonly login?: 'instagram' | 'facebook'
  /** The page that the account is linked to; only with `login: facebook`. */
  readonly pageId?: string
  /** The account's other id, where webhooks come with that one. */
  readonly appScopedId?: string
  readonly appId?: string
  /** The app has Meta's feature "Human Agent": people may answer for seven days. */
  readonly humanAgent?: boolean
  readonly apiVersion?: string
  readonly apiUrl?: string
}
export interface InstagramSecrets {
  readonly accessToken: string
  readonly appSecret: string
  readonly verifyToken: string
}

const graphUrls = { instagram: 'https://graph.instagram.com', facebook: 'https://graph.facebook.com' } as const
export const loginOf = (settings: InstagramSettings): 'instagram' | 'facebook' => settings.login ?? 'instagram'
export const apiUrlOf = (settings: InstagramSettings): string => settings.apiUrl || graphUrls[loginOf(settings)]
/** In whose name is sent: the account itself, or its page. */
export const senderIdOf = (settings: InstagramSettings): string => (loginOf(settings) === 'facebook' ? settings.pageId ?? '' : settings.accountId)

const { default: _fixed, ...apiUrl } = apiUrlField(graphUrls.instagram) as JsonSchema & { readonly default: string }

export const settingsSchema = form({
  login: field('string',
    { title: 'Forma de acceso', description: 'instagram: la cuenta profesional inicia sesión con Instagram, sin página. facebook: la cuenta está vinculada a una página de Facebook.' },
    { title: 'Login', description: 'instagram: the professional account logs in with Instagram, without a page. facebook: the account is linked to a Facebook page.' },
    { enum: ['instagram', 'facebook'], default: 'instagram' }),
  accountId: idField(
    { title: 'Identificador de la cuenta de Instagram', description: 'Identificador de la cuenta profesional (empieza por 17841). El panel de la app de Meta lo muestra junto al token.' },
    { title: 'Instagram account ID', description: 'ID of the professional account (begins with 17841). Meta\'s app dashboard shows it beside the token.' },
    { 'x-identity': true }),
  pageId: idField(
    { title: 'Identificador de la página', description: 'Sólo con la forma de acceso facebook: la página vinculada a la cuenta.' },
    { title: 'Page ID', description: 'Only with the login facebook: the page that the account is linked to.' }),
  appId: idField(
    { title: 'Identificador de la app', description: 'Sólo con la forma de acceso facebook: arriba en el panel de la app de Meta.' },
    { title: 'App ID', description: 'Only with the login facebook: at the top of Meta\'s app dashboard.' }),
  humanAgent: field('boolean',
    { title: 'Responder hasta 7 días (Human Agent)', description: 'Actívelo sólo si Meta aprobó la función Human Agent para la app: los agentes pueden responder hasta 7 días después del último mensaje; los menús, 24 horas.' },
    { title: 'Answer for 7 days (Human Agent)', description: 'Turn it on only if Meta approved the feature Human Agent for the app: agents may answer for 7 days after the last message; menus for 24 hours.' },
    { default: false }),
  appScopedId: idField(
    { title: 'Segundo identificador de la cuenta', description: 'Sólo si la comprobación lo pide: algunas apps reciben los mensajes con otro identificador de la misma cuenta.' },
    { title: 'Second account ID', description: 'Only if the check asks for it: some apps get the messages under another ID of the same account.' },
    { 'x-also-identity': true }),
  apiVersion: versionField,
  apiUrl,
}, ['accountId'])

export const secretsSchema = form({
  accessToken: secretField(
    { title: 'Token de acceso', description: 'Con la forma de acceso instagram: token de la cuenta (dura 60 días; Turno lo renueva). Con facebook: token de la página.' },
    { title: 'Access token', description: 'With the login instagram: the account\'s token (lasts 60 days; Turno renews it). With facebook: the page\'s token.' }),
  appSecret: {
    ...appSecretField,
    description: 'With the login instagram it is the Instagram app secret (Instagram, API setup with Instagram login); with facebook the app secret (Settings, Basic).',
    'x-es': { title: 'Clave secreta de la app', description: 'Con la forma de acceso instagram es la clave secreta de la app de Instagram (Instagram, Configuración de la API con inicio de sesión de Instagram); con facebook, la de la app (Configuración, Básica).' },
  },
  verifyToken: verifyTokenField,
}, ['accessToken', 'appSecret', 'verifyToken'])
