/** What WhatsApp Cloud can carry (provider pages "Media", "Sending", "Window, limits, price"). */
import type { Capabilities } from '../sdk/bridge.ts'
import { mebibyte } from '../shared/meta/limits.ts'
import type { CloudSettings } from './settings.ts'

export const limits = {
  caption: 1024,
  header: 60,
  footer: 60,
  buttonId: 256,
  rowId: 200,
  listButton: 20,
  sectionTitle: 24,
  /** A still sticker; a moving one may be as large as the capability says. */
  stillSticker: 100 * 1024,
} as const

export function capabilities(settings: Pick<CloudSettings, 'coexistence'>): Capabilities {
  return {
    link: 'webhook',
    parts: {
      text: { direction: 'both' },
      image: { direction: 'both', mimeTypes: ['image/jpeg', 'image/png'], maxBytes: 5 * mebibyte, caption: true },
      video: { direction: 'both', mimeTypes: ['video/mp4', 'video/3gpp'], maxBytes: 16 * mebibyte, caption: true },
      audio: { direction: 'both', mimeTypes: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'], maxBytes: 16 * mebibyte, caption: false },
      voice: { direction: 'both', mimeTypes: ['audio/ogg'], maxBytes: 16 * mebibyte, caption: false },
      document: { direction: 'both', maxBytes: 100 * mebibyte, caption: true },
      sticker: { direction: 'both', mimeTypes: ['image/webp'], maxBytes: 500 * 1024, caption: false },
      location: { direction: 'both' },
      contacts: { direction: 'both' },
      choice: { direction: 'receive' },
      form: { direction: 'receive' },
      order: { direction: 'receive' },
      buttons: { direction: 'send' },
      list: { direction: 'send' },
      template: { direction: 'send' },
      unsupported: { direction: 'receive' },
    },
    text: { max: 4096, unit: 'characters', formatting: 'whatsapp' },
    replies: 'both',
    reactions: 'both',
    edits: 'receive',
    deletes: 'receive',
    receipts: ['delivered', 'read'],
    buttons: { max: 3, titleLength: 20, bodyLength: 1024, headers: ['text', 'image', 'video', 'document'], everywhere: true },
    lists: { maxRows: 10, titleLength: 24, descriptionLength: 72, bodyLength: 4096 },
    templates: { needsApproval: true, canSubmit: true },
    serviceWindow: { hours: 24 },
    canStartChats: 'template',
    // The groups API is granted to few accounts and creates groups without telling their id: received and answered, not administered.
    groups: false,
    statusReplies: false,
    calls: 'notified',
    typing: 'send',
    referrals: true,
    phoneBook: false,
    checkNumber: false,
    optIn: false,
    idempotentSend: false,
    // To one user 1 message in 6 s, with bursts of 45 that borrow from the future.
    rate: { perSecond: settings.coexistence ? 20 : 80, perChat: { everyMs: 6000, burst: 45 } },
  }
}
