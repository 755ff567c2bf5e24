import type { Capabilities } from '../sdk/index.ts'
import type { CompleteSettings } from './settings.ts'

const MB = 1024 * 1024

/** Buttons and lists are not reliable through this client: the host prints the options instead. */
export function capabilitiesOf(settings: CompleteSettings): Capabilities {
  return {
    link: 'persistent',
    parts: {
      text: { direction: 'both' },
      image: { direction: 'both', mimeTypes: ['image/jpeg', 'image/png', 'image/webp'], maxBytes: 16 * MB, caption: true },
      video: { direction: 'both', mimeTypes: ['video/mp4', 'video/3gpp'], maxBytes: 64 * MB, caption: true },
      audio: { direction: 'both', mimeTypes: ['audio/*'], maxBytes: 16 * MB },
      voice: { direction: 'both', mimeTypes: ['audio/ogg'], maxBytes: 16 * MB },
      document: { direction: 'both', maxBytes: 100 * MB, caption: true },
      sticker: { direction: 'both', mimeTypes: ['image/webp'], maxBytes: 500 * 1024 },
      location: { direction: 'both' },
      contacts: { direction: 'both' },
      choice: { direction: 'receive' },
      form: { direction: 'receive' },
      // Without templates of its own it sends what one says.
      template: { direction: 'send' },
      unsupported: { direction: 'receive' },
    },
    text: { max: 65_536, unit: 'characters', formatting: 'whatsapp' },
    replies: 'both',
    reactions: 'both',
    edits: 'both',
    deletes: 'both',
    receipts: ['delivered', 'read'],
    buttons: null,
    lists: null,
    templates: null,
    serviceWindow: null,
    canStartChats: 'always',
    groups: true,
    statusReplies: true,
    calls: 'notified',
    typing: 'both',
    referrals: true,
    phoneBook: true,
    checkNumber: true,
    optIn: false,
    // The message id is the same on each attempt and phones ignore a repeated id, but that is nobody's promise.
    idempotentSend: false,
    rate: {
      perSecond: settings.replyEveryMs === 0 ? 50 : Math.min(50, 1000 / settings.replyEveryMs),
      perChat: { everyMs: settings.replyEveryMs, burst: 3 },
      firstContactEveryMs: settings.firstContactEveryMs,
    },
  }
}
