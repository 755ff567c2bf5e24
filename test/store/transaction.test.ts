import { expect } from 'chai'
import { AsyncResource } from 'node:async_hooks'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { DataTypes, type Model, type ModelStatic, UniqueConstraintError } from 'sequelize'
import { DomainError } from '../../server/domain/errors.ts'
import type { Db } from '../../server/store/db.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../../server/store/errors.ts'
import { migrate, type Migration } from '../../server/store/migrate.ts'
import { eachDatabase, onDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'

const counters: Migration = {
  name: '0001-counters',
  async up(schema) {
    await schema.createTable('counters', (t) => {
      t.bin('id', 100).primary()
      t.bigint('n').default(0)
    })
    await schema.createTable('marks', (t) => {
      t.autoId('id')
      t.bin('counter_id', 100).references('counters')
    })
  },
}

describe('Db', () => eachDatabase((database) => {
  let db: Db
  let Counter: ModelStatic<Model>
  before(async () => {
    db = await database.open()
    await migrate(db, { migrations: [counters] })
    Counter = db.sequelize.define('counter', { id: { type: DataTypes.STRING, primaryKey: true }, n: DataTypes.BIGINT }, { tableName: 'counters', timestamps: false })
  })
  beforeEach(async () => {
    await db.run('DELETE FROM marks')
    await db.run('DELETE FROM counters')
    await db.run("INSERT INTO counters (id, n) VALUES ('a', 0), ('b', 0)")
  })
  const count = async (id = 'a'): Promise<number | undefined> => (await db.get<{ n: number }>('SELECT n FROM counters WHERE id = ?', [id]))?.n
  const forUpdate = database.dialect === 'mysql' ? ' FOR UPDATE' : ''

  it('loses no update of 40 concurrent tasks that read, add and write', async () => {
    const add = () => db.transaction(async (tx) => {
      const row = await tx.get<{ n: number }>(`SELECT n FROM counters WHERE id = ?${forUpdate}`, ['a'])
      await tx.run('UPDATE counters SET n = ? WHERE id = ?', [(row?.n ?? 0) + 1, 'a'])
    })
    await Promise.all(Array.from({ length: 40 }, async () => { for (let i = 0; i < 5; i++) await add() }))
    expect(await count()).to.equal(200)
  })

  describe('writes whose answer nobody asks for', () => {
    it('keep their place among the others, and a read sees them', async () => {
      await db.transaction(async (tx) => {
        await tx.later.run("INSERT INTO counters (id, n) VALUES ('c', 1)")
        await tx.run("UPDATE counters SET n = n + 10 WHERE id = 'c'")
        await tx.later.run("UPDATE counters SET n = n * 2 WHERE id = ?", ['c'])
        expect(await tx.get("SELECT n FROM counters WHERE id = 'c'")).to.deep.equal({ n: 22 })
        await tx.later.run("UPDATE counters SET n = n + 1 WHERE id = 'c'")
      })
      expect(await count('c')).to.equal(23)
    })

    it('go ahead of a model’s own statement', async () => {
      await db.transaction(async (tx) => {
        await tx.later.run("INSERT INTO counters (id, n) VALUES ('d', 4)")
        const row = await Counter.findByPk('d', { transaction: tx.models, rejectOnEmpty: true })
        await row.update({ n: Number(row.get('n')) + 1 }, { transaction: tx.models })
      })
      expect(await count('d')).to.equal(5)
    })

    it('undo the whole transaction when one of them is refused, at the latest by the commit', async () => {
      const error = await failure(db.transaction(async (tx) => {
        await tx.later.run("UPDATE counters SET n = 7 WHERE id = 'a'")
        await tx.later.run("INSERT INTO counters (id, n) VALUES ('b', 1)")
        await tx.later.run("UPDATE counters SET n = 8 WHERE id = 'b'")
      }))
      expect(isUniqueViolation(error)).to.equal(true)
      expect([await count('a'), await count('b')]).to.deep.equal([0, 0])
    })

    it('undo it also when the work goes on regardless', async () => {
      const error = await failure(db.transaction(async (tx) => {
        await tx.later.run("INSERT INTO counters (id, n) VALUES ('b', 1)")
        await tx.get('SELECT n FROM counters').catch(() => undefined)
        await tx.run("UPDATE counters SET n = 9 WHERE id = 'a'").catch(() => undefined)
      }))
      // SQLite refuses it where it is written, and so does not learn of it again.
      if (database.dialect === 'mysql') expect(await count('a')).to.equal(0)
      expect(isUniqueViolation(error)).to.equal(true)
    })

    it('carry bytes, quotes, question marks and emoji as they are', async () => {
      const odd = `o'clock \\ " ? ; DROP TABLE marks; 😀`
      await db.transaction(async (tx) => {
        await tx.later.run('INSERT INTO counters (id, n) VALUES (?, ?)', [odd, 3])
        await tx.later.run('UPDATE counters SET n = n + ? WHERE id = ?', [1, odd])
      })
      expect(await count(odd)).to.equal(4)
    })
  })

  it('loses no update when models do it', async () => {
    const add = () => db.transaction(async (tx) => {
      const row = await Counter.findByPk('a', { transaction: tx.models, lock: true, rejectOnEmpty: true })
      await row.update({ n: Number(row.get('n')) + 1 }, { transaction: tx.models })
    })
    await Promise.all(Array.from({ length: 20 }, add))
    expect(await count()).to.equal(20)
  })

  it('gives models and raw SQL one transaction', async () => {
    await failure(db.transaction(async (tx) => {
      await tx.run("INSERT INTO counters (id, n) VALUES ('raw', 1)")
      expect(await Counter.findByPk('raw', { transaction: tx.models })).to.not.equal(null)
      await Counter.create({ id: 'model', n: 2 }, { transaction: tx.models })
      expect(await tx.get('SELECT n FROM counters WHERE id = ?', ['model'])).to.include({ n: 2 })
      throw new Error('no')
    }))
    expect(await count('raw')).to.equal(undefined)
    expect(await count('model')).to.equal(undefined)
  })

  it('serves a transaction that Sequelize itself begins', async () => {
    await db.sequelize.transaction(async (transaction) => { await Counter.create({ id: 'own', n: 3 }, { transaction }) })
    await failure(db.sequelize.transaction(async (transaction) => {
      await Counter.create({ id: 'gone', n: 3 }, { transaction })
      throw new Error('no')
    }))
    expect([await count('own'), await count('gone')]).to.deep.equal([3, undefined])
    expect(await Counter.bulkCreate([{ id: 'x' }, { id: 'y' }])).to.have.length(2)
    expect(await Counter.destroy({ where: { id: ['x', 'y'] } })).to.equal(2)
  })

  it('shows others nothing before the commit', async () => {
    const somebodyElse = new AsyncResource('somebody else')
    let seen: number | undefined
    await db.transaction(async (tx) => {
      await tx.run('UPDATE counters SET n = 7')
      seen = await somebodyElse.runInAsyncScope(count)
    })
    expect([seen, await count()]).to.deep.equal([0, 7])
  })

  it('runs `after` callbacks in order after the commit, and none after a rollback', async () => {
    const calls: string[] = []
    await db.transaction(async (tx) => {
      tx.after(() => calls.push('first'))
      tx.after(() => calls.push('second'))
      await tx.run('UPDATE counters SET n = 1')
      expect(calls).to.deep.equal([])
    })
    await failure(db.transaction(async (tx) => {
      tx.after(() => calls.push('never'))
      await tx.run('UPDATE counters SET n = 2')
      throw new Error('no')
    }))
    expect(calls).to.deep.equal(['first', 'second'])
    expect(await count()).to.equal(1)
  })

  it('drops the callbacks of an attempt that is repeated', async () => {
    const calls: number[] = []
    let tries = 0
    await db.transaction(async (tx) => {
      const attempt = ++tries
      tx.after(() => calls.push(attempt))
      if (attempt < 3) throw Object.assign(new Error('deadlock'), { errno: 1213 })
    })
    expect(calls).to.deep.equal([3])
  })

  it('refuses what would wait for the transaction it stands in', async () => {
    await db.transaction(async (tx) => {
      for (const query of [() => db.transaction(async () => 1), () => db.run('DELETE FROM counters'), () => db.all('SELECT 1'), () => Counter.findAll()]) {
        expect((await failure(query())).message).to.match(/inside a transaction/)
      }
      await tx.run('UPDATE counters SET n = 5')
    })
    expect(await count()).to.equal(5)
  })

  it('lets work that a transaction started go on by itself after it', async () => {
    let later: Promise<number> | undefined
    await db.transaction(async (tx) => {
      const over = new Promise<void>((resolve) => tx.after(resolve))
      later = over.then(() => db.transaction(async () => 42))
    })
    expect(await later).to.equal(42)
  })

  it('refuses a query of a transaction that is over', async () => {
    const tx = await db.transaction(async (inner) => inner)
    expect((await failure(tx.run('DELETE FROM counters'))).message).to.match(/over/)
    expect(await count()).to.equal(0)
  })

  it('names a broken unique key alike from raw SQL and from models', async () => {
    const again = ["INSERT INTO counters (id, n) VALUES ('a', 1)", []] as const
    const errors = [
      await failure(db.run(...again)),
      await failure(db.transaction((tx) => tx.run(...again))),
      await failure(Counter.create({ id: 'a', n: 1 })),
      await failure(db.transaction((tx) => Counter.create({ id: 'a', n: 1 }, { transaction: tx.models }))),
    ]
    for (const error of errors) expect(error).to.be.instanceOf(UniqueConstraintError).and.satisfy(isUniqueViolation)
  })

  it('names a broken reference, and does not take a missing value for a broken key', async () => {
    expect(await failure(db.run("INSERT INTO marks (counter_id) VALUES ('nobody')"))).to.satisfy(isForeignKeyViolation)
    expect(await failure(db.run('INSERT INTO counters (id, n) VALUES (?, ?)', ['z', null]))).to.not.satisfy(isUniqueViolation)
  })

  it('keeps two ids that differ in case alone', async () => {
    await db.run('INSERT INTO counters (id, n) VALUES (?, ?), (?, ?)', ['wamid.AbC', 1, 'wamid.aBc', 2])
    expect([await count('wamid.AbC'), await count('wamid.aBc'), await count('wamid.abc')]).to.deep.equal([1, 2, undefined])
  })

  it('gives integers as numbers, the first id of an insert, and the rows that an update found', async () => {
    await db.run('UPDATE counters SET n = ? WHERE id = ?', [1_795_000_000_123, 'a'])
    expect(await db.get('SELECT n, (SELECT SUM(n) FROM counters) AS total, (SELECT COUNT(*) FROM counters) AS c FROM counters WHERE id = ?', ['a']))
      .to.include({ n: 1_795_000_000_123, total: 1_795_000_000_123, c: 2 })
    const first = await db.run("INSERT INTO marks (counter_id) VALUES ('a'), ('b'), ('a')")
    const ids = (await db.all<{ id: number }>('SELECT id FROM marks ORDER BY id')).map((row) => row.id)
    expect(first).to.deep.equal({ changes: 3, lastId: ids[0] })
    expect((await db.run('UPDATE counters SET n = n')).changes).to.equal(2)
    expect(await db.all("SELECT id FROM counters WHERE id > 'a' LIMIT ?", [1])).to.have.length(1)
  })

  it('tells the time of the database', async () => {
    expect(Math.abs(await db.now() - Date.now())).to.be.lessThan(2000)
  })

  it('lets two processes write at once', async function () {
    this.timeout(60_000)
    const path = new URL('../support/adder.ts', import.meta.url)
    const children = [1, 2].map(() => fork(path, [database.url, '60'], { execArgv: ['--import', 'tsx'] }))
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number))
    expect(codes).to.deep.equal([0, 0])
    expect(await count()).to.equal(120)
  })
}))

