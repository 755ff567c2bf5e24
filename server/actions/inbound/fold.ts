/**
 * Applies the events of a batch, in order, to the chats of the unit of work (domain §2.3). What has to be read is read
 * once for the whole batch in `prepare`; the rest is memory, until the work is flushed.
 */
import type { InboundEvent, Part } from '../../../plugins/sdk/bridge.ts'
import { contentOf } from '../../domain/content.ts'
import { hasOpenConversation, isAssigned } from '../../domain/chat.ts'
import type { IncomingMessage } from '../../domain/menu/input.ts'
import type { Destination } from '../../domain/routing.ts'
import { decideInbound, type InboundDecision, type InboundFacts } from '../../domain/inbound.ts'
import { systemActor } from '../../domain/permissions.ts'
import type { Instant } from '../../domain/ports.ts'
import { placeholders } from '../../store/sql.ts'
import type { Tx } from '../../store/db.ts'
import type { CatalogView, ChannelEntry } from '../catalog.ts'
import type { Core } from '../core.ts'
import { incomingOf } from '../menus/parts.ts'
import { MenuRuns } from '../menus/runs.ts'
import { notify, type NewNotice } from '../notices.ts'
import { assign, enqueue, flip, leaveQueue, leaveUnrouted, openConversation, openConversationsOf, type ConversationFacts } from '../work/flow.ts'
import { messageFlags, type MessageRow } from '../work/rows.ts'
import { blankMessage, sayAutomatic, showInList } from '../work/say.ts'
import type { ChatWork, Work } from '../work/work.ts'
import { guarded, phraseSaid, specialSaid, wordsOf, type Phrase } from './bot.ts'
import { route, usable } from './route.ts'
import type { EventRow, Targets } from './targets.ts'
import { Updates } from './updates.ts'

type MessageEvent = Extract<InboundEvent, { kind: 'message' }>
type ChatEvent = Extract<InboundEvent, { kind: 'message' | 'call' | 'referral' | 'edit' | 'delete' | 'reaction' | 'receipt' }>

interface Binding { boundAgentId: string | null; boundQueueId: string | null }

export class Fold {
  private readonly core: Core
  private readonly tx: Tx
  private readonly work: Work
  private readonly view: CatalogView
  private readonly targets: Targets
  private readonly updates: Updates
  private readonly notices: NewNotice[] = []
  private readonly held: string[] = []
  private readonly ownLines: ReadonlySet<string>
  private conversations = new Map<string, ConversationFacts>()
  private bindings = new Map<string, Binding>()
  private wroteBefore = new Set<string>()
  private lastAgentMessage = new Map<string, Instant>()
  private lastClosed = new Map<string, Instant>()
  private readonly runs: MenuRuns

  constructor(core: Core, tx: Tx, work: Work, view: CatalogView, targets: Targets) {
    this.core = core
    this.tx = tx
    this.work = work
    this.view = view
    this.targets = targets
    this.updates = new Updates(core, tx, work, targets)
    this.runs = new MenuRuns(core, tx, work, view)
    this.ownLines = new Set(view.channels().flatMap((c) => [c.identity, c.address].filter((value) => value !== null).map((value) => `${c.channelType}\n${value}`)))
  }

  async prepare(rows: readonly EventRow[], chats: ReadonlyMap<string, ChatWork>): Promise<void> {
    const touched = [...new Set(chats.values())].filter((chat) => !chat.isNew)
    const loose = touched.filter((chat) => this.isLoose(chat))
    this.conversations = await openConversationsOf(this.tx, loose)
    const all = [...new Set(chats.values())].filter((chat) => this.isLoose(chat))
    await this.loadBindings(all.flatMap((chat) => (chat.row.contactId && !this.work.inserted('contacts', chat.row.contactId) ? [chat.row.contactId] : [])))
    await this.loadWroteBefore(all.flatMap((chat) => (chat.row.accountId && chat.row.lastInboundAt === null && !this.work.inserted('accounts', chat.row.accountId) ? [chat.row.accountId] : [])))
    await this.loadRuns(all)
    await this.loadDisorder(touched.filter((chat) => rows.some((row) => chats.get(row.laneId) === chat && row.event.kind === 'message' && row.event.at.getTime() < (chat.row.lastInboundSort ?? 0))))
  }

