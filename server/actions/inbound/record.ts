/**
 * The durable inbox: whatever a provider tells us is a row before anybody is told that we have it.
 * Requests that arrive together are committed together: the next batch gathers while the current one commits.
 */
import { createHash } from 'node:crypto'
import type { InboundEvent, WebhookRequest } from '../../../plugins/sdk/bridge.ts'
import type { Db, Tx, Value } from '../../store/db.ts'
import { insertMany, placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'

export interface Arrival {
  /** Where a webhook came in; events are then filed by the identity each is for. */
  readonly endpointId?: string
  /** Live and hosted links: the channel that says it. */
  readonly channelId?: string
  readonly request?: Pick<WebhookRequest, 'method' | 'url' | 'headers' | 'rawBody'>
  readonly events?: readonly InboundEvent[]
  /** Why the body could not be parsed: it is kept raw and can be replayed. */
  readonly parseError?: string
}

/** A lane is one remote chat of one channel; events about no chat share the channel's own lane. */
export const laneOf = (channelId: string, chat: string): string => createHash('sha256').update(`${channelId}\n${chat}`).digest('base64url')

interface Waiting {
  readonly arrival: Arrival
  resolve(): void
  reject(error: unknown): void
}

/** Headers that carry secrets are not kept. */
const secretHeader = /^(authorization|cookie|proxy-authorization|x-api-key)$/i

/** Lanes this process has seen in the database: existing rows are never touched again by the writer. */
class KnownLanes {
  private lanes = new Set<string>()
  has(id: string): boolean {
    return this.lanes.has(id)
  }
  add(id: string): void {
    if (this.lanes.size > 200_000) this.lanes = new Set()
    this.lanes.add(id)
  }
}

class InboxWriter {
  private readonly core: Core
  private readonly known = new KnownLanes()
  private gathering: Waiting[] = []
  private committing = false
  constructor(core: Core) {
    this.core = core
  }

  add(arrival: Arrival): Promise<void> {
    return new Promise((resolve, reject) => {
      this.gathering.push({ arrival, resolve, reject })
      if (!this.committing) void this.commit()
    })
  }

  private async commit(): Promise<void> {
    this.committing = true
    while (this.gathering.length > 0) {
      const batch = this.gathering.splice(0, 256)
      try {
        await this.write(batch.map((waiting) => waiting.arrival))
        for (const waiting of batch) waiting.resolve()
      } catch (error) {
        if (batch.length === 1) batch[0]?.reject(error)
        // One that cannot be stored must not take the others with it.
        else for (const waiting of batch) await this.write([waiting.arrival]).then(waiting.resolve, waiting.reject)
      }
    }
    this.committing = false
  }

  private async write(arrivals: readonly Arrival[]): Promise<void> {
    const { core } = this
    const view = await core.catalog.read()
    const now = core.clock.now()
    const byIdentity = new Map(view.channels().filter((c) => c.identity !== null).map((c) => [`${c.endpointId}\n${c.identity}`, c.id]))
    const requests: Value[][] = []
    const events: Value[][] = []
    const lanes = new Map<string, { channelId: string; chat: string }>()
    const woken = new Set<string>()
    for (const arrival of arrivals) {
      const requestId = arrival.request ? core.ids.next() : null
      if (arrival.request && requestId) {
        const headers = Object.fromEntries(Object.entries(arrival.request.headers).filter(([name]) => !secretHeader.test(name)))
        requests.push([
          requestId, arrival.endpointId ?? null, now, arrival.request.method, arrival.request.url, JSON.stringify(headers), arrival.request.rawBody,
          arrival.parseError === undefined ? 'parsed' : 'unparsed', arrival.parseError ?? null,
        ])
      }
      for (const event of arrival.events ?? []) {
        const chat = 'chat' in event ? event.chat : ''
        const direct = arrival.channelId ?? byIdentity.get(`${arrival.endpointId}\n${event.account}`)
        for (const channelId of direct ? [direct] : alsoKnownAs(core, view, arrival.endpointId, event.account)) {
          const lane = channelId === null ? null : laneOf(channelId, chat)
          if (lane && channelId) {
            lanes.set(lane, { channelId, chat })
            woken.add(lane)
          }
          events.push([
            core.ids.next(), channelId ?? arrival.endpointId ?? '', event.key, requestId, channelId, event.account, event.kind, lane, JSON.stringify(event),
            now, lane ? 'pending' : 'unknown', lane,
          ])
        }
      }
    }
    const fresh = [...lanes].filter(([id]) => !this.known.has(id))
    await core.db.transaction(async (tx) => {
      if (requests.length > 0) await insertMany(tx.later, 'inbox_requests', ['id', 'endpointId', 'at', 'method', 'url', 'headers', 'body', 'state', 'error'], requests)
      await this.addLanes(tx, fresh, now)
      if (events.length > 0) {
        await insertMany(
          tx.later, 'inbox_events', ['id', 'scope', 'eventKey', 'requestId', 'channelId', 'account', 'kind', 'laneId', 'payload', 'receivedAt', 'state', 'pendingLane'],
          events, { ignore: true },
        )
      }
    })
    for (const [id] of fresh) this.known.add(id)
    if (woken.size > 0) core.wake.nudge('inbox', [...woken])
  }

  /** Only rows that are not there are inserted: touching one would wait for whoever applies its events. */
  private async addLanes(tx: Tx, fresh: [string, { channelId: string; chat: string }][], now: number): Promise<void> {
    if (fresh.length === 0) return
    const there = await tx.all<{ id: string }>(`SELECT id FROM lanes WHERE id IN (${placeholders(fresh.length)})`, fresh.map(([id]) => id))
    const exists = new Set(there.map((row) => row.id))
    const missing = fresh.filter(([id]) => !exists.has(id))
    if (missing.length > 0) {
      await insertMany(tx.later, 'lanes', ['id', 'channelId', 'remoteChatId', 'createdAt'], missing.map(([id, lane]) => [id, lane.channelId, lane.chat, now]), { ignore: true })
    }
  }
}

/** Some events name the account that owns several lines (templates, alerts): they are each of these lines'. `[null]`: nobody's. */
function alsoKnownAs(core: Core, view: CatalogView, endpointId: string | undefined, account: string): (string | null)[] {
  const found = view.channels().filter((channel) => {
    const { properties = {} } = (core.bridges.definition(channel.bridge)?.settingsSchema ?? {}) as { properties?: Record<string, Record<string, unknown>> }
    return channel.endpointId === endpointId && Object.entries(properties).some(([name, property]) => property['x-also-identity'] === true && String(channel.settings[name]) === account)
  })
  return found.length > 0 ? found.map((channel) => channel.id) : [null]
}

const writers = new WeakMap<Db, InboxWriter>()

/**
 * Stores a request and its events; resolves after the commit, so the provider may be told then and not before.
 * A redelivered event (same channel, same key) is dropped; an event for an identity nobody has is kept as `unknown`.
 */
export function recordInbound(core: Core, arrival: Arrival): Promise<void> {
  let writer = writers.get(core.db)
  if (!writer) {
    writer = new InboxWriter(core)
    writers.set(core.db, writer)
  }
  return writer.add(arrival)
}
