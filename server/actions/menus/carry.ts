/** Carries out what a step wants done (domain/menu/effects.ts) on the unit of work of its chat's transaction. */
import type { DeferredText, Effect, MenuOption } from '../../domain/menu/effects.ts'
import type { ConsentLevel, Json } from '../../domain/menu/environment.ts'
import type { Input } from '../../domain/menu/input.ts'
import type { Run } from '../../domain/menu/run.ts'
import { systemActor, type Actor } from '../../domain/permissions.ts'
import { digitsOf, reversed, words } from '../../domain/fold.ts'
import { slugOf } from '../../domain/slug.ts'
import { chatTitle } from '../../domain/title.ts'
import type { Tx, Value } from '../../store/db.ts'
import { insertMany, placeholders, upsertMany } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import { catalogChanged } from '../changes.ts'
import type { Core } from '../core.ts'
import { notify, type NewNotice } from '../notices.ts'
import type { Terms } from '../distribution/rows.ts'
import type { ConversationTexts } from '../work/texts.ts'
import { assign, close, enqueue, leaveUnrouted, seek, type ConversationFacts } from '../work/flow.ts'
import { say } from '../work/say.ts'
import type { ChatWork, Work } from '../work/work.ts'
import { partOf } from './parts.ts'
import type { Scenes } from './scenes.ts'

type Who = Pick<Actor, 'kind' | 'id' | 'name'>
type Conversation = ConversationFacts

const defaultTagColour = 'p3'

export class Carrier {
  private readonly core: Core
  private readonly tx: Tx
  private readonly work: Work
  private readonly view: CatalogView
  private readonly scenes: Scenes
  private readonly notices: NewNotice[] = []
  private readonly variables = new Set<ChatWork>()
  private readonly tags = new Map<ChatWork, { add: string[]; remove: string[] }>()
  private readonly consents: Value[][] = []
  private readonly renamed = new Set<ChatWork>()
  private readonly closed: { conversationId: string; chatId: string; openedAt: number }[] = []
  private readonly awaited: { chat: ChatWork; key: string; ttl: number }[] = []

  constructor(core: Core, tx: Tx, work: Work, view: CatalogView, scenes: Scenes) {
    this.core = core
    this.tx = tx
    this.work = work
    this.view = view
    this.scenes = scenes
  }

