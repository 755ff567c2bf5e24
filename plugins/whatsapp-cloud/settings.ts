import { apiUrlField, appSecretField, field, form, idField, secretField, verifyTokenField, versionField } from '../shared/meta/schema.ts'

export interface CloudSettings {
  readonly phoneNumberId: string
  readonly wabaId: string
  readonly appId: string
  readonly apiVersion?: string
  /** The number is also used in the WhatsApp Business app on a phone; Meta lets fewer messages through. */
  readonly coexistence?: boolean
  /** `link` lets Meta fetch the file from this install, which must then be reachable from outside. */
  readonly mediaBy?: 'upload' | 'link'
  readonly apiUrl?: string
}
export interface CloudSecrets {
  readonly accessToken: string
  readonly appSecret: string
  readonly verifyToken: string
}

export const graphUrl = 'https://graph.facebook.com'

export const settingsSchema = form({
  phoneNumberId: idField(
    { title: 'Identificador del número', description: 'En WhatsApp Manager o en la app de Meta: WhatsApp, Configuración de la API. No es el número de teléfono.' },
    { title: 'Phone number ID', description: 'In WhatsApp Manager or in Meta\'s app dashboard: WhatsApp, API setup. It is not the telephone number.' },
    { 'x-identity': true }),
  wabaId: idField(
    { title: 'Identificador de la cuenta de WhatsApp Business', description: 'En la misma página que el identificador del número (WABA ID).' },
    { title: 'WhatsApp Business account ID', description: 'On the same page as the phone number ID (WABA ID).' },
    { 'x-also-identity': true }),
  appId: idField(
    { title: 'Identificador de la app', description: 'Arriba en el panel de la app de Meta. Hace falta para comprobar la suscripción y para las muestras de las plantillas.' },
    { title: 'App ID', description: 'At the top of Meta\'s app dashboard. Needed to check the subscription and for template samples.' }),
  apiVersion: versionField,
  coexistence: field('boolean',
    { title: 'El número sigue en la app WhatsApp Business', description: 'Actívelo si el mismo número se usa también en un teléfono: Meta permite entonces 20 mensajes por segundo en lugar de 80.' },
    { title: 'The number stays in the WhatsApp Business app', description: 'Turn it on if a phone uses the same number: Meta then lets 20 messages a second through instead of 80.' },
    { default: false }),
  mediaBy: field('string',
    { title: 'Envío de archivos', description: 'upload: Turno sube el archivo a Meta. link: Meta lo descarga de este servidor, que debe verse desde Internet.' },
    { title: 'Sending files', description: 'upload: Turno uploads the file to Meta. link: Meta fetches it from this server, which must be reachable from the Internet.' },
    { enum: ['upload', 'link'], default: 'upload' }),
  apiUrl: apiUrlField(graphUrl),
}, ['phoneNumberId', 'wabaId', 'appId'])

export const secretsSchema = form({
  accessToken: secretField(
    { title: 'Token de acceso', description: 'Token permanente de un usuario del sistema, con los permisos whatsapp_business_messaging y whatsapp_business_management.' },
    { title: 'Access token', description: 'Permanent token of a system user, with the permissions whatsapp_business_messaging and whatsapp_business_management.' }),
  appSecret: appSecretField,
  verifyToken: verifyTokenField,
}, ['accessToken', 'appSecret', 'verifyToken'])
