/** Messages of each chat that no receipt of ours says were read: WhatsApp wants every one of them named. In memory only. */
const PER_CHAT = 100
const CHATS = 1000

export class Unread {
  readonly #chats = new Map<string, string[]>()

  add(chat: string, id: string): void {
    const ids = this.#chats.get(chat) ?? []
    this.#chats.delete(chat)
    this.#chats.set(chat, [...ids, id].slice(-PER_CHAT))
    if (this.#chats.size > CHATS) for (const oldest of this.#chats.keys()) { this.#chats.delete(oldest); break }
  }

  /** Everything up to a message, which is always among them; they count as read from now on. */
  upTo(chat: string, id: string): readonly string[] {
    const ids = this.#chats.get(chat) ?? []
    const at = ids.indexOf(id)
    if (at < 0) return [id]
    this.#chats.set(chat, ids.slice(at + 1))
    return ids.slice(0, at + 1)
  }
}
