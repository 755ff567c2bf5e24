/** What the channel commands share: a destination in words, a channel's sheet, and the values of its form. */
import { readFileSync } from 'node:fs'
import type { CatalogView } from '../server/actions/catalog.ts'
import type { ChannelEditView } from '../server/actions/channelViews.ts'
import type { Destination } from '../server/domain/routing.ts'
import type { JsonSchema } from '../plugins/sdk/bridge.ts'
import { CliError } from './command.ts'
import { exitCodes } from './exit.ts'
import type { Words } from './words.ts'

export function shownDestination(view: CatalogView, destination: Destination, words: Words): string {
  if (destination.type === 'none') return words('destination.none')
  const name =
    destination.type === 'queue'
      ? view.queue(destination.id)?.name
      : destination.type === 'agent'
        ? view.user(destination.id)?.name
        : undefined
  return `${words(`destination.${destination.type}`)} ${name ?? destination.id}`
}

export function channelSheet(
  channel: ChannelEditView,
  view: CatalogView,
  words: Words,
  instant: (at: number | null) => string | null,
): (readonly [string, string | number | null])[] {
  return [
    ['column.id', channel.id],
    ['column.slug', channel.slug],
    ['column.name', channel.name],
    ['column.bridge', channel.bridge],
    ['column.identity', channel.identity],
    ['column.address', channel.address],
    ['column.status', `${words(`link.${channel.status}`)}${channel.statusCode ? ` (${channel.statusCode})` : ''}`],
    ['column.since', instant(channel.statusSince)],
    ['column.parked', channel.parkedCode],
    ['column.destination', shownDestination(view, channel.destination, words)],
    ['column.webhook', channel.endpoint?.url ?? null],
    ['column.settings', JSON.stringify(channel.settings)],
    ['column.secrets', channel.secrets.map((name) => `${name} = •••`).join(', ')],
    ['column.last_inbound', instant(channel.lastInboundAt)],
    ['column.last_outbound', instant(channel.lastOutboundAt)],
    ['column.last_error', channel.lastError],
  ]
}

/** `name=value` as the schema's type: a number, a list with commas, JSON for an object; an empty text takes the value away. */
export function formValue(schema: JsonSchema, name: string, text: string): unknown {
  const property = ((schema.properties ?? {}) as Record<string, { type?: string }>)[name]
  if (text === '') return null
  switch (property?.type) {
    case 'string':
      return text
    case 'array':
      return text.startsWith('[')
        ? fromJson(name, text)
        : text
            .split(',')
            .map((part) => part.trim())
            .filter(Boolean)
    case undefined:
      return text
    default:
      return fromJson(name, text)
  }
}

function fromJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new CliError('error.json_value', exitCodes.usage, { name })
  }
}

/** A file with an object of values, in JSON. */
export function valuesFromFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError('error.file', exitCodes.usage, { path, reason: (error as NodeJS.ErrnoException).code ?? 'unreadable' })
  }
  return valuesFromText(text, path)
}

export function valuesFromText(text: string, from: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Never the parser's own message: it quotes what it read.
    throw new CliError('error.json_file', exitCodes.usage, { path: from })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CliError('error.json_file', exitCodes.usage, { path: from })
  return value as Record<string, unknown>
}
