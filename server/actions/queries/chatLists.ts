/** The lists of the inbox and of the supervisor's screen: one statement a page, by keyset, each branch along an index. */
import type { ChatCounts, ChatPage, ChatQuery } from '../../http/contract/chats.ts'
import type { ChatState } from '../../domain/chat.ts'
import { DomainError } from '../../domain/errors.ts'
import { can } from '../../domain/permissions.ts'
import type { Instant } from '../../domain/ports.ts'
import { isLimited, chatRow, listedColumns, type ListedChat } from './chatRows.ts'
import { sightOf, type Viewer } from '../../domain/sight.ts'
import type { Value } from '../../store/db.ts'
import { placeholders } from '../../store/sql.ts'
import type { CatalogView } from '../catalog.ts'
import type { Core } from '../core.ts'
import { searchSql } from './search.ts'

interface Condition { readonly sql: string; readonly params: readonly Value[] }
const is = (column: string, value: Value): Condition => ({ sql: `c.${column} = ?`, params: [value] })
const among = (column: string, values: readonly Value[]): Condition => ({ sql: `c.${column} IN (${placeholders(values.length)})`, params: values })

interface Order { readonly by: string; readonly direction: 'ASC' | 'DESC' }
const recent: Order = { by: 'c.lastMessageAt', direction: 'DESC' }
const longestWaiting: Order = { by: 'COALESCE(c.waitingSince, c.queuedAt, c.lastMessageAt, c.createdAt)', direction: 'ASC' }
const longestQueued: Order = { by: 'c.queuedAt', direction: 'ASC' }

const unowned: readonly ChatState[] = ['ROUTING', 'MENU', 'TRANSIT', 'UNROUTED']

/** Throws `forbidden` for a list of another role, `bad_request` for a position that is none. */
export async function listChats(core: Core, viewer: Viewer, query: ChatQuery): Promise<ChatPage> {
  const view = await core.catalog.read()
  const branches = branchesOf(core, view, viewer, query)
  const found = query.q ? searchSql(core.db.dialect, 'chat', query.q) : undefined
  if (found === null || branches.length === 0) return { items: [], next: null }
  const order = orderOf(query)
  const common = [...filtersOf(view, query), afterCondition(order, query.after)].filter((condition) => condition !== null)
  const select = `SELECT ${listedColumns.map((column) => `c.${column}`).join(', ')}, ${order.by} AS position FROM chats c`
  const statements = branches.map((branch) => {
    const conditions = [...branch, ...common]
    const from = found ? `${select} JOIN (${found.sql}) AS f ON f.refId = c.id` : select
    const where = conditions.length > 0 ? ` WHERE ${conditions.map((condition) => condition.sql).join(' AND ')}` : ''
    return {
      sql: `${from}${where} ORDER BY ${order.by} ${order.direction}, c.id ${order.direction} LIMIT ${query.limit + 1}`,
      params: [...(found?.params ?? []), ...conditions.flatMap((condition) => condition.params)],
    }
  })
  const only = statements.length === 1 ? statements[0] : undefined
  const sql = only
    ? only.sql
    : `SELECT * FROM (${statements.map((statement) => `SELECT * FROM (${statement.sql}) AS b`).join(' UNION ALL ')}) AS u ORDER BY position ${order.direction}, id ${order.direction} LIMIT ${query.limit + 1}`
  const rows = await core.db.all<ListedChat & { position: Instant | null }>(sql, statements.flatMap((statement) => statement.params))
  const items = rows.slice(0, query.limit)
  const last = items.at(-1)
  return {
    items: items.map((chat) => chatRow(view, chat, limitedTo(viewer, view, chat))),
    // Chats without a message come last, and are too few to page through.
    next: rows.length > query.limit && last && last.position !== null ? encodePosition(last.position, last.id) : null,
  }
}

function limitedTo(viewer: Viewer, view: CatalogView, chat: ListedChat): boolean {
  const apiOnly = view.channel(chat.channelId)?.inboundMode === 'api-only'
  return isLimited(sightOf(viewer, { ...chat, apiOnly }, chat.lastAgentId === viewer.agentId), chat)
}

/** Each branch is one range of one index; together they are the list. None: the list is empty for this viewer. */
function branchesOf(core: Core, view: CatalogView, viewer: Viewer, { list, agent, queue }: ChatQuery): Condition[][] {
  const all = can(viewer.actor, 'chats.all')
  if (!all && viewer.agentId === null) throw new DomainError('forbidden')
  const holder = all ? (agent ?? null) : viewer.agentId
  const held = (state: ChatState): Condition[] => [...(holder === null ? [] : [is('agentId', holder)]), is('state', state)]
  switch (list) {
    case 'pending':
      return [held('PENDING')]
    case 'following':
      return [held('FOLLOWUP')]
    case 'waiting': {
      const queues = all ? (queue ? [queue] : null) : [...viewer.queueIds].filter((id) => !queue || id === queue)
      if (queues?.length === 0) return []
      return [[is('state', 'QUEUED'), ...(queues ? [among('queueId', queues)] : [])]]
    }
    case 'resolved':
      return [[...(holder === null ? [] : [is('lastAgentId', holder)]), is('state', 'RESOLVED'), ...(all ? [] : [withinHistory(core, view)])]]
    case 'open':
      if (!all) throw new DomainError('forbidden', { list })
      return unowned.map((state) => [is('state', state)])
    case 'all':
      if (!all) throw new DomainError('forbidden', { list })
      return [[{ sql: 'c.lastMessageAt IS NOT NULL', params: [] }, ...(agent ? [is('agentId', agent)] : [])]]
  }
}

