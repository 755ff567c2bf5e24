/** What a unit of work leaves beside its messages: their words for searches, and the seats of those who came to write. */
import { words } from '../../domain/fold.ts'
import type { Tx } from '../../store/db.ts'
import { insertMany, placeholders } from '../../store/sql.ts'
import type { NewEvent } from '../events.ts'
import type { MessageRow } from './rows.ts'

/** The chat is one of the words, so that a thread is searched along the index of words. */
export const chatWord = (chatId: string): string => chatId.toLowerCase()
const entryOf = (message: { id: string; chatId: string; body: string }): readonly string[] => [message.id, message.chatId, `${chatWord(message.chatId)} ${words(message.body)}`]
const columns = ['messageId', 'chatId', 'words']

/** `changed`: what other messages say now. */
export async function writeWords(tx: Tx, messages: readonly MessageRow[], changed: ReadonlyMap<string, string>): Promise<void> {
  const spoken = messages.filter((message) => words(message.body) !== '')
  if (spoken.length > 0) await insertMany(tx.later, 'message_words', columns, spoken.map(entryOf))
  if (changed.size === 0) return
  const ids = [...changed.keys()]
  const rows = await tx.all<{ id: string; chatId: string }>(`SELECT id, chatId FROM messages WHERE id IN (${placeholders(ids.length)})`, ids)
  await tx.run(`DELETE FROM message_words WHERE messageId IN (${placeholders(ids.length)})`, ids)
  const again = rows.map((row) => ({ ...row, body: changed.get(row.id) ?? '' })).filter((row) => words(row.body) !== '')
  if (again.length > 0) await insertMany(tx, 'message_words', columns, again.map(entryOf))
}

const staff = new Set(['agent', 'supervisor', 'admin'])

/** Whoever joins or writes takes the next free seat of the chat, once; its row is locked. */
export async function takeSeats(tx: Tx, messages: readonly MessageRow[], events: readonly NewEvent[]): Promise<void> {
  const joined = events.flatMap((event) => (event.type === 'assignment.started' && event.chatId && event.agentId ? [`${event.chatId} ${event.agentId}`] : []))
  const wrote = messages.flatMap((message) => (staff.has(message.authorKind) && message.authorId ? [`${message.chatId} ${message.authorId}`] : []))
  const ignore = tx.dialect === 'sqlite' ? 'INSERT OR IGNORE' : 'INSERT IGNORE'
  for (const pair of new Set([...joined, ...wrote])) {
    const [chatId = '', userId = ''] = pair.split(' ')
    await tx.later.run(`${ignore} INTO chat_seats (chatId, userId, seat) SELECT ?, ?, COUNT(*) FROM chat_seats WHERE chatId = ?`, [chatId, userId, chatId])
  }
}
