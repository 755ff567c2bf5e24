/** What people write in chats (domain §8.2–8.8). */
import type { Capabilities, Part } from '../../plugins/sdk/bridge.ts'
import { isAssigned } from '../domain/chat.ts'
import { kindOfFile } from '../domain/content.ts'
import { DomainError } from '../domain/errors.ts'
import { checkPart } from '../domain/sending.ts'
import type { Actor } from '../domain/permissions.ts'
import type { Instant } from '../domain/ports.ts'
import { isUniqueViolation } from '../store/errors.ts'
import type { Tx } from '../store/db.ts'
import { accessChat } from './access.ts'
import type { CatalogView, ChannelEntry } from './catalog.ts'
import type { Core } from './core.ts'
import { transact } from './transact.ts'
import { flip, leaveUnrouted } from './work/flow.ts'
import { blankMessage, say } from './work/say.ts'
import type { MessageRow } from './work/rows.ts'
import type { ChatWork } from './work/work.ts'
import { Work } from './work/work.ts'

export interface Reply {
  readonly clientId: string
  readonly text: string
  readonly mediaId?: string
  readonly asVoice?: boolean
  readonly location?: { latitude: number; longitude: number; name?: string; address?: string }
  readonly quoteId?: string
}

interface MediaRow { id: string; mime: string; size: number; name: string; sha256: string | null; state: string; durationMs: number | null; uploadedBy: string | null; messageId: string | null }

const clientKeyOf = (actor: Actor, clientId: string): string => `${actor.id ?? actor.name}:${clientId}`

/**
 * A person's public message. Checks in the order of §8.7; then message, outbox row and event in one transaction.
 * The same clientId of the same author again answers with the first message and sends nothing.
 */
export async function sendReply(core: Core, actor: Actor, chatId: string, reply: Reply): Promise<string> {
  const clientKey = clientKeyOf(actor, reply.clientId)
  return onceByClientKey(core, clientKey, () =>
    transact(core, async (tx) => {
      const earlier = await messageByClientKey(tx, clientKey)
      if (earlier) return earlier
      const work = new Work(core, tx, core.clock.now())
      const [chat] = await work.lockChats([chatId])
      await accessChat(core, tx, actor, chatId, 'write')
      if (!chat) throw new DomainError('not_found')
      const view = await core.catalog.read()
      const { channel, capabilities } = checkLine(core, view, chat)
      const { part, media } = await partOf(core, tx, actor, reply)
      checkPart(capabilities, part)
      checkWindow(capabilities, chat, work.now)
      const quote = await quoteOf(tx, chat, capabilities, reply.quoteId)
      const waitedSince = chat.row.waitingSince
      const isHolder = actor.kind === 'agent' && chat.row.agentId === actor.id
      const message = say(core, work, view, chat, {
        part, sent: signed(view, channel, actor, part), author: actor, human: true, clientKey, mediaId: media?.id ?? null, quoteId: quote?.messageId ?? null,
        replyTo: quote?.replyTo, extra: isHolder && waitedSince !== null ? { waitedSince } : undefined,
      })
      if (media) work.update('media', media.id, { chatId, messageId: message.id, kind: part.kind })
      if (isHolder) await countReply(core, tx, work, chat, actor, waitedSince, message)
      else if (chat.row.state === 'MENU' && actor.kind !== 'agent') {
        // A person has taken the word from the menu (§2.4).
        chat.menuEnds = 'supervisor'
        leaveUnrouted(chat, 'supervisor')
      }
      await work.flush()
      return message.id
    }),
  )
}

