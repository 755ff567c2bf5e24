/**
 * The small tables that nearly every action reads (settings, queues, channels, users), kept in memory per process
 * and read again when somebody changed them. What must not be stale by a moment (load, presence, memberships at the
 * choice of an agent) is read under its lock instead.
 */
import type { Strategy } from '../domain/distribution.ts'
import type { Role } from '../domain/permissions.ts'
import type { Destination } from '../domain/routing.ts'
import { settingSchemas, type Localized, type SettingName, type SettingValue } from '../domain/settings.ts'
import type { Db } from '../store/db.ts'
import { insideTransaction } from '../store/transaction.ts'
import { readLists, type CatalogListsRead, type MenuEntry } from './catalogLists.ts'

export interface QueueEntry {
  readonly id: string
  readonly name: string
  readonly slug: string
  readonly avatarMediaId: string | null
  readonly messages: { readonly waiting?: Localized; readonly join?: Localized; readonly transfer?: Localized; readonly resolve?: Localized }
  readonly wrapUp: number
  /** Null: as the install does it. Times in seconds. */
  readonly mode: 'join' | 'invite' | null
  readonly strategy: Strategy | null
  readonly widenAfter: number | null
  readonly inviteTimeout: number | null
  readonly totalTimeout: number | null
  readonly weight: number
  /** 0 is no limit. */
  readonly maxWaiting: number
  readonly maxWait: number
  readonly overflow: { readonly type: 'queue' | 'menu'; readonly id: string } | null
  readonly archivedAt: number | null
}
export interface ChannelEntry {
  readonly id: string
  readonly name: string
  readonly bridge: string
  readonly channelType: string
  readonly endpointId: string | null
  readonly identity: string | null
  readonly address: string | null
  readonly destination: Destination
  readonly enabled: boolean
  readonly inboundMode: string
  readonly options: Readonly<Record<string, unknown>>
  /** The bridge's own settings; never its secrets. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly status: string
  readonly statusCode: string | null
  readonly statusSince: number
  readonly parkedCode: string | null
  readonly avatarMediaId: string | null
  readonly revision: number
  readonly archivedAt: number | null
}
export interface UserEntry {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly role: Role
  readonly alsoAgent: boolean
  readonly enabled: boolean
  readonly maxChats: number | null
  readonly avatarMediaId: string | null
  readonly archivedAt: number | null
}

interface Snapshot {
  readonly settings: ReadonlyMap<string, unknown>
  readonly queues: ReadonlyMap<string, QueueEntry>
  readonly channels: ReadonlyMap<string, ChannelEntry>
  readonly users: ReadonlyMap<string, UserEntry>
  readonly lists: CatalogListsRead
}

/** Row of `meta` that every change of the catalog writes anew (actions/changes.ts). */
export const catalogVersionName = 'catalogVersion'

export class Catalog {
  private readonly db: Db
  private seen: string | undefined
  private snapshot: Snapshot | null = null
  /** The last one there was, until the next is read. */
  private last: Snapshot | null = null
  private loading: Promise<Snapshot> | null = null
  private generation = 0
  constructor(db: Db) {
    this.db = db
  }

  /** Call after a commit that changed one of these tables; other processes hear it by the control topic. */
  forget(): void {
    this.generation++
    this.snapshot = null
    this.loading = null
  }

  /**
   * Forgets if another process changed something, and says so: then whatever follows from the catalog is due
   * (control, drain). One small read, to be asked every second or so.
   */
  async catchUp(): Promise<boolean> {
    const version = (await this.db.get<{ value: string }>('SELECT value FROM meta WHERE name = ?', [catalogVersionName]))?.value
    const changed = this.seen !== undefined && version !== this.seen
    this.seen = version ?? ''
    if (changed) this.forget()
    return changed
  }

  /**
   * Within a transaction what was last read must do: to read now would need a second connection while the first is
   * held. Actions therefore read before they begin (actions/transact.ts), and are stale by no more than they last.
   */
  async read(): Promise<CatalogView> {
    const ready = this.snapshot ?? (insideTransaction() ? this.last : null)
    return new CatalogView(ready ?? (await this.load()))
  }

  private load(): Promise<Snapshot> {
    this.loading ??= this.fetch(this.generation)
    return this.loading
  }

  private async fetch(generation: number): Promise<Snapshot> {
    try {
      const snapshot = await readAll(this.db)
      // Somebody wrote while we read: what we have may be older than their commit.
      if (generation !== this.generation) return await this.load()
      this.snapshot = snapshot
      this.last = snapshot
      return snapshot
    } finally {
      if (generation === this.generation) this.loading = null
    }
  }
}

/** One consistent look at the catalog: take it once per action. */
export class CatalogView {
  private readonly snapshot: Snapshot
  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot
  }

