/** Builders for what a bridge is handed. */
import type { HostedRequest, Json, OutboundMessage, Part, PartKind, WebhookRequest } from '../bridge.ts'
import { hostMedia } from './fakeHost.ts'

export interface RequestInit {
  readonly method?: 'GET' | 'POST'
  /** Public address as the caller wrote it, query included. */
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is. */
  readonly body?: string | Uint8Array
  /** Sent as JSON, with its content type. */
  readonly json?: Json
  /** Sent as a form, with its content type. */
  readonly form?: Readonly<Record<string, string>>
  readonly remoteAddress?: string
}

/** A request as the host hands it over: header names in lower case, query decoded, body as bytes. */
export function webhookRequest(init: RequestInit = {}): WebhookRequest {
  const url = new URL(init.url ?? 'https://turno.example/wh/endpoint')
  const text = init.json !== undefined ? JSON.stringify(init.json) : init.form ? new URLSearchParams(init.form).toString() : (init.body ?? '')
  const type = init.json !== undefined ? 'application/json' : init.form ? 'application/x-www-form-urlencoded' : undefined
  const headers: Record<string, string> = type ? { 'content-type': type } : {}
  for (const [name, value] of Object.entries(init.headers ?? {})) headers[name.toLowerCase()] = value
  return {
    method: init.method ?? 'POST',
    url: init.url ?? url.href,
    remoteAddress: init.remoteAddress ?? '203.0.113.7',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    rawBody: Buffer.from(text),
  }
}

/** The same for a route of a hosted network. */
export function hostedRequest(init: RequestInit & { readonly params?: Readonly<Record<string, string>>; readonly stream?: NodeJS.ReadableStream }): HostedRequest {
  return { ...webhookRequest(init), params: init.params ?? {}, ...(init.stream ? { stream: init.stream } : {}) }
}

/** One message to send; `over` replaces what the test is about. */
export function outbound(part: Part, over: Partial<Extract<OutboundMessage, { op: 'send' }>> = {}): OutboundMessage {
  return { op: 'send', idempotencyKey: '01JHKEYKEYKEYKEYKEYKEYKEYK', chat: 'chat-1', author: 'human', part, ...over }
}

const file = (fileName: string, mimeType: string) => hostMedia({ fileName, mimeType, bytes: 'x' })

/** One small, plain part of each kind. */
export const sampleParts: Readonly<Record<PartKind, Part>> = {
  text: { kind: 'text', text: 'Buenos días' },
  image: { kind: 'image', media: file('foto.jpg', 'image/jpeg') },
  video: { kind: 'video', media: file('video.mp4', 'video/mp4') },
  audio: { kind: 'audio', media: file('audio.mp3', 'audio/mpeg') },
  voice: { kind: 'voice', media: file('nota.ogg', 'audio/ogg') },
  document: { kind: 'document', media: file('guía.pdf', 'application/pdf') },
  sticker: { kind: 'sticker', media: file('sticker.webp', 'image/webp') },
  location: { kind: 'location', latitude: 0, longitude: -74.08, name: 'Sede Norte' },
  contacts: { kind: 'contacts', contacts: [{ name: 'Ana Gómez', phones: [{ value: '+573001234567' }] }] },
  choice: { kind: 'choice', via: 'button', id: 'a', title: 'Sí' },
  form: { kind: 'form', name: 'datos', values: { nombre: 'Ana' }, raw: '{"nombre":"Ana"}' },
  order: { kind: 'order', catalogId: 'c1', items: [{ productId: 'p1', quantity: 1 }] },
  buttons: { kind: 'buttons', body: '¿Confirma?', choices: [{ id: 'si', title: 'Sí' }, { id: 'no', title: 'No' }] },
  list: { kind: 'list', body: '¿Qué necesita?', button: 'Ver', sections: [{ title: 'Opciones', choices: [{ id: '1', title: 'Cita' }] }] },
  template: { kind: 'template', remoteId: 't1', name: 'saludo', language: 'es', variables: {}, rendered: 'Hola' },
  unsupported: { kind: 'unsupported', remoteType: 'hologram' },
}
