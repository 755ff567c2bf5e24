/** What may happen to a run. Every input is examined against the run's state; one that does not fit changes nothing. */
import type { ContactCard, Json as BridgeJson } from '../../../plugins/sdk/bridge.ts'
import type { CallResult } from './calls.ts'
import type { MediaKind } from './effects.ts'
import type { Instant, Json } from './environment.ts'
import type { LastMessage, StoredMedia } from './run.ts'

export type IncomingPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: MediaKind; readonly media: StoredMedia; readonly caption?: string }
  | { readonly kind: 'location'; readonly latitude: number; readonly longitude: number; readonly name?: string; readonly address?: string }
  | { readonly kind: 'contacts'; readonly contacts: readonly ContactCard[] }
  | { readonly kind: 'choice'; readonly via: 'button' | 'list' | 'template' | 'postback'; readonly id: string; readonly title: string }
  | { readonly kind: 'form'; readonly name: string; readonly values: Readonly<Record<string, BridgeJson>> | null }
  | { readonly kind: 'order'; readonly text?: string }
  | { readonly kind: 'unsupported'; readonly text?: string }

/** All parts under one provider id: several messages in the timeline, one input here (§2.3, 1). */
export interface IncomingMessage { readonly id: string; readonly receivedAt: Instant; readonly parts: readonly IncomingPart[] }

export type Input =
  /** `node`: where to start instead of the start node. `carried`: from the effect goMenu. `message`: what opened the conversation. */
  | { readonly kind: 'start'; readonly node?: string | null; readonly message?: IncomingMessage | null; readonly carried?: number }
  | { readonly kind: 'message'; readonly message: IncomingMessage }
  /**
   * The message with this prompt serial goes to the bridge at `at`: recorded before the call to the bridge, so that the
   * fastest answer comes later. Also given, with `at` = now, when the message failed for good, or the wait would have no end.
   */
  | { readonly kind: 'promptHanded'; readonly serial: number; readonly at: Instant }
  /** The alarm. `oldestPending`: receipt of the oldest customer message of this chat not applied yet; one before the deadline wins (§5.7). */
  | { readonly kind: 'timer'; readonly version: number; readonly oldestPending?: Instant | null }
  | { readonly kind: 'result'; readonly key: string; readonly result: CallResult }
  /** `at`: when the event arrived; `ttl`: the sender's, in seconds. */
  | { readonly kind: 'event'; readonly key: string; readonly data: Json; readonly at: Instant; readonly ttl?: number | null }
  | { readonly kind: 'joined'; readonly agentId: string }
  /** Every invited agent declined, or none could be offered the chat. */
  | { readonly kind: 'declined' }
  | { readonly kind: 'offerExpired' }
  /** Nobody was available (distribute without enqueue), or the distribution broke (`error`). */
  | { readonly kind: 'distributionFailed'; readonly reason: 'unavailable' | 'error' }
  /** After recovery: look at the clock and set the alarm again. */
  | { readonly kind: 'resume' }
  /** Ended from outside: an agent took the chat, it was resolved, the bot was stopped, a supervisor wrote… */
  | { readonly kind: 'end'; readonly reason: string }

/** One input message in the terms of a menu. */
export interface Reading {
  readonly id: string
  readonly receivedAt: Instant
  /** text, a media kind, location, contacts, form, order or unsupported. A pressed button is text. */
  readonly kind: string
  /** Typed text, caption, or the title of what was pressed. */
  readonly text: string
  readonly choice: { readonly via: string; readonly id: string; readonly title: string } | null
  readonly media: StoredMedia | null
  readonly location: { readonly lat: number; readonly lng: number; readonly name: string } | null
}

const isMedia = (part: IncomingPart): part is Extract<IncomingPart, { media: StoredMedia }> => 'media' in part

function textOf(part: IncomingPart): string {
  if (part.kind === 'text') return part.text
  if (part.kind === 'choice') return part.title
  if (isMedia(part)) return part.caption ?? ''
  return (part.kind === 'order' || part.kind === 'unsupported' ? part.text : undefined) ?? ''
}

export function readMessage(message: IncomingMessage): Reading {
  const { parts } = message
  const media = parts.find(isMedia)
  const place = parts.find((part) => part.kind === 'location')
  const choice = parts.find((part) => part.kind === 'choice')
  const first = parts.find((part) => part.kind !== 'text' && part.kind !== 'choice')
  return {
    id: message.id,
    receivedAt: message.receivedAt,
    kind: first?.kind ?? 'text',
    text: parts.map(textOf).find((text) => text.trim() !== '') ?? '',
    choice: choice ? { via: choice.via, id: choice.id, title: choice.title } : null,
    media: media ? { ...media.media, kind: media.kind } : null,
    location: place ? { lat: place.latitude, lng: place.longitude, name: place.name ?? '' } : null,
  }
}

export function lastMessage(reading: Reading): LastMessage {
  return {
    id: reading.id, text: reading.text, original: reading.text, kind: reading.kind, media: reading.media,
    location: reading.location ? { ...reading.location } : null, buttonId: reading.choice?.id ?? null,
  }
}
