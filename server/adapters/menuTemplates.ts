/** Menus shipped with the program, to begin from (server/domain/menu/examples; the build copies them beside the code). */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Json } from '../domain/menu/environment.ts'
import { fromText } from '../domain/menu/yaml.ts'

export interface ShippedMenu { readonly id: string; readonly name: string; readonly description: string; readonly document: Json }

const folder = fileURLToPath(new URL('../domain/menu/examples/', import.meta.url))
let read: readonly ShippedMenu[] | null = null

export function shippedMenus(): readonly ShippedMenu[] {
  read ??= readdirSync(folder).filter((file) => file.endsWith('.yaml')).sort().map((file) => {
    const parsed = fromText(readFileSync(`${folder}${file}`, 'utf8'))
    if (!parsed.ok) throw new Error(`${file}: ${parsed.message}`)
    const { name, description } = parsed.document as { name: string; description?: string }
    return { id: file.replace(/\.yaml$/, ''), name, description: description ?? '', document: parsed.document }
  })
  return read
}
