/** Seats (domain §7.1): enabled users who attend, supervisors and admins with `alsoAgent` included. */
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import { forUpdate } from '../store/sql.ts'

/**
 * Call when one more will be taken, before it is. The row of the setting is the lock: two that ask at once follow each other,
 * and without the row there is no limit.
 * @throws DomainError `agent_limit`
 */
export async function takeSeat(tx: Tx): Promise<void> {
  const row = await tx.get<{ value: string }>(
    `SELECT value FROM settings WHERE scope = 'global' AND name = 'agents.max'${forUpdate(tx.dialect)}`,
  )
  const max = row ? (JSON.parse(row.value) as number) : 0
  if (max === 0) return
  const taken = await tx.get<{ n: number }>(
    "SELECT COUNT(*) AS n FROM users WHERE archivedAt IS NULL AND enabled = 1 AND (role = 'agent' OR alsoAgent = 1)",
  )
  if ((taken?.n ?? 0) >= max) throw new DomainError('agent_limit', { max })
}
