/**
 * The outbox (architecture §4.4): claiming what is to be sent, and writing down what became of it. Lanes are chats:
 * only the first waiting row of a chat is ever claimed, so that message 2 never overtakes message 1.
 */
import { BridgeError, type SendResult } from '../../plugins/sdk/bridge.ts'
import { systemActor } from '../domain/permissions.ts'
import type { Instant } from '../domain/ports.ts'
import { insertMany, placeholders } from '../store/sql.ts'
import type { Tx } from '../store/db.ts'
import type { Core } from './core.ts'
import { laneOf } from './inbound/record.ts'
import { promptHanded } from './menus/inputs.ts'
import { transact } from './transact.ts'
import { settleFailure } from './work/failure.ts'
import type { ChatWork } from './work/work.ts'
import { Work } from './work/work.ts'

export interface OutboxRow {
  readonly id: string
  readonly chatId: string
  readonly channelId: string
  readonly messageId: string | null
  readonly op: 'send' | 'edit' | 'delete' | 'react'
  readonly payload: string
  readonly author: 'human' | 'automatic'
  readonly attempts: number
  readonly expiresAt: Instant | null
  readonly createdAt: Instant
  readonly remoteChatId: string
}

/** How long a claimed row may be without an answer before its fate counts as unknown; by the database's clock. */
export const leaseMs = 60_000

/**
 * Claims the first waiting row of up to `limit` chats for this process. `channels` are those whose bridge is open here
 * and may send; `chatIds` narrows to what a nudge named.
 */
export async function claimOutbox(core: Core, channels: readonly string[], limit: number, chatIds?: readonly string[]): Promise<OutboxRow[]> {
  if (channels.length === 0 || chatIds?.length === 0) return []
  const now = core.clock.now()
  // Begins with the process, so that what a dead one claimed can be let go at once.
  const claim = `${core.processId}/${core.ids.next()}`
  const among = chatIds ? ` AND pendingChat IN (${placeholders(chatIds.length)})` : ' AND pendingChat IS NOT NULL'
  const heads = await core.db.all<{ id: string }>(
    `SELECT o.id FROM outbox o JOIN (SELECT MIN(id) AS id FROM outbox WHERE channelId IN (${placeholders(channels.length)})${among} GROUP BY pendingChat) head ON head.id = o.id
      WHERE o.state = 'queued' AND o.availableAt <= ? ORDER BY o.id LIMIT ?`,
    [...channels, ...(chatIds ?? []), now, limit],
  )
  if (heads.length === 0) return []
  // One statement decides between processes: whoever changes the row has it.
  const { changes } = await core.db.run(
    `UPDATE outbox SET state = 'sending', claim = ?, leaseUntil = ?, attempts = attempts + 1 WHERE state = 'queued' AND id IN (${placeholders(heads.length)})`,
    [claim, (await core.db.now()) + leaseMs, ...heads.map((head) => head.id)],
  )
  if (changes === 0) return []
  return core.db.all<OutboxRow>(
    `SELECT o.id, o.chatId, o.channelId, o.messageId, o.op, o.payload, o.author, o.attempts, o.expiresAt, o.createdAt, c.remoteChatId
       FROM outbox o JOIN chats c ON c.id = o.chatId WHERE o.claim = ?`, [claim],
  )
}

/** When the earliest row that waits for its time may go; null when none does. */
export async function nextOutboxAt(core: Core): Promise<Instant | null> {
  return (await core.db.get<{ at: Instant | null }>("SELECT MIN(availableAt) AS at FROM outbox WHERE pendingChat IS NOT NULL AND state = 'queued'"))?.at ?? null
}

/** Channels with something to send: those that are down keep theirs until the ttl. */
export async function expireOutbox(core: Core): Promise<number> {
  const now = core.clock.now()
  const old = await core.db.all<{ id: string }>("SELECT id FROM outbox WHERE pendingChat IS NOT NULL AND state = 'queued' AND expiresAt IS NOT NULL AND expiresAt <= ? ORDER BY id LIMIT 200", [now])
  for (const { id } of old) await finish(core, id, { kind: 'failed', code: 'expired', message: 'the line was down too long' }, ['queued'])
  return old.length
}