  /** Nobody's yet, or waiting where a special phrase may take it from: what is needed to move it is read beforehand. */
  private isLoose(chat: ChatWork): boolean {
    if (chat.row.kind !== 'direct' || isAssigned(chat.row.state)) return false
    if (chat.row.state !== 'QUEUED') return true
    const channel = this.view.channel(chat.row.channelId)
    return channel !== undefined && (channel.destination.type === 'menu' || this.view.setting('bot.specialPhrases', { channelId: channel.id }).length > 0)
  }

  async apply(row: EventRow, chat: ChatWork | undefined): Promise<void> {
    const { event } = row
    const channel = this.view.channel(row.channelId)
    if (!channel || !isChatEvent(event)) {
      this.held.push(row.id)
      return
    }
    switch (event.kind) {
      case 'message':
        if (chat) await this.message(row, event, channel, chat)
        return
      case 'call':
        if (chat) this.call(row, event, channel, chat)
        return
      case 'referral':
        if (chat) chat.row.lastInboundAt = Math.max(chat.row.lastInboundAt ?? 0, event.at.getTime())
        return
      case 'edit':
        if (this.targets.find(row.channelId, event.target)) this.updates.edit(event, row, chat)
        // Its message never came: what it says now is the message.
        else if (chat) this.storeLost(row, event, channel, chat)
        return
      default:
        await this.updates.apply(event, row, chat)
    }
  }

  async finish(): Promise<void> {
    await this.updates.finish()
    await this.runs.finish()
    await notify(this.core, this.tx, this.notices)
    if (this.held.length > 0) {
      // Kept whole for the part of Turno that acts on them; `applied` below would say that somebody had.
      await this.tx.run(`UPDATE inbox_events SET error = 'held' WHERE id IN (${placeholders(this.held.length)})`, this.held)
    }
  }

  private async message(row: EventRow, event: MessageEvent, channel: ChannelEntry, chat: ChatWork): Promise<void> {
    const at = row.receivedAt
    // Never later than its receipt: a sender's fast clock must not put it after our answer.
    const sortAt = Math.min(event.at.getTime(), at)
    const fresh = event.parts.map((part, n) => ({ part, n, known: this.targets.part(row.channelId, event.id, n) }))
    const fills = fresh.filter(({ known }) => known && (known.flags & messageFlags.pending) !== 0 && !event.context.pending)
    const unknown = fresh.filter(({ known }) => !known)
    if (unknown.length === 0 && fills.length === 0) return
    if (event.fromAccount !== false && (await this.updates.confirmOwn(event, row))) return
    const text = wordsOf(event)
    const live = event.fromAccount === false && !event.history && !event.standby && !event.context.pending && chat.row.kind === 'direct'
    const special = live ? specialSaid(this.view, this.runs, channel, text) : null
    const muted = live && !isAssigned(chat.row.state) && guarded(this.view, this.runs, chat, { text, receivedAt: at }, this.notices)
    const decision = decideInbound({ ...this.facts(event, channel, chat, sortAt, special), phrase: this.phrase(event, channel, chat, text), muted })
    const opened = this.before(decision, chat, channel)
    for (const { part, known } of fills) if (known) this.updates.fill(known, part, row)
    const stored = unknown.map(({ part, n }) => this.store(row, event, channel, chat, part, n, sortAt, decision))
    this.after(decision, chat, channel, event, sortAt, opened, incomingOf(this.core, event, row.receivedAt, stored), special)
    await this.updates.applyEarly(row, event.id, chat)
  }

  private phrase(event: MessageEvent, channel: ChannelEntry, chat: ChatWork, text: string): 'stop' | 'resume' | null {
    if (chat.row.kind !== 'direct' || event.history || event.standby) return null
    return phraseSaid(this.view, channel, text, event.fromAccount === false ? 'customer' : 'phone')
  }

  private facts(event: MessageEvent, channel: ChannelEntry, chat: ChatWork, sortAt: Instant, special: Phrase | null): Omit<InboundFacts, 'phrase' | 'muted'> {
    return {
      nature: event.history ? 'history' : event.standby || event.context.pending ? 'waiting' : event.fromAccount === false ? 'live' : 'echo',
      chatKind: chat.row.kind, call: false, channelEnabled: channel.enabled, sortAt, state: chat.row.state, oneShot: chat.row.oneShot !== null,
      ownLine: event.sender.identifiers.some((id) => this.ownLines.has(`${channel.channelType}\n${id.value}`)),
      special: special === null ? null : chat.row.state === 'QUEUED' && chat.row.queueId === special.target.id ? 'same target' : 'elsewhere',
      lastInboundSort: chat.row.lastInboundSort, lastAgentMessageAt: this.lastAgentMessage.get(chat.id) ?? null, lastClosedAt: this.lastClosed.get(chat.id) ?? null,
    }
  }