  carry(chat: ChatWork, run: Run, conversation: Conversation, effect: Effect): void {
    const { work } = this
    const actor = this.actorOf(run)
    switch (effect.kind) {
      case 'send': {
        const { part, mediaId } = partOf(this.core, effect.content)
        say(this.core, work, this.view, chat, { part, author: actor, human: false, mediaId, ...(effect.prompt === null ? {} : { prompt: { runId: run.id, serial: effect.prompt } }) })
        return
      }
      case 'timer':
        if (effect.at !== null) work.timer({ kind: 'menu', subjectId: run.id, dueAt: effect.at, data: { chatId: chat.id, version: effect.version } })
        return
      case 'call':
        work.insert('jobs', {
          id: this.core.ids.next(), kind: 'menu.call', data: JSON.stringify({ runId: run.id, chatId: chat.id, key: effect.key, request: effect.request }), authorKind: 'menu', authorId: run.menuId,
          state: 'waiting', uniqueKey: `call:${run.id}:${effect.key}`.slice(0, 120), maxAttempts: 5, runAt: work.now, pendingRunAt: work.now, createdAt: work.now,
        })
        return
      case 'waitEvent':
        this.awaited.push({ chat, key: effect.key, ttl: effect.ttl })
        return
      case 'distribute':
        if (effect.option) this.option(conversation, effect.option)
        if (effect.priority !== null) this.prioritise(chat, effect.priority, actor)
        this.texts(chat, conversation, effect)
        if (effect.final) this.handOver(chat, conversation, effect, actor)
        else this.ask(run, chat, conversation, effect.target.type === 'queue' ? { queueId: effect.target.id, terms: {} } : { queueId: null, terms: { agents: [effect.target.id] } })
        return
      case 'invite':
        if (effect.joinMessage !== undefined) this.texts(chat, conversation, { joinMessage: effect.joinMessage })
        this.ask(run, chat, conversation, {
          queueId: effect.queue, terms: { invite: true, once: true, timeout: effect.timeout, message: effect.message, ...(effect.queue === null ? { agents: effect.agents } : {}) },
        })
        return
      case 'withdraw':
        work.endDistribution(chat, 'closed', 'removed')
        return
      case 'resolve':
        this.closed.push({ conversationId: conversation.id, chatId: chat.id, openedAt: conversation.openedAt })
        if (effect.dispositionId) work.update('conversations', conversation.id, { dispositionId: effect.dispositionId })
        close(work, chat, { actor, closeKind: effect.closeKind, counts: { inbound: 0, outbound: 0 } })
        return
      case 'open':
        leaveUnrouted(chat, 'menu_ended')
        return
      case 'fallback':
        this.handOver(chat, conversation, effect, actor)
        return
      case 'variables': {
        const stored = this.scenes.variablesOf(chat)[effect.scope]
        Object.assign(stored, effect.set)
        for (const name of effect.unset) delete stored[name]
        this.variables.add(chat)
        return
      }
      case 'contact':
        this.contact(chat, effect.fields)
        return
      case 'tags':
        this.tag(chat, effect)
        return
      case 'campaign':
        work.update('conversations', conversation.id, { campaignId: effect.campaignId, subcampaignId: effect.subcampaignId })
        chat.event('conversation.campaign_set', actor, { data: { campaignId: effect.campaignId, subcampaignId: effect.subcampaignId } })
        return
      case 'disposition':
        work.update('conversations', conversation.id, { dispositionId: effect.dispositionId, dispositionNote: effect.note })
        chat.event('conversation.disposition_set', actor, { data: { dispositionId: effect.dispositionId, note: effect.note } })
        return
      case 'option':
        this.option(conversation, effect.option)
        return
      case 'consent':
        this.consent(chat, run, effect)
        return
      case 'record':
        work.insert('records', {
          id: this.core.ids.next(), formId: effect.formId, formCode: effect.formCode, at: work.now, chatId: chat.id, conversationId: conversation.id, contactId: chat.row.contactId,
          contactName: chat.row.title, menuId: run.menuId, menuVersion: run.version, data: JSON.stringify(effect.values),
        })
        return
      case 'notice':
        this.notices.push({
          level: effect.code === 'custom' ? 'info' : 'warning', code: `menu.${effect.code}`, audience: effect.to.type === 'supervisors' ? 'supervisors' : `queue:${effect.to.id}`,
          data: { text: effect.text, chatId: chat.id, chatTitle: chat.row.title, menuId: run.menuId },
        })
        return
      case 'event':
        chat.event(effect.type, actor, { conversationId: conversation.id, data: effect.data })
        return
      case 'trace':
        this.core.log.debug('menu trace', { runId: run.id, chatId: chat.id, nodeId: effect.nodeId, level: effect.level, text: effect.text, data: effect.data })
        return
      case 'goMenu':
        throw new Error('a menu is started by its runs')
    }
  }

  tag(chat: ChatWork, { add, remove }: { add: readonly string[]; remove: readonly string[] }): void {
    const known = this.tags.get(chat) ?? { add: [], remove: [] }
    this.tags.set(chat, { add: [...known.add.filter((name) => !remove.includes(name)), ...add], remove: [...known.remove.filter((name) => !add.includes(name)), ...remove] })
  }