/** Rows whose lease ran out: their process died, or their bridge never answered. */
export async function lostSends(core: Core): Promise<OutboxRow[]> {
  return core.db.all<OutboxRow>(
    `SELECT o.id, o.chatId, o.channelId, o.messageId, o.op, o.payload, o.author, o.attempts, o.expiresAt, o.createdAt, c.remoteChatId
       FROM outbox o JOIN chats c ON c.id = o.chatId WHERE o.pendingChat IS NOT NULL AND o.state = 'sending' AND o.leaseUntil <= ? ORDER BY o.id LIMIT 100`, [await core.db.now()],
  )
}

/** What a process that is gone was sending: its fate is unknown from now on, not only when the lease ends. */
export async function endLeasesOf(core: Core, processIds: readonly string[]): Promise<void> {
  for (const id of processIds) await core.db.run("UPDATE outbox SET leaseUntil = 0 WHERE state = 'sending' AND claim LIKE ?", [`${id}/%`])
}

export type SendOutcome =
  | { readonly kind: 'sent'; readonly result: SendResult }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly remoteCode?: string }
  | { readonly kind: 'uncertain'; readonly code: string; readonly message: string; readonly remoteCode?: string }
  /** Did not happen; again at `at`. */
  | { readonly kind: 'retry'; readonly at: Instant; readonly code: string; readonly message: string }

const mostAttempts = 8

/** What a failed call means (architecture §4.4): only what the bridge calls transient is repeated, with back-off. */
export function outcomeOf(error: unknown, attempts: number, now: Instant): SendOutcome {
  if (!(error instanceof BridgeError)) return { kind: 'uncertain', code: 'unknown', message: error instanceof Error ? error.message : String(error) }
  const { code, message } = error
  const remoteCode = error.detail.remoteCode
  if (error.kind === 'uncertain') return { kind: 'uncertain', code, message, remoteCode }
  if (error.kind === 'permanent' || attempts >= mostAttempts) return { kind: 'failed', code, message, remoteCode }
  const backOff = error.detail.retryAfterMs ?? Math.min(60_000, 500 * 2 ** (attempts - 1))
  return { kind: 'retry', at: now + backOff, code, message }
}

export const recordSend = (core: Core, outboxId: string, outcome: SendOutcome): Promise<void> => finish(core, outboxId, outcome, ['sending'])

async function finish(core: Core, outboxId: string, outcome: SendOutcome, from: readonly string[]): Promise<void> {
  const lost = await write(core, outboxId, outcome, from)
  // A question that never goes out must not leave its menu deaf for ever: from here on it listens.
  if (lost) await promptHanded(core, lost.chatId, lost.prompt)
}

/** Answers the menu's prompt that went down with a message that failed for good. */
async function write(core: Core, outboxId: string, outcome: SendOutcome, from: readonly string[]): Promise<{ chatId: string; prompt: { runId: string; serial: number } } | null> {
  return transact(core, async (tx) => {
    const at = await tx.get<{ chatId: string; payload: string }>('SELECT chatId, payload FROM outbox WHERE id = ?', [outboxId])
    if (!at) return null
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([at.chatId])
    const row = await tx.get<{ state: string; messageId: string | null; channelId: string; op: string }>('SELECT state, messageId, channelId, op FROM outbox WHERE id = ?', [outboxId])
    if (!chat || !row || !from.includes(row.state)) return null
    if (outcome.kind === 'retry') {
      await tx.run("UPDATE outbox SET state = 'queued', availableAt = ?, claim = NULL, leaseUntil = NULL, errorCode = ?, error = ? WHERE id = ?", [outcome.at, outcome.code, outcome.message.slice(0, 2000), outboxId])
      tx.after(() => core.wake.alarm('outbox', outcome.at, chat.id))
      return null
    }
    await tx.run(
      'UPDATE outbox SET state = ?, pendingChat = NULL, leaseUntil = NULL, sentAt = ?, errorCode = ?, error = ? WHERE id = ?',
      [
        outcome.kind, outcome.kind === 'sent' ? outcome.result.at.getTime() : null, outcome.kind === 'sent' ? null : outcome.code,
        outcome.kind === 'sent' ? null : outcome.message.slice(0, 2000), outboxId,
      ],
    )
    if (row.messageId && row.op === 'send') await settleMessage(core, tx, work, chat, row.channelId, row.messageId, outcome)
    await work.flush()
    // The next of this chat may go.
    tx.after(() => core.wake.nudge('outbox', [chat.id]))
    const { prompt } = JSON.parse(at.payload) as { prompt?: { runId: string; serial: number } }
    return outcome.kind === 'failed' && prompt ? { chatId: chat.id, prompt } : null
  })
}

