/** Notices to Turno's users (domain §1.3): a line that went down, a destination that could not be used. */
import { insertMany } from '../store/sql.ts'
import type { Tx } from '../store/db.ts'
import type { Core } from './core.ts'

export interface NewNotice {
  readonly level: 'info' | 'warning' | 'error'
  /** The UI's locale files have a text for each code. */
  readonly code: string
  /** `supervisors`, `admins` or a user id. */
  readonly audience: string
  readonly data?: Record<string, unknown>
  /** The same key again is dropped: once an hour, once a day, once per chat. */
  readonly onceKey?: string
}

export async function notify(core: Core, tx: Tx, notices: readonly NewNotice[]): Promise<void> {
  if (notices.length === 0) return
  const now = core.clock.now()
  await insertMany(
    tx.later,
    'notices',
    ['id', 'at', 'level', 'code', 'audience', 'data', 'onceKey'],
    notices.map((n) => [core.ids.next(), now, n.level, n.code, n.audience, JSON.stringify(n.data ?? {}), n.onceKey ?? null]),
    { ignore: true },
  )
  tx.after(() => core.wake.nudge('feed'))
}
