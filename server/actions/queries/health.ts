/** Whether a process can do its work: what /readyz asks. */
import { DomainError } from '../../domain/errors.ts'
import { requireCurrentSchema } from '../../store/migrate.ts'
import type { Core } from '../core.ts'

/** Throws `database_unavailable`, `schema_older`, `schema_newer`, `database_not_ours` and `not_installed`. */
export const checkDatabase = (core: Core): Promise<void> => requireCurrentSchema(core.db)

/** Workers beat every few seconds; a process whose workers stand still takes no more requests. Throws `unavailable`. */
export async function checkWorkers(core: Core, patienceMs = 30_000): Promise<void> {
  const row = await core.db.get<{ seenAt: number }>('SELECT seenAt FROM processes WHERE id = ?', [core.processId])
  if (!row || (await core.db.now()) - row.seenAt > patienceMs) throw new DomainError('unavailable')
}
