/** What the machine allows, measured in the same run: the marks that the figures are compared with. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { createPool } from 'mysql2/promise'
import { Pool } from 'undici'

/** Transactions per second of three single-row inserts through mysql2, with that many connections. */
export async function threeInserts(url: string, connections: number, total: number): Promise<number> {
  const pool = createPool({ uri: url, connectionLimit: connections })
  const tables = ['bench_a', 'bench_b', 'bench_c']
  for (const table of tables) {
    await pool.query(`DROP TABLE IF EXISTS ${table}`)
    await pool.query(`CREATE TABLE ${table} (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(200) NOT NULL)`)
  }
  let done = 0
  const started = performance.now()
  await Promise.all(Array.from({ length: connections }, async () => {
    const connection = await pool.getConnection()
    while (done++ < total) {
      await connection.query('BEGIN')
      for (const table of tables) await connection.execute(`INSERT INTO ${table} (body) VALUES (?)`, ['Buenos días, ¿tienen citas para mañana?'])
      await connection.query('COMMIT')
    }
    connection.release()
  }))
  const rate = total / ((performance.now() - started) / 1000)
  for (const table of tables) await pool.query(`DROP TABLE ${table}`)
  await pool.end()
  return rate
}

/** POSTs per second of a Koa that reads the body and answers. */
export async function barePosts(total: number): Promise<number> {
  const app = new Koa()
  app.use(async (context) => {
    for await (const chunk of context.req) void chunk
    context.body = 'ok'
  })
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const client = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 16, pipelining: 1 })
  let done = 0
  const started = performance.now()
  await Promise.all(Array.from({ length: 16 }, async () => {
    while (done++ < total) await (await client.request({ path: '/', method: 'POST', body: '{"events":[]}' })).body.dump()
  }))
  const rate = total / ((performance.now() - started) / 1000)
  await client.close()
  server.close()
  return rate
}
