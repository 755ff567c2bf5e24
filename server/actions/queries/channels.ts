/** Channels as administrators list them, and what went in and out of them. */
import { Op } from 'sequelize'
import { DomainError } from '../../domain/errors.ts'
import { idOrNone } from '../../domain/ids.ts'
import type { Actor } from '../../domain/permissions.ts'
import { readable, redact, redactUrl } from '../../domain/redact.ts'
import { slugOf } from '../../domain/slug.ts'
import { modelsOf } from '../../store/models/index.ts'
import type { ChannelModel } from '../../store/models/channels.ts'
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

/**
 * Newest first: what we asked of the provider, and what it called us with, unread bodies of the shared endpoint included.
 * Secrets are masked. `before` goes on from an id. @throws DomainError forbidden, not_found
 */
export async function channelLog(
  core: Core,
  actor: Actor,
  input: { channelId: string; limit?: number; before?: string },
): Promise<ChannelExchange[]> {
  demand(actor, 'channels.log')
  const { channels } = modelsOf(core.db)
  const channel = await channels.findByPk(idOrNone(input.channelId))
  if (!channel) throw new DomainError('not_found', { channelId: input.channelId })
  const limit = Math.min(input.limit ?? 50, 1000)
  // Ids of both tables are ULIDs of one clock: their order is that of the exchanges.
  const [ours, theirs] = await Promise.all([askedOf(core, channel, limit, input.before), calledBy(core, channel, limit, input.before)])
  return [...ours, ...theirs].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, limit)
}

type Logged = Pick<ChannelModel, 'id' | 'endpointId'>

async function askedOf(core: Core, channel: Logged, limit: number, before: string | undefined): Promise<ChannelExchange[]> {
  const { channelLog } = modelsOf(core.db)
  const where = [{ channelId: channel.id }, ...(channel.endpointId ? [{ endpointId: channel.endpointId, channelId: null }] : [])]
  const rows = await channelLog.findAll({ where: { [Op.or]: where, ...(before ? { id: { [Op.lt]: before } } : {}) }, order: [['id', 'DESC']], limit })
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

interface StoredRequest { id: string; at: number; method: string; url: string; headers: string; body: Uint8Array; state: string; error: string | null }

/** The requests that had an event for this channel, as they came, and those nobody could read. A known endpoint was answered 200. */
async function calledBy(core: Core, channel: Logged, limit: number, before: string | undefined): Promise<ChannelExchange[]> {
  if (!channel.endpointId) return []
  const rows = await core.db.all<StoredRequest>(
    `SELECT r.id, r.at, r.method, r.url, r.headers, r.body, r.state, r.error FROM inbox_requests r
      WHERE r.endpointId = ?${before ? ' AND r.id < ?' : ''}
        AND (r.state = 'unparsed' OR EXISTS (SELECT 1 FROM inbox_events e WHERE e.requestId = r.id AND e.channelId = ?))
      ORDER BY r.id DESC LIMIT ?`,
    [channel.endpointId, ...(before ? [before] : []), channel.id, limit],
  )
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    direction: 'in',
    summary: `${row.method} ${redactUrl(row.url).replace(/^https?:\/\/[^/]+/, '')}`,
    status: 200,
    durationMs: null,
    request: { headers: redact(JSON.parse(row.headers)), body: redact(readable(Buffer.from(row.body).toString('utf8'))) },
    response: row.error === null ? null : { unread: row.error },
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
