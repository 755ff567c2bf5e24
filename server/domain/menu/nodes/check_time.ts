import { z } from 'zod'
import { nodeSchema, outputs, reference, shortText } from '../fields.ts'
import { defineNode, type NodeOf } from '../nodeType.ts'
import { isWithin, timeRange, weekday } from '../timeRanges.ts'
import { zone } from '../dates.ts'

const schema = nodeSchema('check_time', outputs('open', 'closed'), {
  ranges: z.array(z.string().max(20)).max(50).default([]),
  weekdays: z.array(z.union([z.number(), z.string().max(20)])).max(7).default([]),
  monthDays: z.array(z.number().int().min(1).max(31)).max(31).default([]),
  months: z.array(z.number().int().min(1).max(12)).max(12).default([]),
  timezone: shortText.optional(),
  calendar: reference.optional(),
})

export const checkTime = defineNode<NodeOf<typeof schema>>({
  type: 'check_time',
  schema,
  editor: {
    group: 'logic', icon: 'clock', label: { es: 'Horario', en: 'Hours' },
    help: { es: 'Sigue según la hora, el día o un calendario.', en: 'Goes on by the hour, the day or a calendar.' },
  },
  interactive: false,
  pauses: false,
  outputs: ['open', 'closed', 'error'],
  ends: ['next', 'on.closed'],
  references: { calendars: ['calendar'] },
  enter: (node, m) => {
    const calendar = node.calendar === undefined ? null : m.env.catalog.calendar(node.calendar)
    if (node.calendar !== undefined && !calendar) return m.fail('unknown_calendar')
    const moment = {
      ranges: node.ranges.map(timeRange).filter((one) => one !== null), weekdays: node.weekdays.map(weekday).filter((one) => one !== null),
      monthDays: node.monthDays, months: node.months,
    }
    const open = (calendar?.open ?? true) && isWithin(moment, m.now, node.timezone ?? m.timezone)
    return m.go(open ? node.on?.['open'] ?? node.next : node.on?.['closed'])
  },
  check: (node, check) => {
    for (const [index, range] of node.ranges.entries()) if (!timeRange(range)) check.report('bad_time', `ranges.${index}`, range)
    for (const [index, day] of node.weekdays.entries()) if (weekday(day) === null) check.report('bad_time', `weekdays.${index}`, String(day))
    if (node.timezone !== undefined && zone(node.timezone) !== node.timezone) check.report('unknown_timezone', 'timezone', node.timezone)
  },
})
