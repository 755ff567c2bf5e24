/** Phrases that act before any menu sees the message: bot stop and resume (§4.9), special phrases (§4.10, F041). */
import { regex } from './regex.ts'
import { fold } from '../fold.ts'

export type PhraseRole = 'customer' | 'phone' | 'agent' | 'supervisor'
export interface BotPhrases {
  /** Empty: off. */
  readonly stopPhrase: string
  readonly resumePhrase: string
  readonly phraseRoles: readonly PhraseRole[]
}

/** Whole message, trimmed, inner spaces collapsed, case and diacritics ignored; only from an allowed role. */
export function botPhrase(text: string, phrases: BotPhrases, role: PhraseRole): 'stop' | 'resume' | null {
  const said = fold(text)
  if (said === '' || !phrases.phraseRoles.includes(role)) return null
  if (said === fold(phrases.stopPhrase)) return 'stop'
  return said === fold(phrases.resumePhrase) ? 'resume' : null
}

export interface PhrasePattern { readonly pattern: string; readonly match: 'equals' | 'starts' | 'contains' | 'regex' }

/** `regex` sees the message as it was written; the other ways ignore case and diacritics. */
export function phraseMatches(text: string, { pattern, match }: PhrasePattern): boolean {
  if (match === 'regex') {
    const compiled = regex(pattern)
    return compiled.ok && compiled.test(text)
  }
  const [said, wanted] = [fold(text), fold(pattern)]
  if (said === '' || wanted === '') return false
  return match === 'equals' ? said === wanted : match === 'starts' ? said.startsWith(wanted) : said.includes(wanted)
}

/** The first of the list that a customer's message, or caption, matches. The channel's list goes before the menu's. */
export function specialPhrase<P extends PhrasePattern>(text: string, phrases: readonly P[]): P | null {
  return phrases.find((phrase) => phraseMatches(text, phrase)) ?? null
}
