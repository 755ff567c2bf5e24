/** Exit codes (domain §12.1). Programs read them: they never change their meaning. */
export const exitCodes = { done: 0, failed: 1, usage: 2, partly: 3, notFound: 4, conflict: 5, unavailable: 6, checkFailed: 7 } as const

/** What a refusal's HTTP status is at the command line. */
export function exitCodeOf(status: number): number {
  if (status === 404) return exitCodes.notFound
  if (status === 409) return exitCodes.conflict
  if (status === 502 || status === 503 || status === 429) return exitCodes.unavailable
  if (status === 400 || status === 413 || status === 415 || status === 422) return exitCodes.usage
  return exitCodes.failed
}
