/**
 * `npm run bench`: the speed of the main path, from webhook to stored, assigned and on the agent's screen, beside what
 * the machine allows in the same run. Compare ratios, never figures of two machines.
 *   npm run bench -- [--edition embedded|cluster] [--json] [--messages 20000] [--seconds 20]
 * The cluster edition needs TURNO_TEST_MYSQL_URL and TURNO_TEST_REDIS_URL (test/support/services.sh start).
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openDatabase } from '../server/store/open.ts'
import type { Db } from '../server/store/db.ts'
import { Installed, password } from '../test/support/installed.ts'
import { ServerRun } from '../test/support/serverRun.ts'
import { barePosts, threeInserts } from './limits.ts'
import { Generator } from './load.ts'
import { openScreens, type Screens } from './screens.ts'

const { values: flags } = parseArgs({
  options: { edition: { type: 'string' }, json: { type: 'boolean', default: false }, messages: { type: 'string', default: '20000' }, seconds: { type: 'string', default: '20' } },
})
const messages = Number(flags.messages)
const appSecret = 'a secret of the endpoint'

type Row = Record<string, string | number>
const rows: Row[] = []
const rate = (count: number, seconds: number): number => Math.round(count / seconds)

/** All events applied and nobody left waiting. */
async function rest(db: Db): Promise<void> {
  for (;;) {
    const row = await db.get<{ inbox: number; waiting: number }>("SELECT (SELECT COUNT(*) FROM inbox_events WHERE pendingLane IS NOT NULL) AS inbox, (SELECT COUNT(*) FROM chats WHERE state = 'QUEUED') AS waiting")
    if (row?.inbox === 0 && row.waiting === 0) return
    await delay(10)
  }
}

const questions = async (db: Db): Promise<number | null> =>
  db.dialect === 'mysql' ? Number((await db.get<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Questions'"))?.Value) : null

const residentMb = (pid: number): number => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

/** Every message on exactly one screen, exactly once. */
async function shown(screens: Screens, sent: ReadonlyMap<string, number>): Promise<{ lost: number; doubled: number }> {
  const count = (): { lost: number; doubled: number } => {
    let lost = 0
    let doubled = 0
    for (const text of sent.keys()) {
      const times = screens.seen.get(text)?.times ?? 0
      if (times === 0) lost++
      if (times > 1) doubled++
    }
    return { lost, doubled }
  }
  for (let tries = 0; tries < 200 && count().lost > 0; tries++) await delay(25)
  return count()
}

function percentile(sorted: readonly number[], p: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0) * 10) / 10
}

