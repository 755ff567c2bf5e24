import { expect } from 'chai'
import type { Db } from '../../server/store/db.ts'
import { isUniqueViolation } from '../../server/store/errors.ts'
import { migrate } from '../../server/store/migrate.ts'
import { forUpdate, fullTextMatch, fullTextQuery, insertMany, placeholders, updateMany, upsertMany } from '../../server/store/sql.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'

describe('statements over many rows', () => eachDatabase((database) => {
  let db: Db
  const columns = ['id', 'label', 'n', 'data']
  const rows = (count: number) => Array.from({ length: count }, (_, at) => [`k${at}`, `it's ${at} ☂`, at, null])
  const stored = async () => db.all<{ id: string; label: string; n: number }>('SELECT id, label, n FROM things ORDER BY n')

  before(async () => {
    db = await database.open()
    await migrate(db, {
      migrations: [{
        name: '0001-things',
        async up(schema) {
          await schema.createTable('things', (t) => {
            t.key('id', 20).primary()
            t.longtext('label').nullable()
            t.bigint('n')
            t.blob('data').nullable()
          })
        },
      }],
    })
  })
  beforeEach(() => db.run('DELETE FROM things'))

  it('inserts them with one statement', async () => {
    expect(await insertMany(db, 'things', columns, rows(3))).to.equal(3)
    expect((await stored()).map((row) => ({ ...row }))).to.deep.equal([
      { id: 'k0', label: "it's 0 ☂", n: 0 }, { id: 'k1', label: "it's 1 ☂", n: 1 }, { id: 'k2', label: "it's 2 ☂", n: 2 },
    ])
  })

  it('inserts none for none', async () => {
    expect(await insertMany(db, 'things', columns, [])).to.equal(0)
    expect(await updateMany(db, 'things', 'id', ['n'], [])).to.equal(0)
  })

  it('inserts past the limits of parameters and of packets', async () => {
    expect(await insertMany(db, 'things', columns, rows(20_000))).to.equal(20_000)
    const heavy = Array.from({ length: 8 }, (_, at) => [`heavy${at}`, 'x'.repeat(3 * 1024 * 1024), 30_000 + at, null])
    expect(await insertMany(db, 'things', columns, heavy)).to.equal(8)
    expect(await db.get('SELECT COUNT(*) AS c FROM things')).to.include({ c: 20_008 })
  })

  it('refuses all rows for one that clashes, and with `ignore` skips that one', async () => {
    await insertMany(db, 'things', columns, [['k1', 'first', 1, null]])
    expect(await failure(insertMany(db, 'things', columns, rows(3)))).to.satisfy(isUniqueViolation)
    expect(await stored()).to.have.length(1)
    expect(await insertMany(db, 'things', columns, rows(3), { ignore: true })).to.equal(2)
    expect((await stored()).map((row) => row.label)).to.deep.equal(["it's 0 ☂", 'first', "it's 2 ☂"])
  })

  it('keeps bytes', async () => {
    const bytes = Uint8Array.from([0, 39, 92, 255])
    await insertMany(db, 'things', columns, [['b', null, 1, bytes]])
    const row = await db.get<{ data: Uint8Array }>('SELECT data FROM things WHERE id = ?', ['b'])
    expect([...row?.data ?? []]).to.deep.equal([...bytes])
    await updateMany(db, 'things', 'id', ['data'], [['b', bytes.subarray(1)]])
    expect([...(await db.get<{ data: Uint8Array }>("SELECT data FROM things WHERE id = 'b'"))?.data ?? []]).to.deep.equal([39, 92, 255])
  })

  it('updates each row with its own values, and counts those it found', async () => {
    await insertMany(db, 'things', columns, rows(200))
    const changes = rows(100).map(([id], at) => [id as string, at % 2 ? null : `new ${at}`, 1_795_000_000_000 + at])
    const found = await db.transaction((tx) => updateMany(tx, 'things', 'id', ['label', 'n'], [...changes, ['nobody', 'x', 1]]))
    expect(found).to.equal(100)
    const after = await stored()
    expect(after.slice(0, 100).map((row) => row.n)).to.deep.equal(Array.from({ length: 100 }, (_, at) => 100 + at))
    expect(after.slice(100, 102).map((row) => ({ ...row }))).to.deep.equal([
      { id: 'k0', label: 'new 0', n: 1_795_000_000_000 }, { id: 'k1', label: null, n: 1_795_000_000_001 },
    ])
  })

  it('inserts or updates', async () => {
    await upsertMany(db, 'things', ['id'], columns, rows(2))
    await upsertMany(db, 'things', ['id'], columns, [['k1', 'changed', 5, null], ['k2', 'new', 6, null]])
    await upsertMany(db, 'things', ['id'], columns, [['k0', 'kept out', 9, null]], { update: ['n'] })
    expect((await stored()).map(({ id, label, n }) => [id, label, n])).to.deep.equal([['k1', 'changed', 5], ['k2', 'new', 6], ['k0', "it's 0 ☂", 9]])
  })

  it('searches words, also begun ones and with other accents', async () => {
    await db.transaction(async (tx) => {
      const { schemaOn } = await import('../../server/store/schema.ts')
      await schemaOn(tx).createTable('search_rows', (t) => {
        t.autoId('id')
        t.text('words')
        t.text('digits')
        t.fullText('words', 'digits')
      })
    })
    await insertMany(db, 'search_rows', ['words', 'digits'], [['María Peña', '573001112233'], ['Mario about', '573004445566'], ['Zoe', '']])
    const find = async (...words: string[]) => (await db.all<{ words: string }>(
      `SELECT words FROM search_rows WHERE ${fullTextMatch(db.dialect, 'search_rows', 'id', ['words', 'digits'])} ORDER BY id`, [fullTextQuery(db.dialect, words)],
    )).map((row) => row.words)
    expect(await find('mari')).to.deep.equal(['María Peña', 'Mario about'])
    expect(await find('pena', 'maria')).to.deep.equal(['María Peña'])
    expect(await find('about')).to.deep.equal(['Mario about'])
    expect(await find('573004')).to.deep.equal(['Mario about'])
    expect(await find('"zoe"*', '-')).to.deep.equal(['Zoe'])
    await db.run("UPDATE search_rows SET words = 'Ana' WHERE words = 'Zoe'")
    await db.run("DELETE FROM search_rows WHERE words = 'Mario about'")
    expect([await find('zoe'), await find('ana'), await find('mari')]).to.deep.equal([[], ['Ana'], ['María Peña']])
  })
}))

describe('pieces of SQL', () => {
  it('are what each dialect understands', () => {
    expect(placeholders(3)).to.equal('?,?,?')
    expect(forUpdate('mysql')).to.equal(' FOR UPDATE')
    expect(forUpdate('mysql', { skipLocked: true })).to.equal(' FOR UPDATE SKIP LOCKED')
    expect(forUpdate('sqlite', { skipLocked: true })).to.equal('')
  })
})
