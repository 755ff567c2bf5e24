/** Builds the client's message again from what the journal kept. */
import type { WAMessage } from '@whiskeysockets/baileys'
import type { JournalEntry } from '../journal.ts'
import type { Baileys } from './load.ts'

/** Null for what cannot be read as a message. */
export function replayed(library: Baileys, entry: JournalEntry, own: { readonly jid: string; readonly lid: string }): WAMessage | null {
  try {
    const { fullMessage } = library.decodeMessageNode({ tag: 'message', attrs: { ...entry.attrs } }, own.jid, own.lid)
    const decoded = library.proto.Message.decode(library.unpadRandomMax16(entry.plaintext))
    const message = { ...fullMessage, message: decoded.deviceSentMessage?.message ?? decoded } as WAMessage
    library.cleanMessage(message, own.jid, own.lid)
    return message
  } catch {
    return null
  }
}
