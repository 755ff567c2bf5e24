/** Whether an agent holds chats, asked under the agent's lock: nobody can hand one over in the meantime. */
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import { forUpdate } from '../store/sql.ts'

/** @throws DomainError `has_chats` with their number */
export async function checkNoChats(tx: Tx, user: { readonly id: string }): Promise<void> {
  await tx.get(`SELECT agentId FROM agents WHERE agentId = ?${forUpdate(tx.dialect)}`, [user.id])
  const held = await tx.get<{ n: number }>('SELECT COUNT(*) AS n FROM chats WHERE agentId = ?', [user.id])
  if (held?.n) throw new DomainError('has_chats', { chats: held.n })
}
