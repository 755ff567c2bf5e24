/** Puts the core of a process together from its configuration, without anything that runs by itself: for the CLI, and for app.ts. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/schema.ts'
import type { BridgeDefinition } from '../plugins/sdk/bridge.ts'
import { Catalog } from './actions/catalog.ts'
import type { Core } from './actions/core.ts'
import { systemClock } from './adapters/clock.ts'
import { monotonicIds } from './adapters/ids.ts'
import { createLog } from './adapters/log.ts'
import { createKeyFile, openSealer } from './adapters/sealer.ts'
import { fileStorage } from './adapters/storage.ts'
import { LocalWake, type Waker } from './adapters/wake.ts'
import { BullWake } from './adapters/wakeBull.ts'
import { loadBridges } from './bridges/loader.ts'
import { Directory } from './bridges/registry.ts'
import { DomainError } from './domain/errors.ts'
import { openDatabase } from './store/open.ts'

export interface CoreOptions {
  /** `turno install`: the key file is made if there is none. */
  readonly create?: boolean
  /** Bridges of tests and measurements. */
  readonly bridges?: readonly BridgeDefinition[]
}

export interface OpenedCore {
  readonly core: Core
  readonly wake: Waker
  readonly directory: Directory
  close(): Promise<void>
}

/** Throws DomainError not_installed (no key file), secret_key_wrong, database_unavailable. */
export async function openCore(config: Config, { create = false, bridges = [] }: CoreOptions = {}): Promise<OpenedCore> {
  const log = createLog(config.log)
  if (!existsSync(config.secrets.keyFile)) {
    if (!create) throw new DomainError('not_installed', { keyFile: config.secrets.keyFile })
    createKeyFile(config.secrets.keyFile)
  }
  const sealer = openSealer(config.secrets.keyFile)
  const clock = systemClock
  const definitions = await loadBridges(log, [join(config.dataDir, 'plugins')], bridges)
  const directory = new Directory(definitions)
  const db = await openDatabase({ url: config.database.url, poolSize: config.database.pool, synchronous: config.sqlite.synchronous, log })
  const wake: Waker = config.redis.url ? new BullWake({ url: config.redis.url, prefix: config.redis.prefix, log, clock }) : new LocalWake({ log, clock })
  const ids = monotonicIds(clock)
  const core: Core = {
    db, clock, log, wake, ids, sealer, bridges: directory, storage: fileStorage(config.storage.path), catalog: new Catalog(db), processId: ids.next(),
    publicUrl: config.http.publicUrl ?? `http://localhost:${config.http.port}`,
  }
  return {
    core, wake, directory,
    async close() {
      await wake.close()
      await db.close()
    },
  }
}
