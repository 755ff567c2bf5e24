/** Refusals to the visitor's page, in the language of its visitor. The page shows `message` and acts on `code`. */
import type { HostedReply, HostedRequest } from '../sdk/index.ts'
import type { ErrorReply, Language } from './frames.ts'

type Said = readonly [message: string, help: string]
interface Refusal { readonly status: number; readonly es: Said; readonly en: Said }
const refusal = (status: number, es: Said, en: Said): Refusal => ({ status, es, en })

const refusals = {
  bad_request: refusal(400, ['La petición no se entiende.', 'Recargue la página.'], ['The request cannot be understood.', 'Reload the page.']),
  unauthorized: refusal(401, ['La conversación expiró.', 'Abra el chat de nuevo.'], ['The conversation has expired.', 'Open the chat again.']),
  bad_signature: refusal(401, ['El sitio no firmó bien su usuario.', 'Avise al sitio.'], ['The site did not sign your user correctly.', 'Tell the site.']),
  origin_not_allowed: refusal(403, ['Este sitio no puede mostrar el chat.', 'Agréguelo a los orígenes permitidos del canal.'], ['This site may not show the chat.', 'Add it to the allowed origins of the channel.']),
  not_found: refusal(404, ['No existe.', 'Recargue la página.'], ['It does not exist.', 'Reload the page.']),
  not_supported: refusal(409, ['Este chat no recibe archivos.', 'Escriba su mensaje.'], ['This chat takes no files.', 'Write your message.']),
  media_too_large: refusal(413, ['El archivo es demasiado grande.', 'Envíe uno más pequeño.'], ['The file is too large.', 'Send a smaller one.']),
  media_type: refusal(415, ['Ese tipo de archivo no se puede enviar.', 'Envíe una imagen, un PDF u otro documento.'], ['That type of file cannot be sent.', 'Send a picture, a PDF or another document.']),
  validation: refusal(422, ['Hay datos que no son válidos.', 'Corrija los campos señalados.'], ['Some values are not valid.', 'Correct the fields named in the details.']),
  text_too_long: refusal(422, ['El mensaje es demasiado largo.', 'Divídalo en varios.'], ['The message is too long.', 'Split it.']),
  prechat_required: refusal(422, ['Faltan sus datos.', 'Complete los campos obligatorios.'], ['Your details are missing.', 'Fill in the required fields.']),
  rate_limited: refusal(429, ['Va muy rápido.', 'Espere un momento; el chat lo intentará de nuevo.'], ['That was too fast.', 'Wait a moment; the chat will try again.']),
} as const satisfies Record<string, Refusal>
export type RefusalCode = keyof typeof refusals

/** Thrown inside a route, turned into a reply at its edge; never leaves the plugin. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: RefusalCode
  readonly details: Readonly<Record<string, unknown>>
  constructor(code: RefusalCode, details: Readonly<Record<string, unknown>> = {}) {
    super(code)
    this.code = code
    this.details = details
  }
}

export function languageOf(request: HostedRequest): Language {
  const asked = request.query.lang ?? request.headers['accept-language'] ?? ''
  return asked.trim().toLowerCase().startsWith('en') ? 'en' : 'es'
}

/** `details.retryAfterMs` becomes `Retry-After`, in whole seconds. */
export function refuse(request: HostedRequest, error: Refused): HostedReply {
  const { status, ...said } = refusals[error.code]
  const [message, help] = said[languageOf(request)]
  const body: ErrorReply = { error: { code: error.code, message, help, details: error.details } }
  const wait = error.details.retryAfterMs
  return {
    status, contentType: 'application/json', body: JSON.stringify(body),
    ...(typeof wait === 'number' ? { headers: { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) } } : {}),
  }
}