/** A note stays inside: it has no outbox row, and the database refuses it one (I9). */
export async function writeNote(core: Core, actor: Actor, chatId: string, note: { clientId: string; text: string; mentions?: readonly string[] }): Promise<string> {
  const clientKey = clientKeyOf(actor, note.clientId)
  return onceByClientKey(core, clientKey, () =>
    transact(core, async (tx, view) => {
      const earlier = await messageByClientKey(tx, clientKey)
      if (earlier) return earlier
      const work = new Work(core, tx, core.clock.now())
      const [chat] = await work.lockChats([chatId])
      await accessChat(core, tx, actor, chatId, 'note')
      if (!chat) throw new DomainError('not_found')
      const mentioned = [...new Set(note.mentions ?? [])].filter((id) => id !== actor.id && view.user(id)?.enabled)
      const message: MessageRow = {
        ...blankMessage(core.ids.next(), chat, work.now, Math.max(work.now, chat.row.lastMessageAt ?? 0)), direction: 'out', kind: 'note', visibility: 'internal',
        authorKind: actor.kind, authorId: actor.id, authorName: actor.name, body: note.text, clientKey,
        extra: mentioned.length > 0 ? JSON.stringify({ mentions: mentioned }) : null,
      }
      work.messages.push(message)
      chat.event('message.note_created', actor, { data: { messageId: message.id } })
      // Addressed to each of them; whether they may open the chat is asked when they do.
      for (const userId of mentioned) work.events.push({ type: 'mention.created', at: work.now, actor, agentId: userId, data: { chatId, messageId: message.id, title: chat.row.title } })
      await work.flush()
      return message.id
    }),
  )
}

/** Sends again what failed or may not have arrived: the same message, a new attempt, by a person's decision only. */
export async function resendMessage(core: Core, actor: Actor, chatId: string, messageId: string): Promise<void> {
  await transact(core, async (tx) => {
    const { work, chat, message } = await lockSent(core, tx, actor, chatId, messageId)
    const view = await core.catalog.read()
    const { channel, capabilities } = checkLine(core, view, chat)
    checkWindow(capabilities, chat, work.now)
    const last = await tx.get<{ payload: string }>('SELECT payload FROM outbox WHERE messageId = ? ORDER BY id DESC LIMIT 1', [messageId])
    if (!last) throw new DomainError('conflict')
    await tx.run("UPDATE outbox SET state = 'failed' WHERE messageId = ? AND state = 'uncertain'", [messageId])
    work.outbox.push({
      id: core.ids.next(), chatId, channelId: chat.row.channelId, messageId, op: 'send', payload: JSON.parse(last.payload), author: 'human',
      expiresAt: work.now + view.setting('outbox.ttl', { channelId: channel.id }) * 1000,
    })
    work.update('messages', messageId, { status: 'queued', errorCode: null, errorRemoteCode: null })
    if (chat.row.previewMessageId === messageId) chat.row.previewStatus = 'queued'
    if (message.authorKind === 'agent' && chat.row.agentId === actor.id) {
      chat.row.waitingSince = null
      flip(chat, 'FOLLOWUP', actor, messageId)
    }
    chat.event('message.status_changed', actor, { data: { messageId, status: 'queued' } })
    await work.flush()
  })
}

/** Settles what may not have arrived as failed, without sending. */
export async function discardMessage(core: Core, actor: Actor, chatId: string, messageId: string): Promise<void> {
  await transact(core, async (tx) => {
    const { work, chat } = await lockSent(core, tx, actor, chatId, messageId)
    await tx.run("UPDATE outbox SET state = 'failed' WHERE messageId = ? AND state = 'uncertain'", [messageId])
    work.update('messages', messageId, { status: 'failed', errorCode: 'discarded' })
    if (chat.row.previewMessageId === messageId) chat.row.previewStatus = 'failed'
    chat.event('message.status_changed', actor, { data: { messageId, status: 'failed' } })
    await work.flush()
  })
}

