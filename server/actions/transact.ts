import type { Tx } from '../store/db.ts'
import type { CatalogView } from './catalog.ts'
import type { Core } from './core.ts'

/** The transaction of an action, with a look at the catalog that is at least as new as its beginning. */
export async function transact<T>(core: Core, work: (tx: Tx, view: CatalogView) => Promise<T>): Promise<T> {
  const view = await core.catalog.read()
  return core.db.transaction((tx) => work(tx, view))
}