  /** A conversation is opened before the message is stored, so that the message belongs to it. */
  private before(decision: InboundDecision, chat: ChatWork, channel: ChannelEntry): ConversationFacts | null {
    if (decision.then !== 'route' && decision.then !== 'unroute' && decision.then !== 'special') return null
    if (hasOpenConversation(chat.row.state)) return this.conversations.get(chat.id) ?? null
    const isFirst = chat.row.lastInboundAt === null && !this.wroteBefore.has(chat.row.accountId ?? '')
    const actor = { kind: 'customer' as const, id: null, name: chat.row.title }
    const conversation = openConversation(this.core, this.work, chat, { origin: 'customer', isFirst, actor })
    this.conversations.set(chat.id, conversation)
    if (chat.row.accountId) this.wroteBefore.add(chat.row.accountId)
    if (!channel.enabled) this.notices.push({ level: 'warning', code: 'channel_disabled_message', audience: 'supervisors', data: { channelId: channel.id, channelName: channel.name }, onceKey: `disabled:${channel.id}:${day(this.work.now)}` })
    return conversation
  }

  private store(row: EventRow, event: MessageEvent, channel: ChannelEntry, chat: ChatWork, part: Part, n: number, sortAt: Instant, decision: InboundDecision): MessageRow {
    const content = contentOf(part)
    const mine = event.fromAccount !== false
    const message: MessageRow = {
      ...blankMessage(this.core.ids.next(), chat, row.receivedAt, sortAt), direction: mine ? 'out' : 'in', kind: content.kind, authorKind: mine ? 'phone' : 'customer',
      authorId: mine ? null : chat.row.accountId, authorName: mine ? channel.name : (event.sender.name ?? chat.row.title), body: content.body,
      extra: content.extra ? JSON.stringify(content.extra) : null, part: n, status: mine ? 'sent' : null, sentAt: mine ? sortAt : null,
      quoteId: event.context.replyTo ? (this.targets.find(row.channelId, event.context.replyTo)?.messageId ?? null) : null,
      context: contextOf(event), flags: flagsOf(event, decision),
    }
    if ('media' in part) message.mediaId = this.media(part, message, channel, chat)
    this.work.messages.push(message)
    this.work.providerIds.push({ channelId: row.channelId, providerId: event.id, part: n, messageId: message.id })
    this.targets.add(row.channelId, event.id, { ...message, messageId: message.id })
    showInList(chat, message)
    const author = mine ? ('phone' as const) : ('customer' as const)
    chat.event('message.created', { kind: author, id: null, name: message.authorName }, { data: { messageId: message.id, direction: message.direction, kind: message.kind, author, flags: message.flags } })
    return message
  }

  private media(part: Extract<Part, { media: unknown }>, message: MessageRow, channel: ChannelEntry, chat: ChatWork): string {
    const { media } = part
    if (media.at === 'host') {
      this.work.update('media', media.fileId, { chatId: chat.id, messageId: message.id, kind: part.kind })
      return media.fileId
    }
    const id = this.core.ids.next()
    const remote = media.at === 'remote'
    this.work.insert('media', {
      id, mime: (remote ? media.mimeType : null) ?? 'application/octet-stream', size: (remote ? media.size : null) ?? 0, name: (remote ? media.fileName : null) ?? '',
      durationMs: part.durationMs ?? null, state: remote ? 'pending' : 'failed', channelId: channel.id, chatId: chat.id, messageId: message.id, kind: part.kind,
      remote: remote ? JSON.stringify(media) : null, dueAt: remote ? this.work.now : null, error: remote ? null : media.reason, createdAt: this.work.now,
    })
    if (remote) this.tx.after(() => this.core.wake.nudge('media'))
    return id
  }

