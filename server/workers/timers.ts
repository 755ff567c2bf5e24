/** Does what timers stand for, when they are due. */
import type { Core } from '../actions/core.ts'
import { overflowLate } from '../actions/distribution/limits.ts'
import { endWrapUp, expirePresence } from '../actions/presence.ts'
import { ringRun } from '../actions/menus/inputs.ts'
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
    overflow: async (timer) => {
      await overflowLate(core, timer.subjectId, String(timer.data.queueId))
    },
    wrapup: async (timer) => endWrapUp(core, timer.subjectId),
    menu: async (timer) => {
      await ringRun(core, timer.subjectId, { chatId: String(timer.data.chatId), version: Number(timer.data.version) })
    },
  }
  let stopped = false
  const startedAt = core.clock.now()
  let graceEnds: number | null = null

  /** What fell due while nobody was here waits a moment, so that answers that came meanwhile are heard first (§5.7). */
  const inGrace = async (timer: Timer): Promise<boolean> => {
    if (timer.kind !== 'menu' || timer.dueAt >= startedAt) return false
    graceEnds ??= startedAt + (await core.catalog.read()).setting('recovery.grace') * 1000
    return core.clock.now() < graceEnds
  }

  const ring = async (): Promise<void> => {
    for (let due = await dueTimers(core, batch); due.length > 0 && !stopped; due = await dueTimers(core, batch)) {
      const ripe: Timer[] = []
      for (const timer of due) if (!(await inGrace(timer))) ripe.push(timer)
      if (ripe.length === 0) {
        if (graceEnds !== null) wake.alarm('timers', graceEnds)
        return
      }
      for (const timer of ripe) {
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
