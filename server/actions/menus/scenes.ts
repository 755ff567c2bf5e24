/** Everything a step may know of its chat (domain §5.4), read with one query a table for all chats of a transaction. */
import type { Capabilities } from '../../../plugins/sdk/bridge.ts'
import type { ConsentLevel, ConsentStatus, Environment, Json, Values } from '../../domain/menu/environment.ts'
import type { Tx } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import type { ConversationFacts } from '../work/flow.ts'
import type { ChatWork, Work } from '../work/work.ts'
import { loadHolidays, menuCatalog, type Holidays } from './facts.ts'
import type { MenuLibrary, VersionOf } from './library.ts'

interface ContactCells {
  id: string; name: string; firstName: string | null; lastName: string | null; nameSource: string; email: string | null; documentId: string | null; language: string | null
  customFields: string | null; boundAgentId: string | null
}
export interface StoredVariables { conversation: Record<string, Json>; chat: Record<string, Json>; contact: Record<string, Json> }

/** A channel whose bridge this process does not run: what every network can carry. */
const plain: Capabilities = {
  link: 'webhook', parts: { text: { direction: 'both' } }, text: { max: 4096, unit: 'characters', formatting: 'none' }, replies: 'none', reactions: 'none', edits: 'none',
  deletes: 'none', receipts: [], buttons: null, lists: null, templates: null, serviceWindow: null, canStartChats: 'never', groups: false, statusReplies: false, calls: 'none',
  typing: 'none', referrals: false, phoneBook: false, checkNumber: false, optIn: false, idempotentSend: false, rate: { perSecond: 1, perChat: { everyMs: 0, burst: 1 } },
}

export class Scenes {
  private readonly core: Core
  private readonly tx: Tx
  private readonly work: Work
  private readonly view: CatalogView
  private readonly library: MenuLibrary
  private readonly contacts = new Map<string, ContactCells>()
  private readonly phones = new Map<string, string>()
  private readonly profiles = new Map<string, string | null>()
  private readonly conversations = new Map<string, { openedAt: number; origin: string; isFirst: number }>()
  private readonly stored = new Map<string, StoredVariables>()
  private readonly consents = new Map<string, Partial<Record<ConsentLevel, ConsentStatus>>>()
  private readonly tagNames = new Map<string, string[]>()
  private holidays: Holidays | undefined
  private catalog: Environment['catalog'] | null = null

  constructor(core: Core, tx: Tx, work: Work, view: CatalogView, library: MenuLibrary) {
    this.core = core
    this.tx = tx
    this.work = work
    this.view = view
    this.library = library
  }

  async load(chats: readonly ChatWork[], versions: readonly VersionOf[]): Promise<void> {
    if (chats.length === 0) return
    if (this.library.asksHolidays(versions)) this.holidays = await loadHolidays()
    const known = (ids: (string | null)[], table: string): string[] => [...new Set(ids)].filter((id): id is string => id !== null && !this.work.inserted(table, id))
    const contactIds = known(chats.map((chat) => chat.row.contactId), 'contacts')
    const accountIds = known(chats.map((chat) => chat.row.accountId), 'accounts')
    const conversationIds = known(chats.map((chat) => chat.row.conversationId), 'conversations')
    const chatIds = chats.filter((chat) => !chat.isNew).map((chat) => chat.id)
    const { tx } = this
    // One connection: one after the other.
    if (contactIds.length > 0) {
      const rows = await tx.all<ContactCells>(
        `SELECT id, name, firstName, lastName, nameSource, email, documentId, language, customFields, boundAgentId FROM contacts WHERE id IN (${placeholders(contactIds.length)})`, contactIds,
      )
      for (const row of rows) this.contacts.set(row.id, row)
      const consents = await tx.all<{ contactId: string; level: ConsentLevel; scope: string; status: ConsentStatus }>(
        `SELECT contactId, level, scope, status FROM consents WHERE contactId IN (${placeholders(contactIds.length)})`, contactIds,
      )
      for (const row of consents) this.noteConsent(row.contactId, row.level, row.scope, row.status)
    }
    if (accountIds.length > 0) {
      const rows = await tx.all<{ id: string; profileName: string | null; phone: string | null }>(
        `SELECT a.id, a.profileName, (SELECT i.value FROM identifiers i WHERE i.accountId = a.id AND i.kind = 'phone' AND i.retiredAt IS NULL LIMIT 1) AS phone
           FROM accounts a WHERE a.id IN (${placeholders(accountIds.length)})`, accountIds,
      )
      for (const row of rows) {
        this.profiles.set(row.id, row.profileName)
        if (row.phone) this.phones.set(row.id, row.phone)
      }
    }
    if (conversationIds.length > 0) {
      const rows = await tx.all<{ id: string; openedAt: number; origin: string; isFirst: number }>(
        `SELECT id, openedAt, origin, isFirst FROM conversations WHERE id IN (${placeholders(conversationIds.length)})`, conversationIds,
      )
      for (const row of rows) this.conversations.set(row.id, row)
    }
    const owners = [...conversationIds, ...chatIds]
    if (owners.length > 0) {
      const rows = await tx.all<{ scope: 'conversation' | 'chat'; ownerId: string; data: string }>(
        `SELECT scope, ownerId, data FROM menu_variables WHERE scope IN ('conversation', 'chat') AND ownerId IN (${placeholders(owners.length)})`, owners,
      )
      const byOwner = new Map(rows.map((row) => [`${row.scope} ${row.ownerId}`, JSON.parse(row.data) as Record<string, Json>]))
      for (const chat of chats) {
        const variables = this.variablesOf(chat)
        variables.conversation = byOwner.get(`conversation ${chat.row.conversationId}`) ?? {}
        variables.chat = byOwner.get(`chat ${chat.id}`) ?? {}
      }
    }
    if (chatIds.length > 0) {
      const rows = await tx.all<{ chatId: string; name: string }>(`SELECT c.chatId, t.name FROM chat_tags c JOIN tags t ON t.id = c.tagId WHERE c.chatId IN (${placeholders(chatIds.length)})`, chatIds)
      for (const row of rows) this.tagNames.set(row.chatId, [...(this.tagNames.get(row.chatId) ?? []), row.name])
    }
    for (const chat of chats) {
      const contact = this.contactOf(chat)
      this.variablesOf(chat).contact = contact?.customFields ? (JSON.parse(contact.customFields) as Record<string, Json>) : {}
    }
  }

