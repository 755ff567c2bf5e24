/** A channel as administrators see it: the names of its secrets, never one of them. */
import { propertiesOf, splitSecrets } from './channelForm.ts'
import type { ChannelModel, EndpointModel } from '../store/models/index.ts'
import type { Destination } from '../domain/routing.ts'
import type { Core } from './core.ts'
import { openSecrets } from './secrets.ts'

export interface ChannelEditView {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly bridge: string
  readonly channelType: string
  readonly identity: string | null
  readonly address: string | null
  readonly destination: Destination
  readonly enabled: boolean
  readonly status: string
  readonly statusCode: string | null
  readonly statusAction: string | null
  readonly statusSince: number
  readonly lastInboundAt: number | null
  readonly lastOutboundAt: number | null
  readonly lastError: string | null
  readonly parkedCode: string | null
  readonly settings: Readonly<Record<string, unknown>>
  /** Which secrets have a value. */
  readonly secrets: readonly string[]
  /** What the provider calls; null for a bridge that nobody calls. */
  readonly endpoint: { readonly id: string; readonly name: string; readonly url: string } | null
  readonly revision: number
  readonly createdAt: number
}

/** Where a provider's calls for an endpoint come in. */
export const endpointUrl = (core: Pick<Core, 'publicUrl'>, endpoint: { readonly id: string; readonly bridge: string }): string =>
  `${core.publicUrl}/hooks/${endpoint.bridge}/${endpoint.id}`

export function channelViewOf(core: Core, channel: ChannelModel, endpoint: EndpointModel | null): ChannelEditView {
  const { id, name, slug, bridge, channelType, enabled, status, statusSince, settings, revision, createdAt } = channel
  return {
    id,
    name,
    slug,
    bridge,
    channelType,
    identity: channel.identity ?? null,
    address: channel.address ?? null,
    destination: (channel.destinationType === 'none' || !channel.destinationId
      ? { type: 'none' }
      : { type: channel.destinationType, id: channel.destinationId }) as Destination,
    enabled,
    status,
    statusCode: channel.statusCode ?? null,
    statusAction: channel.statusAction ?? null,
    statusSince,
    lastInboundAt: channel.lastInboundAt ?? null,
    lastOutboundAt: channel.lastOutboundAt ?? null,
    lastError: channel.lastError ?? null,
    parkedCode: channel.parkedCode ?? null,
    settings,
    secrets: secretNames(core, channel, endpoint),
    endpoint: endpoint ? { id: endpoint.id, name: endpoint.name, url: endpointUrl(core, endpoint) } : null,
    revision,
    createdAt,
  }
}

function secretNames(core: Core, channel: ChannelModel, endpoint: EndpointModel | null): string[] {
  const definition = core.bridges.definition(channel.bridge)
  const values = { ...(endpoint ? openSecrets(core.sealer, endpoint.secrets) : {}), ...openSecrets(core.sealer, channel.secrets) }
  if (!definition) return Object.keys(values)
  const { own, endpoint: shared } = splitSecrets(definition, values)
  const known = propertiesOf(definition.secretsSchema).map((one) => one.name)
  return known.filter((name) => name in own || name in shared)
}
