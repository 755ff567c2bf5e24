/** One holder at a time, among any number of processes: times are the database's own, and each new holder has a higher epoch (domain §14). */
import { insertMany } from '../store/sql.ts'
import type { Core } from './core.ts'

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
