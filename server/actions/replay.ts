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
  readonly failed: readonly { readonly requestId: string; readonly error: string }[]
}

/** @throws DomainError forbidden, not_found, not_supported (a channel that nobody calls) */
export async function replayRequests(core: Core, actor: Actor, input: { channelId: string }): Promise<Replayed> {
  demand(actor, 'channels.manage')
  const { id, bridge, endpoint, identity } = await findChannel(core, actor, input.channelId)
  if (!endpoint) throw new DomainError('not_supported', { channelId: id })
  const reader = await readerOf(core, endpoint.id)
  if (!reader) throw new DomainError('not_supported', { bridge })
  const waiting = await core.db.all<{ id: string }>(
    `SELECT id FROM inbox_requests WHERE endpointId = ? AND state = 'unparsed'
     UNION SELECT requestId FROM inbox_events WHERE scope = ? AND channelId IS NULL AND account = ? AND requestId IS NOT NULL ORDER BY id`,
    [endpoint.id, endpoint.id, identity ?? ''],
  )
  let read = 0
  const failed: { requestId: string; error: string }[] = []
  for (const { id: requestId } of waiting) {
    const error = await replayRequest(core, reader, requestId)
    if (error === null) read++
    else failed.push({ requestId, error })
  }
  await transact(core, (tx) =>
    recordAudit(core, tx, actor, {
      action: 'channel.replay',
      subjectKind: 'channel',
      subjectId: id,
      after: { read, failed: failed.length },
    }),
  )
  return { read, failed }
}

/** Null: stored. */
async function replayRequest(core: Core, reader: NonNullable<Bridge['webhook']>, requestId: string): Promise<string | null> {
  const row = await core.db.get<{ endpointId: string; method: string; url: string; headers: string; body: Uint8Array }>(
    'SELECT endpointId, method, url, headers, body FROM inbox_requests WHERE id = ?',
    [requestId],
  )
  if (!row) return null
  try {
    const events = reader.parse(requestOf(row))
    await recordInbound(core, { endpointId: row.endpointId, events })
    const view = await core.catalog.read()
    const known = view
      .channels()
      .flatMap((channel) => (channel.endpointId === row.endpointId && channel.identity !== null ? [channel.identity] : []))
    await transact(core, async (tx) => {
      await tx.run("UPDATE inbox_requests SET state = 'parsed', error = NULL WHERE id = ?", [requestId])
      // What was kept for nobody is filed now under its channel.
      if (known.length) {
        await tx.run(`DELETE FROM inbox_events WHERE requestId = ? AND channelId IS NULL AND account IN (${placeholders(known.length)})`, [
          requestId,
          ...known,
        ])
      }
    })
    return null
  } catch (error) {
    if (error instanceof DomainError) throw error
    const said = error instanceof Error ? error.message : String(error)
    await core.db.run('UPDATE inbox_requests SET error = ? WHERE id = ?', [said.slice(0, 2000), requestId])
    return said
  }
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