  /** Looks for kept events that runs have come to wait for. What one brings may lead to the next. */
  async settle(input: (chat: ChatWork, input: Input) => void): Promise<void> {
    for (let awaited = this.awaited.splice(0); awaited.length > 0; awaited = this.awaited.splice(0)) {
      for (const { chat, key, ttl } of awaited) {
        const found = await takeEvent(this.tx, key, ttl, this.work.now)
        if (found) input(chat, { kind: 'event', key, data: found.data, at: found.at, ttl: found.ttl })
      }
    }
  }

  /** After the runs themselves. */
  async write(): Promise<void> {
    const { tx, work } = this
    await this.writeVariables()
    await this.writeTags()
    for (const chat of this.renamed) {
      const phone = this.scenes.phoneOf(chat)
      const digits = phone ? digitsOf(phone) : null
      await upsertMany(tx.later, 'search', ['kind', 'refId'], ['kind', 'refId', 'words', 'digits', 'digitsReversed'], [['chat', chat.id, words(chat.row.title), digits, digits ? reversed(digits) : null]])
    }
    if (this.consents.length > 0) {
      await upsertMany(tx.later, 'consents', ['contactId', 'level', 'scope'], ['contactId', 'level', 'scope', 'status', 'source', 'at', 'byId', 'byName', 'evidence'], this.consents)
    }
    if (this.closed.length > 0) await this.countClosed()
    await notify(this.core, tx, this.notices)
    if (work.insertedRows('jobs').length > 0) tx.after(() => this.core.wake.nudge('jobs'))
  }

  private actorOf(run: Run): Who {
    return { kind: 'menu', id: run.menuId, name: this.view.menu(run.menuId)?.name ?? 'Menú' }
  }

  /** The drain looks for somebody, and answers the run with an input. */
  private ask(run: Run, chat: ChatWork, conversation: ConversationFacts, wanted: { queueId: string | null; terms: Terms }): void {
    seek(this.core, this.work, chat, conversation, { queueId: wanted.queueId, kind: 'menu', enqueue: false, requester: this.actorOf(run), terms: { ...wanted.terms, runId: run.id } satisfies Terms })
  }

  /** T4, T23, and T9 on error. */
  private handOver(chat: ChatWork, conversation: ConversationFacts, effect: Extract<Effect, { kind: 'distribute' | 'fallback' }>, actor: Who): void {
    const { core, work, view } = this
    // The customer waits for a person since they last spoke.
    chat.row.waitingSince ??= chat.row.lastInboundSort ?? work.now
    chat.row.unread = Math.max(1, chat.row.unread)
    const to = (queueId: string): void => enqueue(core, work, view, chat, conversation, { queueId, kind: 'menu', requester: actor })
    if (effect.kind === 'distribute' && effect.target.type === 'queue' && view.queue(effect.target.id)?.archivedAt === null) return to(effect.target.id)
    if (effect.kind === 'distribute' && effect.target.type === 'agent') {
      const agent = view.user(effect.target.id)
      if (agent?.enabled && agent.archivedAt === null) return assign(core, work, view, chat, conversation, { agent, kind: 'forced', actor, waitedSince: null })
    }
    const fallback = view.setting('routing.fallbackQueue')
    if (fallback && view.queue(fallback)?.archivedAt === null) return to(fallback)
    leaveUnrouted(chat, effect.kind === 'fallback' ? effect.code : 'no_usable_destination')
  }

  private texts(chat: ChatWork, conversation: Conversation, effect: { joinMessage?: DeferredText | null; waitingMessage?: DeferredText | null }): void {
    if (effect.joinMessage === undefined && effect.waitingMessage === undefined) return
    const { snapshot } = this.scenes.of(chat, conversation)
    const texts: ConversationTexts = {
      ...(effect.joinMessage === undefined ? {} : { join: effect.joinMessage }), ...(effect.waitingMessage === undefined ? {} : { waiting: effect.waitingMessage }),
      arrival: { contact: { ...snapshot.contact }, account: { ...snapshot.account }, channel: { ...snapshot.channel }, chat: { ...snapshot.chat, tags: [...snapshot.chat.tags] } },
    }
    conversation.texts = JSON.stringify(texts)
    this.work.update('conversations', conversation.id, { texts: conversation.texts })
  }

