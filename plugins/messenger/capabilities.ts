/** What Messenger can carry (provider page "Sending", "Window, rates, errors"). */
import type { Capabilities } from '../sdk/bridge.ts'
import { mebibyte } from '../shared/meta/limits.ts'
import type { MessengerSettings } from './settings.ts'

const fileMax = 25 * mebibyte
const audioTypes = ['audio/mp4', 'audio/aac', 'audio/mpeg', 'audio/x-m4a', 'audio/wav', 'audio/x-wav']

export const capabilities = (settings: Pick<MessengerSettings, 'humanAgent'>): Capabilities => ({
  link: 'webhook',
  parts: {
    text: { direction: 'both' },
    image: { direction: 'both', mimeTypes: ['image/jpeg', 'image/png', 'image/gif'], maxBytes: fileMax, caption: false },
    video: { direction: 'both', mimeTypes: ['video/mp4', 'video/ogg', 'video/x-msvideo', 'video/quicktime', 'video/webm'], maxBytes: fileMax, caption: false },
    audio: { direction: 'both', mimeTypes: audioTypes, maxBytes: fileMax, caption: false },
    // Arrives as audio.
    voice: { direction: 'send', mimeTypes: audioTypes, maxBytes: fileMax, caption: false },
    document: { direction: 'both', maxBytes: fileMax, caption: false },
    sticker: { direction: 'receive' },
    // Only old clients still share one.
    location: { direction: 'receive' },
    choice: { direction: 'receive' },
    buttons: { direction: 'send' },
    unsupported: { direction: 'receive' },
  },
  text: { max: 2000, unit: 'characters', formatting: 'none' },
  replies: 'both',
  reactions: 'both',
  edits: 'receive',
  deletes: 'none',
  receipts: ['delivered', 'read'],
  // Quick replies.
  buttons: { max: 13, titleLength: 20, bodyLength: 2000, headers: [], everywhere: true },
  lists: null,
  templates: null,
  serviceWindow: { hours: 24, ...(settings.humanAgent && { humanHours: 7 * 24 }) },
  canStartChats: 'never',
  groups: false,
  statusReplies: false,
  calls: 'none',
  typing: 'send',
  referrals: true,
  phoneBook: false,
  checkNumber: false,
  optIn: false,
  idempotentSend: false,
  // 300 a second for texts, but 10 for audio and video; one lane of the outbox cannot tell them apart, so the pace stays below what a mixed stream bears.
  rate: { perSecond: 50, perChat: { everyMs: 200, burst: 10 } },
})