  private after(decision: InboundDecision, chat: ChatWork, channel: ChannelEntry, event: MessageEvent, sortAt: Instant, conversation: ConversationFacts | null, incoming: IncomingMessage, special: Phrase | null): void {
    const customer = { kind: 'customer' as const, id: null, name: chat.row.title }
    const live = event.fromAccount === false && !event.history && chat.row.kind === 'direct'
    if (live) {
      chat.row.lastInboundAt = Math.max(chat.row.lastInboundAt ?? 0, sortAt)
      if (!decision.late) chat.row.lastInboundSort = Math.max(chat.row.lastInboundSort ?? 0, sortAt)
    }
    switch (decision.then) {
      case 'pending':
        this.wait(chat, sortAt)
        flip(chat, 'PENDING', customer, event.id)
        return
      case 'stay':
        this.wait(chat, sortAt)
        return
      case 'followup':
        chat.row.waitingSince = null
        flip(chat, 'FOLLOWUP', { kind: 'phone', id: null, name: channel.name }, event.id)
        return
      case 'unroute':
        this.wait(chat, sortAt)
        leaveUnrouted(chat, 'channel_disabled')
        return
      case 'route':
        this.wait(chat, sortAt)
        if (conversation) {
          this.notices.push(...route(this.core, this.work, this.view, chat, conversation, channel, this.bindings.get(chat.row.contactId ?? '') ?? null, { runs: this.runs, message: incoming }))
        }
        return
      case 'menu':
        this.runs.input(chat, { kind: 'message', message: incoming })
        return
      case 'stopBot':
        this.stopBot(chat, live ? customer : { kind: 'phone', id: null, name: channel.name })
        return
      case 'resumeBot':
        this.resumeBot(chat, channel, live ? customer : { kind: 'phone', id: null, name: channel.name })
        return
      case 'special':
        this.wait(chat, sortAt)
        if (special && conversation) this.specialTarget(chat, conversation, special)
        return
      case 'store':
        return
    }
  }

  /** §4.9: no menu answers in this chat until it is resumed; people and queues go on. */
  private stopBot(chat: ChatWork, by: { kind: 'customer' | 'phone'; id: null; name: string }): void {
    if (chat.row.botStopped === 1) return
    chat.row.botStopped = 1
    chat.event('chat.bot_stopped', by)
    if (chat.row.state !== 'MENU') return
    this.runs.input(chat, { kind: 'end', reason: 'bot_stopped' })
    leaveUnrouted(chat, 'bot_stopped')
  }

  /** The channel's menu begins anew where nobody has the chat. */
  private resumeBot(chat: ChatWork, channel: ChannelEntry, by: { kind: 'customer' | 'phone'; id: null; name: string }): void {
    if (chat.row.botStopped === 0) return
    chat.row.botStopped = 0
    chat.event('chat.bot_resumed', by)
    const conversation = this.conversations.get(chat.id)
    const { destination } = channel
    const unowned = hasOpenConversation(chat.row.state) && !isAssigned(chat.row.state) && chat.row.state !== 'QUEUED'
    if (conversation && unowned && destination.type === 'menu' && usable(this.view, destination)) this.runs.start(chat, conversation, { menuId: destination.id, actor: by })
  }

  /** §4.10: at once, from wherever the chat is, unless an agent has it. */
  private specialTarget(chat: ChatWork, conversation: ConversationFacts, { target, message, campaign }: Phrase): void {
    const { core, work, view } = this
    this.runs.input(chat, { kind: 'end', reason: 'special_phrase' })
    leaveQueue(work, chat, 'moved', systemActor)
    chat.row.oneShot = null
    const found = campaign === null ? undefined : view.lists.campaigns.find((one) => one.parentId === '' && one.code === campaign)
    if (found) work.update('conversations', conversation.id, { campaignId: found.id })
    sayAutomatic(core, work, view, chat, message)
    const agent = target.type === 'agent' ? view.user(target.id) : undefined
    if (agent) assign(core, work, view, chat, conversation, { agent, kind: 'forced', actor: systemActor, waitedSince: null })
    else enqueue(core, work, view, chat, conversation, { queueId: target.id, kind: 'route', requester: systemActor })
  }

  private wait(chat: ChatWork, sortAt: Instant): void {
    chat.row.waitingSince ??= sortAt
    chat.row.unread++
  }

