import { z } from 'zod'
import { nodeSchema, outputs, shortText, text } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'
import { readDate, zone } from '../dates.ts'

const schema = nodeSchema('check_holiday', outputs('yes', 'no'), {
  country: z.string().regex(/^[A-Za-z]{2}$/, 'two letters'),
  subdivision: z.string().max(10).optional(),
  date: text.optional(),
  timezone: shortText.optional(),
  extra: z.array(z.string().regex(/^(\d{4}-)?\d{2}-\d{2}$/, 'a date such as 2027-12-24, or 12-24 for every year')).max(400).default([]),
})

export const checkHoliday = defineNode<NodeOf<typeof schema>>({
  type: 'check_holiday',
  schema,
  editor: {
    group: 'logic', icon: 'calendar-off', label: { es: 'Festivo', en: 'Holiday' },
    help: { es: 'Sigue según si es festivo en el país.', en: 'Goes on by whether it is a public holiday.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['yes', 'no', 'error'],
  ends: ['next', 'on.yes'],
  texts: ['date'],
  enter: (node, m) => {
    const timezone = node.timezone ?? m.timezone
    const date = readDate(node.date === undefined ? 'today' : m.text(node.date), m.setting, timezone)?.toISODate()
    if (!date) return m.fail('bad_date')
    const holidays = m.env.catalog.holidays(node.country.toUpperCase(), node.subdivision ?? null, Number(date.slice(0, 4)))
    if (!holidays) return m.fail('unknown_country')
    const is = holidays.includes(date) || node.extra.includes(date) || node.extra.includes(date.slice(5))
    return m.go(is ? node.on?.['yes'] : node.on?.['no'] ?? node.next)
  },
  check: (node, check) => {
    const place = node.subdivision === undefined ? node.country : `${node.country}-${node.subdivision}`
    if (!check.catalog.holidays(node.country.toUpperCase(), node.subdivision ?? null, 2026)) check.report('unknown_country', 'country', place)
    if (node.timezone !== undefined && zone(node.timezone) !== node.timezone) check.report('unknown_timezone', 'timezone', node.timezone)
  },
})
