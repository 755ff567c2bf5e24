/** The files of a chat, both ways, newest first (F014). */
import type { z } from 'zod'
import type { FilePage, FileView, filesQuery } from '../../http/contract/desk.ts'
import type { Actor } from '../../domain/permissions.ts'
import { accessChat, showsDeleted } from '../access.ts'
import type { Core } from '../core.ts'
import { mediaView } from './messageViews.ts'

type StoredFile = Parameters<typeof mediaView>[0] & {
  messageId: string; messageKind: FileView['kind']; authorKind: FileView['author']['kind']; authorId: string | null; authorName: string; direction: 'in' | 'out'; at: number
}

/** @throws DomainError not_found, forbidden */
export async function listFiles(core: Core, actor: Actor, chatId: string, query: z.infer<typeof filesQuery>): Promise<FilePage> {
  const { until } = await accessChat(core, core.db, actor, chatId, 'see')
  const deleted = showsDeleted(await core.catalog.read(), actor)
  const conditions = [
    'f.chatId = ?', ...(until === null ? [] : ['m.sortAt <= ?']), ...(deleted ? [] : ['m.deletedAt IS NULL']), ...(query.kind ? ['m.kind = ?'] : []),
    ...(query.q ? ["f.name LIKE ? ESCAPE '!'"] : []), ...(query.after ? ['f.id < ?'] : []),
  ]
  const params = [chatId, ...(until === null ? [] : [until]), ...(query.kind ? [query.kind] : []), ...(query.q ? [`%${query.q.replace(/[!%_]/g, '!$&')}%`] : []), ...(query.after ? [query.after] : [])]
  const rows = await core.db.all<StoredFile>(
    `SELECT f.id, f.mime, f.size, f.name, f.width, f.height, f.durationMs, f.state, f.thumbSha256, m.id AS messageId, m.kind AS messageKind, m.authorKind, m.authorId,
       m.authorName, m.direction, m.sortAt AS at
     FROM media f JOIN messages m ON m.id = f.messageId WHERE ${conditions.join(' AND ')} ORDER BY f.id DESC LIMIT ${query.limit + 1}`, params,
  )
  const shown = rows.slice(0, query.limit)
  return {
    items: shown.map((row) => ({
      media: mediaView(row), messageId: row.messageId, kind: row.messageKind, author: { kind: row.authorKind, id: row.authorId, name: row.authorName }, direction: row.direction, at: row.at,
    })),
    next: rows.length > query.limit ? (shown.at(-1)?.id ?? null) : null,
  }
}
