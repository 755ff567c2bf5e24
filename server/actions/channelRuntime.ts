/** What running bridges read and write: configuration with its secrets, private store, status, channel log. */
import type { BridgeStatus } from '../../plugins/sdk/bridge.ts'
import { linkStatusOf, type LinkStatus } from '../domain/linkStatus.ts'
import { systemActor } from '../domain/permissions.ts'
import { insertMany, placeholders, upsertMany } from '../store/sql.ts'
import type { Core } from './core.ts'
import { checkFence, LeaseLost, type Fence } from './leases.ts'
import { recordEvents } from './events.ts'
import { notify } from './notices.ts'
import { openSecrets } from './secrets.ts'
import { transact } from './transact.ts'

export interface RunnableChannel {
  readonly id: string
  readonly bridge: string
  readonly endpointId: string | null
  readonly identity: string | null
  readonly revision: number
  readonly enabled: boolean
  readonly settings: Record<string, unknown>
  /** The channel's own, over those of its endpoint. */
  readonly secrets: Record<string, unknown>
}

export interface RunnableEndpoint { readonly id: string; readonly bridge: string; readonly secrets: Record<string, unknown> }

export async function runnableChannels(core: Core): Promise<RunnableChannel[]> {
  const rows = await core.db.all<{ id: string; bridge: string; endpointId: string | null; identity: string | null; revision: number; enabled: number; settings: string; secrets: string | null; endpointSecrets: string | null }>(
    `SELECT c.id, c.bridge, c.endpointId, c.identity, c.revision, c.enabled, c.settings, c.secrets, e.secrets AS endpointSecrets
       FROM channels c LEFT JOIN endpoints e ON e.id = c.endpointId WHERE c.archivedAt IS NULL`,
  )
  return rows.map((row) => ({
    id: row.id, bridge: row.bridge, endpointId: row.endpointId, identity: row.identity, revision: row.revision, enabled: row.enabled === 1,
    settings: JSON.parse(row.settings) as Record<string, unknown>, secrets: { ...openSecrets(core.sealer, row.endpointSecrets), ...openSecrets(core.sealer, row.secrets) },
  }))
}

export async function runnableEndpoint(core: Core, id: string): Promise<RunnableEndpoint | null> {
  const row = await core.db.get<{ id: string; bridge: string; secrets: string | null }>('SELECT id, bridge, secrets FROM endpoints WHERE id = ? AND archivedAt IS NULL', [id])
  return row ? { id: row.id, bridge: row.bridge, secrets: { ...openSecrets(core.sealer, row.secrets) } } : null
}

// ------------------------------------------------------------ private store

/** With a fence, whoever has lost the line reads nothing: it must not connect again with keys that another process uses. @throws LeaseLost */
export async function readStore(core: Core, channelId: string, names: readonly string[], fence: Fence | null = null): Promise<Map<string, Uint8Array>> {
  if (names.length === 0) return new Map()
  const from = fence ? 'leases l LEFT JOIN bridge_store s ON' : 'bridge_store s WHERE'
  const rows = await core.db.all<{ name: string | null; value: Uint8Array | null; epoch?: number }>(
    `SELECT ${fence ? 'l.epoch, ' : ''}s.name, s.value FROM ${from} s.channelId = ? AND s.name IN (${placeholders(names.length)})${fence ? ' WHERE l.name = ?' : ''}`,
    [channelId, ...names, ...(fence ? [fence.lease] : [])],
  )
  if (fence && rows[0]?.epoch !== fence.epoch) throw new LeaseLost(fence.lease)
  return new Map(rows.flatMap(({ name, value }) => (name === null || value === null ? [] : [[name, core.sealer.open(new Uint8Array(value))] as const])))
}

/** All or nothing; null deletes. @throws LeaseLost */
export async function writeStore(core: Core, channelId: string, changes: ReadonlyMap<string, Uint8Array | null>, fence: Fence | null = null): Promise<void> {
  const gone = [...changes].filter(([, value]) => value === null).map(([name]) => name)
  const kept = [...changes].flatMap(([name, value]) => (value === null ? [] : [[channelId, name, core.sealer.seal(value), fence?.epoch ?? 0] as const]))
  await transact(core, async (tx) => {
    if (fence) await checkFence(tx, fence)
    if (gone.length > 0) await tx.run(`DELETE FROM bridge_store WHERE channelId = ? AND name IN (${placeholders(gone.length)})`, [channelId, ...gone])
    if (kept.length > 0) await upsertMany(tx, 'bridge_store', ['channelId', 'name'], ['channelId', 'name', 'value', 'epoch'], kept)
  })
}

