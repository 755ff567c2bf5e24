/** What a bridge's two schemas make of the values that a person gave for a channel. */
import { randomBytes } from 'node:crypto'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { BridgeDefinition, JsonSchema } from '../../plugins/sdk/bridge.ts'
import { DomainError } from '../domain/errors.ts'
import type { Secrets } from './secrets.ts'

export type Values = Readonly<Record<string, unknown>>

/** One property of a bridge's schema, with the annotations of the SDK. */
export interface Property {
  readonly name: string
  readonly required: boolean
  readonly schema: JsonSchema
}

export function propertiesOf(schema: JsonSchema): Property[] {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>
  const required = new Set((schema.required ?? []) as string[])
  return Object.entries(properties).map(([name, property]) => ({ name, required: required.has(name), schema: property }))
}

/** A bridge that providers call: its secrets (or some of them) are those of the address called. */
export const hasEndpoint = (definition: BridgeDefinition): boolean =>
  propertiesOf(definition.secretsSchema).some((one) => one.schema['x-endpoint'] === true)

export function splitSecrets(definition: BridgeDefinition, secrets: Values): { own: Secrets; endpoint: Secrets } {
  const shared = new Set(
    propertiesOf(definition.secretsSchema)
      .filter((one) => one.schema['x-endpoint'] === true)
      .map((one) => one.name),
  )
  const part = (inside: boolean): Secrets => Object.fromEntries(Object.entries(secrets).filter(([name]) => shared.has(name) === inside))
  return { own: part(false), endpoint: part(true) }
}

/** The setting that is the provider identity; null where a login brings it. */
export function identityOf(definition: BridgeDefinition, settings: Values): string | null {
  const name = propertiesOf(definition.settingsSchema).find((one) => one.schema['x-identity'] === true)?.name
  const value = name === undefined ? undefined : settings[name]
  return value === undefined || value === null || value === '' ? null : String(value)
}

/** Null takes a value away, absence keeps it. */
export function merged(before: Values, change: Values): Values {
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== null && value !== undefined))
}

/** Random values where the schema asks for them and none is given. */
export function withGenerated(schema: JsonSchema, values: Values): Values {
  const made = propertiesOf(schema)
    .filter((one) => typeof one.schema['x-generate'] === 'number' && values[one.name] === undefined)
    .map((one) => [one.name, randomBytes(one.schema['x-generate'] as number).toString('hex')])
  return { ...values, ...(Object.fromEntries(made) as Values) }
}

const ajv = new Ajv2020({ allErrors: true, useDefaults: true, strict: false, validateFormats: false })
const compiled = new WeakMap<JsonSchema, ValidateFunction>()

/**
 * The values with the schema's defaults. A property that the schema does not name is refused, so that a misspelt one is noticed.
 * @throws DomainError `validation`, with `details.fields`; never with a value, which may be secret
 */
export function validated(schema: JsonSchema, values: Values, part: 'settings' | 'secrets'): Values {
  const known = new Set(propertiesOf(schema).map((one) => one.name))
  const unknown = Object.keys(values).filter((name) => !known.has(name))
  if (unknown.length)
    throw new DomainError('validation', {
      fields: unknown.map((name) => ({ path: `${part}.${name}`, message: 'is not known', known: [...known] })),
    })
  let check = compiled.get(schema)
  if (!check) compiled.set(schema, (check = ajv.compile(schema)))
  const result = structuredClone(values)
  if (check(result)) return result
  throw new DomainError('validation', { fields: (check.errors ?? []).map((error) => told(error, part)) })
}

function told(error: ErrorObject, part: string): { path: string; message: string } {
  const missing = error.keyword === 'required' ? [(error.params as { missingProperty: string }).missingProperty] : []
  const path = [part, ...error.instancePath.split('/').filter(Boolean), ...missing].join('.')
  const allowed = (error.params as { allowedValues?: unknown[] }).allowedValues
  return { path, message: missing.length ? 'is required' : `${error.message}${allowed ? `: ${allowed.join(', ')}` : ''}` }
}
