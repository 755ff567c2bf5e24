/** What Instagram can carry (provider page "Sending", "Window, rates, errors"). */
import type { Capabilities } from '../sdk/bridge.ts'
import { mebibyte } from '../shared/meta/limits.ts'
import { loginOf } from './settings.ts'
import type { InstagramSettings } from './settings.ts'

const audioTypes = ['audio/mp4', 'audio/aac', 'audio/x-m4a', 'audio/wav', 'audio/x-wav']

export const capabilities = (settings: InstagramSettings): Capabilities => ({
  link: 'webhook',
  parts: {
    text: { direction: 'both' },
    image: { direction: 'both', mimeTypes: ['image/jpeg', 'image/png', 'image/gif'], maxBytes: 8 * mebibyte, caption: false },
    video: { direction: 'both', mimeTypes: ['video/mp4', 'video/ogg', 'video/x-msvideo', 'video/quicktime', 'video/webm'], maxBytes: 25 * mebibyte, caption: false },
    audio: { direction: 'both', mimeTypes: audioTypes, maxBytes: 25 * mebibyte, caption: false },
    // Arrives as audio.
    voice: { direction: 'send', mimeTypes: audioTypes, maxBytes: 25 * mebibyte, caption: false },
    document: { direction: 'both', mimeTypes: ['application/pdf'], maxBytes: 25 * mebibyte, caption: false },
    sticker: { direction: 'receive' },
    choice: { direction: 'receive' },
    buttons: { direction: 'send' },
    unsupported: { direction: 'receive' },
  },
  text: { max: 1000, unit: 'bytes', formatting: 'none' },
  // Quoting is documented for the login by page only.
  replies: loginOf(settings) === 'facebook' ? 'both' : 'receive',
  reactions: 'both',
  edits: 'receive',
  deletes: 'receive',
  receipts: ['read'],
  // Quick replies; the web and desktop do not draw them. The text around them has 1,000 bytes, which the sender checks.
  buttons: { max: 13, titleLength: 20, bodyLength: 1000, headers: [], everywhere: false },
  lists: null,
  templates: null,
  serviceWindow: { hours: 24, ...(settings.humanAgent && { humanHours: 7 * 24 }) },
  canStartChats: 'never',
  groups: false,
  statusReplies: true,
  calls: 'none',
  typing: 'send',
  referrals: true,
  phoneBook: false,
  checkNumber: false,
  optIn: false,
  idempotentSend: false,
  // 300 a second for texts, but 10 for audio and video, and 100 in older texts.
  rate: { perSecond: 50, perChat: { everyMs: 200, burst: 10 } },
})
