/** Where an installation lives when nobody says. Apart from load.ts, so that the program's start needs no parser. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `data` in a checkout; never in the folder that somebody happens to be in. */
export function defaultDataDir(): string {
  const root = packageRoot()
  if (existsSync(join(root, '.git'))) return join(root, 'data')
  if (existsSync('/var/lib/turno')) return '/var/lib/turno'
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'turno')
}

/** default.yaml is beside the sources, of which the built program is a copy one folder down. */
export function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  return [join(here, '..'), join(here, '..', '..')].find((folder) => existsSync(join(folder, 'config', 'default.yaml'))) as string
}
