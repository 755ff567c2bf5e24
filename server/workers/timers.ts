/** Does what timers stand for, when they are due. */
import type { Core } from '../actions/core.ts'
import { expirePresence } from '../actions/presence.ts'
import { dropTimer, dueTimers, nextTimerAt, type Timer, type TimerKind } from '../actions/timers.ts'
import type { Waker } from '../adapters/wake.ts'
import type { Worker } from './worker.ts'

const batch = 100

export function timersWorker(core: Core, wake: Waker): Worker {
  const handlers: Record<TimerKind, (timer: Timer) => Promise<void>> = {
    presence: async () => {
      await expirePresence(core)
    },
    drain: async (timer) => wake.nudge('drain', [String(timer.data.queueId)]),
  }
  let stopped = false

  const ring = async (): Promise<void> => {
    for (let due = await dueTimers(core, batch); due.length > 0 && !stopped; due = await dueTimers(core, batch)) {
      for (const timer of due) {
        await handlers[timer.kind](timer)
        await dropTimer(core, timer)
      }
    }
    const next = await nextTimerAt(core)
    if (next !== null && !stopped) wake.alarm('timers', next)
  }

  const off = wake.on('timers', ring)
  return {
    name: 'timers',
    async sweep() {
      wake.nudge('timers')
    },
    async stop() {
      stopped = true
      off()
    },
  }
}