  /** The most specific value: queue, then channel, then global, then the default. */
  setting<N extends SettingName>(name: N, at: { queueId?: string | null; channelId?: string | null } = {}): SettingValue<N> {
    const stored =
      (at.queueId ? this.snapshot.settings.get(`queue:${at.queueId}/${name}`) : undefined) ??
      (at.channelId ? this.snapshot.settings.get(`channel:${at.channelId}/${name}`) : undefined) ??
      this.snapshot.settings.get(`global/${name}`)
    return (stored === undefined ? settingSchemas[name].byDefault : stored) as SettingValue<N>
  }

  queue(id: string | null | undefined): QueueEntry | undefined {
    return id ? this.snapshot.queues.get(id) : undefined
  }
  /** Live queues only. */
  queues(): QueueEntry[] {
    return [...this.snapshot.queues.values()].filter((queue) => queue.archivedAt === null)
  }
  channel(id: string | null | undefined): ChannelEntry | undefined {
    return id ? this.snapshot.channels.get(id) : undefined
  }
  channels(): ChannelEntry[] {
    return [...this.snapshot.channels.values()].filter((channel) => channel.archivedAt === null)
  }
  user(id: string | null | undefined): UserEntry | undefined {
    return id ? this.snapshot.users.get(id) : undefined
  }
  users(): UserEntry[] {
    return [...this.snapshot.users.values()].filter((user) => user.archivedAt === null)
  }
  /** Users who may be given chats. */
  agents(): UserEntry[] {
    return this.users().filter((user) => user.role === 'agent' || user.alsoAgent)
  }
  /** Archived ones too. */
  menu(id: string | null | undefined): MenuEntry | undefined {
    return id ? this.snapshot.lists.menus.get(id) : undefined
  }
  menus(): MenuEntry[] {
    return [...this.snapshot.lists.menus.values()].filter((menu) => menu.archivedAt === null)
  }
  /** Forms, campaigns, dispositions, tags, and the names of what menus use. */
  get lists(): CatalogListsRead {
    return this.snapshot.lists
  }
  /** Open chats a user may hold; 0 is unlimited (domain §3.2). */
  capacity(user: UserEntry): number {
    return user.maxChats ?? this.setting('agents.defaultMaxChats')
  }
}

async function readAll(db: Db): Promise<Snapshot> {
  const [settings, queues, channels, users, lists] = await Promise.all([
    db.all<{ scope: string; name: string; value: string }>('SELECT scope, name, value FROM settings'),
    db.all<Omit<QueueEntry, 'messages' | 'overflow'> & { messages: string | null; overflow: string | null }>(
      'SELECT id, name, slug, avatarMediaId, messages, wrapUp, mode, strategy, widenAfter, inviteTimeout, totalTimeout, weight, maxWaiting, maxWait, overflow, archivedAt FROM queues',
    ),
    db.all<Omit<ChannelEntry, 'destination' | 'options' | 'settings' | 'enabled'> & { destinationType: string; destinationId: string | null; enabled: number; options: string | null; settings: string }>(
      `SELECT id, name, bridge, channelType, endpointId, identity, address, destinationType, destinationId, enabled, inboundMode, options, settings,
              status, statusCode, statusSince, parkedCode, avatarMediaId, revision, archivedAt FROM channels`,
    ),
    db.all<Omit<UserEntry, 'alsoAgent' | 'enabled'> & { alsoAgent: number; enabled: number }>(
      'SELECT id, username, name, role, alsoAgent, enabled, maxChats, avatarMediaId, archivedAt FROM users',
    ),
    readLists(db),
  ])
  return {
    lists,
    settings: new Map(settings.map((row) => [`${row.scope}/${row.name}`, JSON.parse(row.value) as unknown])),
    queues: new Map(queues.map((row) => [row.id, {
      ...row, messages: row.messages ? (JSON.parse(row.messages) as QueueEntry['messages']) : {}, overflow: row.overflow ? (JSON.parse(row.overflow) as QueueEntry['overflow']) : null,
    }])),
    channels: new Map(
      channels.map(({ destinationType, destinationId, ...row }) => [
        row.id,
        {
          ...row,
          enabled: row.enabled === 1,
          settings: JSON.parse(row.settings) as Record<string, unknown>,
          options: row.options ? (JSON.parse(row.options) as Record<string, unknown>) : {},
          destination: (destinationType === 'none' || !destinationId ? { type: 'none' } : { type: destinationType, id: destinationId }) as Destination,
        },
      ]),
    ),
    users: new Map(users.map((row) => [row.id, { ...row, alsoAgent: row.alsoAgent === 1, enabled: row.enabled === 1 }])),
  }
}
