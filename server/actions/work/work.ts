/**
 * A unit of work: what one transaction does to any number of locked chats, gathered in memory and written with one
 * statement per table. Actions on one chat and the batches of the inbound lane and the drain share it, so there is one
 * way a chat is changed.
 */
import { move, type ChatState } from '../../domain/chat.ts'
import { systemActor, type Actor } from '../../domain/permissions.ts'
import type { Instant } from '../../domain/ports.ts'
import { forUpdate, insertMany, placeholders, updateMany } from '../../store/sql.ts'
import type { Tx, Value } from '../../store/db.ts'
import type { Core } from '../core.ts'
import { recordEvents, type NewEvent } from '../events.ts'
import { setTimers, type NewTimer } from '../timers.ts'
import { chatColumns, messageColumns, type ChatRow, type MessageRow } from './rows.ts'
import { closeOffer, type OpenOffer } from './offers.ts'
import { takeSeats, writeWords } from './traces.ts'

type Cells = Record<string, Value>
type Who = Pick<Actor, 'kind' | 'id' | 'name'>

/** One chat under its lock. Change `row` freely; `flush` writes what differs. */
export class ChatWork {
  readonly row: ChatRow
  readonly isNew: boolean
  /** Why a menu run ends that does not end by itself, for the record. */
  menuEnds = 'left'
  private readonly work: Work
  private readonly before: ChatRow
  constructor(work: Work, row: ChatRow, isNew: boolean) {
    this.work = work
    this.row = row
    this.before = { ...row }
    this.isNew = isNew
  }

  get id(): string {
    return this.row.id
  }

  move(to: ChatState): void {
    this.row.state = move(this.row.state, to)
  }

  /** Writes an event of this chat; ids of the chat, its channel, conversation and queue are filled in. */
  event(type: string, actor: Who, fields: Partial<Pick<NewEvent, 'agentId' | 'queueId' | 'conversationId' | 'data'>> = {}): void {
    this.row.seq++
    this.work.events.push({
      type, actor, at: this.work.now, chatId: this.row.id, seq: this.row.seq, channelId: this.row.channelId,
      conversationId: fields.conversationId ?? this.row.conversationId, queueId: fields.queueId ?? this.row.queueId,
      agentId: fields.agentId ?? this.row.agentId, data: fields.data ?? {},
    })
  }

  /** It was in MENU, and is not. */
  get leftMenu(): boolean {
    return this.before.state === 'MENU' && this.row.state !== 'MENU'
  }

  changedColumns(): (keyof ChatRow)[] {
    return chatColumns.filter((column) => this.row[column] !== this.before[column])
  }
}

export interface NewOutbox {
  id: string
  chatId: string
  channelId: string
  messageId: string | null
  op: 'send' | 'edit' | 'delete' | 'react'
  payload: unknown
  author: 'human' | 'automatic'
  expiresAt: Instant | null
}

export class Work {
  readonly events: NewEvent[] = []
  readonly chats = new Map<string, ChatWork>()
  readonly messages: MessageRow[] = []
  readonly providerIds: { channelId: string; providerId: string; part: number; messageId: string }[] = []
  readonly outbox: NewOutbox[] = []
  /** Rows to insert and to update, by table. Updates are by id; several for one row are merged. */
  private readonly inserts = new Map<string, Cells[]>()
  private readonly updates = new Map<string, Map<string, Cells>>()
  /** Rows that stop being the live one of their chat: written before anything is inserted, because only one may be live. */
  private readonly ends = new Map<string, Map<string, Cells>>()
  private readonly loads = new Map<string, { delta: number; assignedAt: Instant | null; wrapUpUntil: Instant | null }>()
  private readonly timers: NewTimer[] = []
  private readonly drained = new Set<string>()
  private readonly freedAgents = new Set<string>()
  private readonly knownRuns = new Set<string>()
  /** Chats whose distribution ends here, and why what is offered in them is withdrawn. */
  private readonly withdrawals = new Map<string, string>()
  private readonly knownOffers = new Set<string>()
  private readonly core: Core
  private readonly tx: Tx
  readonly now: Instant
  constructor(core: Core, tx: Tx, now: Instant) {
    this.core = core
    this.tx = tx
    this.now = now
  }

