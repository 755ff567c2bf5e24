/** Feed items for one viewer, cut from a batch that was loaded once for everybody. */
import type { FeedItem } from '../../http/contract/feed.ts'
import type { Locale } from '../../http/contract/common.ts'
import { shareOf, type FeedViewer, type Share } from '../../domain/audience.ts'
import { showsDeleted } from '../access.ts'
import { chatRow } from './chatRows.ts'
import { actorOfEvent, eventLine, lineTypes, type StoredEvent } from './eventLines.ts'
import { messageIdOf, type FeedChat, type FeedContent } from './feed.ts'
import { messageView } from './messageViews.ts'
import { offerView } from './offers.ts'

/** What one viewer is told of a batch. Equal keys of one cutter are equal items. */
export interface Cut {
  readonly key: string
  readonly items: FeedItem[]
}

/** Viewers with the same share, language and right to see what was taken back are given the same object. */
export class FeedCutter {
  private readonly made = new Map<string, FeedItem>()
  private readonly content: FeedContent
  /** Chats that this batch began: nobody has them on a list yet. */
  private readonly begun: ReadonlySet<string | null>
  constructor(content: FeedContent) {
    this.content = content
    this.begun = new Set(content.events.filter((event) => event.type === 'chat.created').map((event) => event.chatId))
  }

  cut(viewer: FeedViewer, locale: Locale): Cut {
    const deleted = showsDeleted(this.content.view, viewer.actor)
    const shown: { event: StoredEvent; share: Exclude<Share, 'skip'> }[] = []
    /** Where the last item stands that says of a chat no more than its row, or that it is gone: the newest says it all. */
    const lastOf = new Map<string, number>()
    for (const event of this.content.events) {
      const share = shareOf(viewer, event, event.chatId === null ? undefined : this.content.chats.get(event.chatId))
      if (share === 'skip' || (share === 'gone' && this.begun.has(event.chatId))) continue
      if (event.chatId !== null && (share === 'limited' || share === 'gone')) lastOf.set(event.chatId, event.id)
      shown.push({ event, share })
    }
    const kept = shown.filter(({ event, share }) => !(share === 'limited' || share === 'gone') || lastOf.get(event.chatId ?? '') === event.id)
    const keys = kept.map(({ event, share }) => `${event.id} ${share} ${share === 'full' ? `${locale} ${deleted}` : ''}`)
    return { key: keys.join('\n'), items: kept.map(({ event, share }, n) => this.item(keys[n] as string, event, share, locale, deleted)) }
  }

  private item(key: string, event: StoredEvent, share: Exclude<Share, 'skip'>, locale: Locale, deleted: boolean): FeedItem {
    const known = this.made.get(key)
    if (known) return known
    const item = this.make(event, share, locale, deleted)
    this.made.set(key, item)
    return item
  }

  private make(event: StoredEvent, share: Exclude<Share, 'skip'>, locale: Locale, deleted: boolean): FeedItem {
    const { content } = this
    const base = { id: String(event.id), at: event.at, type: event.type, chatId: event.chatId }
    // Of a chat that is no longer the viewer's nothing is told but that it is gone.
    if (share === 'gone') return { ...base, agentId: null, queueId: null, actor: { kind: 'system', id: null, name: '' }, data: {}, chat: null }
    const chat = event.chatId === null ? undefined : content.chats.get(event.chatId)
    if (share === 'offer') return { ...base, agentId: event.agentId, queueId: event.queueId, actor: actorOfEvent(event), ...offerOf(content, event, chat) }
    const row = chat && chatRow(content.view, chat, share === 'limited')
    const who = { agentId: event.agentId, queueId: event.queueId, actor: actorOfEvent(event) }
    if (share === 'limited') return { ...base, ...who, data: {}, ...(row ? { chat: row } : {}) }
    const agent = event.agentId === null ? undefined : content.agents.get(event.agentId)
    const channel = event.channelId === null ? undefined : content.channels.get(event.channelId)
    const data = JSON.parse(event.data) as Record<string, unknown>
    const internal = event.type === 'internal.message' ? content.internal.get(String(data.messageId)) : undefined
    return {
      ...base, ...who, data, ...(internal ? { internal } : {}), ...(row ? { chat: row } : {}),
      ...(agent ? { agent } : {}), ...(channel ? { channel } : {}), ...(share === 'full' ? this.said(event, locale, deleted) : {}),
    }
  }

  private said(event: StoredEvent, locale: Locale, deleted: boolean): Pick<FeedItem, 'message' | 'line'> {
    const message = this.content.messages.get(messageIdOf(event) ?? '')
    if (message) return { message: messageView(this.content.loaded, message, { locale, deleted }) }
    return lineTypes.includes(event.type) ? { line: eventLine(event) } : {}
  }
}

/** The card, when the offer begins; its end names it. */
function offerOf(content: FeedContent, event: StoredEvent, chat: FeedChat | undefined): Pick<FeedItem, 'data' | 'offer'> {
  const data = JSON.parse(event.data) as { offerId: string; expiresAt?: number; from?: string | null; message?: string | null; reason?: string }
  const end = { offerId: data.offerId, ...(data.reason === undefined ? {} : { reason: data.reason }) }
  if (event.type !== 'distribution.offered' || !chat) return { data: end }
  return {
    data: end,
    offer: offerView(content.view, chat, { id: data.offerId, queueId: event.queueId, offeredAt: event.at, expiresAt: data.expiresAt ?? event.at, from: data.from ?? null, message: data.message ?? null }),
  }
}
