/** Events about messages that we have: receipts, edits, deletions, reactions, and echoes of what we sent ourselves (domain §8.2). */
import type { InboundEvent, Part } from '../../../plugins/sdk/bridge.ts'
import { contentOf, previewOf } from '../../domain/content.ts'
import { applyReceipt } from '../../domain/messageStatus.ts'
import { systemActor } from '../../domain/permissions.ts'
import { insertMany, placeholders, upsertMany } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import type { Core } from '../core.ts'
import { messageFlags } from '../work/rows.ts'
import { settleFailure } from '../work/failure.ts'
import type { ChatWork, Work } from '../work/work.ts'
import { reviveEvent } from './revive.ts'
import type { EventRow, Target, Targets } from './targets.ts'

type Receipt = Extract<InboundEvent, { kind: 'receipt' }>
type Edit = Extract<InboundEvent, { kind: 'edit' }>
type Delete = Extract<InboundEvent, { kind: 'delete' }>
type Reaction = Extract<InboundEvent, { kind: 'reaction' }>
export type UpdateEvent = Receipt | Edit | Delete | Reaction

export class Updates {
  private readonly core: Core
  private readonly tx: Tx
  private readonly work: Work
  private readonly targets: Targets
  private readonly spent: string[] = []
  private readonly early: { channelId: string; providerId: string; payload: string }[] = []
  constructor(core: Core, tx: Tx, work: Work, targets: Targets) {
    this.core = core
    this.tx = tx
    this.work = work
    this.targets = targets
  }

  async apply(event: UpdateEvent, row: EventRow, chat: ChatWork | undefined): Promise<void> {
    if (event.kind === 'receipt') return this.receipt(event, row, chat)
    const target = this.targets.find(row.channelId, event.target)
    if (!target) return this.keep(row, event.target, event)
    if (event.kind === 'edit') this.edit(event, row, chat)
    else if (event.kind === 'delete') this.remove(target, event, chat)
    else await this.react(target, event, chat)
  }

  /** Updates that came before their message, now that it is here. */
  async applyEarly(row: EventRow, providerId: string, chat: ChatWork): Promise<void> {
    for (const { rowId, payload } of this.targets.takeEarly(row.channelId, providerId)) {
      this.spent.push(rowId)
      const event = reviveEvent(payload)
      if (event.kind === 'edit' || event.kind === 'delete' || event.kind === 'reaction' || event.kind === 'receipt') await this.apply(event, row, chat)
    }
  }

  async finish(): Promise<void> {
    if (this.early.length > 0) {
      await insertMany(this.tx, 'early_updates', ['id', 'channelId', 'providerId', 'payload', 'at'], this.early.map((e) => [this.core.ids.next(), e.channelId, e.providerId, e.payload, this.work.now]))
    }
    if (this.spent.length > 0) await this.tx.run(`DELETE FROM early_updates WHERE id IN (${placeholders(this.spent.length)})`, this.spent)
  }

  /** The customer's edit replaces the text; what it was stays in the history for supervisors. */
  edit(event: Edit, row: EventRow, chat: ChatWork | undefined): void {
    const target = this.targets.find(row.channelId, event.target)
    if (!target) return
    const content = contentOf(event.part)
    this.work.insert('message_versions', { id: this.core.ids.next(), messageId: target.messageId, at: this.work.now, kind: 'edit', byKind: 'customer', byId: null, body: target.body, extra: target.extra })
    this.work.update('messages', target.messageId, { body: content.body, extra: content.extra ? JSON.stringify(content.extra) : null, editedAt: event.at.getTime() })
    if (chat?.row.previewMessageId === target.messageId) chat.row.previewText = previewOf(content.body)
    chat?.event('message.edited', { kind: 'customer', id: null, name: chat.row.title }, { data: { messageId: target.messageId } })
  }

  /** What was announced and could not be read arrives (6b). */
  fill(target: Target, part: Part, row: EventRow): void {
    const content = contentOf(part)
    this.work.update('messages', target.messageId, { kind: content.kind, body: content.body, extra: content.extra ? JSON.stringify(content.extra) : null, flags: target.flags & ~messageFlags.pending, at: row.receivedAt })
    target.flags &= ~messageFlags.pending
  }

  /** An echo that gives back our own key confirms what we sent, and is nothing new. */
  async confirmOwn(event: Extract<InboundEvent, { kind: 'message' }>, row: EventRow): Promise<boolean> {
    if (!event.correlation) return false
    const sent = await this.tx.get<{ messageId: string | null }>('SELECT messageId FROM outbox WHERE id = ?', [event.correlation])
    if (!sent?.messageId) return false
    await insertMany(this.tx, 'message_ids', ['channelId', 'providerId', 'part', 'messageId'], [[row.channelId, event.id, 0, sent.messageId]], { ignore: true })
    return true
  }

