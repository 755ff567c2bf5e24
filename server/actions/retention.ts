/** What is kept for a while only (domain §14): raw requests, applied events, the channel log, finished jobs. Nightly, in small steps. */
import { DateTime } from 'luxon'
import { systemActor } from '../domain/permissions.ts'
import type { Core } from './core.ts'
import { addJob } from './jobs.ts'

const step = 1000

/** The next night's run, once however many processes ask for it. */
export async function scheduleRetention(core: Core): Promise<void> {
  const zone = (await core.catalog.read()).setting('general.timezone')
  const now = DateTime.fromMillis(core.clock.now(), { zone })
  const tonight = now.startOf('day').plus({ hours: 3 })
  const at = tonight > now ? tonight : tonight.plus({ days: 1 })
  await addJob(core, core.db, systemActor, { kind: 'retention', runAt: at.toMillis(), uniqueKey: `retention:${at.toISODate()}` })
}

/** Deletes what is older than its setting says; answers how many rows went. */
export async function applyRetention(core: Core): Promise<number> {
  const view = await core.catalog.read()
  const now = core.clock.now()
  const raw = now - view.setting('retention.rawInbox') * 1000
  const log = now - view.setting('retention.channelLog') * 1000
  // What did not parse and what failed is kept as long as the rest: an administrator has that time to replay it.
  return (
    (await inSteps(core, 'inbox_events', 'receivedAt < ? AND pendingLane IS NULL', raw)) + (await inSteps(core, 'inbox_requests', 'at < ?', raw)) +
    (await inSteps(core, 'channel_log', 'at < ?', log)) + (await inSteps(core, 'jobs', 'finishedAt < ?', now - 30 * 86_400_000))
  )
}

/** Short statements, so that nobody waits for a long one. */
async function inSteps(core: Core, table: string, where: string, before: number): Promise<number> {
  let gone = 0
  for (;;) {
    const { changes } = await core.db.run(`DELETE FROM ${table} WHERE id IN (SELECT id FROM (SELECT id FROM ${table} WHERE ${where} LIMIT ${step}) AS old)`, [before])
    gone += changes
    if (changes < step) return gone
  }
}
