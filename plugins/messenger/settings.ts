import { apiUrlField, appSecretField, field, form, idField, secretField, verifyTokenField, versionField } from '../shared/meta/schema.ts'

export interface MessengerSettings {
  readonly pageId: string
  readonly appId: string
  /** The app has Meta's feature "Human Agent": people may answer for seven days. */
  readonly humanAgent?: boolean
  /** `link` lets Meta fetch the file from this install, which must then be reachable from outside. */
  readonly mediaBy?: 'upload' | 'link'
  readonly apiVersion?: string
  readonly apiUrl?: string
}
export interface MessengerSecrets {
  readonly pageToken: string
  readonly appSecret: string
  readonly verifyToken: string
}

export const graphUrl = 'https://graph.facebook.com'

export const humanAgentField = field('boolean',
  { title: 'Responder hasta 7 días (Human Agent)', description: 'Actívelo sólo si Meta aprobó la función Human Agent para la app: los agentes pueden responder hasta 7 días después del último mensaje; los menús, 24 horas.' },
  { title: 'Answer for 7 days (Human Agent)', description: 'Turn it on only if Meta approved the feature Human Agent for the app: agents may answer for 7 days after the last message; menus for 24 hours.' },
  { default: false })

export const settingsSchema = form({
  pageId: idField(
    { title: 'Identificador de la página', description: 'En la página de Facebook: Información, Transparencia de la página.' },
    { title: 'Page ID', description: 'On the Facebook page: About, Page transparency.' },
    { 'x-identity': true }),
  appId: idField(
    { title: 'Identificador de la app', description: 'Arriba en el panel de la app de Meta. Hace falta para comprobar la suscripción.' },
    { title: 'App ID', description: 'At the top of Meta\'s app dashboard. Needed to check the subscription.' }),
  humanAgent: humanAgentField,
  mediaBy: field('string',
    { title: 'Envío de archivos', description: 'upload: Turno sube el archivo a Meta. link: Meta lo descarga de este servidor, que debe verse desde Internet.' },
    { title: 'Sending files', description: 'upload: Turno uploads the file to Meta. link: Meta fetches it from this server, which must be reachable from the Internet.' },
    { enum: ['upload', 'link'], default: 'upload' }),
  apiVersion: versionField,
  apiUrl: apiUrlField(graphUrl),
}, ['pageId', 'appId'])

export const secretsSchema = form({
  pageToken: secretField(
    { title: 'Token de la página', description: 'Token de acceso de la página, sin vencimiento, con los permisos pages_messaging y pages_manage_metadata.' },
    { title: 'Page token', description: 'Page access token that does not expire, with the permissions pages_messaging and pages_manage_metadata.' }),
  appSecret: appSecretField,
  verifyToken: verifyTokenField,
}, ['pageToken', 'appSecret', 'verifyToken'])