  private option(conversation: Conversation, option: MenuOption): void {
    this.work.update('conversations', conversation.id, { menuId: option.menuId, menuOption: JSON.stringify(option) })
  }

  private prioritise(chat: ChatWork, priority: number, actor: Who): void {
    if (chat.row.priority === priority) return
    chat.event('chat.priority_set', actor, { data: { old: chat.row.priority, new: priority } })
    chat.row.priority = priority
  }

  private contact(chat: ChatWork, fields: Readonly<Record<string, string>>): void {
    const contact = this.scenes.contactOf(chat)
    if (!contact) return
    const { name, email, documentId } = fields
    const cells = { ...(name === undefined ? {} : { name: name.slice(0, 190), nameSource: 'manual' }), ...(email === undefined ? {} : { email }), ...(documentId === undefined ? {} : { documentId }) }
    Object.assign(contact, cells)
    this.work.update('contacts', contact.id, { ...cells, updatedAt: this.work.now })
    if (name === undefined) return
    chat.row.title = chatTitle({
      customName: chat.row.customName, contactName: contact.name, contactNameSource: contact.nameSource, bookName: null, usePhoneBookName: false, profileName: null,
      phone: this.scenes.phoneOf(chat), username: null, shortId: chat.id.slice(-4),
    })
    this.renamed.add(chat)
  }

  private consent(chat: ChatWork, run: Run, effect: Extract<Effect, { kind: 'consent' }>): void {
    const { contactId, accountId, channelId } = chat.row
    if (contactId === null) return
    const scopes: Record<ConsentLevel, string> = { global: '', channel: this.view.channel(channelId)?.channelType ?? '', account: accountId ?? '' }
    const scope = scopes[effect.level]
    const actor = this.actorOf(run)
    this.consents.push([contactId, effect.level, scope, effect.status, 'menu', this.work.now, run.menuId, actor.name, JSON.stringify({ messageId: effect.messageId })])
    this.scenes.noteConsent(contactId, effect.level, scope, effect.status)
    chat.event('consent.changed', actor, { data: { level: effect.level, scope, status: effect.status, source: 'menu', messageId: effect.messageId } })
    if (effect.sync && this.core.bridges.capabilities(channelId)?.optIn) {
      this.work.insert('jobs', {
        id: this.core.ids.next(), kind: 'opt-in', data: JSON.stringify({ chatId: chat.id, channelId, status: effect.status }), authorKind: 'menu', authorId: run.menuId, state: 'waiting',
        uniqueKey: null, maxAttempts: 8, runAt: this.work.now, pendingRunAt: this.work.now, createdAt: this.work.now,
      })
    }
  }

  private async writeVariables(): Promise<void> {
    const rows: Value[][] = []
    for (const chat of this.variables) {
      const { conversation, chat: own, contact } = this.scenes.variablesOf(chat)
      const conversationId = chat.row.conversationId ?? this.closed.find((one) => one.chatId === chat.id)?.conversationId
      if (conversationId) rows.push(['conversation', conversationId, JSON.stringify(conversation), this.work.now])
      rows.push(['chat', chat.id, JSON.stringify(own), this.work.now])
      if (chat.row.contactId) this.work.update('contacts', chat.row.contactId, { customFields: JSON.stringify(contact), updatedAt: this.work.now })
    }
    if (rows.length > 0) await upsertMany(this.tx.later, 'menu_variables', ['scope', 'ownerId'], ['scope', 'ownerId', 'data', 'updatedAt'], rows)
  }

