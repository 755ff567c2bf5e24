import { expect } from 'chai'
import type { Db } from '../../server/store/db.ts'
import { isUniqueViolation } from '../../server/store/errors.ts'
import { inspectSchema, migrate, type Migration, pending, requireCurrentSchema } from '../../server/store/migrate.ts'
import { schemaOn } from '../../server/store/schema.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'

const first: Migration = {
  name: '0001-first',
  async up(schema) {
    await schema.createTable('owners', (t) => {
      t.id('id').primary()
      t.name('name', 100)
      t.instant('archived_at').nullable()
      t.generated('live_name', 'name', 100, 'CASE WHEN archived_at IS NULL THEN name END')
      t.unique('live_name')
      t.check('name', "name <> ''")
    })
    await schema.createTable('a_table_with_a_rather_long_name', (t) => {
      t.id('id').primary()
      t.id('owner_id').references('owners', 'id', 'cascade').index()
      t.key('state', 20).default('new')
      t.json('data').default('{}')
      t.bool('done').default(0)
      t.double('share').nullable()
      t.int('tries').default(3)
      t.index('owner_id', 'state', 'tries', 'done')
    })
  },
}
const second: Migration = {
  name: '0002-second',
  async up(schema) {
    await schema.alterTable('owners', (t) => {
      t.bin('external_id', 100).nullable()
      t.generated('shout', 'bin', 100, 'UPPER(external_id)')
      t.unique('external_id')
    })
    await schema.tx.run("UPDATE owners SET external_id = 'moved'")
    await schema.dropColumn('a_table_with_a_rather_long_name', 'share')
  },
}
const broken: Migration = { name: '0003-broken', up: (schema) => schema.run('CREATE NONSENSE') }

describe('migrate', () => eachDatabase((database) => {
  let db: Db
  before(async () => { db = await database.open() })
  beforeEach(async () => {
    await db.transaction(async (tx) => {
      for (const table of ['a_table_with_a_rather_long_name', 'owners', 'schema_migrations', 'strangers']) await schemaOn(tx).dropTable(table)
    })
  })
  const addOwner = (id: string, name: string) => db.run('INSERT INTO owners (id, name) VALUES (?, ?)', [id, name])

  it('applies what is missing, in order, once', async () => {
    expect(await pending(db, [first, second])).to.deep.equal(['0001-first', '0002-second'])
    expect(await migrate(db, { migrations: [first] })).to.deep.equal(['0001-first'])
    expect(await pending(db, [first, second])).to.deep.equal(['0002-second'])
    expect(await migrate(db, { migrations: [first, second] })).to.deep.equal(['0002-second'])
    expect(await migrate(db, { migrations: [first, second] })).to.deep.equal([])
    expect(await inspectSchema(db, [first, second])).to.deep.equal({ state: 'current', applied: ['0001-first', '0002-second'], pending: [], unknown: [] })
  })

  it('lets two start at once, of which one applies', async () => {
    const other = await database.open()
    const applied = await Promise.all([migrate(db, { migrations: [first] }), migrate(other, { migrations: [first] })])
    expect(applied.flat()).to.deep.equal(['0001-first'])
  })

  it('refuses a database of a newer program', async () => {
    await migrate(db, { migrations: [first, second] })
    for (const refused of [() => migrate(db, { migrations: [first] }), () => pending(db, [first]), () => requireCurrentSchema(db, [first])]) {
      expect(await failure(refused())).to.include({ code: 'schema_newer' })
    }
  })

  it('refuses a database that is somebody else\'s, even with a table of the same name', async () => {
    await db.run('CREATE TABLE strangers (id INTEGER)')
    expect(await failure(migrate(db, { migrations: [first] }))).to.include({ code: 'database_not_ours' })
    await db.run('CREATE TABLE schema_migrations (version INTEGER)')
    expect(await failure(migrate(db, { migrations: [first] }))).to.include({ code: 'database_not_ours' })
  })

  it('tells a program that may not start yet', async () => {
    expect(await failure(requireCurrentSchema(db, [first]))).to.include({ code: 'not_installed' })
    await migrate(db, { migrations: [first] })
    expect(await failure(requireCurrentSchema(db, [first, second]))).to.include({ code: 'schema_older' })
    await requireCurrentSchema(db, [first])
  })

  it('does not record a migration that failed, and goes on from there the next time', async () => {
    await failure(migrate(db, { migrations: [first, broken] }))
    expect((await inspectSchema(db, [first, broken])).applied).to.not.include('0003-broken')
    expect(await migrate(db, { migrations: [first, { ...broken, up: second.up }] })).to.include('0003-broken')
  })

  it('makes tables whose rules hold', async () => {
    await migrate(db, { migrations: [first] })
    await addOwner('o1', 'Ana')
    expect(await failure(addOwner('o2', 'ANA'))).to.satisfy(isUniqueViolation)
    await db.run('UPDATE owners SET archived_at = 1')
    await addOwner('o2', 'ana')
    await failure(addOwner('o3', ''))
    await failure(db.run('INSERT INTO owners (id) VALUES (?)', ['o4']))
    await db.run("INSERT INTO a_table_with_a_rather_long_name (id, owner_id) VALUES ('t', 'o2')")
    expect({ ...await db.get('SELECT * FROM a_table_with_a_rather_long_name') as object })
      .to.deep.equal({ id: 't', owner_id: 'o2', state: 'new', data: '{}', done: 0, share: null, tries: 3 })
    await db.run("DELETE FROM owners WHERE id = 'o2'")
    expect(await db.all('SELECT id FROM a_table_with_a_rather_long_name')).to.deep.equal([])
  })

  it('changes tables that hold rows', async () => {
    await migrate(db, { migrations: [first] })
    await addOwner('o1', 'Ana')
    await migrate(db, { migrations: [first, second] })
    expect({ ...await db.get('SELECT name, external_id, shout FROM owners') as object }).to.deep.equal({ name: 'Ana', external_id: 'moved', shout: 'MOVED' })
    expect(await failure(db.all('SELECT share FROM a_table_with_a_rather_long_name'))).to.be.an('error')
  })
}))
