import type { Core } from '../core.ts'

/** Receipts and reactions whose message never came are kept ten minutes (domain §8.2). */
const keepFor = 600_000

export async function dropEarlyUpdates(core: Core): Promise<number> {
  return (await core.db.run('DELETE FROM early_updates WHERE at < ?', [core.clock.now() - keepFor])).changes
}