  private remove(target: Target, event: Delete, chat: ChatWork | undefined): void {
    this.work.update('messages', target.messageId, { deletedAt: event.at.getTime() })
    chat?.event('message.deleted', { kind: 'customer', id: null, name: chat.row.title }, { data: { messageId: target.messageId } })
  }

  private async react(target: Target, event: Reaction, chat: ChatWork | undefined): Promise<void> {
    const by = event.sender.user
    if (event.emoji === null) await this.tx.run('DELETE FROM reactions WHERE messageId = ? AND byKey = ?', [target.messageId, by])
    else {
      await upsertMany(this.tx, 'reactions', ['messageId', 'byKey'], ['messageId', 'byKey', 'byName', 'fromCustomer', 'emoji', 'at'], [
        [target.messageId, by, event.sender.name ?? chat?.row.title ?? '', 1, event.emoji, event.at.getTime()],
      ])
    }
    chat?.event('message.reaction', { kind: 'customer', id: null, name: chat.row.title }, { data: { messageId: target.messageId } })
  }

  private async receipt(event: Receipt, row: EventRow, chat: ChatWork | undefined): Promise<void> {
    if (typeof event.target !== 'string') return this.watermark(event, event.target.upTo, row, chat)
    const target = this.targets.find(row.channelId, event.target) ?? (await this.byCorrelation(event, row))
    if (!target) return this.keep(row, event.target, event)
    if (event.alias) await insertMany(this.tx, 'message_ids', ['channelId', 'providerId', 'part', 'messageId'], [[row.channelId, event.alias, 0, target.messageId]], { ignore: true })
    await this.settle(target, event, chat)
  }

  /** The send whose answer was lost: its receipt names a message id we never heard, but gives our key back. */
  private async byCorrelation(event: Receipt, row: EventRow): Promise<Target | undefined> {
    if (!event.correlation || typeof event.target !== 'string') return undefined
    const found = await this.tx.get<Target>(
      `SELECT m.id AS messageId, m.chatId, m.part, m.direction, m.kind, m.authorKind, m.body, m.extra, m.status, m.flags, m.sortAt, m.sentAt, m.deliveredAt, m.readAt, m.playedAt
         FROM outbox o JOIN messages m ON m.id = o.messageId WHERE o.id = ?`, [event.correlation],
    )
    if (found) {
      await insertMany(this.tx, 'message_ids', ['channelId', 'providerId', 'part', 'messageId'], [[row.channelId, event.target, 0, found.messageId]], { ignore: true })
      this.targets.add(row.channelId, event.target, found)
    }
    return found
  }

  private async watermark(event: Receipt, upTo: string | Date, row: EventRow, chat: ChatWork | undefined): Promise<void> {
    if (!chat) return
    const until = upTo instanceof Date ? upTo.getTime() : this.targets.find(row.channelId, upTo)?.sortAt
    if (until === undefined) return
    const open = await this.tx.all<Target>(
      `SELECT id AS messageId, chatId, part, direction, kind, authorKind, body, extra, status, flags, sortAt, sentAt, deliveredAt, readAt, playedAt FROM messages
        WHERE chatId = ? AND sortAt <= ? AND direction = 'out' AND status IN ('sending', 'uncertain', 'sent', 'delivered') ORDER BY sortAt DESC, id DESC LIMIT 500`, [chat.id, until],
    )
    for (const target of open) await this.settle(target, event, chat)
  }

  private async settle(target: Target, event: Receipt, chat: ChatWork | undefined): Promise<void> {
    if (target.direction !== 'out') return
    const next = applyReceipt(target, event.receipt, event.at.getTime())
    if (!next) return
    const wasUncertain = target.status === 'uncertain'
    Object.assign(target, next)
    const failed = next.status === 'failed'
    this.work.update('messages', target.messageId, {
      status: next.status, sentAt: next.sentAt, deliveredAt: next.deliveredAt, readAt: next.readAt, playedAt: next.playedAt,
      errorCode: failed ? (event.error?.code ?? 'unknown') : null, errorRemoteCode: failed ? (event.error?.remoteCode ?? null) : null,
    })
    if (wasUncertain) await this.tx.run("UPDATE outbox SET state = ? WHERE messageId = ? AND state = 'uncertain'", [failed ? 'failed' : 'sent', target.messageId])
    if (!chat) return
    if (chat.row.previewMessageId === target.messageId) chat.row.previewStatus = next.status
    chat.event('message.status_changed', systemActor, { data: { messageId: target.messageId, status: next.status } })
    if (failed) await settleFailure(this.tx, chat, target)
  }

  private keep(row: EventRow, providerId: string, event: UpdateEvent): void {
    this.early.push({ channelId: row.channelId, providerId, payload: JSON.stringify(event) })
  }
}
