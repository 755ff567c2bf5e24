/** How long a place in a waiting list may take (domain §3.10). */

/** Fewer handlings than this say nothing. */
const fewest = 5

export function median(values: readonly number[]): number | null {
  if (values.length < fewest) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** Whole minutes, at least one; null when the pace is not known. */
export const estimatedWait = (position: number, paceMs: number | null): number | null => (paceMs === null ? null : Math.max(1, Math.round((position * paceMs) / 60_000)))
