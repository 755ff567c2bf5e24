/** A reusable text with a contact's data in it (domain §8.5, §8.6). */
import { renderText } from './customerText.ts'

export interface Filled {
  readonly text: string
  /** Variables that have no value: they are left as written, for a person to replace. */
  readonly missing: readonly string[]
}

const plain = /\{\{-?\s*([A-Za-z_][\w.]*)\s*-?\}\}/g

/** `{{ contact.firstName }}` and the like; one with a default (`{{ contact.firstName | default: "cliente" }}`) is never missing. */
export function fill(text: string, data: Record<string, unknown>): Filled {
  const missing = new Set<string>()
  const kept = text.replace(plain, (whole, path: string) => {
    if (valueAt(data, path) !== '') return whole
    missing.add(path)
    return `{% raw %}${whole}{% endraw %}`
  })
  return { text: renderText(kept, data), missing: [...missing] }
}

function valueAt(data: Record<string, unknown>, path: string): string {
  let value: unknown = data
  for (const part of path.split('.')) value = typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? (value as Record<string, unknown>)[part] : undefined
  return value === undefined || value === null ? '' : String(value).trim()
}