  /** Locks chats in ascending id (I7) and takes them in. Ids that do not exist are left out. */
  async lockChats(ids: readonly string[]): Promise<ChatWork[]> {
    const wanted = [...new Set(ids)].filter((id) => !this.chats.has(id)).sort()
    if (wanted.length > 0) {
      const rows = await this.tx.all<ChatRow>(
        `SELECT ${chatColumns.join(',')} FROM chats WHERE id IN (${placeholders(wanted.length)}) ORDER BY id${forUpdate(this.tx.dialect)}`, wanted,
      )
      for (const row of rows) this.chats.set(row.id, new ChatWork(this, row, false))
    }
    return ids.map((id) => this.chats.get(id)).filter((chat) => chat !== undefined)
  }

  newChat(row: ChatRow): ChatWork {
    const chat = new ChatWork(this, row, true)
    this.chats.set(row.id, chat)
    return chat
  }

  insert(table: string, cells: Cells): void {
    const rows = this.inserts.get(table) ?? []
    rows.push(cells)
    this.inserts.set(table, rows)
  }

  /** Whether this work makes that row. */
  inserted(table: string, id: string): boolean {
    return this.inserts.get(table)?.some((row) => row.id === id) ?? false
  }

  /** The cells of a row that this work makes. */
  cells(table: string, id: string): Readonly<Cells> | undefined {
    return this.inserts.get(table)?.find((row) => row.id === id)
  }
  insertedRows(table: string): readonly Readonly<Cells>[] {
    return this.inserts.get(table) ?? []
  }

  update(table: string, id: string, cells: Cells): void {
    const inserted = this.inserts.get(table)?.find((row) => row.id === id)
    if (inserted) {
      Object.assign(inserted, cells)
      return
    }
    const rows = this.updates.get(table) ?? new Map<string, Cells>()
    rows.set(id, { ...rows.get(id), ...cells })
    this.updates.set(table, rows)
  }

  /** Ends the live row of a chat in a table with `openChatId` (assignments, queue_legs, distributions, menu_runs), if there is one. */
  end(table: 'assignments' | 'queue_legs' | 'distributions' | 'menu_runs', chatId: string, cells: Cells): void {
    const rows = this.ends.get(table) ?? new Map<string, Cells>()
    rows.set(chatId, cells)
    this.ends.set(table, rows)
  }

  /** The search for somebody for this chat is over, if there is one; what is still offered is withdrawn when the work is written. */
  endDistribution(chat: ChatWork, outcome: string, reason: string): void {
    this.end('distributions', chat.id, { endedAt: this.now, state: outcome === 'assigned' || outcome === 'taken' ? 'done' : 'cancelled', outcome })
    this.withdrawals.set(chat.id, reason)
  }

  /** The caller has read the offers of this chat under its lock, and closes them. */
  offersKnown(chatId: string): void {
    this.knownOffers.add(chatId)
  }

  /** The customer was told in this leg that they wait. */
  noticeSent(chatId: string): void {
    this.update('queue_legs', chatId, { noticeSent: 1 })
  }

  /** Counts a chat more or less for an agent; written last, in id order. */
  load(agentId: string, delta: number, also: { assigned?: boolean; wrapUpUntil?: Instant } = {}): void {
    const known = this.loads.get(agentId) ?? { delta: 0, assignedAt: null, wrapUpUntil: null }
    this.loads.set(agentId, { delta: known.delta + delta, assignedAt: also.assigned ? this.now : known.assignedAt, wrapUpUntil: also.wrapUpUntil ?? known.wrapUpUntil })
  }

  /** The queue's waiting list is looked at again after the commit. */
  drain(queueId: string): void {
    this.drained.add(queueId)
  }

  /** Written with the rest. */
  timer(timer: NewTimer): void {
    this.timers.push(timer)
  }

  /** An agent has room again: the lists of all their queues are looked at after the commit. */
  freed(agentId: string): void {
    this.freedAgents.add(agentId)
  }

