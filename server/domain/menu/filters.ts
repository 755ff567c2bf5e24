/** The Liquid filters that Turno adds (§5.4). `this` of a filter is not used: what they need comes with the rendering. */
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js'
import { readDate, strftime, type TimeZoned } from './dates.ts'
import { regex } from './regex.ts'
import { slugOf } from '../slug.ts'
import { similarity } from './text.ts'

/** What a rendering may ask beside the variables. */
export interface Setting extends TimeZoned {
  /** Two letters; the country of a phone number without prefix. */
  readonly country: string
  /** Next pseudo-random number in [0, 1); the same for the same step. */
  readonly random: () => number
}

export function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'object') return JSON.stringify(value) ?? ''
  return typeof value === 'function' || typeof value === 'symbol' ? '' : String(value)
}

function money(value: unknown, setting: Setting, currency: unknown): string {
  const amount = typeof value === 'number' ? value : Number(toText(value).trim() || NaN)
  if (!Number.isFinite(amount)) return toText(value)
  const code = toText(currency).toUpperCase()
  const style = /^[A-Z]{3}$/.test(code) ? { style: 'currency' as const, currency: code } : {}
  return new Intl.NumberFormat(setting.locale, { ...style, maximumFractionDigits: 2, minimumFractionDigits: 0, useGrouping: true })
    .format(amount).replace(/[\u00a0\u202f]/g, ' ')
}

function phone(value: unknown, setting: Setting, form: unknown): string {
  const typed = toText(value)
  const parsed = parsePhoneNumberFromString(typed, setting.country.toUpperCase() as CountryCode)
  if (!parsed) return typed
  return form === 'national' ? parsed.formatNational() : form === 'international' ? parsed.formatInternational() : parsed.number
}

function parseJson(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value
  } catch {
    return null
  }
}

function uuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, (_, index) =>
    index === 12 ? '4' : index === 16 ? (8 + Math.floor(random() * 4)).toString(16) : Math.floor(random() * 16).toString(16)).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

type Filter = (setting: Setting, value: unknown, first: unknown, second: unknown) => unknown

/** `date` is here too: Liquid's own reads the machine's clock and zone. */
export const filters: Readonly<Record<string, Filter>> = {
  date_tz: (setting, value, format, timezone) => {
    const date = readDate(value, setting, typeof timezone === 'string' ? timezone : undefined)
    return date ? strftime(date, typeof format === 'string' ? format : '%d/%m/%Y') : ''
  },
  date: (setting, value, format) => {
    const date = readDate(value, setting)
    return date ? strftime(date, typeof format === 'string' ? format : '%d/%m/%Y') : ''
  },
  digits: (_, value) => toText(value).normalize('NFKC').replace(/[^0-9]/g, ''),
  json: (_, value) => JSON.stringify(value) ?? 'null',
  matches: (_, value, pattern) => {
    const compiled = regex(toText(pattern))
    return compiled.ok && compiled.test(toText(value))
  },
  money: (setting, value, currency) => money(value, setting, currency),
  parse_json: (_, value) => parseJson(value),
  phone: (setting, value, form) => phone(value, setting, form),
  similarity: (_, value, other) => similarity(toText(value), toText(other)),
  slug: (_, value) => slugOf(toText(value)),
  uuid: (setting) => uuid(setting.random),
}
