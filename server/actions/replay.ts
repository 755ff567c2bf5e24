/**
 * Reading stored requests again (domain §8.12): those whose body could not be read, after a bridge was mended, and those
 * with events for an identity that nobody had, once a channel has it. Parsing is pure and events are unique by key, so
 * that a replay may be repeated or interrupted.
 */
import type { Bridge, BridgeHost, WebhookRequest } from '../../plugins/sdk/bridge.ts'
import { DomainError } from '../domain/errors.ts'
import type { Actor } from '../domain/permissions.ts'
import { placeholders } from '../store/sql.ts'
import { recordAudit } from './audit.ts'
import { runnableEndpoint } from './channelRuntime.ts'
import { endpointUrl } from './channelViews.ts'
import type { Core } from './core.ts'
import { recordInbound } from './inbound/record.ts'
import { findChannel } from './queries/channels.ts'
import { demand } from './refusals.ts'
import { transact } from './transact.ts'

export interface Replayed {
  /** Requests whose events are stored now. */
  readonly read: number
  /** Requests with events for an identity that still nobody has. */
  readonly unknown: number
  readonly failed: readonly { readonly requestId: string; readonly error: string }[]
}

/** @throws DomainError forbidden, not_found, not_supported (a channel that nobody calls) */
export async function replayRequests(core: Core, actor: Actor, input: { channelId: string }): Promise<Replayed> {
  demand(actor, 'channels.manage')
  const { id, bridge, endpoint } = await findChannel(core, actor, input.channelId)
  if (!endpoint) throw new DomainError('not_supported', { channelId: id })
  const reader = await readerOf(core, endpoint.id)
  if (!reader) throw new DomainError('not_supported', { bridge })
  const waiting = await core.db.all<{ id: string }>(
    `SELECT id FROM inbox_requests WHERE endpointId = ? AND state = 'unparsed'
     UNION SELECT requestId FROM inbox_events WHERE scope = ? AND channelId IS NULL AND requestId IS NOT NULL ORDER BY id`,
    [endpoint.id, endpoint.id],
  )
  const result = { read: 0, unknown: 0, failed: [] as { requestId: string; error: string }[] }
  for (const { id: requestId } of waiting) {
    try {
      result[await replayRequest(core, reader, requestId)]++
    } catch (error) {
      if (error instanceof DomainError) throw error
      const said = error instanceof Error ? error.message : String(error)
      await core.db.run('UPDATE inbox_requests SET error = ? WHERE id = ?', [said.slice(0, 2000), requestId])
      result.failed.push({ requestId, error: said })
    }
  }
  const { read, unknown, failed } = result
  await transact(core, (tx) =>
    recordAudit(core, tx, actor, {
      action: 'channel.replay',
      subjectKind: 'channel',
      subjectId: id,
      after: { read, unknown, failed: failed.length },
    }),
  )
  return result
}

async function replayRequest(core: Core, reader: NonNullable<Bridge['webhook']>, requestId: string): Promise<'read' | 'unknown'> {
  const row = await core.db.get<{ endpointId: string; method: string; url: string; headers: string; body: Uint8Array }>(
    'SELECT endpointId, method, url, headers, body FROM inbox_requests WHERE id = ?',
    [requestId],
  )
  if (!row) return 'read'
  await recordInbound(core, { endpointId: row.endpointId, events: reader.parse(requestOf(row)) })
  return transact(core, async (tx) => {
    await tx.run("UPDATE inbox_requests SET state = 'parsed', error = NULL WHERE id = ?", [requestId])
    const kept = await tx.all<{ id: string; eventKey: string }>(
      'SELECT id, eventKey FROM inbox_events WHERE requestId = ? AND channelId IS NULL',
      [requestId],
    )
    if (kept.length === 0) return 'read'
    // What was kept for nobody, and has just been filed under a channel.
    const filed = await tx.all<{ eventKey: string }>(
      `SELECT e.eventKey FROM channels c JOIN inbox_events e ON e.scope = c.id
       WHERE c.endpointId = ? AND e.eventKey IN (${placeholders(kept.length)})`,
      [row.endpointId, ...kept.map((event) => event.eventKey)],
    )
    const keys = new Set(filed.map((event) => event.eventKey))
    const done = kept.filter((event) => keys.has(event.eventKey)).map((event) => event.id)
    if (done.length) await tx.run(`DELETE FROM inbox_events WHERE id IN (${placeholders(done.length)})`, done)
    return done.length < kept.length ? 'unknown' : 'read'
  })
}

async function readerOf(core: Core, endpointId: string): Promise<Bridge['webhook']> {
  const endpoint = await runnableEndpoint(core, endpointId)
  const definition = endpoint && core.bridges.definition(endpoint.bridge)
  if (!endpoint || !definition) return undefined
  return definition.open(
    { id: endpoint.id, settings: {}, secrets: endpoint.secrets, webhookUrl: endpointUrl(core, endpoint) },
    onlyParsing(core),
  ).webhook
}

/** `parse` is pure: a bridge that asks its host for anything meanwhile is in error. */
function onlyParsing(core: Core): BridgeHost {
  const refused = (): never => {
    throw new Error('a stored request is read without its host')
  }
  return {
    deliver: refused,
    signal: refused,
    push: refused,
    history: refused,
    storeMedia: refused,
    media: refused,
    throttle: refused,
    reportStatus: () => undefined,
    store: { get: refused, getMany: refused, write: refused, clear: refused },
    log: core.log,
    fetch: refused,
    clock: { now: () => new Date(core.clock.now()) },
  }
}

function requestOf(row: { method: string; url: string; headers: string; body: Uint8Array }): WebhookRequest {
  const url = new URL(row.url)
  return {
    method: row.method === 'GET' ? 'GET' : 'POST',
    url: row.url,
    remoteAddress: '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: JSON.parse(row.headers) as Record<string, string>,
    rawBody: new Uint8Array(row.body),
  }
}
