/** Offers of chats to agents (domain §3.3), and what a distribution needs to make them. */
import type { Migration } from '../migrate.ts'

export const offers: Migration = {
  name: '0010-offers',
  async up(schema) {
    await schema.createTable('offers', (t) => {
      t.id('id')
      t.id('distributionId')
      t.id('chatId')
      t.id('conversationId').nullable()
      /** The list that is drained for it: a queue, or the chat itself where agents were named. */
      t.id('lineKey')
      t.id('queueId').nullable()
      t.id('agentId')
      t.name('agentName', 120)
      t.int('attempt')
      t.int('lap')
      /** Counts as a chat of the agent's while it is open. */
      t.bool('reserves')
      t.instant('offeredAt')
      t.instant('expiresAt')
      t.instant('endedAt').nullable()
      t.key('outcome', 10).nullable()
      t.key('reason', 20).nullable()
      t.generated('openDistributionId', 'id', 'CASE WHEN endedAt IS NULL THEN distributionId END')
      t.generated('openChatId', 'id', 'CASE WHEN endedAt IS NULL THEN chatId END')
      t.generated('openLine', 'id', 'CASE WHEN endedAt IS NULL THEN lineKey END')
      t.generated('openAgentId', 'id', 'CASE WHEN endedAt IS NULL THEN agentId END')
      t.primaryKey('id')
      t.unique('openDistributionId', 'agentId')
      t.index('openChatId')
      t.index('openLine', 'expiresAt')
      t.index('openAgentId')
      t.index('distributionId', 'attempt')
      t.index('agentId', 'offeredAt')
    })
    await schema.alterTable('distributions', (t) => {
      t.int('lap').default(1)
      t.int('attempt').default(1)
      /** In the waiting list; not so the search for somebody while an agent or a menu still has the chat. */
      t.bool('waits').default(1)
      /** The customer was not told yet that they wait, nor the record that nobody was there. */
      t.bool('untold').default(1)
      /** What a menu's invitation or a transfer asked for: actions/distribution/rows.ts. */
      t.json('terms').nullable()
    })
    // How long chats of a queue took lately, for the wait that is expected.
    await schema.alterTable('assignments', (t) => t.index('queueId', 'endedAt'))
  },
}
