/** A second process for transaction.test.ts: `adder.ts URL TIMES` adds to counter `a`, one transaction each time. */
import { openDatabase } from '../../server/store/open.ts'
import { forUpdate } from '../../server/store/sql.ts'

const [url, times] = process.argv.slice(2) as [string, string]
const db = await openDatabase({ url, synchronous: 'normal', poolSize: 4 })
const add = () => db.transaction(async (tx) => {
  const row = await tx.get<{ n: number }>(`SELECT n FROM counters WHERE id = 'a'${forUpdate(tx.dialect)}`)
  await tx.run("UPDATE counters SET n = ? WHERE id = 'a'", [(row?.n ?? 0) + 1])
})
await Promise.all([0, 1, 2].map(async () => { for (let i = 0; i < Number(times) / 3; i++) await add() }))
await db.close()