const withinHistory = (core: Core, view: CatalogView): Condition => ({
  sql: 'c.lastMessageAt >= ?', params: [core.clock.now() - view.setting('agents.historyDays') * 86_400_000],
})

function filtersOf(view: CatalogView, query: ChatQuery): Condition[] {
  const hidden = view.channels().filter((channel) => channel.inboundMode === 'api-only').map((channel) => channel.id)
  return [
    ...(query.queue && query.list !== 'waiting' ? [is('queueId', query.queue)] : []),
    ...(query.channel ? [is('channelId', query.channel)] : []),
    ...(hidden.length > 0 ? [{ sql: `c.channelId NOT IN (${placeholders(hidden.length)})`, params: hidden }] : []),
  ]
}

function orderOf({ list, sort }: ChatQuery): Order {
  if (sort === 'recent' || list === 'resolved' || list === 'all') return recent
  return list === 'waiting' ? longestQueued : longestWaiting
}

function afterCondition(order: Order, after: string | undefined): Condition | null {
  if (!after) return null
  const [value, id] = decodePosition(after)
  const sign = order.direction === 'ASC' ? '>' : '<'
  // The first half lets the database start at the place in the index.
  return { sql: `${order.by} ${sign}= ? AND (${order.by} ${sign} ? OR c.id ${sign} ?)`, params: [value, value, id] }
}

const encodePosition = (value: number, id: string): string => Buffer.from(JSON.stringify([value, id])).toString('base64url')
function decodePosition(text: string): [number, string] {
  try {
    const position = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    if (Array.isArray(position) && typeof position[0] === 'number' && typeof position[1] === 'string') return [position[0], position[1]]
  } catch {
    // Not ours: said below.
  }
  throw new DomainError('bad_request', { field: 'after' })
}

/** Every list's length; for supervisors over all chats. */
export async function countChats(core: Core, viewer: Viewer): Promise<ChatCounts> {
  const view = await core.catalog.read()
  const all = can(viewer.actor, 'chats.all')
  if (!all && viewer.agentId === null) throw new DomainError('forbidden')
  const rows = await (all ? countAll(core) : countOwn(core, view, viewer.agentId as string, [...viewer.queueIds]))
  const sum = (...states: ChatState[]): number => rows.filter((row) => states.includes(row.state)).reduce((total, row) => total + row.n, 0)
  const queueIds = [...new Set([...viewer.queueIds, ...rows.filter((row) => row.state !== 'RESOLVED').flatMap((row) => row.queueId ?? [])])]
  return {
    pending: sum('PENDING'), following: sum('FOLLOWUP'), waiting: sum('QUEUED'), resolved: sum('RESOLVED'), open: sum(...unowned),
    queues: queueIds.map((queueId) => {
      const of = (state: ChatState): CountRow | undefined => rows.find((row) => row.queueId === queueId && row.state === state)
      return {
        queueId, pending: of('PENDING')?.n ?? 0, following: of('FOLLOWUP')?.n ?? 0, waiting: of('QUEUED')?.n ?? 0,
        longestWaitSince: of('QUEUED')?.since ?? null,
      }
    }),
  }
}

interface CountRow { state: ChatState; queueId: string | null; n: number; since: Instant | null }

async function countAll(core: Core): Promise<CountRow[]> {
  const live: readonly ChatState[] = ['PENDING', 'FOLLOWUP', 'QUEUED', ...unowned]
  return core.db.all<CountRow>(
    `SELECT state, queueId, COUNT(*) AS n, MIN(queuedAt) AS since FROM chats WHERE state IN (${placeholders(live.length)}) GROUP BY state, queueId
     UNION ALL SELECT 'RESOLVED', NULL, COUNT(*), NULL FROM chats WHERE state = 'RESOLVED'`, live,
  )
}

async function countOwn(core: Core, view: CatalogView, agentId: string, queueIds: readonly string[]): Promise<CountRow[]> {
  const since = core.clock.now() - view.setting('agents.historyDays') * 86_400_000
  const waiting = queueIds.length === 0 ? '' : `
    UNION ALL SELECT 'QUEUED', queueId, COUNT(*), MIN(queuedAt) FROM chats WHERE state = 'QUEUED' AND queueId IN (${placeholders(queueIds.length)}) GROUP BY queueId`
  return core.db.all<CountRow>(
    `SELECT state, queueId, COUNT(*) AS n, NULL AS since FROM chats WHERE agentId = ? AND state IN ('PENDING', 'FOLLOWUP') GROUP BY state, queueId
     UNION ALL SELECT 'RESOLVED', NULL, COUNT(*), NULL FROM chats WHERE lastAgentId = ? AND state = 'RESOLVED' AND lastMessageAt >= ?${waiting}`,
    [agentId, agentId, since, ...queueIds],
  )
}
