/** Hours of the day as people write them, with the bounds of §4.6: open when start ≤ t < end, by the wall clock. */
import { DateTime } from 'luxon'
import { zone } from './dates.ts'
import type { Instant } from './environment.ts'
import { fold } from '../fold.ts'

export interface TimeRange { /** Minutes since midnight; end ≤ start crosses midnight. */ readonly start: number; readonly end: number }

/** `HH:MM-HH:MM`; `24:00` is a legal end. Null when it is no range. */
export function timeRange(text: string): TimeRange | null {
  const parts = /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(text)
  if (!parts) return null
  const [start, end] = [Number(parts[1]) * 60 + Number(parts[2]), Number(parts[3]) * 60 + Number(parts[4])]
  return Number(parts[2]) < 60 && Number(parts[4]) < 60 && start < 1440 && end <= 1440 ? { start, end } : null
}

const weekdays = [
  ['lun', 'mon', '1'], ['mar', 'tue', '2'], ['mie', 'wed', '3'], ['jue', 'thu', '4'], ['vie', 'fri', '5'], ['sab', 'sat', '6'], ['dom', 'sun', '7', '0'],
]
/** 1 (Monday) to 7, from a number or a name in Spanish or English; null for anything else. */
export function weekday(value: string | number): number | null {
  const name = fold(String(value))
  const short = /^\d$/.test(name) ? name : name.slice(0, 3)
  const index = weekdays.findIndex((names) => names.includes(short))
  return index < 0 ? null : index + 1
}

export interface Moment {
  readonly ranges: readonly TimeRange[]
  readonly weekdays: readonly number[]
  readonly monthDays: readonly number[]
  readonly months: readonly number[]
}

/** All lists given must hold. A range that crosses midnight belongs to the day it starts on. */
export function isWithin(moment: Moment, now: Instant, timezone: string): boolean {
  const local = DateTime.fromMillis(now, { zone: zone(timezone) })
  const minutes = local.hour * 60 + local.minute
  const holds = (list: readonly number[], value: number) => list.length === 0 || list.includes(value)
  const dayMatches = (day: DateTime) => holds(moment.weekdays, day.weekday) && holds(moment.monthDays, day.day) && holds(moment.months, day.month)
  if (moment.ranges.length === 0) return dayMatches(local)
  return moment.ranges.some(({ start, end }) => {
    if (start < end) return minutes >= start && minutes < end && dayMatches(local)
    return (minutes >= start && dayMatches(local)) || (minutes < end && dayMatches(local.minus({ days: 1 })))
  })
}
