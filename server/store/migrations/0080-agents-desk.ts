/**
 * What an agent's desk needs besides the chats: the words of every message, what was begun and not sent, replies to be
 * used again, lists kept under a name, and the seats of those who wrote in a chat.
 */
import { words } from '../../domain/fold.ts'
import { insertMany } from '../sql.ts'
import type { Migration } from '../migrate.ts'

const page = 2000

export const agentsDesk: Migration = {
  name: '0080-agents-desk',
  async up(schema) {
    /** Not in `search`: a chat's own row is looked for among chats only. The chat's id is one of the words, so that one thread is searched along the same index. */
    await schema.createTable('message_words', (t) => {
      t.autoId('id')
      t.id('messageId')
      t.id('chatId')
      t.longtext('words')
      t.unique('messageId')
      t.fullText('words')
    })
    /** Who wrote in a chat, in the order in which they came: their colour follows from it and never changes. */
    await schema.createTable('chat_seats', (t) => {
      t.id('chatId')
      t.id('userId')
      t.int('seat')
      t.primaryKey('chatId', 'userId')
    })
    await schema.createTable('drafts', (t) => {
      t.id('userId')
      t.id('chatId')
      t.key('kind', 8)
      t.longtext('body')
      t.instant('updatedAt')
      t.primaryKey('userId', 'chatId', 'kind')
    })
    /** Of templates and quick replies alike. */
    await schema.createTable('categories', (t) => {
      t.id('id')
      t.name('name', 120)
      t.key('slug', 120)
      t.instant('createdAt')
      t.instant('archivedAt').nullable()
      t.generated('liveSlug', 'key', 120, 'CASE WHEN archivedAt IS NULL THEN slug END')
      t.primaryKey('id')
      t.unique('liveSlug')
    })
    await schema.createTable('quick_replies', (t) => {
      t.id('id')
      t.key('shortcut', 40)
      t.name('title', 120)
      t.longtext('body')
      t.id('mediaId').nullable()
      t.id('categoryId').nullable()
      t.key('scope', 8)
      t.id('queueId').nullable()
      t.id('ownerId').nullable()
      t.id('createdBy').nullable()
      t.instant('createdAt')
      t.instant('updatedAt')
      t.instant('archivedAt').nullable()
      // One shortcut each for everybody, for a queue, for a person.
      t.generated('livePlace', 'key', 26, "CASE WHEN archivedAt IS NULL THEN COALESCE(ownerId, queueId, 'all') END")
      t.primaryKey('id')
      t.unique('livePlace', 'shortcut')
    })
    await schema.createTable('saved_views', (t) => {
      t.id('id')
      t.id('userId')
      t.key('app', 12)
      t.name('name', 60)
      t.json('filter')
      t.instant('createdAt')
      t.primaryKey('id')
      t.index('userId', 'app', 'id')
    })

    const { tx } = schema
    for (let after = ''; ;) {
      const rows = await tx.all<{ id: string; chatId: string; body: string }>(
        `SELECT m.id, m.chatId, m.body FROM messages m WHERE m.id > ? ORDER BY m.id LIMIT ${page}`, [after],
      )
      const known = rows.filter((row) => words(row.body) !== '')
      await insertMany(tx, 'message_words', ['messageId', 'chatId', 'words'], known.map((row) => [row.id, row.chatId, `${row.chatId.toLowerCase()} ${words(row.body)}`]), { ignore: true })
      after = rows.at(-1)?.id ?? after
      if (rows.length < page) break
    }
  },
}
