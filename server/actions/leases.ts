/** One holder at a time, among any number of processes: times are the database's own, and each new holder has a higher epoch (domain §14). */
import type { Tx } from '../store/db.ts'
import { forUpdate, insertMany } from '../store/sql.ts'
import type { Core } from './core.ts'

/** A line that one process holds, and the epoch in which it took it. Whoever has an older epoch has lost it. */
export interface Fence {
  readonly lease: string
  readonly epoch: number
}

/** The lease of the line of a channel. */
export const lineOf = (channelId: string): string => `line:${channelId}`

/** Somebody else has the line now: nothing of it may be written any more. */
export class LeaseLost extends Error {
  constructor(lease: string) {
    super(`the lease ${lease} is somebody else's`)
  }
}

/** Keeps the lease as it is until the transaction ends. @throws LeaseLost */
export async function checkFence(tx: Tx, fence: Fence): Promise<void> {
  const row = await tx.get<{ epoch: number }>(`SELECT epoch FROM leases WHERE name = ?${forUpdate(tx.dialect)}`, [fence.lease])
  if (row?.epoch !== fence.epoch) throw new LeaseLost(fence.lease)
}

/** Takes the lease from whoever has it: from the commit on the holder can write nothing, and finds out when it renews. */
export async function revokeLease(tx: Tx, name: string): Promise<void> {
  await tx.run("UPDATE leases SET holder = '', epoch = epoch + 1, expiresAt = 0 WHERE name = ?", [name])
}

/** What processes that are gone held is free at once, not only when the lease ends. */
export async function endLinesOf(core: Core, processIds: readonly string[]): Promise<void> {
  for (const id of processIds) await core.db.run('UPDATE leases SET expiresAt = 0 WHERE holder = ?', [id])
}

/** Takes or renews a lease; answers the holder's fencing epoch, or null while somebody else has it. */
export async function holdLease(core: Core, name: string, ttlMs: number): Promise<number | null> {
  const now = await core.db.now()
  const { changes } = await core.db.run('UPDATE leases SET expiresAt = ? WHERE name = ? AND holder = ? AND expiresAt > ?', [now + ttlMs, name, core.processId, now])
  if (changes === 0) {
    await insertMany(core.db, 'leases', ['name', 'holder', 'epoch', 'expiresAt'], [[name, '', 0, 0]], { ignore: true })
    // One statement decides between those who find it free.
    await core.db.run('UPDATE leases SET holder = ?, epoch = epoch + 1, expiresAt = ? WHERE name = ? AND expiresAt <= ?', [core.processId, now + ttlMs, name, now])
  }
  const row = await core.db.get<{ holder: string; epoch: number }>('SELECT holder, epoch FROM leases WHERE name = ?', [name])
  return row?.holder === core.processId ? row.epoch : null
}

export async function dropLease(core: Core, name: string): Promise<void> {
  await core.db.run('UPDATE leases SET expiresAt = 0 WHERE name = ? AND holder = ?', [name, core.processId])
}
