/** What a message carries besides its text, out of `extra`: whatever a network sends, only well-formed parts are shown. */
import type { MessageView } from '../../../../server/http/contract/chats.ts'

type Loose = Record<string, unknown>
const list = (value: unknown): Loose[] => (Array.isArray(value) ? value.filter((one): one is Loose => typeof one === 'object' && one !== null) : [])
const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** Buttons of a sent choice, or the rows of a sent list under the button that opens it. */
export function choicesOf(extra: MessageView['extra']): { header: string; footer: string; opens: string; sections: { title: string; choices: { title: string; description: string }[] }[] } | null {
  const choices = (value: unknown) => list(value).map((one) => ({ title: text(one['title']), description: text(one['description']) })).filter((one) => one.title !== '')
  const sections = Array.isArray(extra?.['sections']) ? list(extra['sections']).map((one) => ({ title: text(one['title']), choices: choices(one['choices']) })) : [{ title: '', choices: choices(extra?.['choices']) }]
  if (sections.every((one) => one.choices.length === 0)) return null
  return { header: text(extra?.['header']), footer: text(extra?.['footer']), opens: text(extra?.['button']), sections }
}

export function cardsOf(extra: MessageView['extra']): { name: string; organization: string; phones: string[]; emails: string[] }[] {
  return list(extra?.['contacts']).map((card) => ({
    name: text(card['name']), organization: text(card['organization']), phones: list(card['phones']).map((one) => text(one['value'])).filter(Boolean),
    emails: Array.isArray(card['emails']) ? card['emails'].map(text).filter(Boolean) : [],
  }))
}

export const orderOf = (extra: MessageView['extra']): { product: string; quantity: string; price: string }[] =>
  list(extra?.['items']).map((one) => ({ product: text(one['productId']), quantity: text(one['quantity']), price: [text(one['price']), text(one['currency'])].filter(Boolean).join(' ') }))

export function formOf(extra: MessageView['extra']): { name: string; value: string }[] {
  const values = extra?.['values']
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return []
  return Object.entries(values).map(([name, value]) => ({ name, value: typeof value === 'object' ? JSON.stringify(value) : String(value) }))
}

/** Digits and a plus only: what a telephone link may hold. */
export const dialable = (phone: string): string => phone.replace(/[^+\d]/g, '')
