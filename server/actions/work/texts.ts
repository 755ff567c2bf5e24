/** Texts of a menu for what comes after it (F035): said when an agent joins, or while the chat waits. Rendered only then. */
import { renderDeferred, type Arrival } from '../../domain/menu/deferred.ts'
import type { DeferredText } from '../../domain/menu/effects.ts'
import type { Json } from '../../domain/menu/environment.ts'
import type { Instant } from '../../domain/ports.ts'

/** Kept as JSON with the conversation. `null`: send none; absent: the queue's text or the install's. */
export interface ConversationTexts {
  readonly join?: DeferredText | null
  readonly waiting?: DeferredText | null
  /** Contact, account, channel and chat as they were when the menu ended. */
  readonly arrival: Readonly<Record<string, Json>>
}

/** The text to say; undefined when the menu had none of its own. */
export function menuText(stored: string | null, which: 'join' | 'waiting', more: Arrival, at: { now: Instant; country: string }): string | undefined {
  if (stored === null) return undefined
  const texts = JSON.parse(stored) as ConversationTexts
  const text = texts[which]
  if (text === undefined || text === null) return text === null ? '' : undefined
  return renderDeferred(text, { ...(texts.arrival as Arrival), ...more }, at)
}
