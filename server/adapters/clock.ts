import type { Clock } from '../domain/ports.ts'

export const systemClock: Clock = { now: () => Date.now() }

/** Calls `run` once after `ms`, unless the function it returns was called before. Does not keep the process alive. */
export type Timer = (ms: number, run: () => void) => () => void

export const systemTimer: Timer = (ms, run) => {
  const timeout = setTimeout(run, ms).unref()
  return () => clearTimeout(timeout)
}