if (process.env.TURNO_TEST_MYSQL_URL) describe('Db, on a server', () => onDatabase('mysql', (database) => {
  it('repeats a transaction that a deadlock rolled back', async () => {
    const db = await database.open()
    await migrate(db, { migrations: [counters] })
    await db.run("INSERT INTO counters (id, n) VALUES ('a', 0), ('b', 0)")
    let tries = 0
    let arrived = 0
    let open: () => void = () => undefined
    const both = new Promise<void>((resolve) => { open = resolve })
    const cross = (first: string, second: string) => db.transaction(async (tx) => {
      tries++
      await tx.run('UPDATE counters SET n = n + 1 WHERE id = ?', [first])
      if (++arrived === 2) open()
      await both
      await tx.run('UPDATE counters SET n = n + 1 WHERE id = ?', [second])
    })
    await Promise.all([cross('a', 'b'), cross('b', 'a')])
    expect(tries).to.equal(3)
    expect(await db.all('SELECT n FROM counters')).to.deep.equal([{ n: 2 }, { n: 2 }])
  })

  it('repeats a transaction whose connection was killed before the commit', async () => {
    const db = await database.open()
    const killer = await database.open()
    let tries = 0
    let kill: (id: number) => void = () => undefined
    const killed = new Promise<number>((resolve) => { kill = resolve }).then((id) => killer.run(`KILL ${id}`))
    await db.transaction(async (tx) => {
      tries++
      await tx.run("INSERT INTO counters (id, n) VALUES (?, 1)", [`try ${tries}`])
      if (tries > 1) return
      kill((await tx.get<{ id: number }>('SELECT CONNECTION_ID() AS id'))?.id as number)
      await killed
      await tx.run('UPDATE counters SET n = 9')
    })
    expect(await db.all("SELECT id FROM counters WHERE id LIKE 'try%'")).to.deep.equal([{ id: 'try 2' }])
  })

  it('says that the database is unavailable when the connection goes during the commit, and does not repeat', async () => {
    const db = await database.open()
    let tries = 0
    const error = await failure(db.transaction(async (tx) => {
      tries++
      const { id } = await tx.get<{ id: number }>('SELECT CONNECTION_ID() AS id') as { id: number }
      await tx.run('DELETE FROM counters')
      await tx.run(`KILL ${id}`).catch(() => undefined)
    }))
    expect(error).to.be.instanceOf(DomainError).and.include({ code: 'database_unavailable' })
    expect(tries).to.equal(1)
  })

  it('does not commit what was written after a deadlock that the work swallowed', async () => {
    const db = await database.open()
    await db.run("REPLACE INTO counters (id, n) VALUES ('a', 0), ('b', 0)")
    let arrived = 0
    let open: () => void = () => undefined
    const both = new Promise<void>((resolve) => { open = resolve })
    const cross = (first: string, second: string) => db.transaction(async (tx) => {
      await tx.run('UPDATE counters SET n = n + 1 WHERE id = ?', [first])
      if (++arrived === 2) open()
      await both
      await tx.run('UPDATE counters SET n = n + 1 WHERE id = ?', [second]).catch(() => undefined)
      await tx.run('UPDATE counters SET n = n + 10 WHERE id = ?', [first]).catch(() => undefined)
    })
    await Promise.all([cross('a', 'b'), cross('b', 'a')])
    expect(await db.all("SELECT n FROM counters WHERE id IN ('a', 'b')")).to.deep.equal([{ n: 12 }, { n: 12 }])
  })

  it('refuses an address where no database answers', async () => {
    const nobody = database.url.replace(/:\d+\//, ':1/')
    expect(await failure(database.open({ url: nobody }))).to.include({ code: 'database_unavailable' })
    expect(await failure(database.open({ url: `${database.url}_none` }))).to.include({ code: 'database_unavailable' })
  })
}))
