/** Agents who let offers pass are paused after so many in a row (`distribution.autoPauseAfterMissed`, domain §3.3). */
import { systemActor } from '../../domain/permissions.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { notify } from '../notices.ts'
import { pauseForMissing } from '../presence.ts'

export const missed = (reason: string): boolean => reason === 'expired'

/** After the transaction that closed their offers: an agent's own row is locked last everywhere, so their pause is one of its own. */
export async function pauseThoseWhoMiss(core: Core, view: CatalogView, agentIds: readonly string[]): Promise<void> {
  const most = view.setting('distribution.autoPauseAfterMissed')
  if (most === 0 || agentIds.length === 0) return
  const ids = [...new Set(agentIds)]
  const rows = await core.db.all<{ agentId: string }>(
    `SELECT agentId FROM agents WHERE agentId IN (${placeholders(ids.length)}) AND missedOffers >= ? AND presence = 'online' AND pausedSince IS NULL`, [...ids, most],
  )
  for (const { agentId } of rows) {
    if (!(await pauseForMissing(core, agentId, most))) continue
    await core.db.transaction((tx) => notify(core, tx, [
      { level: 'warning', code: 'paused_after_missed', audience: agentId, data: { missed: most } },
      { level: 'info', code: 'agent_paused_after_missed', audience: 'supervisors', data: { agentId, agentName: view.user(agentId)?.name ?? '', by: systemActor.name } },
    ]))
  }
}
