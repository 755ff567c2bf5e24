/**
 * Channels and the endpoints that providers call (domain §1.1, §2.6, §8.11, §8.12). A channel is a row; whatever runs
 * for it hears of changes by the control topic, and of newer configuration by `revision`.
 */
import { z } from 'zod'
import type { BridgeDefinition } from '../../plugins/sdk/bridge.ts'
import { DomainError } from '../domain/errors.ts'
import { idOrNone, ulid } from '../domain/ids.ts'
import type { Actor } from '../domain/permissions.ts'
import type { Destination } from '../domain/routing.ts'
import { slugOf } from '../domain/slug.ts'
import type { Tx } from '../store/db.ts'
import { modelsOf, type ChannelModel, type EndpointModel } from '../store/models/index.ts'
import { recordAudit } from './audit.ts'
import { catalogChanged, difference } from './changes.ts'
import { hasEndpoint, identityOf, merged, splitSecrets, validated, withGenerated, type Values } from './channelForm.ts'
import { channelViewOf, type ChannelEditView } from './channelViews.ts'
import type { Core } from './core.ts'
import { checkDestination } from './destinations.ts'
import { recordEvents } from './events.ts'
import { lineOf, revokeLease } from './leases.ts'
import { demand, parsed, refusingClash } from './refusals.ts'
import { openSecrets, sealSecrets } from './secrets.ts'

const name = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine((text) => slugOf(text) !== '', 'at least one letter or digit')
const values = z.record(z.string(), z.unknown())
const destination = z.union([
  z.strictObject({ type: z.enum(['agent', 'queue', 'menu']), id: ulid }),
  z.strictObject({ type: z.literal('none') }),
])

export const newChannel = z.strictObject({
  name,
  bridge: z.string(),
  settings: values.default({}),
  secrets: values.default({}),
  /** Shares the address that the provider calls with other channels of the bridge; absent: one of its own, where the bridge needs one. */
  endpointId: ulid.optional(),
  destination: destination.default({ type: 'none' }),
})
export type NewChannel = z.input<typeof newChannel>
export const channelChange = z.strictObject({
  channelId: ulid,
  name: name.optional(),
  /** Merged into what is there; null takes a value away. Secrets of the endpoint change for all of its channels. */
  settings: values.optional(),
  secrets: values.optional(),
  /** Refuses with `conflict` when somebody else was faster. */
  revision: z.number().int().optional(),
})
export type ChannelChange = z.input<typeof channelChange>

const takenName = { channels_live_slug: 'name', liveSlug: 'name' }
const takenIdentity = { channels_live_identity: 'identity', liveIdentity: 'identity' }

/** @throws DomainError forbidden, validation, name_taken, identity_taken, invalid_destination, not_found (the bridge or the endpoint) */
export async function createChannel(core: Core, actor: Actor, input: NewChannel): Promise<ChannelEditView> {
  demand(actor, 'channels.manage')
  const given = parsed(newChannel, input)
  const definition = definitionOf(core, given.bridge)
  const settings = validated(definition.settingsSchema, withGenerated(definition.settingsSchema, given.settings), 'settings')
  return refusingBoth(() =>
    core.db.transaction(async (tx) => {
      const shared = given.endpointId === undefined ? null : await lockEndpoint(core, tx, given.endpointId, definition)
      const secrets = completeSecrets(core, definition, shared, {}, given.secrets)
      if (shared && Object.keys(splitSecrets(definition, given.secrets).endpoint).length) {
        throw new DomainError('validation', { fields: [{ path: 'secrets', message: 'the endpoint has these of its own' }] })
      }
      await checkDestination(core, tx, given.destination)
      const now = core.clock.now()
      const { endpoints, channels } = modelsOf(core.db)
      const own =
        hasEndpoint(definition) && !shared
          ? await endpoints.create(
              {
                id: core.ids.next(),
                bridge: definition.type,
                name: given.name,
                secrets: sealSecrets(core.sealer, secrets.endpoint),
                createdAt: now,
              },
              { transaction: tx.models },
            )
          : null
      const endpoint = shared ?? own
      const channel = await channels.create(
        {
          id: core.ids.next(),
          name: given.name,
          slug: slugOf(given.name),
          bridge: definition.type,
          channelType: definition.channelType,
          endpointId: endpoint?.id ?? null,
          identity: identityOf(definition, settings),
          settings,
          secrets: sealSecrets(core.sealer, secrets.own),
          destinationType: given.destination.type,
          destinationId: 'id' in given.destination ? given.destination.id : null,
          statusSince: now,
          createdAt: now,
          updatedAt: now,
        },
        { transaction: tx.models },
      )
      await recordAudit(core, tx, actor, {
        action: 'channel.create',
        subjectKind: 'channel',
        subjectId: channel.id,
        after: {
          name: given.name,
          bridge: definition.type,
          settings,
          secrets: Object.keys({ ...secrets.own, ...secrets.endpoint }),
          destination: given.destination,
        },
      })
      await catalogChanged(core, tx, [channel.id])
      return channelViewOf(core, channel, endpoint)
    }),
  )
}

