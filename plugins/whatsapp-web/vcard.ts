/** Contact cards, as this network carries them. */
import type { ContactCard } from '../sdk/index.ts'

const unescape = (value: string): string => value.replace(/\\n/gi, '\n').replace(/\\([,;\\])/g, '$1').trim()
const escape = (value: string): string => value.replace(/[\r\n]+/g, ' ').replace(/([,;\\])/g, '\\$1')

/** Lines that begin with a blank continue the one before. */
const unfold = (text: string): string[] => text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)

export function readVcard(text: string, displayName?: string | null): ContactCard {
  let name = displayName ?? ''
  let organization: string | undefined
  const phones: { value: string; type?: string; onNetwork?: boolean }[] = []
  const emails: string[] = []
  for (const line of unfold(text)) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const [label = '', ...parameters] = line.slice(0, colon).split(';')
    const value = unescape(line.slice(colon + 1))
    const field = label.replace(/^item\d+\./i, '').toUpperCase()
    if (field === 'FN' && value) name = value
    if (field === 'ORG' && value) organization = value.replace(/;+$/, '')
    if (field === 'EMAIL' && value) emails.push(value)
    if (field === 'TEL' && value) {
      const type = parameters.map((one) => one.replace(/^type=/i, '')).find((one) => !one.includes('=') && !/^(pref|voice)$/i.test(one))
      phones.push({ value, ...(type ? { type: type.toLowerCase() } : {}), ...(parameters.some((one) => /^waid=/i.test(one)) ? { onNetwork: true } : {}) })
    }
  }
  return { name: name || phones[0]?.value || '?', phones, ...(emails.length > 0 ? { emails } : {}), ...(organization ? { organization } : {}) }
}

export function writeVcard(card: ContactCard): string {
  return [
    'BEGIN:VCARD', 'VERSION:3.0', `N:;${escape(card.name)};;;`, `FN:${escape(card.name)}`,
    ...(card.organization ? [`ORG:${escape(card.organization)};`] : []),
    ...card.phones.map(({ value, type }) => `TEL;type=${(type ?? 'CELL').toUpperCase()};type=VOICE;waid=${value.replace(/\D/g, '')}:${value}`),
    ...(card.emails ?? []).map((email) => `EMAIL;type=INTERNET:${escape(email)}`),
    'END:VCARD',
  ].join('\n')
}
