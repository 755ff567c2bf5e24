/** The composition root: the one file that knows every part of a running server. */
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import type { BridgeDefinition } from '../plugins/sdk/bridge.ts'
import { requireInstallation } from './actions/install.ts'
import { LocalBus, RedisBus, type Bus } from './adapters/bus.ts'
import { inboxLag } from './actions/inbound/apply.ts'
import { argonPasswords } from './actions/passwords.ts'
import { openCore } from './appCore.ts'
import { Bridges } from './bridges/registry.ts'
import type { Core } from './actions/core.ts'
import { checkWorkers } from './actions/queries/health.ts'
import type { Metrics } from './http/metrics.ts'
import { callerReader } from './http/caller.ts'
import { createHttp } from './http/server.ts'
import { originAllowed, sessionTokenFrom } from './http/session.ts'
import { Realtime } from './realtime/realtime.ts'
import { drainWorker } from './workers/drain.ts'
import { housekeepingWorker } from './workers/housekeeping.ts'
import { inboxWorker } from './workers/inbox.ts'
import { jobsWorker } from './workers/jobs.ts'
import { menuCallsWorker } from './workers/menuCalls.ts'
import { MenuServices } from './workers/menuServices.ts'
import { mediaWorker } from './workers/media.ts'
import { outboxWorker } from './workers/outbox.ts'
import { timersWorker } from './workers/timers.ts'
import type { Worker } from './workers/worker.ts'

export interface StartOptions {
  /** Bridges of tests and measurements; production has those of `plugins/` and of installed packages. */
  readonly bridges?: readonly BridgeDefinition[]
}

export interface RunningServer {
  /** Where it listens: the port is the one that was free, if the configuration says 0. */
  readonly url: string
  readonly port: number
  /** Takes nothing new, ends what runs, tells the browsers to come back, closes. */
  stop(): Promise<void>
}

export const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url).pathname.replace('/dist/package.json', '/package.json'), 'utf8')) as { version: string }).version

/** Throws DomainError not_installed, schema_older, schema_newer, secret_key_wrong, database_unavailable; the port's own error when it is taken. */
export async function startServer(config: Config, options: StartOptions = {}): Promise<RunningServer> {
  const opened = await openCore(config, { bridges: options.bridges ?? [] })
  const { core, wake, directory } = opened
  const closing: (() => Promise<void>)[] = [() => opened.close()]
  const abandon = async (): Promise<void> => {
    for (const close of closing.reverse()) await close().catch((error: unknown) => core.log.warn('not closed cleanly', { error: error instanceof Error ? error.message : String(error) }))
  }
  try {
    await requireInstallation(core)
    const bus: Bus = config.redis.url ? new RedisBus({ url: config.redis.url, prefix: config.redis.prefix, me: core.processId, log: core.log }) : new LocalBus()
    closing.push(() => bus.close())
    const callerOf = callerReader(config.http.trustedProxies)
    const realtime = new Realtime({
      core, bus, wake, tokenOf: (cookies, app) => sessionTokenFrom(config, cookies, app), originAllowed: (headers) => originAllowed(core.publicUrl, headers),
      addressOf: (request) => callerOf(request).address,
    })
    const bridges = new Bridges(core, directory, realtime)
    realtime.use(bridges)
    closing.push(() => bridges.closeAll())
    const workers: Worker[] = [await housekeepingWorker(core, wake, bridges, version, () => realtime.staff.announce())]
    closing.push(async () => {
      // The inbox first, so that nothing new comes down the line.
      for (const worker of [...workers].reverse()) await worker.stop()
    })
    workers.push(
      timersWorker(core, wake), menuCallsWorker(core, wake, new MenuServices(core), config.workers.menuCalls), jobsWorker(core, wake, bridges, config.workers.jobs), mediaWorker(core, wake, bridges, config.workers.media),
      outboxWorker(core, wake, bridges, config.workers.outbox), drainWorker(core, wake), inboxWorker(core, wake, config.workers.inbox),
    )
    const sweeping = sweeper(core.log, workers, config.workers.sweepSeconds)
    closing.push(async () => sweeping.stop())
    const off = wake.on('control', () => bridges.reconcile())
    closing.push(async () => off())
    const http = createHttp({
      core, config, bridges, passwords: argonPasswords, version, checks: { workers: () => checkWorkers(core), ...(config.redis.url ? { redis: () => bus.check() } : {}) },
    })
    measure(http.metrics, core, realtime)
    const server = createServer(http.callback())
    closing.push(() => realtime.stop())
    await listen(server, config.http.port, config.http.host)
    closing.push(() => closeServer(server))
    await realtime.start(server)
    closing.push(async () => http.drain())
    await bridges.reconcile()
    sweeping.now()
    const port = (server.address() as AddressInfo).port
    core.log.info('started', { version, port, processId: core.processId })
    let stopping: Promise<void> | null = null
    return { port, url: config.http.publicUrl ?? `http://localhost:${port}`, stop: () => (stopping ??= abandon()) }
  } catch (error) {
    await abandon()
    throw error
  }
}

/** Figures beside those of the requests: how far the lanes are behind, and who is looking. */
function measure(metrics: Metrics, core: Core, realtime: Realtime): void {
  metrics.gauge('turno_screens', 'Sockets of agents and supervisors in this process.', () => realtime.staff.size)
  metrics.gauge('turno_inbox_waiting', 'Events that arrived and are not applied yet, in the whole installation.', async () => (await inboxLag(core)).waiting)
  metrics.gauge('turno_inbox_oldest_seconds', 'Age of the oldest of them.', async () => (await inboxLag(core)).oldestMs / 1000)
}

/** Looks, now and then, for pending work that no alarm rang for. */
function sweeper(log: { warn(message: string, fields?: object): void }, workers: readonly Worker[], seconds: number): { now(): void; stop(): void } {
  const now = (): void => {
    for (const worker of workers) {
      worker.sweep().catch((error: unknown) => log.warn('sweep failed, to be repeated', { worker: worker.name, error: error instanceof Error ? error.message : String(error) }))
    }
  }
  const timer = setInterval(now, seconds * 1000)
  return { now, stop: () => clearInterval(timer) }
}

function listen(server: HttpServer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Requests under way are answered; who holds a connection open for nothing is let go. */
function closeServer(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), 5000).unref()
  })
}
