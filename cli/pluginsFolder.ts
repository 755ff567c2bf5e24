/** Where oclif keeps the plugins that `turno plugins install` adds: beside the data, where the server looks for bridges. */
import { join, resolve } from 'node:path'
import { defaultDataDir } from '../config/dataDir.ts'

/** Asked for before oclif starts, which reads it from TURNO_DATA_DIR. */
export function pluginsFolder(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): string {
  const at = argv.findIndex((word) => word === '--data-dir' || word.startsWith('--data-dir='))
  const said = at < 0 ? undefined : argv[at]?.includes('=') ? argv[at]?.slice('--data-dir='.length) : argv[at + 1]
  return join(resolve(said ?? env.TURNO_DATA ?? defaultDataDir()), 'plugins')
}