  /** The chat's menu run is written by whoever works with runs; otherwise one that the chat has left is ended here. */
  runKnown(chatId: string): void {
    this.knownRuns.add(chatId)
  }

  /** Writes everything. Nothing may be added afterwards. */
  async flush(): Promise<void> {
    const { tx } = this
    const chats = [...this.chats.values()]
    await this.endRunsLeft(chats)
    await this.withdrawOffers()
    for (const [table, rows] of this.ends) await this.updateTable(table, rows, 'openChatId')
    // Before others are made: one at a time for each agent.
    await this.writeUpdates('offers')
    await this.writeUpdates('queue_legs', 'openChatId')
    for (const table of ['contacts', 'accounts', 'identifiers']) await this.insertTable(table)
    const fresh = chats.filter((chat) => chat.isNew)
    if (fresh.length > 0) await insertMany(tx.later, 'chats', chatColumns, fresh.map((chat) => chatColumns.map((column) => chat.row[column])))
    for (const table of [...this.inserts.keys()]) await this.insertTable(table)
    if (this.messages.length > 0) await insertMany(tx.later, 'messages', messageColumns, this.messages.map((m) => messageColumns.map((column) => m[column])))
    if (this.providerIds.length > 0) {
      await insertMany(tx.later, 'message_ids', ['channelId', 'providerId', 'part', 'messageId'], this.providerIds.map((i) => [i.channelId, i.providerId, i.part, i.messageId]))
    }
    if (this.outbox.length > 0) {
      await insertMany(
        tx.later, 'outbox', ['id', 'chatId', 'channelId', 'messageId', 'op', 'payload', 'author', 'state', 'pendingChat', 'availableAt', 'expiresAt', 'createdAt'],
        this.outbox.map((o) => [o.id, o.chatId, o.channelId, o.messageId, o.op, JSON.stringify(o.payload), o.author, 'queued', o.chatId, this.now, o.expiresAt, this.now]),
      )
      tx.after(() => this.core.wake.nudge('outbox', [...new Set(this.outbox.map((o) => o.chatId))]))
    }
    await this.updateChats(chats.filter((chat) => !chat.isNew))
    await writeWords(tx, this.messages, this.reworded())
    await takeSeats(tx, this.messages, this.events)
    for (const [table, rows] of this.updates) await this.updateTable(table, rows)
    await recordEvents(this.core, tx, this.events)
    await this.updateLoads()
    await setTimers(this.core, tx, this.timers)
    if (this.freedAgents.size > 0) {
      const agents = [...this.freedAgents]
      const queues = await tx.all<{ queueId: string }>(`SELECT DISTINCT queueId FROM memberships WHERE agentId IN (${placeholders(agents.length)})`, agents)
      for (const { queueId } of queues) this.drained.add(queueId)
    }
    if (this.drained.size > 0) tx.after(() => this.core.wake.nudge('drain', [...this.drained]))
  }

  /** Messages whose text is another now. */
  private reworded(): Map<string, string> {
    const changed = [...(this.updates.get('messages') ?? [])].flatMap(([id, { body }]) => (typeof body === 'string' ? [[id, body] as const] : []))
    return new Map(changed)
  }

  /** A chat that left MENU by another way than its run (an agent joined, it was resolved, a supervisor wrote) has no run any more. */
  private async endRunsLeft(chats: readonly ChatWork[]): Promise<void> {
    const left = chats.filter((chat) => chat.leftMenu && !this.knownRuns.has(chat.id))
    if (left.length === 0) return
    const runs = await this.tx.all<{ chatId: string; menuId: string; version: number; nodeId: string; conversationId: string }>(
      `SELECT chatId, menuId, version, nodeId, conversationId FROM menu_runs WHERE openChatId IN (${placeholders(left.length)})`, left.map((chat) => chat.id),
    )
    for (const { chatId, menuId, version, nodeId, conversationId } of runs) {
      const chat = this.chats.get(chatId)
      if (chat && !this.withdrawals.has(chatId)) this.endDistribution(chat, 'closed', 'removed')
      this.end('menu_runs', chatId, { state: 'ended', eventKey: null, updatedAt: this.now, endedAt: this.now })
      this.chats.get(chatId)?.event('menu.ended', { kind: 'menu', id: menuId, name: '' }, { conversationId, data: { menuId, version, nodeId, nodeName: nodeId, reason: this.chats.get(chatId)?.menuEnds ?? 'left' } })
    }
  }

