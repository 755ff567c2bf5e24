/** What calls the agent's attention: a sound, a notice of the browser while the page is hidden, the count in the title. */
import { computed, ref, watch } from 'vue'
import { defineStore } from 'pinia'
import type { FeedItem } from '../../../../server/http/contract/feed.ts'
import type { ChatRow } from '../../../../server/http/contract/chats.ts'
import type { OfferView } from '../../../../server/http/contract/offers.ts'
import { playSound, unlockSound } from '../lib/sound.ts'
import { t } from '../i18n/index.ts'
import { useChats } from './chats.ts'
import { useSession } from './session.ts'

export const useNotices = defineStore('notices', () => {
  const session = useSession()
  const chats = useChats()
  const openChat = ref<string | null>(null)
  const desktop = ref<NotificationPermission | 'unsupported'>('Notification' in window ? Notification.permission : 'unsupported')
  let openHandler: (chatId: string) => void = () => undefined

  /** Chats of mine with something unread. */
  const unreadChats = computed(() => {
    const me = session.user?.id
    let count = 0
    for (const row of chats.rows.values()) if (row.unread > 0 && row.agentId === me && row.state !== 'RESOLVED') count += 1
    return count
  })

  const pageTitle = ref('Turno')
  watch([unreadChats, pageTitle], ([count, title]) => { document.title = count > 0 ? `(${count}) ${title}` : title }, { immediate: true })

  for (const event of ['pointerdown', 'keydown'] as const) addEventListener(event, unlockSound, { once: true, capture: true })

  async function askDesktop(): Promise<void> {
    if (desktop.value === 'unsupported') return
    desktop.value = await Notification.requestPermission()
  }

  function tell(kind: 'message' | 'chat', row: ChatRow, text: string): void {
    if (session.preferences.sound) playSound(kind)
    if (!document.hidden || desktop.value !== 'granted') return
    const notice = new Notification(row.title, { body: text, tag: row.id, ...(row.avatarUrl ? { icon: row.avatarUrl } : {}) })
    notice.onclick = () => {
      window.focus()
      openHandler(row.id)
      notice.close()
    }
  }

  /** `before`: the row as it was known; `item.chat`: as it is now. Own chats only. */
  function hear(item: FeedItem, before: ChatRow | undefined): void {
    const row = item.chat
    const me = session.user?.id
    if (!row || row.agentId !== me) return
    if (before?.agentId !== me && item.type === 'assignment.started') return tell('chat', row, t('common.notice.newChat'))
    const message = item.message
    if (item.type !== 'message.created' || message?.direction !== 'in') return
    if (!document.hidden && openChat.value === row.id) return
    tell('message', row, message.text || t(`thread.kind.${message.kind}`))
  }

  /** A chat waits for this agent's word: louder than a message, and said also while the page is hidden. */
  function offered(offer: OfferView): void {
    if (session.preferences.sound) playSound('offer')
    if (!document.hidden || desktop.value !== 'granted') return
    const notice = new Notification(t('common.offer.title', { name: offer.title }), { body: offer.queueName ?? '', tag: offer.id, requireInteraction: true })
    notice.onclick = () => {
      window.focus()
      notice.close()
    }
  }

  const onOpen = (handler: (chatId: string) => void) => { openHandler = handler }

  return { openChat, desktop, unreadChats, pageTitle, askDesktop, hear, offered, onOpen }
})