export const clearStore = (core: Core, channelId: string, fence: Fence | null = null): Promise<void> =>
  transact(core, async (tx) => {
    if (fence) await checkFence(tx, fence)
    await tx.run('DELETE FROM bridge_store WHERE channelId = ?', [channelId])
  })

// ------------------------------------------------------------------- status

/** Writes what a bridge said of its link; repeats change nothing. Supervisors are told when a line goes down and when it is back. @throws LeaseLost */
export async function recordStatus(core: Core, channelId: string, status: BridgeStatus, fence: Fence | null = null): Promise<void> {
  const to = linkStatusOf(status)
  const code = 'code' in status ? status.code : null
  const action = status.state === 'action_required' ? status.action : null
  const until = status.state === 'action_required' && status.until ? status.until.getTime() : null
  await transact(core, async (tx) => {
    if (fence) await checkFence(tx, fence)
    const row = await tx.get<{ name: string; status: LinkStatus; statusCode: string | null; enabled: number; archivedAt: number | null }>('SELECT name, status, statusCode, enabled, archivedAt FROM channels WHERE id = ?', [channelId])
    if (!row || row.archivedAt !== null || row.enabled !== 1 || (row.status === to && row.statusCode === code)) return
    const now = core.clock.now()
    await tx.run('UPDATE channels SET status = ?, statusCode = ?, statusAction = ?, statusUntil = ?, statusSince = ?, parkedCode = CASE WHEN ? = \'connected\' THEN NULL ELSE parkedCode END WHERE id = ?', [to, code, action, until, now, to, channelId])
    if (row.status !== to) {
      await recordEvents(core, tx, [{ type: 'channel.status_changed', at: now, channelId, actor: systemActor, data: { channelName: row.name, from: row.status, to, reason: code, action } }])
      if (to === 'disconnected' || (to === 'unlinked' && row.status === 'connected')) await notify(core, tx, [{ level: 'error', code: 'channel_down', audience: 'supervisors', data: { channelId, channelName: row.name, reason: code, action } }])
      if (to === 'connected' && row.status === 'disconnected') await notify(core, tx, [{ level: 'info', code: 'channel_back', audience: 'supervisors', data: { channelId, channelName: row.name } }])
    }
    tx.after(() => {
      core.catalog.forget()
      core.wake.nudge('control', [`channel:${channelId}`])
      if (to === 'connected') core.wake.nudge('outbox')
    })
  })
}

/** Some failures are the channel's, not the message's: nothing more is handed over until somebody acts. */
export async function parkChannel(core: Core, channelId: string, code: string): Promise<void> {
  await transact(core, async (tx) => {
    const { changes } = await tx.run('UPDATE channels SET parkedCode = ? WHERE id = ? AND (parkedCode IS NULL OR parkedCode <> ?)', [code, channelId, code])
    if (changes === 0) return
    const name = (await core.catalog.read()).channel(channelId)?.name ?? ''
    await notify(core, tx, [{ level: 'error', code: 'channel_parked', audience: 'supervisors', data: { channelId, channelName: name, reason: code } }])
    tx.after(() => {
      core.catalog.forget()
      core.wake.nudge('control', [`channel:${channelId}`])
    })
  })
}

// -------------------------------------------------------------- channel log

export interface Exchange {
  readonly channelId: string | null
  readonly endpointId: string | null
  readonly direction: 'in' | 'out'
  readonly summary: string
  readonly status: number | null
  readonly durationMs: number | null
  /** Already redacted. */
  readonly request: unknown
  readonly response: unknown
}

export async function recordExchanges(core: Core, exchanges: readonly Exchange[]): Promise<void> {
  const now = core.clock.now()
  await insertMany(
    core.db, 'channel_log', ['id', 'channelId', 'endpointId', 'at', 'direction', 'summary', 'status', 'durationMs', 'request', 'response'],
    exchanges.map((x) => [core.ids.next(), x.channelId, x.endpointId, now, x.direction, x.summary, x.status, x.durationMs, JSON.stringify(x.request ?? null), JSON.stringify(x.response ?? null)]),
  )
}
