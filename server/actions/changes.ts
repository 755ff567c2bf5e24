/** What follows every change of the catalogue: this process and the others read it again after the commit. */
import type { Tx } from '../store/db.ts'
import { upsertMany } from '../store/sql.ts'
import { catalogVersionName } from './catalog.ts'
import type { Core } from './core.ts'

/**
 * `keys` name what changed (channel, user or queue ids), for those who keep something running for it. Processes that no
 * nudge reaches (the CLI beside an embedded server) leave the new version in the database: `Catalog.catchUp` sees it.
 */
export async function catalogChanged(core: Core, tx: Tx, keys: readonly string[] = []): Promise<void> {
  await upsertMany(tx, 'meta', ['name'], ['name', 'value'], [[catalogVersionName, core.ids.next()]])
  tx.after(() => {
    core.catalog.forget()
    core.wake.nudge('control', keys)
  })
}

/** The entries of `after` that differ from `before`, and their former values: what the audit keeps. */
export function difference<T extends Record<string, unknown>>(before: T, after: Partial<T>): { before: Partial<T>; after: Partial<T> } {
  const changed = Object.keys(after).filter((key) => after[key] !== undefined && JSON.stringify(after[key]) !== JSON.stringify(before[key]))
  const pick = (from: Partial<T>): Partial<T> => Object.fromEntries(changed.map((key) => [key, from[key] ?? null])) as Partial<T>
  return { before: pick(before), after: pick(after) }
}
