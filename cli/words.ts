/** What the CLI says, in the reader's language: locales/es.json and en.json. Help texts are in English. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Locale = 'es' | 'en'
export type Words = (key: string, values?: Readonly<Record<string, unknown>>) => string

/** `--locale`, else the environment's language, else English. */
export function localeOf(argv: readonly string[], env: Readonly<Record<string, string | undefined>> = process.env): Locale {
  const at = argv.findIndex((word) => word === '--locale' || word.startsWith('--locale='))
  const said = at < 0 ? undefined : argv[at]?.includes('=') ? argv[at]?.split('=')[1] : argv[at + 1]
  const language = said ?? env.LC_ALL ?? env.LC_MESSAGES ?? env.LANG ?? 'en'
  return language.toLowerCase().startsWith('es') ? 'es' : 'en'
}

const loaded = new Map<Locale, Readonly<Record<string, string>>>()

export function wordsOf(locale: Locale): Words {
  const texts = loaded.get(locale) ?? read(locale)
  loaded.set(locale, texts)
  return (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

/** Beside the source, of which the built program is a copy in dist/cli. */
function read(locale: Locale): Readonly<Record<string, string>> {
  const here = dirname(fileURLToPath(import.meta.url))
  const folder = [join(here, 'locales'), join(here, '..', '..', 'cli', 'locales')].find((path) => existsSync(path)) as string
  return JSON.parse(readFileSync(join(folder, `${locale}.json`), 'utf8')) as Record<string, string>
}
