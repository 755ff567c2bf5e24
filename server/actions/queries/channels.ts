/** Channels as administrators list them, and what went in and out of them. */
import { Op } from 'sequelize'
import { DomainError } from '../../domain/errors.ts'
import { idOrNone } from '../../domain/ids.ts'
import type { Actor } from '../../domain/permissions.ts'
import { slugOf } from '../../domain/slug.ts'
import { modelsOf } from '../../store/models/index.ts'
import { channelViewOf, type ChannelEditView } from '../channelViews.ts'
import type { Core } from '../core.ts'
import { demand } from '../refusals.ts'

/** By slug. @throws DomainError `forbidden` */
export async function listChannels(core: Core, actor: Actor): Promise<ChannelEditView[]> {
  demand(actor, 'channels.route')
  const { channels, endpoints } = modelsOf(core.db)
  const known = new Map((await endpoints.findAll()).map((endpoint) => [endpoint.id, endpoint]))
  const live = await channels.findAll({ where: { archivedAt: null }, order: [['slug', 'ASC']] })
  return live.map((channel) => channelViewOf(core, channel, known.get(channel.endpointId ?? '') ?? null))
}

/** By id, slug or name. @throws DomainError forbidden, not_found */
export async function findChannel(core: Core, actor: Actor, ref: string): Promise<ChannelEditView> {
  const slug = slugOf(ref)
  const channels = await listChannels(core, actor)
  const channel = channels.find((one) => one.id === ref) ?? channels.find((one) => one.slug === slug)
  if (!channel) throw new DomainError('not_found', { channel: ref })
  return channel
}

export interface ChannelExchange {
  readonly id: string
  readonly at: number
  readonly direction: 'in' | 'out'
  readonly summary: string
  readonly status: number | null
  readonly durationMs: number | null
  readonly request: unknown
  readonly response: unknown
}

/** Newest first, the calls to the channel's endpoint among them; `before` goes on from an id. @throws DomainError forbidden, not_found */
export async function channelLog(
  core: Core,
  actor: Actor,
  input: { channelId: string; limit?: number; before?: string },
): Promise<ChannelExchange[]> {
  demand(actor, 'channels.log')
  const { channels, channelLog } = modelsOf(core.db)
  const channel = await channels.findByPk(idOrNone(input.channelId))
  if (!channel) throw new DomainError('not_found', { channelId: input.channelId })
  const where = [{ channelId: channel.id }, ...(channel.endpointId ? [{ endpointId: channel.endpointId, channelId: null }] : [])]
  const rows = await channelLog.findAll({
    where: { [Op.or]: where, ...(input.before ? { id: { [Op.lt]: input.before } } : {}) },
    order: [['id', 'DESC']],
    limit: Math.min(input.limit ?? 50, 1000),
  })
  return rows.map(({ id, at, direction, summary, status, durationMs, request, response }) => ({
    id,
    at,
    direction,
    summary,
    status: status ?? null,
    durationMs: durationMs ?? null,
    request: request ?? null,
    response: response ?? null,
  }))
}

export interface UnreadRequest {
  readonly requestId: string
  readonly at: number
  readonly endpointId: string | null
  readonly error: string | null
}

/** Requests whose body nobody could read (domain §8.12), oldest first. @throws DomainError `forbidden` */
export async function unparsedRequests(
  core: Core,
  actor: Actor,
  filter: { endpointId?: string; limit?: number } = {},
): Promise<UnreadRequest[]> {
  demand(actor, 'channels.log')
  return core.db.all<UnreadRequest>(
    `SELECT id AS requestId, at, endpointId, error FROM inbox_requests
     WHERE state = 'unparsed'${filter.endpointId ? ' AND endpointId = ?' : ''} ORDER BY id LIMIT ?`,
    [...(filter.endpointId ? [filter.endpointId] : []), filter.limit ?? 1000],
  )
}

export interface UnknownAccount {
  readonly endpointId: string
  readonly bridge: string
  readonly account: string
  readonly events: number
  readonly lastAt: number
}

/** Provider identities that events came for and no channel has (domain §8.12). @throws DomainError `forbidden` */
export async function unknownAccounts(core: Core, actor: Actor): Promise<UnknownAccount[]> {
  demand(actor, 'channels.log')
  // The scope of such an event is its endpoint, of every other its channel.
  return core.db.all<UnknownAccount>(
    `SELECT e.scope AS endpointId, p.bridge, e.account, COUNT(*) AS events, MAX(e.receivedAt) AS lastAt
     FROM endpoints p JOIN inbox_events e ON e.scope = p.id 
     WHERE e.channelId IS NULL GROUP BY e.scope, p.bridge, e.account ORDER BY lastAt DESC LIMIT 200`,
  )
}
