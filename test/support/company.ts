/**
 * A small company written straight into the tables, for tests of reading, access and signing in. What needs the real
 * flow of a message builds it through actions.
 */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { monotonicFactory } from 'ulid'
import type { Capabilities } from '../../plugins/sdk/bridge.ts'
import { Catalog } from '../../server/actions/catalog.ts'
import type { Core } from '../../server/actions/core.ts'
import { recordEvents, type NewEvent } from '../../server/actions/events.ts'
import { DomainError } from '../../server/domain/errors.ts'
import { rightsOf, systemActor, type Actor, type Role } from '../../server/domain/permissions.ts'
import type { Log, Passwords, Storage, WakeTopic } from '../../server/domain/ports.ts'
import { reversed, words } from '../../server/domain/fold.ts'
import type { Value } from '../../server/store/db.ts'
import { migrate } from '../../server/store/migrate.ts'
import type { TestDatabase } from '../databases.ts'

export class TestClock {
  private at: number
  constructor(at = Date.UTC(2026, 10, 23, 15)) {
    this.at = at
  }
  now(): number {
    return this.at
  }
  pass(seconds: number): void {
    this.at += seconds * 1000
  }
}

/** Nudges reach their handlers at once; alarms are only remembered. */
export class TestWake {
  private readonly handlers: { topic: WakeTopic; run: () => void }[] = []
  readonly alarms: { topic: WakeTopic; at: number }[] = []
  nudge(topic: WakeTopic): void {
    for (const handler of this.handlers.filter((each) => each.topic === topic)) queueMicrotask(handler.run)
  }
  alarm(topic: WakeTopic, at: number): void {
    this.alarms.push({ topic, at })
  }
  on(topic: WakeTopic, run: () => void): () => void {
    const handler = { topic, run }
    this.handlers.push(handler)
    return () => { this.handlers.splice(this.handlers.indexOf(handler), 1) }
  }
}

/** Fast, and as unforgiving as the real ones. */
export const testPasswords: Passwords = {
  hash: async (clear) => createHash('sha256').update(clear).digest('hex'),
  verify: async (stored, clear) => stored === createHash('sha256').update(clear).digest('hex'),
}

export function memoryStorage(): Storage & { files: Map<string, Buffer> } {
  const files = new Map<string, Buffer>()
  return {
    files,
    async put(stream, maxBytes) {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(Buffer.from(chunk as Buffer))
      const content = Buffer.concat(chunks)
      if (content.length > maxBytes) throw new DomainError('media_too_large')
      const sha256 = createHash('sha256').update(content).digest('hex')
      files.set(sha256, content)
      return { sha256, size: content.length }
    },
    open: (sha256, range) => Readable.from([(files.get(sha256) as Buffer).subarray(range?.start ?? 0, range ? range.end + 1 : undefined)]),
    stat: async (sha256) => (files.has(sha256) ? { size: (files.get(sha256) as Buffer).length } : null),
    remove: async (sha256) => void files.delete(sha256),
  }
}

export class TestLog implements Log {
  readonly lines: { level: string; message: string; fields: object | undefined }[] = []
  private readonly add = (level: string) => (message: string, fields?: object): void => void this.lines.push({ level, message, fields })
  readonly debug = this.add('debug')
  readonly info = this.add('info')
  readonly warn = this.add('warn')
  readonly error = this.add('error')
}

export const plainCapabilities: Capabilities = {
  link: 'hosted', parts: { text: { direction: 'both' }, image: { direction: 'both', caption: true }, document: { direction: 'both', caption: true } },
  text: { max: 4096, unit: 'characters', formatting: 'none' }, replies: 'both', reactions: 'none', edits: 'none', deletes: 'none', receipts: ['delivered', 'read'],
  buttons: null, lists: null, templates: null, serviceWindow: null, canStartChats: 'never', groups: false, statusReplies: false, calls: 'none', typing: 'both',
  referrals: false, phoneBook: false, checkNumber: false, optIn: false, idempotentSend: true,
  rate: { perSecond: 1000, perChat: { everyMs: 0, burst: 100 } },
}

export interface Person { readonly id: string; readonly username: string; readonly name: string; readonly role: Role }
type Cells = Record<string, Value>

export class Company {
  readonly clock: TestClock
  readonly wake: TestWake
  readonly log = new TestLog()
  readonly storage = memoryStorage()
  readonly core: Core

  static async open(database: TestDatabase, clock = new TestClock(), processId = 'p1'): Promise<Company> {
    const db = await database.open()
    await migrate(db)
    return new Company(db, clock, new TestWake(), processId)
  }

  /** Another process of the same company. */
  async another(database: TestDatabase, processId: string): Promise<Company> {
    return new Company(await database.open(), this.clock, new TestWake(), processId)
  }

  private constructor(db: Core['db'], clock: TestClock, wake: TestWake, processId: string) {
    this.clock = clock
    this.wake = wake
    const next = monotonicFactory()
    this.core = {
      db, clock, wake, processId, log: this.log, ids: { next: () => next(clock.now()) }, storage: this.storage, catalog: new Catalog(db),
      sealer: { seal: (clear) => clear, open: (sealed) => sealed }, publicUrl: 'http://127.0.0.1',
      bridges: { definition: () => undefined, types: () => ['test'], capabilities: () => plainCapabilities },
    }
  }

