/** The configuration: default.yaml < the file < the environment < options of the command. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { defaultDataDir, packageRoot } from './dataDir.ts'
import { type Config, type Leaf, leaves, schema } from './schema.ts'
import { masked } from './redact.ts'

/** Where a value came from: `default`, a file's path, a variable's name, or `--set`. */
export type Origin = string
export interface Loaded {
  config: Config
  /** By path, `http.port`. */
  origins: Readonly<Record<string, Origin>>
  /** The file that was read, or would be; whether it exists. */
  file: { path: string; exists: boolean }
}

export interface Problem { path: string; origin: Origin; /** Secrets masked. */ value: unknown; message: string; hint: string }

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, origin, message, hint }) => `${path} (${origin}): ${message}. ${hint}`).join('\n'))
    this.problems = problems
  }
}

export interface LoadOptions {
  env?: Readonly<Record<string, string | undefined>>
  /** `{ 'http.port': '9000' }` */
  flags?: Readonly<Record<string, string>>
  /** The file to read; it must exist. */
  file?: string
  cwd?: string
}

interface Found { value: unknown; origin: Origin }

const root = packageRoot()

/** Throws ConfigError with every problem found, not the first alone. */
export function loadConfig({ env = process.env, flags = {}, file, cwd = process.cwd() }: LoadOptions = {}): Loaded {
  const problems: Problem[] = []
  const found = new Map<string, Found>()
  const put = (path: string, value: unknown, origin: Origin): void => { found.set(path, { value, origin }) }

  flatten(readYaml(join(root, 'config', 'default.yaml')), (path, value) => put(path, value, 'default'))
  const path = resolve(cwd, file ?? env.TURNO_CONFIG ?? join(resolve(cwd, flags.dataDir ?? env.TURNO_DATA ?? defaultDataDir()), 'config.yaml'))
  const exists = existsSync(path)
  if (exists) {
    try {
      flatten(readYaml(path), (key, value) => put(key, value, path))
    } catch (error) {
      throw new ConfigError([{ path: '', origin: path, value: null, message: `cannot be read: ${(error as Error).message}`, hint: 'Correct the YAML of this file' }])
    }
  } else if (file !== undefined || env.TURNO_CONFIG !== undefined) {
    throw new ConfigError([{ path: '', origin: path, value: null, message: 'does not exist', hint: 'Name a file that exists, or none' }])
  }
  fromEnvironment(env, put, problems)
  for (const [key, text] of Object.entries(flags)) put(key, understood(leafOf(key), text), '--set')

  const dataDir = resolveDataDir(found, path, cwd)
  for (const [key, { value, origin }] of found) if (typeof value === 'string') put(key, located(key, value, dataDir), origin)
  for (const [key, { value, origin }] of found) {
    if (!leafOf(key)) problems.push({ path: key, origin, value: masked(key, value), message: 'is not a setting', hint: suggestion(key, leaves.map((leaf) => leaf.path)) })
  }
  const result = schema.safeParse(nested(found))
  if (!result.success) {
    for (const issue of result.error.issues) {
      const leaf = leaves.find((each) => issue.path.join('.').startsWith(each.path))
      const at = leaf && found.get(leaf.path)
      if (!leaf || !at) continue
      const message = issue.message.replace(/^Invalid (input|option): /, '')
      problems.push({ path: leaf.path, origin: at.origin, value: masked(leaf.path, at.value), message, hint: `Change ${whereToChange(leaf, at.origin)}` })
    }
  }
  if (problems.length || !result.success) throw new ConfigError(problems)
  const origins = Object.fromEntries([...found].map(([key, { origin }]) => [key, origin]))
  return { config: result.data, origins, file: { path, exists } }
}

/** TURNO_HTTP_PORT, and TURNO_DATABASE_URL_FILE with the name of a file that holds the value of a secret. */
function fromEnvironment(env: NonNullable<LoadOptions['env']>, put: (path: string, value: unknown, origin: Origin) => void, problems: Problem[]): void {
  const sections = new Set(leaves.map((leaf) => `${leaf.environment.split('_').slice(0, 2).join('_')}_`))
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined) continue
    const leaf = leaves.find((each) => each.environment === name)
    const secretLeaf = leaves.find((each) => each.secret && `${each.environment}_FILE` === name)
    if (leaf) {
      put(leaf.path, understood(leaf, text), name)
    } else if (secretLeaf) {
      try {
        put(secretLeaf.path, readFileSync(text, 'utf8').trim(), name)
      } catch {
        problems.push({ path: secretLeaf.path, origin: name, value: text, message: 'names a file that cannot be read', hint: 'Check its path and its permissions' })
      }
    } else if (!name.startsWith('TURNO_DATA_') && [...sections].some((section) => name.startsWith(section))) {
      problems.push({ path: name, origin: 'environment', value: null, message: 'is not a setting', hint: suggestion(name, leaves.map((each) => each.environment)) })
    }
  }
}

/** A text from the environment or a command, as the value that the key takes: itself, JSON, or a list with commas. */
function understood(leaf: Leaf | undefined, text: string): unknown {
  const readings = [text, fromJson(text), text.split(',').map((part) => part.trim()).filter(Boolean)]
  return readings.find((value) => leaf?.schema.safeParse(value).success) ?? fromJson(text) ?? text
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function resolveDataDir(found: Map<string, Found>, file: string, cwd: string): string {
  const { value, origin } = found.get('dataDir') as Found
  const chosen = typeof value === 'string' && value !== '' ? resolve(origin === file ? dirname(file) : cwd, value) : defaultDataDir()
  if (typeof value === 'string' || value === null) found.set('dataDir', { value: chosen, origin })
  return chosen
}

function located(path: string, value: string, dataDir: string): string {
  const full = value.replaceAll('{dataDir}', dataDir)
  if (path === 'secrets.keyFile' || path === 'storage.path') return resolve(dataDir, full)
  if (path === 'database.url' && /^sqlite:./.test(full)) return `sqlite:${resolve(dataDir, full.slice('sqlite:'.length))}`
  return full
}

function readYaml(path: string): unknown {
  return parse(readFileSync(path, 'utf8')) ?? {}
}

const leafOf = (path: string): Leaf | undefined => leaves.find((leaf) => leaf.path === path)

/** Calls for each setting, and for what is no setting at the topmost place where that shows. */
function flatten(tree: unknown, put: (path: string, value: unknown) => void, path = ''): void {
  const section = path === '' || leaves.some((leaf) => leaf.path.startsWith(`${path}.`))
  if (!section || !isMap(tree)) {
    // A section that is empty in the file changes nothing.
    if (!(section && tree === null)) put(path, tree)
    return
  }
  for (const [key, value] of Object.entries(tree)) flatten(value, put, path === '' ? key : `${path}.${key}`)
}

function nested(found: Map<string, Found>): object {
  const tree: Record<string, unknown> = {}
  for (const { path } of leaves) {
    const keys = path.split('.')
    let at = tree
    for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>
    at[keys.at(-1) as string] = found.get(path)?.value
  }
  return tree
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function whereToChange(leaf: Leaf, origin: Origin): string {
  if (origin === '--set') return `--set ${leaf.path}=…`
  return origin.startsWith('TURNO_') ? origin : `${leaf.path} in ${origin}`
}

function suggestion(unknown: string, known: readonly string[]): string {
  const [best] = known.map((name) => ({ name, distance: distance(unknown.toLowerCase(), name.toLowerCase()) })).sort((a, b) => a.distance - b.distance)
  return best && best.distance <= 3 ? `Did you mean ${best.name}?` : 'See config/default.yaml for every setting'
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row.at(-1) as number
}