/** The assigned agent opened the chat: nothing is unread, and the customer's side is told where the bridge can. */
export async function markRead(core: Core, actor: Actor, chatId: string): Promise<{ channelId: string; remoteChatId: string; upTo: string } | null> {
  return transact(core, async (tx) => {
    const work = new Work(core, tx, core.clock.now())
    const [chat] = await work.lockChats([chatId])
    await accessChat(core, tx, actor, chatId, 'write')
    if (!chat || chat.row.agentId !== actor.id || actor.id === null) return null
    const last = await tx.get<{ messageId: string; providerId: string }>(
      `SELECT m.id AS messageId, i.providerId FROM messages m JOIN message_ids i ON i.messageId = m.id
        WHERE m.chatId = ? AND m.direction = 'in' ORDER BY m.sortAt DESC, m.id DESC LIMIT 1`, [chatId],
    )
    const changed = chat.row.unread > 0
    chat.row.unread = 0
    if (changed) chat.event('chat.read', actor)
    const news = last !== undefined && chat.row.readThrough !== last.messageId
    if (news) chat.row.readThrough = last.messageId
    await work.flush()
    return news ? { channelId: chat.row.channelId, remoteChatId: chat.row.remoteChatId, upTo: last.providerId } : null
  })
}

async function lockSent(core: Core, tx: Tx, actor: Actor, chatId: string, messageId: string): Promise<{ work: Work; chat: ChatWork; message: { status: string; authorKind: string } }> {
  const work = new Work(core, tx, core.clock.now())
  const [chat] = await work.lockChats([chatId])
  await accessChat(core, tx, actor, chatId, 'write')
  const message = await tx.get<{ status: string; authorKind: string }>("SELECT status, authorKind FROM messages WHERE id = ? AND chatId = ? AND direction = 'out' AND visibility = 'public'", [messageId, chatId])
  if (!chat || !message) throw new DomainError('not_found')
  if (message.status !== 'failed' && message.status !== 'uncertain') throw new DomainError('conflict', { status: message.status })
  return { work, chat, message }
}

const messageByClientKey = async (tx: Tx, clientKey: string): Promise<string | undefined> =>
  (await tx.get<{ id: string }>('SELECT id FROM messages WHERE clientKey = ?', [clientKey]))?.id

/** Two posts of one message at the same instant: the unique key lets one through, and both are told its id. */
async function onceByClientKey(core: Core, clientKey: string, work: () => Promise<string>): Promise<string> {
  try {
    return await work()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    const first = await core.db.get<{ id: string }>('SELECT id FROM messages WHERE clientKey = ?', [clientKey])
    if (!first) throw error
    return first.id
  }
}

/** connected and linking send; reconnecting accepts and waits (§8.7); the rest refuse, and the text stays as a draft. */
function checkChannel(view: CatalogView, chat: ChatWork): ChannelEntry {
  const channel = view.channel(chat.row.channelId)
  if (!channel || channel.archivedAt !== null || !channel.enabled || (channel.status !== 'connected' && channel.status !== 'reconnecting')) {
    throw new DomainError('channel_disconnected', { channel: channel?.name ?? '', status: channel?.status ?? 'unlinked' })
  }
  return channel
}

/** The line of a chat, as far as something can leave by it now. @throws DomainError channel_disconnected */
export function checkLine(core: Core, view: CatalogView, chat: ChatWork): { channel: ChannelEntry; capabilities: Capabilities } {
  const channel = checkChannel(view, chat)
  const capabilities = core.bridges.capabilities(channel.id)
  if (!capabilities) throw new DomainError('channel_disconnected', { channel: channel.name })
  return { channel, capabilities }
}

export function checkWindow(capabilities: Capabilities, chat: ChatWork, now: Instant): void {
  if (!capabilities.serviceWindow) return
  const hours = capabilities.serviceWindow.humanHours ?? capabilities.serviceWindow.hours
  const closesAt = (chat.row.lastInboundAt ?? 0) + hours * 3_600_000
  if (now >= closesAt) throw new DomainError('window_closed', { closedAt: closesAt })
}

