/** What the search box answers: chats by name and number, and messages by what they say, each within what the reader may see. */
import type { MessageHit, MessageHits, SearchAnswer, SearchQuery } from '../../http/contract/search.ts'
import { DomainError } from '../../domain/errors.ts'
import { words } from '../../domain/fold.ts'
import { can, type Actor } from '../../domain/permissions.ts'
import { sightOf, type Viewer } from '../../domain/sight.ts'
import { snippet } from '../../domain/snippet.ts'
import type { Instant } from '../../http/contract/common.ts'
import { fullTextQuery, fullTextSource } from '../../store/sql.ts'
import { accessChat, showsDeleted } from '../access.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { chatWord } from '../work/traces.ts'
import { chatRow, isLimited, listedColumns, type ListedChat } from './chatRows.ts'
import { saidInTime, seenBy, withoutApiOnly, type Condition } from './seen.ts'
import { searchSql, shortestWord } from './search.ts'

/** Beyond this many nobody reads on; the person types another word. */
const mostCounted = 1000
const chatsShown = 30

/** @throws DomainError forbidden */
export async function searchEverything(core: Core, viewer: Viewer, query: SearchQuery): Promise<SearchAnswer> {
  if (!can(viewer.actor, 'chats.all') && viewer.agentId === null) throw new DomainError('forbidden')
  const view = await core.catalog.read()
  const [chats, messages] = await Promise.all([
    query.after ? { items: [], total: 0, counted: true } : searchChats(core, view, viewer, query.q), searchMessages(core, view, viewer, query),
  ])
  return { chats, messages }
}

/** @throws DomainError not_found, forbidden */
export async function searchThread(core: Core, actor: Actor, chatId: string, query: SearchQuery): Promise<MessageHits> {
  const { until } = await accessChat(core, core.db, actor, chatId, 'see')
  const view = await core.catalog.read()
  const conditions: Condition[] = [{ sql: 'w.chatId = ?', params: [chatId] }, ...(until === null ? [] : [{ sql: 'm.sortAt <= ?', params: [until] }])]
  const found = await findMessages(core, view, actor, [chatWord(chatId), ...words(query.q).split(' ')], conditions, query)
  return { ...found, items: found.rows.map((row) => hitOf(row, query.q, null)) }
}

async function searchChats(core: Core, view: CatalogView, viewer: Viewer, q: string): Promise<SearchAnswer['chats']> {
  const seen = seenBy(core, view, viewer, 'search.refId', 'row')
  const found = searchSql(core.db.dialect, 'chat', q, seen)
  if (found === null) return { items: [], total: 0, counted: true }
  const hidden = withoutApiOnly(view)
  const from = `FROM chats c JOIN (${found.sql}) AS f ON f.refId = c.id${hidden ? ` WHERE ${hidden.sql}` : ''}`
  const params = [...found.params, ...(hidden?.params ?? [])]
  const [rows, total] = await Promise.all([
    core.db.all<ListedChat>(`SELECT ${listedColumns.map((column) => `c.${column}`).join(', ')} ${from} ORDER BY c.lastMessageAt DESC, c.id DESC LIMIT ${chatsShown}`, params),
    core.db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM (SELECT c.id ${from} LIMIT ${mostCounted + 1}) AS t`, params),
  ])
  return { items: rows.map((chat) => chatRow(view, chat, limitedTo(viewer, view, chat))), ...counted(total?.n ?? 0) }
}

interface FoundMessage extends ListedChat {
  place: number; messageId: string; at: Instant; authorKind: MessageHit['author']['kind']; authorId: string | null; authorName: string; messageKind: MessageHit['kind']; body: string
}

async function searchMessages(core: Core, view: CatalogView, viewer: Viewer, query: SearchQuery): Promise<MessageHits> {
  const conditions = [seenBy(core, view, viewer, 'w.chatId', 'text'), saidInTime(viewer), withoutApiOnly(view)].filter((condition) => condition !== null)
  const found = await findMessages(core, view, viewer.actor, words(query.q).split(' '), conditions, query)
  return { ...found, items: found.rows.map((row) => hitOf(row, query.q, chatRow(view, row, limitedTo(viewer, view, row)))) }
}

type Found = Omit<MessageHits, 'items'> & { rows: FoundMessage[] }

/** Newest first: the order in which their words were written, which the index has already. */
async function findMessages(core: Core, view: CatalogView, actor: Actor, wanted: readonly string[], more: readonly Condition[], query: SearchQuery): Promise<Found> {
  const { dialect } = core.db
  const all = wanted.filter(Boolean)
  const indexed = dialect === 'sqlite' ? all : all.filter((word) => word.length >= shortestWord)
  if (indexed.length === 0) return { rows: [], total: 0, counted: true, next: null }
  const source = fullTextSource(dialect, 'message_words', 'w', 'id', ['words'])
  const conditions: Condition[] = [
    { sql: source.match, params: [fullTextQuery(dialect, indexed)] },
    ...all.filter((word) => !indexed.includes(word)).map((word) => ({ sql: "CONCAT(' ', w.words) LIKE ?", params: [`% ${word}%`] })),
    ...more, ...(showsDeleted(view, actor) ? [] : [{ sql: 'm.deletedAt IS NULL', params: [] }]),
  ]
  const from = `FROM ${source.from} JOIN messages m ON m.id = w.messageId JOIN chats c ON c.id = w.chatId`
  const after = query.after && /^\d{1,16}$/.test(query.after) ? [{ sql: `${source.id} < ?`, params: [Number(query.after)] }] : []
  const where = (list: readonly Condition[]): string => list.map((condition) => condition.sql).join(' AND ')
  const params = (list: readonly Condition[]) => list.flatMap((condition) => condition.params)
  const [rows, total] = await Promise.all([
    core.db.all<FoundMessage>(
      `SELECT w.id AS place, m.id AS messageId, m.sortAt AS at, m.authorKind, m.authorId, m.authorName, m.kind AS messageKind, m.body, ${listedColumns.map((column) => `c.${column}`).join(', ')}
       ${from} WHERE ${where([...conditions, ...after])} ORDER BY ${source.id} DESC LIMIT ${query.limit + 1}`, params([...conditions, ...after]),
    ),
    core.db.get<{ n: number }>(`SELECT COUNT(*) AS n FROM (SELECT w.id ${from} WHERE ${where(conditions)} LIMIT ${mostCounted + 1}) AS t`, params(conditions)),
  ])
  const shown = rows.slice(0, query.limit)
  return { rows: shown, ...counted(total?.n ?? 0), next: rows.length > query.limit ? String(shown.at(-1)?.place) : null }
}

function hitOf(row: FoundMessage, q: string, chat: MessageHit['chat']): MessageHit {
  return {
    messageId: row.messageId, chatId: row.id, chat, at: row.at, author: { kind: row.authorKind, id: row.authorId, name: row.authorName }, kind: row.messageKind,
    text: snippet(row.body, words(q).split(' ')),
  }
}

const counted = (n: number): { total: number; counted: boolean } => ({ total: Math.min(n, mostCounted), counted: n <= mostCounted })

function limitedTo(viewer: Viewer, view: CatalogView, chat: ListedChat): boolean {
  const apiOnly = view.channel(chat.channelId)?.inboundMode === 'api-only'
  return isLimited(sightOf(viewer, { ...chat, apiOnly }, chat.lastAgentId === viewer.agentId), chat)
}
