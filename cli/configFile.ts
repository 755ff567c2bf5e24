/** Writing the configuration file: only what differs from the default, and readable by its owner alone, as it may hold passwords. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseDocument } from 'yaml'

/** Keeps what else the file says, its comments too. Whole or not at all. */
export function writeConfigFile(path: string, values: Readonly<Record<string, unknown>>): void {
  const document = parseDocument(existsSync(path) ? readFileSync(path, 'utf8') : '')
  for (const [key, value] of Object.entries(values)) document.setIn(key.split('.'), value)
  mkdirSync(dirname(path), { recursive: true })
  const fresh = `${path}.new`
  writeFileSync(fresh, document.toString(), { mode: 0o600, flush: true })
  renameSync(fresh, path)
}