/** @throws DomainError forbidden, validation, not_found, conflict, name_taken, different_identity, identity_taken */
export async function updateChannel(core: Core, actor: Actor, input: ChannelChange): Promise<ChannelEditView> {
  demand(actor, 'channels.manage')
  const change = parsed(channelChange, input)
  return refusingBoth(() =>
    core.db.transaction(async (tx) => {
      const channel = await lockChannel(core, tx, change.channelId)
      const definition = definitionOf(core, channel.bridge)
      if (change.revision !== undefined && change.revision !== channel.revision)
        throw new DomainError('conflict', { revision: channel.revision })
      const endpoint = channel.endpointId ? await lockEndpoint(core, tx, channel.endpointId, definition) : null
      const settings = validated(definition.settingsSchema, merged(channel.settings, change.settings ?? {}), 'settings')
      const identity = identityOf(definition, settings) ?? channel.identity ?? null
      // Chats of two owners must never mix (domain §8.11).
      if (channel.identity && identity !== channel.identity) throw new DomainError('different_identity', { identity: channel.identity })
      const before = openSecrets(core.sealer, channel.secrets)
      const secrets = completeSecrets(core, definition, endpoint, before, change.secrets ?? {})
      const names = difference<Record<string, unknown>>({ name: channel.name, settings: channel.settings }, { name: change.name, settings })
      const secretNames = Object.keys(change.secrets ?? {})
      if (Object.keys(names.after).length === 0 && secretNames.length === 0) return channelViewOf(core, channel, endpoint)
      await channel.update(
        {
          ...(change.name === undefined ? {} : { name: change.name, slug: slugOf(change.name) }),
          settings,
          identity,
          secrets: sealSecrets(core.sealer, secrets.own),
          revision: channel.revision + 1,
          updatedAt: core.clock.now(),
          // A change of credentials is what a parked outbox waits for.
          ...(secretNames.length ? { parkedCode: null } : {}),
        },
        { transaction: tx.models },
      )
      const touched = endpoint ? await updateEndpoint(core, tx, definition, endpoint, secrets.endpoint, channel.id) : []
      await recordAudit(core, tx, actor, {
        action: 'channel.update',
        subjectKind: 'channel',
        subjectId: channel.id,
        before: names.before,
        after: { ...names.after, ...(secretNames.length ? { secrets: secretNames } : {}) },
      })
      await catalogChanged(core, tx, [channel.id, ...touched])
      return channelViewOf(core, channel, endpoint)
    }),
  )
}

/**
 * Archives: its chats stay readable, its keys and secrets are erased, its identity is free again. The endpoint stays:
 * the provider may go on calling it, and is answered (domain §8.12).
 * @throws DomainError forbidden, not_found
 */
export async function removeChannel(core: Core, actor: Actor, input: { channelId: string }): Promise<void> {
  demand(actor, 'channels.manage')
  await core.db.transaction(async (tx) => {
    const channel = await lockChannel(core, tx, input.channelId)
    const now = core.clock.now()
    const from = channel.status
    await channel.update(
      {
        archivedAt: now,
        updatedAt: now,
        enabled: false,
        secrets: null,
        status: 'disabled',
        statusCode: null,
        statusAction: null,
        statusSince: now,
        revision: channel.revision + 1,
      },
      { transaction: tx.models },
    )
    // Whoever holds its line must not write its keys again.
    await revokeLease(tx, lineOf(channel.id))
    await tx.run('DELETE FROM bridge_store WHERE channelId = ?', [channel.id])
    await recordAudit(core, tx, actor, {
      action: 'channel.remove',
      subjectKind: 'channel',
      subjectId: channel.id,
      before: { name: channel.name, bridge: channel.bridge, identity: channel.identity },
    })
    await recordEvents(core, tx, [statusEvent(core, actor, channel, 'channel.unlinked', from, 'removed')])
    await catalogChanged(core, tx, [channel.id])
  })
}

/** @throws DomainError forbidden, validation, not_found, invalid_destination */
export async function routeChannel(
  core: Core,
  actor: Actor,
  input: { channelId: string; destination: Destination },
): Promise<ChannelEditView> {
  demand(actor, 'channels.route')
  const to = parsed(destination, input.destination)
  return core.db.transaction(async (tx) => {
    const channel = await lockChannel(core, tx, input.channelId)
    await checkDestination(core, tx, to)
    const before = { type: channel.destinationType, ...(channel.destinationId ? { id: channel.destinationId } : {}) }
    await channel.update(
      { destinationType: to.type, destinationId: 'id' in to ? to.id : null, updatedAt: core.clock.now() },
      { transaction: tx.models },
    )
    await recordAudit(core, tx, actor, {
      action: 'channel.route',
      subjectKind: 'channel',
      subjectId: channel.id,
      before: { destination: before },
      after: { destination: to },
    })
    await catalogChanged(core, tx, [channel.id])
    return channelViewOf(core, channel, await endpointOf(core, tx, channel))
  })
}

