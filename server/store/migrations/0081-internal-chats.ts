/** Chats between people of the house (domain §4.12): tables of their own, so that no path to a customer can reach them. */
import type { Migration } from '../migrate.ts'

export const internalChats: Migration = {
  name: '0081-internal-chats',
  async up(schema) {
    await schema.createTable('internal_chats', (t) => {
      t.id('id')
      t.key('kind', 8)
      t.name('title', 120).nullable()
      // Both user ids in ascending order: two people have one chat.
      t.key('directKey', 53).nullable()
      t.id('createdBy')
      t.instant('createdAt')
      t.instant('lastMessageAt')
      t.id('lastMessageId').nullable()
      t.primaryKey('id')
      t.unique('directKey')
    })
    await schema.createTable('internal_members', (t) => {
      t.id('chatId')
      t.id('userId')
      t.instant('joinedAt')
      t.instant('leftAt').nullable()
      t.int('unread').default(0)
      t.primaryKey('chatId', 'userId')
      t.index('userId', 'leftAt')
    })
    await schema.createTable('internal_messages', (t) => {
      t.id('id')
      t.id('chatId')
      t.id('authorId')
      t.name('authorName', 120)
      t.key('kind', 14)
      t.longtext('body')
      t.id('mediaId').nullable()
      t.id('quoteId').nullable()
      t.json('mentions').nullable()
      t.key('clientKey', 100)
      t.instant('at')
      t.primaryKey('id')
      t.unique('clientKey')
      t.index('chatId', 'id')
    })
  },
}
