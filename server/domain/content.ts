/** From the parts a bridge speaks in to what a message is in the timeline, and back (domain §8.1). */
import type { Part } from '../../plugins/sdk/bridge.ts'

export type ContentKind =
  | 'text' | 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker' | 'location' | 'contacts' | 'template'
  | 'interactive' | 'button_reply' | 'list_reply' | 'form' | 'order' | 'unsupported'

export interface Content {
  readonly kind: ContentKind
  /** Text, caption or title: what searches find and previews show. Never HTML. */
  readonly body: string
  /** What the kind carries besides its text. */
  readonly extra: Record<string, unknown> | null
}

/** A body is at most 64 KiB (domain §8.1); longer text from a network is cut at a character. */
export const maxBodyBytes = 65_536

export function cutBytes(text: string, max = maxBodyBytes): string {
  if (Buffer.byteLength(text) <= max) return text
  return new TextDecoder('utf-8').decode(Buffer.from(text).subarray(0, max)).replace(/\uFFFD+$/, '')
}

export function contentOf(part: Part): Content {
  const content = describe(part)
  return { ...content, body: cutBytes(content.body) }
}

function describe(part: Part): Content {
  switch (part.kind) {
    case 'text':
      return { kind: 'text', body: part.text, extra: null }
    case 'image': case 'video': case 'audio': case 'voice': case 'document': case 'sticker': {
      const extra = { ...(part.durationMs === undefined ? {} : { durationMs: part.durationMs }), ...(part.animated ? { animated: true } : {}) }
      return { kind: part.kind, body: part.caption ?? '', extra: Object.keys(extra).length > 0 ? extra : null }
    }
    case 'location':
      return { kind: 'location', body: part.name ?? part.address ?? '', extra: { latitude: part.latitude, longitude: part.longitude, name: part.name ?? null, address: part.address ?? null } }
    case 'contacts':
      return { kind: 'contacts', body: part.contacts.map((card) => card.name).join(', '), extra: { contacts: part.contacts, requested: part.requested ?? false } }
    case 'choice':
      return { kind: part.via === 'list' ? 'list_reply' : 'button_reply', body: part.title, extra: { id: part.id, via: part.via } }
    case 'form':
      return { kind: 'form', body: part.name, extra: { name: part.name, values: part.values, raw: part.raw } }
    case 'order':
      return { kind: 'order', body: part.text ?? '', extra: { catalogId: part.catalogId, items: part.items } }
    case 'buttons':
      return { kind: 'interactive', body: part.body, extra: { as: 'buttons', header: typeof part.header === 'string' ? part.header : null, footer: part.footer ?? null, choices: part.choices } }
    case 'list':
      return { kind: 'interactive', body: part.body, extra: { as: 'list', header: part.header ?? null, footer: part.footer ?? null, button: part.button, sections: part.sections } }
    case 'template':
      return { kind: 'template', body: part.rendered, extra: { name: part.name, language: part.language, variables: part.variables } }
    case 'unsupported':
      return { kind: 'unsupported', body: part.text ?? '', extra: { remoteType: part.remoteType } }
  }
}

/** What a file is sent as: what cannot be shown or played is a document. */
export function kindOfFile(mime: string, asVoice: boolean): 'image' | 'video' | 'audio' | 'voice' | 'document' {
  if (/^image\/(jpeg|png|webp|gif)$/.test(mime)) return 'image'
  if (mime.startsWith('video/')) return 'video'
  if (mime.startsWith('audio/')) return asVoice ? 'voice' : 'audio'
  return 'document'
}

/** One line for lists: at most 200 characters, no line breaks. The kind tells what is not text. */
export function previewOf(body: string): string {
  return [...body.replace(/\s+/g, ' ').trim()].slice(0, 200).join('')
}
