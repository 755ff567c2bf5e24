import { randomBytes } from 'node:crypto'
import { monotonicFactory } from 'ulid'
import type { Clock, Ids } from '../domain/ports.ts'

const poolSize = 4096

/** Numbers in [0, 1) of 32 random bits, drawn from the system many at a time: each new id takes sixteen. */
function pooledRandom(): () => number {
  let pool = Buffer.alloc(0)
  let at = 0
  return () => {
    if (at === pool.length) {
      pool = randomBytes(poolSize)
      at = 0
    }
    at += 4
    return pool.readUInt32LE(at - 4) / 0x1_0000_0000
  }
}

/** ULIDs that ascend even within one millisecond and while the clock stands or goes back. */
export function monotonicIds(clock: Clock): Ids {
  const next = monotonicFactory(pooledRandom())
  return { next: () => next(clock.now()) }
}
