import { expect } from 'chai'
import { migrate } from '../../server/store/migrate.ts'
import { core } from '../../server/store/migrations/0001-core.ts'
import { agentsDesk } from '../../server/store/migrations/0080-agents-desk.ts'
import { eachDatabase } from '../databases.ts'

describe('migration 0080', () => eachDatabase((database) => {
  it('writes down the words of every message there is, once', async () => {
    const db = await database.open()
    await migrate(db, { migrations: [core] })
    const chatId = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    const add = (n: number, body: string) => db.run(
      "INSERT INTO messages (id, chatId, direction, kind, visibility, authorKind, authorName, body, at, sortAt) VALUES (?, ?, 'in', 'text', 'public', 'customer', 'Marta', ?, 1, 1)", [`M${n}`, chatId, body],
    )
    await add(1, '¿Está la Odontóloga?')
    await add(2, '👍')
    await add(3, 'Sí')
    expect(await migrate(db, { migrations: [core, agentsDesk] })).to.deep.equal(['0080-agents-desk'])
    expect(await db.all('SELECT messageId, chatId, words FROM message_words ORDER BY messageId')).to.deep.equal([
      { messageId: 'M1', chatId, words: `${chatId.toLowerCase()} esta la odontologa` }, { messageId: 'M3', chatId, words: `${chatId.toLowerCase()} si` },
    ])
  })
}))