  private async withdrawOffers(): Promise<void> {
    const ids = [...this.withdrawals.keys()].filter((id) => !this.knownOffers.has(id))
    if (ids.length === 0) return
    const open = await this.tx.all<OpenOffer>(`SELECT id, chatId, agentId, agentName, queueId, reserves, offeredAt FROM offers WHERE openChatId IN (${placeholders(ids.length)})`, ids)
    for (const offer of open) {
      const chat = this.chats.get(offer.chatId)
      if (chat && !this.updates.get('offers')?.has(offer.id)) closeOffer(this, chat, offer, 'withdrawn', this.withdrawals.get(offer.chatId) ?? 'removed', systemActor)
    }
  }

  private async writeUpdates(table: string, key = 'id'): Promise<void> {
    const rows = this.updates.get(table)
    if (!rows) return
    this.updates.delete(table)
    await this.updateTable(table, rows, key)
  }

  private async insertTable(table: string): Promise<void> {
    const rows = this.inserts.get(table)
    if (!rows || rows.length === 0) return
    // A row may have been given more since it was made; what it was not given is the column's default.
    const shapes = new Map<string, Cells[]>()
    for (const row of rows) {
      const shape = Object.keys(row).join(',')
      shapes.set(shape, [...(shapes.get(shape) ?? []), row])
    }
    for (const [shape, group] of shapes) {
      const columns = shape.split(',')
      await insertMany(this.tx.later, table, columns, group.map((row) => columns.map((column) => row[column] ?? null)))
    }
    this.inserts.delete(table)
  }

  private async updateChats(chats: ChatWork[]): Promise<void> {
    const dirty = chats.filter((chat) => chat.changedColumns().length > 0)
    if (dirty.length === 0) return
    for (const chat of dirty) chat.row.updatedAt = this.now
    const columns = [...new Set(dirty.flatMap((chat) => chat.changedColumns()))]
    await updateMany(this.tx.later, 'chats', 'id', columns, dirty.map((chat) => [chat.row.id, ...columns.map((column) => chat.row[column])]))
  }

  /** Rows with the same set of columns go together. */
  private async updateTable(table: string, rows: Map<string, Cells>, key = 'id'): Promise<void> {
    const shapes = new Map<string, [string, Cells][]>()
    for (const [id, cells] of rows) {
      const shape = Object.keys(cells).sort().join(',')
      shapes.set(shape, [...(shapes.get(shape) ?? []), [id, cells]])
    }
    for (const [shape, group] of shapes) {
      const columns = shape.split(',')
      await updateMany(this.tx.later, table, key, columns, group.map(([id, cells]) => [id, ...columns.map((column) => cells[column] ?? null)]))
    }
  }

  private async updateLoads(): Promise<void> {
    const changed = [...this.loads].sort(([a], [b]) => (a < b ? -1 : 1))
    if (changed.length === 0) return
    const deltas = changed.map(() => 'WHEN ? THEN ? ').join('')
    const ids = changed.map(([id]) => id)
    await this.tx.later.run(
      `UPDATE agents SET chatLoad = chatLoad + CASE agentId ${deltas}ELSE 0 END,
        lastAssignedAt = COALESCE(CASE agentId ${deltas}END, lastAssignedAt), wrapUpUntil = COALESCE(CASE agentId ${deltas}END, wrapUpUntil)
       WHERE agentId IN (${placeholders(ids.length)})`,
      [
        ...changed.flatMap(([id, c]) => [id, c.delta]), ...changed.flatMap(([id, c]) => [id, c.assignedAt]),
        ...changed.flatMap(([id, c]) => [id, c.wrapUpUntil]), ...ids,
      ],
    )
  }
}
