/** The line between the iframe and the loader in the site's page. Both check who speaks; the loader's half is loader/frame.ts. */
import type { Identify, Language } from '../../../plugins/widget/frames.ts'

/** From the site's page. */
export type ToFrame =
  | { readonly type: 'open' }
  | { readonly type: 'close' }
  /** Null: the site's user signed out. */
  | { readonly type: 'identify'; readonly user: Identify | null }
  | { readonly type: 'language'; readonly language: Language }

/** From the iframe. */
export type ToPage =
  | { readonly type: 'ready' }
  | { readonly type: 'close' }
  | { readonly type: 'unread'; readonly count: number }
  /** There is a conversation, so that the next page loads the iframe at once and counts what is new. */
  | { readonly type: 'conversation'; readonly exists: boolean }
  /** For the owner of the site: a wrong signature, a forgotten origin. */
  | { readonly type: 'problem'; readonly code: string; readonly message: string }

const mark = 'turno-widget'
export interface Envelope<T> { readonly source: typeof mark; readonly said: T }
export const envelope = <T>(said: T): Envelope<T> => ({ source: mark, said })
export const isEnvelope = <T>(data: unknown): data is Envelope<T> =>
  typeof data === 'object' && data !== null && 'source' in data && data.source === mark && 'said' in data
