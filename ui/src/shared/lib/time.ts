/** Times as people read them. Nothing here reads the clock: `now` comes from the caller. */

const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** 04:12, 1:12:05; from a day on, 2 d 3 h. Never negative: clocks of two machines differ a little. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / second))
  const d = Math.floor(total / 86400)
  const h = Math.floor((total % 86400) / 3600)
  const m = Math.floor((total % 3600) / 60)
  const two = (n: number) => String(n).padStart(2, '0')
  if (d > 0) return `${d} d ${h} h`
  return h > 0 ? `${h}:${two(m)}:${two(total % 60)}` : `${two(m)}:${two(total % 60)}`
}

/** 23 h 55 min, 55 min, 2 d 3 h: what is left of a window. Rounds down so that it never promises more than there is. */
export function formatLeft(ms: number): string {
  const total = Math.max(0, Math.floor(ms / minute))
  const d = Math.floor(total / 1440)
  const h = Math.floor((total % 1440) / 60)
  const m = total % 60
  if (d > 0) return `${d} d ${h} h`
  return h > 0 ? `${h} h ${m} min` : `${m} min`
}

const formatters = new Map<string, Intl.DateTimeFormat>()
function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options)
  let found = formatters.get(key)
  if (!found) formatters.set(key, (found = new Intl.DateTimeFormat(locale, options)))
  return found
}

/** 16:05. */
export const formatHour = (at: number, locale: string): string =>
  formatter(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)

/** 20 nov; with the year when it is not this one. */
export function formatShortDay(at: number, now: number, locale: string): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return formatter(locale, { day: 'numeric', month: 'short', ...(sameYear ? {} : { year: 'numeric' }) }).format(at)
}

export const dayKey = (at: number): string => {
  const date = new Date(at)
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`
}

/** How many midnights lie between two instants, in the browser's time zone. */
export function daysBetween(at: number, now: number): number {
  const start = (instant: number) => new Date(instant).setHours(0, 0, 0, 0)
  return Math.round((start(now) - start(at)) / day)
}

/** viernes 20 de noviembre; with the year when it is not this one. */
export function formatLongDay(at: number, now: number, locale: string): string {
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return formatter(locale, { weekday: 'long', day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) })
    .format(at)
    .replace(',', '')
}

export const formatDateTime = (at: number, locale: string): string =>
  formatter(locale, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }).format(at)
