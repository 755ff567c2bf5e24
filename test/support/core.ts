/** A core for tests of actions: a clock that is moved by hand, nudges that are remembered, bridges by name. */
import { monotonicFactory } from 'ulid'
import loopback from '../../plugins/sdk/testkit/loopback.ts'
import type { BridgeDefinition } from '../../plugins/sdk/index.ts'
import { Catalog } from '../../server/actions/catalog.ts'
import type { Core } from '../../server/actions/core.ts'
import type { Sealer, Storage, WakeTopic } from '../../server/domain/ports.ts'
import type { Db } from '../../server/store/db.ts'

export interface TestCore extends Core {
  readonly clock: { now(): number; move(ms: number): void }
  readonly nudges: { readonly topic: WakeTopic; readonly keys: readonly string[] }[]
}

export function testCore(
  db: Db,
  { key = 'k', bridges = [loopback as BridgeDefinition] }: { key?: string; bridges?: readonly BridgeDefinition[] } = {},
): TestCore {
  let now = Date.UTC(2026, 0, 15, 14)
  const clock = {
    now: () => now,
    move: (ms: number) => {
      now += ms
    },
  }
  const next = monotonicFactory()
  const nudges: TestCore['nudges'] = []
  const noLog = (): void => undefined
  return {
    db,
    clock,
    nudges,
    ids: { next: () => next(now) },
    wake: {
      nudge: (topic, keys = []) => {
        nudges.push({ topic, keys })
      },
      alarm: () => undefined,
    },
    log: { debug: noLog, info: noLog, warn: noLog, error: noLog },
    sealer: testSealer(key),
    storage: noStorage,
    bridges: {
      definition: (type) => bridges.find((one) => one.type === type),
      types: () => bridges.map((one) => one.type),
      capabilities: () => undefined,
    },
    catalog: new Catalog(db),
    processId: 'test',
    publicUrl: 'https://turno.example',
  }
}

/** Not secret, but unreadable with another key, and unlike what it seals. */
function testSealer(key: string): Sealer {
  const turned = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0x5a)
  return {
    seal: (clear) => Buffer.concat([Buffer.from(`${key}:`), turned(clear)]),
    open(sealed) {
      const start = Buffer.from(`${key}:`)
      if (!Buffer.from(sealed).subarray(0, start.length).equals(start)) throw new Error('another key')
      return turned(sealed.subarray(start.length))
    },
  }
}

const refused = (): never => {
  throw new Error('this test stores no files')
}
const noStorage: Storage = { put: refused, open: refused, stat: refused, remove: refused }
