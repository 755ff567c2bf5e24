/** Whether a destination can be set (domain §2.6): what is unknown or cannot take a chat is refused at once. */
import { DomainError } from '../domain/errors.ts'
import type { Destination } from '../domain/routing.ts'
import type { Tx } from '../store/db.ts'
import { modelsOf } from '../store/models/index.ts'
import { forUpdate } from '../store/sql.ts'
import type { Core } from './core.ts'

/** Locks what it names, so that it is not removed in the meantime. @throws DomainError `invalid_destination` */
export async function checkDestination(core: Core, tx: Tx, destination: Destination): Promise<void> {
  if (destination.type === 'none') return
  if (!(await usable(core, tx, destination))) throw new DomainError('invalid_destination', { destination })
}

async function usable(core: Core, tx: Tx, destination: Exclude<Destination, { type: 'none' }>): Promise<boolean> {
  const { queues, users } = modelsOf(core.db)
  const options = { where: { id: destination.id, archivedAt: null }, transaction: tx.models, lock: true }
  if (destination.type === 'queue') return (await queues.findOne(options)) !== null
  if (destination.type === 'agent') {
    const user = await users.findOne(options)
    return user !== null && user.enabled && (user.role === 'agent' || user.alsoAgent)
  }
  const menu = await tx.get<{ publishedVersion: number | null }>(`SELECT publishedVersion FROM menus WHERE id = ? AND archivedAt IS NULL${forUpdate(tx.dialect)}`, [destination.id])
  return menu !== undefined && menu.publishedVersion !== null
}
