/**
 * What a network can do, and questions about it. Shared with the browser: this file uses
 * no type of Node and imports nothing.
 */

export type PartKind =
  | 'text' | 'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker' | 'location' | 'contacts'
  | 'choice' | 'form' | 'order' | 'buttons' | 'list' | 'template' | 'unsupported'

/** In which direction a feature works, seen from Turno: `send` to the customer, `receive` from them. */
export type Support = 'none' | 'receive' | 'send' | 'both'
/** `mimeTypes` may hold families (`image/*`); absent means any. `maxBytes` of one file. */
export interface PartLimits { readonly direction: Support; readonly mimeTypes?: readonly string[]; readonly maxBytes?: number; readonly caption?: boolean }

/** Declared, never inferred: the UI and the menu editor are drawn from this. */
export interface Capabilities {
  /** `persistent` is held by exactly one process; `webhook` and `hosted` run in all of them. */
  readonly link: 'persistent' | 'webhook' | 'hosted'
  readonly parts: Partial<Record<PartKind, PartLimits>>
  readonly text: { readonly max: number; readonly unit: 'characters' | 'bytes'; readonly formatting: 'whatsapp' | 'none' }
  readonly replies: Support
  readonly reactions: Support
  readonly edits: Support
  readonly deletes: Support
  readonly receipts: readonly ('delivered' | 'read')[]
  /** `everywhere: false` where some of the network's own apps do not draw them: the menu then prints its options too. */
  readonly buttons: {
    readonly max: number
    readonly titleLength: number
    readonly bodyLength: number
    readonly headers: readonly ('text' | 'image' | 'video' | 'document')[]
    readonly everywhere: boolean
  } | null
  readonly lists: { readonly maxRows: number; readonly titleLength: number; readonly descriptionLength: number; readonly bodyLength: number } | null
  readonly templates: { readonly needsApproval: boolean; readonly canSubmit: boolean } | null
  /** How long free text is allowed after the customer's last message; null for always. */
  readonly serviceWindow: { readonly hours: number; readonly humanHours?: number } | null
  readonly canStartChats: 'always' | 'template' | 'never'
  readonly groups: boolean
  readonly statusReplies: boolean
  readonly calls: 'notified' | 'none'
  readonly typing: Support
  readonly referrals: boolean
  readonly phoneBook: boolean
  readonly checkNumber: boolean
  readonly optIn: boolean
  /** True when a repeated send with the same key cannot reach the customer twice. */
  readonly idempotentSend: boolean
  /** What the network lets through; the outbox paces itself by this. */
  readonly rate: {
    readonly perSecond: number
    readonly perChat: { readonly everyMs: number; readonly burst: number }
    readonly firstContactEveryMs?: number
  }
}

export const sends = (support: Support | undefined): boolean => support === 'send' || support === 'both'
export const receives = (support: Support | undefined): boolean => support === 'receive' || support === 'both'

/** Does the channel take this kind of part to the customer? */
export const canSend = (channel: Capabilities, kind: PartKind): boolean => sends(channel.parts[kind]?.direction)
/** May this kind of part arrive from the customer? */
export const canReceive = (channel: Capabilities, kind: PartKind): boolean => receives(channel.parts[kind]?.direction)

/** Length in the unit of a limit; a character is a code point, so an emoji of one code point counts as one. */
export function measure(text: string, unit: 'characters' | 'bytes'): number {
  if (unit === 'bytes') return new TextEncoder().encode(text).length
  let count = 0
  for (const _ of text) count++
  return count
}

export const textFits = (channel: Capabilities, text: string): boolean => measure(text, channel.text.unit) <= channel.text.max

/** Type without parameters, lower case: `audio/ogg; codecs=opus` matches `audio/ogg`, and both match `audio/*`. */
export function mimeMatches(mimeType: string, accepted: readonly string[]): boolean {
  const bare = (mimeType.split(';')[0] ?? '').trim().toLowerCase()
  const family = `${bare.split('/')[0]}/*`
  return accepted.some((one) => {
    const wanted = (one.split(';')[0] ?? '').trim().toLowerCase()
    return wanted === bare || wanted === family || wanted === '*/*'
  })
}

export interface FileProblem { readonly code: 'not_supported' | 'media_type' | 'media_too_large'; readonly maxBytes?: number; readonly mimeTypes?: readonly string[] }

/** Why the channel would refuse a file sent as this kind; null when it takes it. */
export function fileProblem(channel: Capabilities, kind: PartKind, file: { readonly mimeType: string; readonly size: number }): FileProblem | null {
  const limits = channel.parts[kind]
  if (!limits || !sends(limits.direction)) return { code: 'not_supported' }
  if (limits.mimeTypes && !mimeMatches(file.mimeType, limits.mimeTypes)) return { code: 'media_type', mimeTypes: limits.mimeTypes }
  if (limits.maxBytes !== undefined && file.size > limits.maxBytes) return { code: 'media_too_large', maxBytes: limits.maxBytes }
  return null
}

interface Option { readonly title: string; readonly description?: string }

/** True when every option can be drawn as a button without cutting anything. */
export function buttonsFit(channel: Capabilities, body: string, choices: readonly Option[]): boolean {
  const limit = channel.buttons
  return limit !== null && canSend(channel, 'buttons') && choices.length > 0 && choices.length <= limit.max
    && measure(body, 'characters') <= limit.bodyLength
    && choices.every((one) => measure(one.title, 'characters') <= limit.titleLength && !one.description)
}

/** True when every option can be drawn as a row of a list without cutting anything. */
export function listFits(channel: Capabilities, body: string, choices: readonly Option[]): boolean {
  const limit = channel.lists
  return limit !== null && canSend(channel, 'list') && choices.length > 0 && choices.length <= limit.maxRows
    && measure(body, 'characters') <= limit.bodyLength
    && choices.every((one) => measure(one.title, 'characters') <= limit.titleLength
      && measure(one.description ?? '', 'characters') <= limit.descriptionLength)
}