  /** Tags that nobody made yet are made. */
  private async writeTags(): Promise<void> {
    if (this.tags.size === 0) return
    const { tx, core, work } = this
    const names = [...new Set([...this.tags.values()].flatMap(({ add, remove }) => [...add, ...remove]))].filter((name) => slugOf(name) !== '')
    const known = new Map(this.view.lists.tags.map((tag) => [tag.slug, tag.id]))
    const missing = [...new Set([...this.tags.values()].flatMap(({ add }) => add))].filter((name) => slugOf(name) !== '' && !known.has(slugOf(name)))
    if (missing.length > 0) {
      await insertMany(tx, 'tags', ['id', 'name', 'slug', 'colour', 'createdAt'], missing.map((name) => [core.ids.next(), name.slice(0, 60), slugOf(name).slice(0, 60), defaultTagColour, work.now]), { ignore: true })
      await catalogChanged(core, tx)
    }
    const slugs = [...new Set(names.map((name) => slugOf(name).slice(0, 60)))]
    const rows = await tx.all<{ id: string; name: string; slug: string }>(`SELECT id, name, slug FROM tags WHERE archivedAt IS NULL AND slug IN (${placeholders(slugs.length)})`, slugs)
    const bySlug = new Map(rows.map((row) => [row.slug, row]))
    const idsOf = (list: readonly string[]): { id: string; name: string }[] => list.flatMap((name) => bySlug.get(slugOf(name).slice(0, 60)) ?? [])
    for (const [chat, { add, remove }] of this.tags) {
      const [added, removed] = [idsOf(add), idsOf(remove)]
      if (added.length > 0) await insertMany(tx.later, 'chat_tags', ['chatId', 'tagId', 'at'], added.map((tag) => [chat.id, tag.id, work.now]), { ignore: true })
      if (removed.length > 0) await tx.later.run(`DELETE FROM chat_tags WHERE chatId = ? AND tagId IN (${placeholders(removed.length)})`, [chat.id, ...removed.map((tag) => tag.id)])
      for (const tag of added) chat.event('chat.tagged', systemActor, { data: { tagId: tag.id, tag: tag.name } })
      for (const tag of removed) chat.event('chat.untagged', systemActor, { data: { tagId: tag.id, tag: tag.name } })
    }
  }

  /** Counted when a conversation closes, so that no message pays for it; what this transaction says is counted with the rest. */
  private async countClosed(): Promise<void> {
    const ids = this.closed.map((one) => one.conversationId)
    const rows = await this.tx.all<{ id: string; direction: string; n: number }>(
      `SELECT m.conversationId AS id, m.direction, COUNT(*) AS n FROM messages m WHERE m.chatId IN (${placeholders(ids.length)}) AND m.conversationId IN (${placeholders(ids.length)})
        AND m.visibility = 'public' GROUP BY m.conversationId, m.direction`, [...this.closed.map((one) => one.chatId), ...ids],
    )
    for (const { conversationId } of this.closed) {
      const of = (direction: string): number =>
        (rows.find((row) => row.id === conversationId && row.direction === direction)?.n ?? 0) + this.work.messages.filter((m) => m.conversationId === conversationId && m.direction === direction && m.visibility === 'public').length
      this.work.update('conversations', conversationId, { inboundCount: of('in'), outboundCount: of('out') })
    }
  }
}

/** The oldest kept event of a key that is still good; it is used up. */
export async function takeEvent(tx: Tx, key: string, ttl: number, now: number): Promise<{ data: Json; at: number; ttl: number | null } | null> {
  const rows = await tx.all<{ id: string; data: string; at: number; ttl: number | null }>('SELECT id, data, at, ttl FROM menu_events WHERE eventKey = ? ORDER BY id LIMIT 20', [key])
  for (const row of rows) {
    if (now - row.at > (row.ttl ?? ttl) * 1000) continue
    // Of two runs that wait for one key, one has it.
    const { changes } = await tx.run('DELETE FROM menu_events WHERE id = ?', [row.id])
    if (changes > 0) return { data: JSON.parse(row.data) as Json, at: row.at, ttl: row.ttl }
  }
  return null
}