  private call(row: EventRow, event: Extract<InboundEvent, { kind: 'call' }>, channel: ChannelEntry, chat: ChatWork): void {
    if (this.targets.find(row.channelId, event.id)) return
    const sortAt = Math.min(event.at.getTime(), row.receivedAt)
    const message: MessageRow = {
      ...blankMessage(this.core.ids.next(), chat, row.receivedAt, sortAt), kind: 'call', authorId: chat.row.accountId, authorName: event.sender.name ?? chat.row.title,
      extra: JSON.stringify({ state: event.state }),
    }
    this.work.messages.push(message)
    this.work.providerIds.push({ channelId: channel.id, providerId: event.id, part: 0, messageId: message.id })
    showInList(chat, message)
    chat.event('message.created', { kind: 'customer', id: null, name: message.authorName }, { data: { messageId: message.id, direction: 'in', kind: 'call', author: 'customer' } })
  }

  private storeLost(row: EventRow, event: Extract<InboundEvent, { kind: 'edit' }>, channel: ChannelEntry, chat: ChatWork): void {
    const sortAt = Math.min(event.at.getTime(), row.receivedAt)
    const message: MessageEvent = { ...event, kind: 'message', id: event.target, fromAccount: false, parts: [event.part], context: {} }
    this.store(row, message, channel, chat, event.part, 0, sortAt, { then: 'store', late: true, row: '2' })
  }

  /** Runs of chats in a menu, and what a menu that may be started needs to know; nothing where no menu is in play. */
  private async loadRuns(loose: readonly ChatWork[]): Promise<void> {
    const starts = (chat: ChatWork): string[] => {
      const destination = this.view.channel(chat.row.channelId)?.destination
      const oneShot = chat.row.oneShot ? (JSON.parse(chat.row.oneShot) as Destination) : null
      return [destination, oneShot].flatMap((to) => (to?.type === 'menu' ? [to.id] : []))
    }
    const concerned = loose.filter((chat) => chat.row.state === 'MENU' || starts(chat).length > 0)
    if (concerned.length > 0) await this.runs.prepare(concerned, [...new Set(concerned.flatMap(starts))])
  }

  private async loadBindings(contactIds: readonly string[]): Promise<void> {
    if (contactIds.length === 0) return
    const rows = await this.tx.all<Binding & { id: string }>(`SELECT id, boundAgentId, boundQueueId FROM contacts WHERE id IN (${placeholders(contactIds.length)})`, contactIds)
    this.bindings = new Map(rows.map((row) => [row.id, row]))
  }

  private async loadWroteBefore(accountIds: readonly string[]): Promise<void> {
    if (accountIds.length === 0) return
    const rows = await this.tx.all<{ accountId: string }>(
      `SELECT DISTINCT accountId FROM chats WHERE accountId IN (${placeholders(accountIds.length)}) AND lastInboundAt IS NOT NULL`, accountIds,
    )
    this.wroteBefore = new Set(rows.map((row) => row.accountId))
  }

  /** Only for chats in which something came out of order. */
  private async loadDisorder(chats: readonly ChatWork[]): Promise<void> {
    if (chats.length === 0) return
    const ids = chats.map((chat) => chat.id)
    const [closed, spoken] = await Promise.all([
      this.tx.all<{ chatId: string; at: number }>(`SELECT chatId, MAX(closedAt) AS at FROM conversations WHERE chatId IN (${placeholders(ids.length)}) AND closedAt IS NOT NULL GROUP BY chatId`, ids),
      this.tx.all<{ chatId: string; at: number }>(
        `SELECT chatId, MAX(sortAt) AS at FROM messages WHERE chatId IN (${placeholders(ids.length)}) AND direction = 'out' AND visibility = 'public' AND authorKind = 'agent' GROUP BY chatId`, ids,
      ),
    ])
    this.lastClosed = new Map(closed.map((row) => [row.chatId, row.at]))
    this.lastAgentMessage = new Map(spoken.map((row) => [row.chatId, row.at]))
  }
}

const isChatEvent = (event: InboundEvent): event is ChatEvent => 'chat' in event && event.kind !== 'opt' && event.kind !== 'group'
const day = (at: Instant): number => Math.floor(at / 86_400_000)

function flagsOf(event: MessageEvent, decision: InboundDecision): number {
  return (
    (decision.late ? messageFlags.late : 0) | (event.history ? messageFlags.history : 0) | (event.standby ? messageFlags.standby : 0) |
    (event.context.pending ? messageFlags.pending : 0) | (decision.row === '7' ? messageFlags.ownLine : 0)
  )
}

function contextOf(event: MessageEvent): string | null {
  const { replyTo, forwarded, referral } = event.context
  return replyTo || forwarded || referral ? JSON.stringify({ replyTo, forwarded, referral }) : null
}

