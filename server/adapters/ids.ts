import { monotonicFactory } from 'ulid'
import type { Clock, Ids } from '../domain/ports.ts'

/** ULIDs that ascend even within one millisecond and while the clock stands or goes back. */
export function monotonicIds(clock: Clock): Ids {
  const next = monotonicFactory()
  return { next: () => next(clock.now()) }
}