async function settleMessage(core: Core, tx: Tx, work: Work, chat: ChatWork, channelId: string, messageId: string, outcome: Exclude<SendOutcome, { kind: 'retry' }>): Promise<void> {
  const message = await tx.get<{ status: string; authorKind: string; extra: string | null; sentAt: Instant | null }>('SELECT status, authorKind, extra, sentAt FROM messages WHERE id = ?', [messageId])
  if (!message) return
  if (outcome.kind === 'sent') {
    await insertMany(tx, 'message_ids', ['channelId', 'providerId', 'part', 'messageId'], outcome.result.ids.map((id) => [channelId, id, 0, messageId]), { ignore: true })
    await replayEarly(core, tx, channelId, outcome.result.ids)
    // A receipt may have been quicker than the answer to our call (S40): never backwards.
    if (message.status !== 'queued' && message.status !== 'sending' && message.status !== 'uncertain') return
    work.update('messages', messageId, { status: 'sent', sentAt: message.sentAt ?? outcome.result.at.getTime(), errorCode: null, errorRemoteCode: null })
  } else {
    if (message.status !== 'queued' && message.status !== 'sending' && message.status !== 'uncertain') return
    work.update('messages', messageId, { status: outcome.kind, errorCode: outcome.code, errorRemoteCode: outcome.remoteCode ?? null })
  }
  if (chat.row.previewMessageId === messageId) chat.row.previewStatus = outcome.kind
  chat.event('message.status_changed', systemActor, { data: { messageId, status: outcome.kind, code: outcome.kind === 'sent' ? undefined : outcome.code } })
  if (outcome.kind === 'failed') await settleFailure(tx, chat, { messageId, authorKind: message.authorKind, extra: message.extra })
}

/** Receipts that came before we knew the id go through the lane again, as if they came now. */
async function replayEarly(core: Core, tx: Tx, channelId: string, ids: readonly string[]): Promise<void> {
  const early = await tx.all<{ id: string; payload: string }>(`SELECT id, payload FROM early_updates WHERE channelId = ? AND providerId IN (${placeholders(ids.length)})`, [channelId, ...ids])
  if (early.length === 0) return
  const now = core.clock.now()
  const lanes = early.map((row) => ({ ...row, event: JSON.parse(row.payload) as { chat: string; kind: string; account: string } }))
  await insertMany(
    tx, 'inbox_events', ['id', 'scope', 'eventKey', 'channelId', 'account', 'kind', 'laneId', 'payload', 'receivedAt', 'state', 'pendingLane'],
    lanes.map((row) => {
      const lane = laneOf(channelId, row.event.chat)
      return [core.ids.next(), channelId, `early:${row.id}`, channelId, row.event.account, row.event.kind, lane, row.payload, now, 'pending', lane]
    }),
    { ignore: true },
  )
  await tx.run(`DELETE FROM early_updates WHERE id IN (${placeholders(early.length)})`, early.map((row) => row.id))
  tx.after(() => core.wake.nudge('inbox', lanes.map((row) => laneOf(channelId, row.event.chat))))
}
