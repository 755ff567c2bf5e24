import type { Capabilities, PartLimits } from '../sdk/index.ts'
import type { WidgetSettings } from './settings.ts'

export const textMax = 4096

/** The page draws whatever a browser can; the visitor's files keep to the channel's attachment rules. */
export function capabilities(settings: WidgetSettings): Capabilities {
  const { enabled, maxBytes } = settings.attachments
  const file = (mimeTypes?: readonly string[]): PartLimits => ({ direction: enabled ? 'both' : 'send', maxBytes, caption: true, ...(mimeTypes ? { mimeTypes } : {}) })
  return {
    link: 'hosted',
    parts: {
      text: { direction: 'both' },
      image: file(['image/jpeg', 'image/png', 'image/webp', 'image/gif']),
      video: file(['video/mp4', 'video/webm']),
      audio: file(['audio/*']),
      voice: { ...file(['audio/*', 'video/webm']), caption: false },
      document: file(),
      location: { direction: 'both' },
      choice: { direction: 'receive' },
      buttons: { direction: 'send' },
      list: { direction: 'send' },
    },
    text: { max: textMax, unit: 'characters', formatting: 'whatsapp' },
    replies: 'both', reactions: 'none', edits: 'none', deletes: 'none', receipts: ['delivered', 'read'],
    buttons: { max: 10, titleLength: 20, bodyLength: 1024, headers: ['text', 'image'], everywhere: true },
    lists: { maxRows: 10, titleLength: 24, descriptionLength: 72, bodyLength: 1024 },
    templates: null, serviceWindow: null, canStartChats: 'never', groups: false, statusReplies: false, calls: 'none',
    typing: 'both', referrals: false, phoneBook: false, checkNumber: false, optIn: false,
    idempotentSend: true,
    rate: { perSecond: 1000, perChat: { everyMs: 0, burst: 100 } },
  }
}