  async insert(table: string, cells: Cells): Promise<void> {
    const columns = Object.keys(cells)
    await this.core.db.run(`INSERT INTO ${table} (${columns.map((column) => `\`${column}\``).join(',')}) VALUES (${columns.map(() => '?').join(',')})`, Object.values(cells))
    this.core.catalog.forget()
  }

  async setting(name: string, value: unknown): Promise<void> {
    await this.core.db.run("DELETE FROM settings WHERE scope = 'global' AND name = ?", [name])
    await this.insert('settings', { scope: 'global', name, value: JSON.stringify(value), updatedAt: this.clock.now() })
  }

  async person(username: string, role: Role, cells: Cells = {}): Promise<Person> {
    const id = this.core.ids.next()
    const now = this.clock.now()
    const name = `${username[0]?.toUpperCase()}${username.slice(1)}`
    await this.insert('users', { id, role, username, name, passwordHash: await testPasswords.hash(`${username}-secret`), createdAt: now, updatedAt: now, ...cells })
    if (role === 'agent' || cells.alsoAgent) await this.insert('agents', { agentId: id, presenceSince: now })
    return { id, username, name, role }
  }

  async queue(name: string, members: readonly Person[] = []): Promise<string> {
    const id = this.core.ids.next()
    const now = this.clock.now()
    await this.insert('queues', { id, name, slug: name.toLowerCase(), description: '', createdAt: now, updatedAt: now })
    for (const member of members) await this.insert('memberships', { queueId: id, agentId: member.id, createdAt: now })
    return id
  }

  async channel(name = 'Sitio', cells: Cells = {}): Promise<string> {
    const id = this.core.ids.next()
    const now = this.clock.now()
    await this.insert('channels', {
      id, name, slug: name.toLowerCase(), bridge: 'test', channelType: 'widget', identity: `identity-${id}`, settings: '{}', status: 'connected', statusSince: now,
      createdAt: now, updatedAt: now, ...cells,
    })
    return id
  }

  async pauseReason(name = 'Almuerzo'): Promise<string> {
    const id = this.core.ids.next()
    await this.insert('pause_reasons', { id, code: name.toLowerCase(), name, createdAt: this.clock.now() })
    return id
  }

  /** A chat with its contact; `cells` are columns of the row. */
  async chat(channelId: string, cells: Cells = {}): Promise<string> {
    const id = this.core.ids.next()
    const now = this.clock.now()
    const title = (cells.title as string | undefined) ?? `Cliente ${id.slice(-4)}`
    const contactId = this.core.ids.next()
    const accountId = this.core.ids.next()
    const digits = (cells.subtitle as string | undefined)?.replace(/\D/g, '') || null
    await this.insert('contacts', { id: contactId, name: title, nameSource: 'profile', createdAt: now, updatedAt: now })
    await this.insert('accounts', { id: accountId, contactId, channelType: 'widget', createdAt: now, updatedAt: now })
    await this.insert('chats', {
      id, channelId, accountId, contactId, remoteChatId: `remote-${id}`, state: 'IDLE', title, lastMessageAt: now, lastInboundAt: now, previewKind: 'text',
      previewAuthor: 'customer', previewText: 'hola', createdAt: now, updatedAt: now, ...cells,
    })
    await this.insert('search', { kind: 'chat', refId: id, words: words(title), digits, digitsReversed: digits === null ? null : reversed(digits) })
    return id
  }

  /** A chat that the agent holds, with its open assignment. */
  async heldChat(channelId: string, agent: Person, cells: Cells = {}): Promise<string> {
    const id = await this.chat(channelId, { state: 'PENDING', agentId: agent.id, lastAgentId: agent.id, conversationId: this.core.ids.next(), ...cells })
    await this.stay(id, agent, this.clock.now(), null)
    return id
  }

  async stay(chatId: string, agent: Person, startedAt: number, endedAt: number | null): Promise<void> {
    await this.insert('assignments', { id: this.core.ids.next(), chatId, conversationId: this.core.ids.next(), agentId: agent.id, agentName: agent.name, kind: 'distribution', startedAt, endedAt })
  }

  async message(chatId: string, body: string, cells: Cells = {}): Promise<string> {
    const id = this.core.ids.next()
    const at = (cells.at as number | undefined) ?? this.clock.now()
    await this.insert('messages', {
      id, chatId, direction: 'in', kind: 'text', visibility: 'public', authorKind: 'customer', authorName: 'Cliente', body, at, sortAt: at, ...cells,
    })
    return id
  }

  /** Events with the next numbers of their chat, as actions write them. */
  async events(...events: (Partial<NewEvent> & { type: string })[]): Promise<void> {
    await this.core.db.transaction(async (tx) => {
      for (const event of events) {
        if (event.chatId) await tx.run('UPDATE chats SET seq = seq + 1 WHERE id = ?', [event.chatId])
        const chat = event.chatId ? await tx.get<{ seq: number }>('SELECT seq FROM chats WHERE id = ?', [event.chatId]) : undefined
        await recordEvents(this.core, tx, [{ at: this.clock.now(), actor: systemActor, seq: chat?.seq ?? null, ...event }])
      }
    })
  }
}

export function actorFor(person: Person, app: 'agent' | 'supervisor' = person.role === 'agent' ? 'agent' : 'supervisor'): Actor {
  const { id, name, role } = person
  return app === 'agent' ? { kind: 'agent', id, name, rights: rightsOf('agent', true) } : { kind: role, id, name, rights: rightsOf(role, false) }
}
