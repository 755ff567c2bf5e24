/** Finds the bridges: the folders of `plugins/` beside the server, and packages that say so in their package.json. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import semver from 'semver'
import { bridgeEntry, SDK_VERSION, type BridgeDefinition } from '../../plugins/sdk/index.ts'
import type { Log } from '../domain/ports.ts'

const notBridges = new Set(['sdk', 'shared'])

/** Modules to import: by folder in the tree, by `turno.bridge` in installed packages. */
function entries(packageFolders: readonly string[]): string[] {
  const plugins = fileURLToPath(new URL('../../plugins/', import.meta.url))
  const own = readdirSync(plugins, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !notBridges.has(entry.name))
    .flatMap((entry) => ['index.ts', 'index.js'].map((file) => join(plugins, entry.name, file)).filter(existsSync).slice(0, 1))
  return [...own, ...packageFolders.flatMap(packagesIn)]
}

/** The packages that the program's plugin manager has installed in a folder. */
function packagesIn(folder: string): string[] {
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) return []
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: Record<string, string> }
  return Object.keys(dependencies).flatMap((name) => {
    const file = join(folder, 'node_modules', name, 'package.json')
    if (!existsSync(file)) return []
    const entry = bridgeEntry(JSON.parse(readFileSync(file, 'utf8')))
    return entry ? [join(dirname(file), entry)] : []
  })
}

/** Loads each bridge; one that cannot be loaded is logged and left out, so that the others work. */
export async function loadBridges(log: Log, packageFolders: readonly string[] = [], also: readonly BridgeDefinition[] = []): Promise<Map<string, BridgeDefinition>> {
  const loaded = new Map<string, BridgeDefinition>()
  for (const path of entries(packageFolders)) {
    try {
      const { default: definition } = (await import(pathToFileURL(path).href)) as { default: BridgeDefinition }
      if (!semver.satisfies(SDK_VERSION, definition.sdk)) throw new Error(`it is for bridge SDK ${definition.sdk}, and this is ${SDK_VERSION}`)
      if (loaded.has(definition.type)) throw new Error(`there is a bridge ${definition.type} already`)
      loaded.set(definition.type, definition)
    } catch (error) {
      log.error('bridge not loaded', { path, error: error instanceof Error ? error.message : String(error) })
    }
  }
  for (const definition of also) loaded.set(definition.type, definition)
  return loaded
}
