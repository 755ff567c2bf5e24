/** What of a configuration may be shown. */
import { type Config, leaves } from './schema.ts'

const mask = '•••'
/** Whether a field of this name holds a secret. */
export const isSecretName = (name: string): boolean => /pass(word|phrase)?$|secret|token|(api|private|access|app|auth)_?key$|credentials?$/i.test(name)

/** Masks the password of each address in a text, and the value of a parameter that is named like a secret. */
export function maskUrl(text: string): string {
  return text.replace(/\b([a-z][\w+.-]*:\/\/[^:@/?#\s]*):[^/?#\s]*@/gi, `$1:${mask}@`)
    .replace(/([?&](?:[^=&#]*(?:token|secret|password|key))=)[^&#\s]*/gi, `$1${mask}`)
}

/** One value of the configuration, for showing; of plugins' settings, what is named like a secret is masked. */
export function masked(path: string, value: unknown): unknown {
  const secret = leaves.find((leaf) => leaf.path === path)?.secret
  if (value === null || value === undefined) return value
  if (secret === 'whole') return mask
  if (typeof value === 'string') return maskUrl(value)
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => masked(path, item))
  const below = (key: string): string => path === '' ? key : `${path}.${key}`
  const hidden = (key: string): boolean => path.startsWith('plugins') && isSecretName(key)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hidden(key) ? mask : masked(below(key), item)]))
}

export const redactConfig = (config: Config): Config => masked('', config) as Config
