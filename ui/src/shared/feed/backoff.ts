/** How long to wait before the next attempt: doubling from half a second to fifteen, spread so that a crowd does not return at once. */
export function backoff(attempt: number, random: number): number {
  const base = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10))
  return Math.round(base * (0.6 + 0.8 * random))
}
