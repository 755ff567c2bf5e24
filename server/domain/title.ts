/** What a chat is called (domain §2.7). */
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

export interface TitleFacts {
  readonly customName: string | null
  readonly contactName: string | null
  readonly contactNameSource: string | null
  readonly bookName: string | null
  readonly usePhoneBookName: boolean
  readonly profileName: string | null
  readonly phone: string | null
  readonly username: string | null
  readonly shortId: string
}

export function chatTitle(facts: TitleFacts): string {
  if (facts.customName) return facts.phone ? `${facts.customName} (${formatPhone(facts.phone)})` : facts.customName
  if (facts.contactName && (facts.contactNameSource === 'manual' || facts.contactNameSource === 'import')) return facts.contactName
  if (facts.usePhoneBookName && facts.bookName) return facts.bookName
  if (facts.profileName) return facts.profileName
  if (facts.phone) return formatPhone(facts.phone)
  if (facts.username) return facts.username
  return `Visitante ${facts.shortId}`
}

/** Digits as people read them: +57 310 555 0142. What no country claims is shown with a plus. */
export function formatPhone(digits: string): string {
  return parsePhoneNumberFromString(`+${digits}`)?.formatInternational() ?? `+${digits}`
}
