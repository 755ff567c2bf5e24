/** Is an answer what the node asked for? (§5.5) The answer itself is kept as typed; a canonical value is given for typed variables. */
import { DateTime } from 'luxon'
import { isValidPhoneNumber, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js'
import { mimeMatches, measure } from '../../../plugins/sdk/capabilities.ts'
import { zone } from './dates.ts'
import type { Validation } from './fields.ts'
import type { Setting } from './filters.ts'
import type { Reading } from './input.ts'
import { regex } from './regex.ts'
import { fold } from '../fold.ts'
import { convert, today, yesOrNo, type Json } from './variables.ts'

export type Checked = { readonly ok: true; /** What a typed variable is made from. */ readonly value: Json } | { readonly ok: false }
const wrong: Checked = { ok: false }
const right = (value: Json): Checked => ({ ok: true, value })

interface Bounds { readonly min?: number | undefined; readonly max?: number | undefined }
const within = (size: number, { min, max }: Bounds) => (min === undefined || size >= min) && (max === undefined || size <= max)

const formats: readonly string[] = ['D/M/YYYY', 'YYYY/M/D']

/** A date by a pattern of D, M and Y; `/`, `-` and `.` are alike. Null when it does not exist. */
export function readTypedDate(text: string, format: string): string | null {
  const order = [...format.toUpperCase().replace(/[^DMY]/g, '')].filter((sign, index, all) => all.indexOf(sign) === index)
  const parts = /^\s*(\d{1,4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,4})\s*$/.exec(text)
  if (!parts || order.length !== 3) return null
  const part = (sign: string) => parts[order.indexOf(sign) + 1] ?? ''
  if (part('Y').length !== 4 || part('D').length > 2 || part('M').length > 2) return null
  const date = DateTime.fromObject({ year: Number(part('Y')), month: Number(part('M')), day: Number(part('D')) }, { zone: 'utc' })
  return date.isValid ? date.toISODate() : null
}

function dateBound(bound: string | undefined, setting: Setting): string | undefined {
  const relative = /^today([+-]\d{1,5})?$/.exec(bound ?? '')
  if (!relative) return bound
  const base = DateTime.fromISO(today(setting), { zone: 'utc' })
  return base.plus({ days: Number(relative[1] ?? 0) }).toISODate() ?? undefined
}

function date(text: string, rule: Extract<Validation, { type: 'date' }>, setting: Setting): Checked {
  const local = setting.locale === 'en' || setting.locale === 'en-US' ? ['M/D/YYYY', 'YYYY/M/D'] : formats
  const tried = rule.format === undefined ? local : [rule.format]
  const found = tried.map((format) => readTypedDate(text, format)).find((one) => one !== null)
  if (found === undefined || found === null) return wrong
  const [min, max] = [dateBound(rule.min, setting), dateBound(rule.max, setting)]
  return (min !== undefined && found < min) || (max !== undefined && found > max) ? wrong : right(found)
}

/** `15:30`, `15.30`, `3:30 pm`, `3 p. m.`; canonical `HH:mm`. */
function time(text: string): Checked {
  const parts = /^(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?$/.exec(fold(text).replace(/[.\s]+(?=[ap])|(?<=[ap])[.\s]+|\.$/g, ''))
  if (!parts) return wrong
  const [, hours = '', minutes, half] = parts
  if (minutes === undefined && half === undefined) return wrong
  let hour = Number(hours)
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return wrong
    hour = (hour % 12) + (half === 'pm' ? 12 : 0)
  }
  return hour > 23 || Number(minutes ?? 0) > 59 ? wrong : right(`${String(hour).padStart(2, '0')}:${minutes ?? '00'}`)
}

function phone(text: string, country: string): Checked {
  const code = country.toUpperCase() as CountryCode
  const typed = text.replace(/^00(?=\d)/, '+')
  return isValidPhoneNumber(typed, code) ? right(parsePhoneNumberFromString(typed, code)?.number ?? typed) : wrong
}

function media(reading: Reading, rule: Extract<Validation, { type: 'media' }>): Checked {
  const file = reading.media
  if (!file || (rule.kinds && !rule.kinds.includes(reading.kind))) return wrong
  if (rule.maxMb !== undefined && file.size > rule.maxMb * 1024 * 1024) return wrong
  if (rule.mimes && !mimeMatches(file.mime, rule.mimes)) return wrong
  return right({ ...file })
}

function number(text: string, type: 'integer' | 'decimal', rule: Bounds, setting: Setting): Checked {
  const converted = convert(text, type, { ...setting, timezone: zone(setting.timezone) })
  return converted.ok && typeof converted.value === 'number' && within(converted.value, rule) ? right(converted.value) : wrong
}

/** `expression` is decided by the caller, who knows the variables: here it lets everything through. */
export function checkAnswer(rule: Validation, reading: Reading, setting: Setting): Checked {
  const text = reading.text.trim()
  if (rule.type === 'any' || rule.type === 'expression') {
    return right(reading.media ? { ...reading.media } : reading.location ? { ...reading.location } : text)
  }
  if (rule.type === 'media') return media(reading, rule)
  if (rule.type === 'location') return reading.location ? right({ ...reading.location }) : wrong
  if (text === '') return wrong
  switch (rule.type) {
    case 'text': return within(measure(text, 'characters'), rule) ? right(text) : wrong
    case 'integer':
    case 'decimal': return number(text, rule.type, rule, setting)
    case 'phone': return phone(text, rule.country ?? setting.country)
    case 'email': return text.length <= 254 && /^[^\s@<>(),;:"]+@[^\s@<>(),;:".]+(\.[^\s@<>(),;:".]+)+$/u.test(text) ? right(text) : wrong
    case 'date': return date(text, rule, setting)
    case 'time': return time(text)
    case 'yesno': {
      const said = yesOrNo(text)
      return said === null ? wrong : right(said)
    }
    case 'regex': {
      const compiled = regex(rule.pattern, rule.flags)
      return compiled.ok && compiled.test(text) ? right(text) : wrong
    }
    case 'in': {
      const found = rule.values.find((value) => (rule.insensitive ? fold(value) === fold(text) : value === text))
      return found === undefined ? wrong : right(found)
    }
    case 'document': return /^[\p{L}\p{N}]+$/u.test(text) && within(measure(text, 'characters'), rule) ? right(text) : wrong
  }
}
