/** The questions of a bridge's two schemas: what a person must give, and nothing that Turno makes or knows by itself. */
import type { JsonSchema } from '../../plugins/sdk/bridge.ts'
import type { Locale } from '../words.ts'
import { ask } from './ask.ts'

interface Property {
  readonly type?: string
  readonly title?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly 'x-generate'?: number
  readonly 'x-es'?: { readonly title?: string }
  readonly 'x-order'?: number
}

/** Required properties without a value, a default or a generator, in the form's order. */
export function openQuestions(schema: JsonSchema, given: Readonly<Record<string, unknown>>): string[] {
  const properties = (schema.properties ?? {}) as Record<string, Property>
  return ((schema.required ?? []) as string[])
    .filter(
      (name) => given[name] === undefined && properties[name]?.default === undefined && properties[name]?.['x-generate'] === undefined,
    )
    .sort((a, b) => (properties[a]?.['x-order'] ?? 0) - (properties[b]?.['x-order'] ?? 0))
}

/** The answer as text. Secrets are not shown while they are typed. */
export async function askFor(locale: Locale, schema: JsonSchema, name: string, secret: boolean): Promise<string> {
  const property = ((schema.properties ?? {}) as Record<string, Property>)[name] ?? {}
  const title = (locale === 'es' ? property['x-es']?.title : undefined) ?? property.title ?? name
  const choices = property.enum?.map((value) => ({ value: String(value), name: String(value) }))
  return ask(() => title, { text: title, secret, ...(choices ? { choices } : {}) })
}
