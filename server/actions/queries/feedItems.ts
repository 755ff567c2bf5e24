/** Feed items for one viewer, cut from a batch that was loaded once for everybody. */
import type { FeedItem } from '../../http/contract/feed.ts'
import type { Locale } from '../../http/contract/common.ts'
import { shareOf, type FeedViewer, type Share } from '../../domain/audience.ts'
import { showsDeleted } from '../access.ts'
import { chatRow } from './chatRows.ts'
import { actorOfEvent, eventLine, lineTypes, type StoredEvent } from './eventLines.ts'
import { messageIdOf, type FeedContent } from './feed.ts'
import { messageView } from './messageViews.ts'

/** Viewers with the same share, language and right to see what was taken back are given the same object. */
export class FeedCutter {
  private readonly made = new Map<string, FeedItem>()
  private readonly content: FeedContent
  constructor(content: FeedContent) {
    this.content = content
  }

  itemsFor(viewer: FeedViewer, locale: Locale): FeedItem[] {
    const deleted = showsDeleted(this.content.view, viewer.actor)
    return this.content.events.flatMap((event) => {
      const share = shareOf(viewer, event, event.chatId === null ? undefined : this.content.chats.get(event.chatId))
      return share === 'skip' ? [] : [this.item(event, share, locale, deleted)]
    })
  }

  private item(event: StoredEvent, share: Exclude<Share, 'skip'>, locale: Locale, deleted: boolean): FeedItem {
    const key = `${event.id} ${share} ${share === 'full' ? `${locale} ${deleted}` : ''}`
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
    const row = chat && chatRow(content.view, chat, share === 'limited')
    const who = { agentId: event.agentId, queueId: event.queueId, actor: actorOfEvent(event) }
    if (share === 'limited') return { ...base, ...who, data: {}, ...(row ? { chat: row } : {}) }
    const agent = event.agentId === null ? undefined : content.agents.get(event.agentId)
    const channel = event.channelId === null ? undefined : content.channels.get(event.channelId)
    return {
      ...base, ...who, data: JSON.parse(event.data) as Record<string, unknown>, ...(row ? { chat: row } : {}),
      ...(agent ? { agent } : {}), ...(channel ? { channel } : {}), ...(share === 'full' ? this.said(event, locale, deleted) : {}),
    }
  }

  private said(event: StoredEvent, locale: Locale, deleted: boolean): Pick<FeedItem, 'message' | 'line'> {
    const message = this.content.messages.get(messageIdOf(event) ?? '')
    if (message) return { message: messageView(this.content.loaded, message, { locale, deleted }) }
    return lineTypes.includes(event.type) ? { line: eventLine(event) } : {}
  }
}