async function measure(edition: 'embedded' | 'cluster'): Promise<void> {
  const dialect = edition === 'embedded' ? 'sqlite' : 'mysql'
  const installed = await Installed.make({ dialect, agents: 50, maxChats: 0 })
  const server = new ServerRun({
    dataDir: installed.dataDir, databaseUrl: installed.databaseUrl, redisUrl: edition === 'cluster' ? process.env.TURNO_TEST_REDIS_URL : undefined, redisPrefix: `bench-${Date.now()}`,
    more: { TURNO_LOG_LEVEL: 'error' },
  })
  await server.start()
  const db = await openDatabase({ url: installed.databaseUrl })
  const screens = await openScreens(server.url, installed.agents, password)
  const mark = edition === 'cluster' ? { l8: await threeInserts(installed.databaseUrl, 8, 8000), l1: await threeInserts(installed.databaseUrl, 1, 1500) } : null

  const flood = async (label: string, tag: string, total: number, chats: number, concurrency: number, limit: number | undefined): Promise<void> => {
    const generator = new Generator(server.url, { endpointId: installed.endpointId, appSecret, tag, chats }, concurrency)
    const before = await questions(db)
    const started = performance.now()
    const accepting = await generator.flood(total, concurrency)
    await rest(db)
    const seconds = (performance.now() - started) / 1000
    const statements = before === null ? null : (((await questions(db)) ?? 0) - before) / total
    const { lost, doubled } = await shown(screens, generator.sentAt)
    const stored = await db.get<{ n: number }>("SELECT COUNT(*) AS n FROM messages WHERE direction = 'in' AND body LIKE ?", [`${tag} %`])
    rows.push({
      edition, load: label, 'accepted/s': rate(total, accepting), 'done/s': rate(total, seconds), 'of limit': limit ? (total / seconds / limit).toFixed(2) : '–',
      'stmts/msg': statements === null ? '–' : statements.toFixed(1), lost: lost + (total - (stored?.n ?? 0)), doubled, refused: generator.refused,
    })
    await generator.close()
  }

  // A process that has just started compiles as it goes.
  await flood('warm-up', 'primeros', 1500, 500, 16, undefined)
  rows.pop()
  await flood('new visitors, concurrency 16', 'nuevos', 2000, 2000, 16, mark?.l8)
  await flood('200 known chats, concurrency 16', 'conocidos.0', 200, 200, 16, undefined)
  rows.pop()
  await flood('200 known chats, concurrency 16', 'conocidos.1', messages, 200, 16, mark?.l8)
  await flood('200 known chats, concurrency 1', 'conocidos.2', Math.min(2000, messages), 200, 1, mark?.l1)
  await flood('2,000 known chats, one message each', 'nuevos.1', 2000, 2000, 16, mark?.l8)

  const steady = new Generator(server.url, { endpointId: installed.endpointId, appSecret, tag: 'conocidos.3', chats: 200 }, 16)
  await steady.steady(100, Number(flags.seconds))
  const { lost, doubled } = await shown(screens, steady.sentAt)
  const latencies = [...steady.sentAt].map(([text, at]) => (screens.seen.get(text)?.at ?? Number.POSITIVE_INFINITY) - at).sort((a, b) => a - b)
  rows.push({
    edition, load: '100 msg/s, 50 screens: webhook → screen, ms', p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95), p99: percentile(latencies, 0.99), max: percentile(latencies, 1), lost, doubled,
    refused: steady.refused,
  })
  await steady.close()
  rows.push({ edition, load: 'resident memory after the load, MB', resident: residentMb(server.pid) })
  if (mark) rows.push({ edition, load: 'limit: 3 raw inserts a transaction, per second', '8 connections': Math.round(mark.l8), '1 connection': Math.round(mark.l1) })
  screens.close()
  await server.kill('SIGTERM')
  await db.close()
  await installed.remove()
}

/** Of the program as it is installed: sources that are compiled as they load take more. Needs `npm run build`. */
async function idleMemory(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'turno-idle-'))
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TURNO_DATA: dataDir, TURNO_HTTP_PORT: '0', TURNO_HTTP_HOST: '127.0.0.1' }
  execFileSync(process.execPath, ['bin/run.js', 'install', '--demo'], { env, stdio: 'ignore' })
  const server = spawn(process.execPath, ['bin/run.js', 'start'], { env, stdio: 'ignore' })
  await delay(30_000)
  const resident = residentMb(server.pid as number)
  server.kill('SIGTERM')
  await once(server, 'exit')
  rmSync(dataDir, { recursive: true, force: true })
  return resident
}

const cluster = process.env.TURNO_TEST_MYSQL_URL && process.env.TURNO_TEST_REDIS_URL
if (flags.edition !== 'cluster') await measure('embedded')
if (flags.edition !== 'embedded') {
  if (cluster) await measure('cluster')
  else console.error('The cluster edition is left out: TURNO_TEST_MYSQL_URL and TURNO_TEST_REDIS_URL are not set.')
}
if (flags.edition !== 'cluster') rows.push({ edition: 'embedded', load: 'resident memory idle, built, MB', resident: await idleMemory() })
rows.push({ edition: '–', load: 'limit: bare Koa POST, per second', '16 connections': Math.round(await barePosts(30_000)) })
if (flags.json) console.log(JSON.stringify(rows, null, 2))
else {
  for (const row of rows) {
    const { edition, load, ...figures } = row
    console.log(`${String(edition).padEnd(9)} ${String(load).padEnd(48)} ${Object.entries(figures).map(([name, value]) => `${name} ${value}`).join('   ')}`)
  }
}
process.exit(0)
