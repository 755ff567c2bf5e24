/** The messages of the page as one list: what the server has, then what still waits to be sent. Pure. */
import type { PageMessage, PagePart } from '../../../plugins/widget/frames.ts'

export interface Item {
  /** The client id of what was written here, else the message's id. */
  readonly key: string
  readonly message: PageMessage
  /** waiting: will be sent by itself. failed: somebody must decide. */
  readonly state: 'sending' | 'waiting' | 'sent' | 'failed'
  /** Of a file on its way, 0 to 1. */
  readonly progress?: number
  readonly error?: string
}

const keyOf = (message: PageMessage): string => message.clientId ?? message.id

/** What was just sent is still here: it need not be fetched again to be shown. */
function withLocalFile(part: PagePart, before: PagePart | undefined): PagePart {
  if (!before || !('media' in part) || !('media' in before) || part.kind !== before.kind || !before.media.url.startsWith('blob:')) return part
  return { ...part, media: { ...part.media, url: before.media.url } }
}

/** Adds messages of the server, each once; one that was written here replaces what the page drew in its place. */
export function merge(items: readonly Item[], messages: readonly PageMessage[]): Item[] {
  const merged = new Map(items.map((item) => [item.key, item]))
  for (const message of messages) {
    const before = merged.get(keyOf(message))
    // The confirmation of a send knows neither what was quoted nor what came to be read meanwhile.
    const replyTo = message.replyTo ?? before?.message.replyTo
    const read = message.read === true || before?.message.read === true
    const whole = message.from === 'visitor' ? { ...message, read, parts: message.parts.map((part, at) => withLocalFile(part, before?.message.parts[at])), ...(replyTo ? { replyTo } : {}) } : message
    merged.set(keyOf(message), { key: keyOf(message), message: whole, state: 'sent' })
  }
  return ordered([...merged.values()])
}

/** By time, arrival deciding between equals; what is not sent yet stays last, in the order it was written. */
export function ordered(items: readonly Item[]): Item[] {
  const sent = items.filter((item) => item.state === 'sent')
  sent.sort((one, other) => one.message.at - other.message.at)
  return [...sent, ...items.filter((item) => item.state !== 'sent')]
}

export const change = (items: readonly Item[], key: string, over: Partial<Omit<Item, 'key'>>): Item[] =>
  items.map((item) => (item.key === key ? { ...item, ...over } : item))

export const without = (items: readonly Item[], key: string): Item[] => items.filter((item) => item.key !== key)

/** The visitor's messages up to this one have been read. */
export function markRead(items: readonly Item[], upTo: string): Item[] {
  const last = items.findLastIndex((item) => item.message.id === upTo)
  return items.map((item, at) => (at <= last && item.message.from === 'visitor' && item.state === 'sent' ? { ...item, message: { ...item.message, read: true } } : item))
}

/**
 * Where to go on reading after a pause: the newest message that is at least half a minute older than the newest of all.
 * Messages may be committed out of order, and what is read twice is kept once.
 */
export function resumeFrom(items: readonly Item[]): string | null {
  const sent = items.filter((item) => item.state === 'sent')
  const newest = sent.at(-1)?.message.at ?? 0
  return sent.findLast((item) => item.message.at <= newest - 30_000)?.message.id ?? null
}

export const fromAccount = (item: Item): boolean => item.message.from !== 'visitor'
export const lastOfAccount = (items: readonly Item[]): Item | null => items.findLast(fromAccount) ?? null

/** Buttons and lists can be pressed while they are the last thing said. */
export const answerable = (items: readonly Item[], key: string): boolean => items.at(-1)?.key === key
