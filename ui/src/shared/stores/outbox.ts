/**
 * What was written here and is not yet the server's. Each chat sends in order, one at a time; a file is uploaded first.
 * Without a connection a message waits (clock) and goes out by itself; repeating is safe because of the client id.
 * A refused one stays where it was written, with its reason, until the person retries or discards it.
 */
import { computed, shallowReactive, triggerRef, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import type { MessageView } from '../../../../server/http/contract/chats.ts'
import { ApiError } from '../api/http.ts'
import { api } from '../app/services.ts'
import { serverNow } from '../app/clock.ts'
import { describe } from '../lib/describe.ts'
import { newClientId } from '../lib/ids.ts'
import { useSession } from './session.ts'
import { useThreads } from './threads.ts'

export interface Outgoing {
  clientId: string
  chatId: string
  kind: 'message' | 'note'
  text: string
  quote: MessageView['quote']
  file: File | null
  /** Shown until the server has its own picture. */
  localUrl: string | null
  mediaId: string | null
  /** A file that the server has already. */
  media: MessageView['media']
  /** 0…1 while the file is on its way. */
  progress: number | null
  state: 'queued' | 'sending' | 'waiting' | 'failed'
  failure: { code: string; message: string; help: string } | null
  at: number
}

export interface Draft {
  chatId: string
  kind: 'message' | 'note'
  text: string
  quote?: MessageView['quote']
  file?: File | null
  media?: MessageView['media']
}

const kindOf = (file: { type: string }): MessageView['kind'] => {
  const family = file.type.split('/')[0]
  return family === 'image' ? 'image' : family === 'video' ? 'video' : family === 'audio' ? 'audio' : 'document'
}

export const useOutbox = defineStore('outbox', () => {
  const session = useSession()
  const threads = useThreads()
  const items = shallowRef<Outgoing[]>([])
  const running = new Set<string>()
  const changed = () => triggerRef(items)

  const waiting = computed(() => items.value.filter((one) => one.state === 'waiting').length)

  function send(draft: Draft): void {
    const file = draft.file ?? null
    const item: Outgoing = shallowReactive({
      clientId: newClientId(), chatId: draft.chatId, kind: draft.kind, text: draft.text, quote: draft.quote ?? null, file,
      localUrl: file && file.type.startsWith('image/') ? URL.createObjectURL(file) : null, mediaId: draft.media?.id ?? null, media: draft.media ?? null, progress: file ? 0 : null,
      state: 'queued', failure: null, at: serverNow(),
    })
    items.value = [...items.value, item]
    void run(draft.chatId)
  }

  async function deliver(item: Outgoing): Promise<MessageView> {
    if (item.file && !item.mediaId) {
      const media = await api.upload(item.file, { onProgress: (part) => { item.progress = part; changed() } })
      item.mediaId = media.id
      item.progress = null
    }
    if (item.kind === 'note') return api.note(item.chatId, { clientId: item.clientId, text: item.text })
    const quoteId = item.quote?.messageId
    return api.send(item.chatId, {
      clientId: item.clientId, text: item.text, ...(item.mediaId ? { mediaId: item.mediaId } : {}), ...(quoteId ? { quoteId } : {}),
    })
  }

  async function run(chatId: string): Promise<void> {
    if (running.has(chatId)) return
    running.add(chatId)
    try {
      for (;;) {
        const item = items.value.find((one) => one.chatId === chatId && one.state !== 'failed')
        if (!item) return
        item.state = 'sending'
        changed()
        try {
          const message = await deliver(item)
          threads.put(message)
          drop(item.clientId)
        } catch (error) {
          const again = error instanceof ApiError && error.retryable
          item.state = again ? 'waiting' : 'failed'
          item.failure = again ? null : describe(error)
          changed()
          return
        }
      }
    } finally {
      running.delete(chatId)
    }
  }

  function drop(clientId: string): void {
    const item = items.value.find((one) => one.clientId === clientId)
    if (!item) return
    if (item.localUrl) setTimeout(() => URL.revokeObjectURL(item.localUrl as string), 30_000)
    items.value = items.value.filter((one) => one !== item)
  }

  /** The feed brought the message before the answer did. */
  const settled = (message: MessageView) => { if (message.clientId) drop(message.clientId) }

  function retry(clientId: string): void {
    const item = items.value.find((one) => one.clientId === clientId)
    if (!item) return
    item.state = 'queued'
    item.failure = null
    changed()
    void run(item.chatId)
  }

  function discard(clientId: string): void {
    const item = items.value.find((one) => one.clientId === clientId)
    drop(clientId)
    if (item) void run(item.chatId)
  }

  /** The line is back: everything that waited goes out. */
  function flush(): void {
    for (const chatId of new Set(items.value.filter((one) => one.state === 'waiting').map((one) => one.chatId))) void run(chatId)
  }

  /** The local echoes of a chat, as messages; their ids are client ids. */
  function echoes(chatId: string): MessageView[] {
    const user = session.user
    return items.value.filter((one) => one.chatId === chatId).map((one) => ({
      type: 'message', id: one.clientId, clientId: one.clientId, chatId, conversationId: null, direction: 'out',
      kind: one.kind === 'note' ? 'note' : one.file ? kindOf(one.file) : one.media ? kindOf({ type: one.media.mime }) : 'text',
      visibility: one.kind === 'note' ? 'internal' : 'public',
      author: { kind: user?.role ?? 'agent', id: user?.id ?? null, name: user?.name ?? '' },
      text: one.text,
      media: one.file
        ? { id: '', mime: one.file.type, size: one.file.size, name: one.file.name, width: null, height: null, durationMs: null, state: 'ready', thumb: false }
        : one.media,
      location: null, extra: null, quote: one.quote, referral: null, reactions: [], status: one.state === 'failed' ? 'failed' : 'queued',
      failure: one.failure, at: one.at, sentAt: null, deliveredAt: null, readAt: null, editedAt: null, deletedAt: null, late: false,
    }))
  }

  const find = (clientId: string) => items.value.find((one) => one.clientId === clientId) ?? null

  function clear(): void {
    for (const one of items.value) if (one.localUrl) URL.revokeObjectURL(one.localUrl)
    items.value = []
  }

  return { items, waiting, send, settled, retry, discard, flush, echoes, find, clear }
})
