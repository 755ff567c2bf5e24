/** Everything a bridge may import. `testkit/` and `conformance.ts` are for its tests. */
import type { BridgeDefinition } from './bridge.ts'

export * from './bridge.ts'
export * from './capabilities.ts'
export * from './sendable.ts'

/** The loader refuses a bridge whose `sdk` range does not hold this version. */
export const SDK_VERSION = '1.0.0'

/** Gives a definition its types without naming them twice. */
export function defineBridge<Settings, Secrets>(definition: BridgeDefinition<Settings, Secrets>): BridgeDefinition<Settings, Secrets> {
  return definition
}

/**
 * Where a package says its bridge is: `"turno": {"bridge": "./dist/index.js"}` in package.json, a path inside the
 * package to a module whose default export is a BridgeDefinition. Null when the package is no bridge.
 */
export function bridgeEntry(packageJson: unknown): string | null {
  if (typeof packageJson !== 'object' || packageJson === null || !('turno' in packageJson)) return null
  const field = packageJson.turno
  if (typeof field !== 'object' || field === null || !('bridge' in field) || typeof field.bridge !== 'string') return null
  const inside = /^\.\/(?!\/)/.test(field.bridge) && !field.bridge.split(/[\\/]/).includes('..')
  return inside ? field.bridge : null
}