  /** As they stand now, changes of this transaction included. */
  variablesOf(chat: ChatWork): StoredVariables {
    let variables = this.stored.get(chat.id)
    if (!variables) this.stored.set(chat.id, (variables = { conversation: {}, chat: {}, contact: {} }))
    return variables
  }

  contactOf(chat: ChatWork): ContactCells | undefined {
    const id = chat.row.contactId
    if (id === null) return undefined
    let contact = this.contacts.get(id)
    const made = this.work.cells('contacts', id)
    if (!contact && made) {
      contact = { id, name: String(made.name ?? ''), firstName: null, lastName: null, nameSource: String(made.nameSource ?? 'profile'), email: null, documentId: null, language: null, customFields: null, boundAgentId: null }
      this.contacts.set(id, contact)
    }
    return contact
  }

  noteConsent(contactId: string, level: ConsentLevel, scope: string, status: ConsentStatus): void {
    const key = `${contactId} ${scope}`
    this.consents.set(key, { ...this.consents.get(key), [level]: status })
  }

  noteTags(chat: ChatWork, names: readonly string[]): void {
    this.tagNames.set(chat.id, [...names])
  }
  tagsOf(chat: ChatWork): readonly string[] {
    return this.tagNames.get(chat.id) ?? []
  }

  phoneOf(chat: ChatWork): string | null {
    const id = chat.row.accountId
    if (id === null) return null
    return this.phones.get(id) ?? this.work.insertedRows('identifiers').find((row) => row.accountId === id && row.kind === 'phone')?.value?.toString() ?? null
  }

  of(chat: ChatWork, conversation: Pick<ConversationFacts, 'id' | 'openedAt'>): Environment {
    const { view, core } = this
    const { row } = chat
    const channel = view.channel(row.channelId)
    const contact = this.contactOf(chat)
    const variables = this.variablesOf(chat)
    const made = this.work.cells('conversations', conversation.id)
    const facts = this.conversations.get(conversation.id) ?? { openedAt: conversation.openedAt, origin: String(made?.origin ?? 'customer'), isFirst: Number(made?.isFirst ?? 0) }
    const phone = this.phoneOf(chat)
    const profile = row.accountId === null ? null : (this.profiles.get(row.accountId) ?? (this.work.cells('accounts', row.accountId)?.profileName as string | null | undefined) ?? null)
    const queue = view.queue(row.queueId)
    const name = contact?.name ?? row.title
    const custom: Values = variables.contact
    const consentOf = (scope: string): Partial<Record<ConsentLevel, ConsentStatus>> => this.consents.get(`${row.contactId} ${scope}`) ?? {}
    this.catalog ??= menuCatalog(view, this.library, this.holidays)
    return {
      now: this.work.now, seed: core.ids.next(), channel: core.bridges.capabilities(row.channelId) ?? plain,
      locale: view.setting('general.locale'), timezone: view.setting('general.timezone'), country: view.setting('general.country'),
      library: this.library, catalog: this.catalog,
      snapshot: {
        contact: {
          id: row.contactId ?? '', name, firstName: contact?.firstName ?? name.split(' ')[0] ?? '', phone, email: contact?.email ?? null, documentId: contact?.documentId ?? null,
          custom, business: null, boundAgent: view.user(contact?.boundAgentId)?.name ?? null,
        },
        account: { id: row.accountId ?? '', channelType: channel?.channelType ?? '', address: phone ?? row.subtitle, phone, name: profile },
        channel: { id: row.channelId, name: channel?.name ?? '', type: channel?.channelType ?? '', identity: channel?.identity ?? null },
        chat: { id: chat.id, title: row.title, tags: this.tagsOf(chat), priority: row.priority },
        conversation: { id: conversation.id, openedAt: facts.openedAt, origin: facts.origin, isFirst: facts.isFirst === 1 },
        queue: queue ? { id: queue.id, name: queue.name } : null,
        hours: { open: true, nextOpening: null },
      },
      variables: { conversation: variables.conversation, chat: variables.chat },
      consent: { ...consentOf(''), ...consentOf(channel?.channelType ?? ''), ...consentOf(row.accountId ?? '') },
    }
  }
}