/** Disabled: nothing is sent and nothing starts; what arrives is still stored. Idempotent. @throws DomainError forbidden, not_found */
export async function switchChannel(core: Core, actor: Actor, input: { channelId: string; enabled: boolean }): Promise<ChannelEditView> {
  demand(actor, 'channels.route')
  return core.db.transaction(async (tx) => {
    const channel = await lockChannel(core, tx, input.channelId)
    const { enabled } = input
    if (channel.enabled !== enabled) {
      const from = channel.status
      // Enabled again it waits for what its bridge says; until then replies are kept, not refused.
      await channel.update(
        {
          enabled,
          status: enabled ? 'reconnecting' : 'disabled',
          statusCode: null,
          statusAction: null,
          statusSince: core.clock.now(),
          updatedAt: core.clock.now(),
          revision: channel.revision + 1,
        },
        { transaction: tx.models },
      )
      await recordAudit(core, tx, actor, {
        action: enabled ? 'channel.enable' : 'channel.disable',
        subjectKind: 'channel',
        subjectId: channel.id,
      })
      await recordEvents(core, tx, [statusEvent(core, actor, channel, 'channel.status_changed', from, enabled ? 'enabled' : 'disabled')])
      await catalogChanged(core, tx, [channel.id])
      if (enabled) tx.after(() => core.wake.nudge('drain'))
    }
    return channelViewOf(core, channel, await endpointOf(core, tx, channel))
  })
}

function definitionOf(core: Core, bridge: string): BridgeDefinition {
  const definition = core.bridges.definition(bridge)
  if (!definition) throw new DomainError('not_found', { bridge, known: core.bridges.types() })
  return definition
}

async function lockChannel(core: Core, tx: Tx, channelId: string): Promise<ChannelModel> {
  const channel = await modelsOf(core.db).channels.findOne({
    where: { id: idOrNone(channelId), archivedAt: null },
    transaction: tx.models,
    lock: true,
  })
  if (!channel) throw new DomainError('not_found', { channelId })
  return channel
}

async function lockEndpoint(core: Core, tx: Tx, endpointId: string, definition: BridgeDefinition): Promise<EndpointModel> {
  const endpoint = await modelsOf(core.db).endpoints.findOne({
    where: { id: endpointId, bridge: definition.type, archivedAt: null },
    transaction: tx.models,
    lock: true,
  })
  if (!endpoint) throw new DomainError('not_found', { endpointId })
  return endpoint
}

async function endpointOf(core: Core, tx: Tx, channel: ChannelModel): Promise<EndpointModel | null> {
  return channel.endpointId ? modelsOf(core.db).endpoints.findByPk(channel.endpointId, { transaction: tx.models }) : null
}

/** The channel's and the endpoint's, checked together as the bridge will see them. */
function completeSecrets(
  core: Core,
  definition: BridgeDefinition,
  endpoint: EndpointModel | null,
  before: Values,
  change: Values,
): ReturnType<typeof splitSecrets> {
  const all = merged({ ...(endpoint ? openSecrets(core.sealer, endpoint.secrets) : {}), ...before }, change)
  return splitSecrets(definition, validated(definition.secretsSchema, withGenerated(definition.secretsSchema, all), 'secrets'))
}

/** Returns the other channels that use it: each must be opened again. */
async function updateEndpoint(
  core: Core,
  tx: Tx,
  definition: BridgeDefinition,
  endpoint: EndpointModel,
  secrets: Values,
  except: string,
): Promise<string[]> {
  if (difference<Record<string, unknown>>({ secrets: openSecrets(core.sealer, endpoint.secrets) }, { secrets }).after.secrets === undefined)
    return []
  await endpoint.update({ secrets: sealSecrets(core.sealer, secrets) }, { transaction: tx.models })
  const { channels } = modelsOf(core.db)
  const sharing = await channels.findAll({
    where: { endpointId: endpoint.id, bridge: definition.type, archivedAt: null },
    order: [['id', 'ASC']],
    transaction: tx.models,
    lock: true,
  })
  const others = sharing.filter((channel) => channel.id !== except)
  for (const channel of others) await channel.update({ revision: channel.revision + 1, parkedCode: null }, { transaction: tx.models })
  return [endpoint.id, ...others.map((channel) => channel.id)]
}

const refusingBoth = <T>(work: () => Promise<T>): Promise<T> =>
  refusingClash(takenIdentity, () => refusingClash(takenName, work), 'identity_taken')

function statusEvent(core: Core, actor: Actor, channel: ChannelModel, type: string, from: string, reason: string) {
  return {
    type,
    at: core.clock.now(),
    actor,
    channelId: channel.id,
    data: { channelName: channel.name, from, to: channel.status, reason, by: actor.name },
  }
}