async function partOf(core: Core, tx: Tx, actor: Actor, reply: Reply): Promise<{ part: Part; media: MediaRow | null }> {
  if (reply.location) return { part: { kind: 'location', ...reply.location }, media: null }
  if (!reply.mediaId) return { part: { kind: 'text', text: reply.text }, media: null }
  const media = await tx.get<MediaRow>('SELECT id, mime, size, name, sha256, state, durationMs, uploadedBy, messageId FROM media WHERE id = ?', [reply.mediaId])
  // Only one's own upload, and only once: a file of another chat is not sent on by knowing its id.
  if (!media || media.uploadedBy !== actor.id || (media.messageId !== null)) throw new DomainError('not_found')
  if (media.state !== 'ready' || media.sha256 === null) throw new DomainError('media_unavailable')
  const kind = kindOfFile(media.mime, reply.asVoice ?? false)
  const { sha256 } = media
  return {
    media,
    part: {
      kind, ...(reply.text === '' ? {} : { caption: reply.text }), ...(media.durationMs === null ? {} : { durationMs: media.durationMs }),
      media: { at: 'host', fileId: media.id, mimeType: media.mime, size: media.size, fileName: media.name, open: () => core.storage.open(sha256), publicUrl: () => '' },
    },
  }
}

/** “*Ana*: …” before a person's text where the channel asks for it (§8.9); the timeline keeps the bare text. */
function signed(view: CatalogView, channel: ChannelEntry, actor: Actor, part: Part): Part {
  if (part.kind !== 'text' || view.setting('message.signature', { channelId: channel.id }) !== 'name') return part
  return { ...part, text: `*${actor.name}*: ${part.text}` }
}

async function quoteOf(tx: Tx, chat: ChatWork, capabilities: Capabilities, quoteId: string | undefined): Promise<{ messageId: string; replyTo: unknown } | null> {
  if (!quoteId) return null
  if (capabilities.replies !== 'send' && capabilities.replies !== 'both') throw new DomainError('not_supported', { feature: 'replies' })
  const quoted = await tx.get<{ id: string; body: string; direction: string; providerId: string | null }>(
    `SELECT m.id, m.body, m.direction, (SELECT i.providerId FROM message_ids i WHERE i.messageId = m.id ORDER BY i.part LIMIT 1) AS providerId
       FROM messages m WHERE m.id = ? AND m.chatId = ? AND m.visibility = 'public'`, [quoteId, chat.id],
  )
  if (!quoted) throw new DomainError('not_found')
  const replyTo = quoted.providerId
    ? { id: quoted.providerId, sender: quoted.direction === 'in' ? chat.row.remoteChatId : '', part: { kind: 'text', text: quoted.body } }
    : undefined
  return { messageId: quoted.id, replyTo }
}

/** The assigned agent spoke: FOLLOWUP, first-response figures and one response sample per turn (§2.4, §9.3, §9.4). */
async function countReply(core: Core, tx: Tx, work: Work, chat: ChatWork, actor: Actor, waitedSince: Instant | null, message: MessageRow): Promise<void> {
  if (!isAssigned(chat.row.state) || !chat.row.conversationId) return
  const assignment = await tx.get<{ id: string; queueId: string | null; startedAt: Instant; firstReplyAt: Instant | null }>(
    'SELECT id, queueId, startedAt, firstReplyAt FROM assignments WHERE openChatId = ?', [chat.id],
  )
  if (assignment && assignment.firstReplyAt === null) {
    work.update('assignments', assignment.id, { firstReplyAt: work.now })
    await tx.run('UPDATE conversations SET firstAgentReplyAt = COALESCE(firstAgentReplyAt, ?) WHERE id = ?', [work.now, chat.row.conversationId])
  }
  if (assignment && waitedSince !== null && actor.id !== null) {
    const turnStartedAt = Math.max(waitedSince, assignment.startedAt)
    work.insert('response_samples', {
      id: core.ids.next(), conversationId: chat.row.conversationId, assignmentId: assignment.id, agentId: actor.id, queueId: assignment.queueId, turnStartedAt,
      repliedAt: work.now, seconds: (work.now - turnStartedAt) / 1000,
    })
  }
  chat.row.waitingSince = null
  flip(chat, 'FOLLOWUP', actor, message.id)
}
