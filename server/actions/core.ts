/**
 * What every action is given: the database and the few things it needs from outside.
 * app.ts makes one per process; tests make their own with a clock they move.
 */
import type { BridgeDefinition, Capabilities } from '../../plugins/sdk/bridge.ts'
import type { Clock, Ids, Log, Sealer, Storage, Wake } from '../domain/ports.ts'
import type { Db } from '../store/db.ts'
import type { Catalog } from './catalog.ts'

/** The bridges that are loaded, as far as the core asks: by type, never by name in its code. */
export interface BridgeDirectory {
  definition(type: string): BridgeDefinition | undefined
  types(): readonly string[]
  /** What a channel can do now. Bridges that learn it on login answer by their last word. */
  capabilities(channelId: string): Capabilities | undefined
}

export interface Core {
  readonly db: Db
  readonly clock: Clock
  readonly ids: Ids
  readonly wake: Wake
  readonly log: Log
  readonly sealer: Sealer
  readonly storage: Storage
  readonly bridges: BridgeDirectory
  readonly catalog: Catalog
  /** This process, in leases and the process table. */
  readonly processId: string
  /** Public base address, no slash at the end. */
  readonly publicUrl: string
}
