/**
 * Public holidays by country and subdivision, from the data set that comes with Turno (works offline, §4.6). Loading it
 * takes half a second: import this file where an environment is made, not where menus are only read.
 * Data: date-holidays, CC-BY-3.0.
 */
import Holidays from 'date-holidays'

const cache = new Map<string, readonly string[] | null>()

function compute(country: string, subdivision: string | null, year: number): readonly string[] | null {
  const known = new Holidays()
  if (!Object.hasOwn(known.getCountries() ?? {}, country)) return null
  if (subdivision !== null && !Object.hasOwn(known.getStates(country) ?? {}, subdivision)) return null
  known.init(country, ...(subdivision === null ? [] : [subdivision]))
  const days = new Set<string>()
  for (const holiday of known.getHolidays(year)) {
    if (holiday.type !== 'public') continue
    const first = Date.parse(`${holiday.date.slice(0, 10)}T00:00:00Z`)
    const length = Math.max(1, Math.round((holiday.end.getTime() - holiday.start.getTime()) / 86_400_000))
    for (let day = 0; day < length; day++) days.add(new Date(first + day * 86_400_000).toISOString().slice(0, 10))
  }
  return [...days].sort()
}

/** ISO dates in order; null when the country or the subdivision is not known. */
export function holidays(country: string, subdivision: string | null, year: number): readonly string[] | null {
  const key = `${country}/${subdivision ?? ''}/${year}`
  let found = cache.get(key)
  if (found === undefined) cache.set(key, found = compute(country, subdivision, year))
  return found
}
