/**
 * A whole small company built through actions, on a clock that tests move. Nothing runs by itself: `settle` does, in
 * turn, what the workers of a server would do until nothing is left, so that tests neither sleep nor race.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BridgeDefinition, InboundEvent, Part } from '../plugins/sdk/bridge.ts'
import { loopback, type LoopbackEvent } from '../plugins/sdk/testkit/loopback.ts'
import { network } from '../plugins/sdk/testkit/loopbackLink.ts'
import { LocalWake } from '../server/adapters/wake.ts'
import { monotonicIds } from '../server/adapters/ids.ts'
import { createKeyFile, openSealer } from '../server/adapters/sealer.ts'
import { fileStorage } from '../server/adapters/storage.ts'
import { Catalog } from '../server/actions/catalog.ts'
import { createChannel, routeChannel } from '../server/actions/channels.ts'
import type { Core } from '../server/actions/core.ts'
import { drain } from '../server/actions/distribution/index.ts'
import { overflowLate } from '../server/actions/distribution/limits.ts'
import { linesWithWaiting } from '../server/actions/distribution/rows.ts'
import { applyLanes, findWaitingLanes } from '../server/actions/inbound/apply.ts'
import { recordInbound } from '../server/actions/inbound/record.ts'
import { install } from '../server/actions/install.ts'
import { addMembers } from '../server/actions/memberships.ts'
import { createPauseReason } from '../server/actions/pauseReasons.ts'
import { claimJob, finishJob } from '../server/actions/jobs.ts'
import { createMenu, publishMenu } from '../server/actions/menus/documents.ts'
import { ringRun } from '../server/actions/menus/inputs.ts'
import { dropTimer, dueTimers } from '../server/actions/timers.ts'
import type { CallRequest, CallResult } from '../server/domain/menu/calls.ts'
import type { Json } from '../server/domain/menu/environment.ts'
import { runMenuJob } from '../server/workers/menuCalls.ts'
import { agentConnected, endWrapUp } from '../server/actions/presence.ts'
import { createQueue } from '../server/actions/queues.ts'
import { createUser } from '../server/actions/users.ts'
import { Bridges, Directory } from '../server/bridges/registry.ts'
import { outboxWorker } from '../server/workers/outbox.ts'
import type { Worker } from '../server/workers/worker.ts'
import { cliActor, rightsOf, type Actor } from '../server/domain/permissions.ts'
import type { Clock, Log } from '../server/domain/ports.ts'
import type { Db } from '../server/store/db.ts'
import type { TestDatabase } from './databases.ts'

export class WorldClock implements Clock {
  at = Date.UTC(2026, 10, 23, 15)
  now(): number {
    return this.at
  }
  pass(seconds: number): void {
    this.at += seconds * 1000
  }
}

/** Warnings and errors, for tests that look at them; nothing is printed. */
export class MemoryLog implements Log {
  readonly lines: { level: string; message: string; fields: object | undefined }[] = []
  debug(): void {}
  info(): void {}
  warn(message: string, fields?: object): void {
    this.lines.push({ level: 'warn', message, fields })
  }
  error(message: string, fields?: object): void {
    this.lines.push({ level: 'error', message, fields })
  }
}

export const boss = cliActor('test')

export class World {
  readonly core: Core
  readonly db: Db
  readonly clock: WorldClock
  readonly log: MemoryLog
  readonly wake: LocalWake
  readonly bridges: Bridges
  readonly agents = new Map<string, Actor>()
  readonly queues = new Map<string, string>()
  readonly channels = new Map<string, string>()
  /** What menus asked of outside services. */
  readonly asked: CallRequest[] = []
  answers: (request: CallRequest) => CallResult = () => ({ ok: false, code: 'network' })
  private readonly outbox: Worker
  private readonly folder: string
  private sent = 0

  private constructor(core: Core, clock: WorldClock, log: MemoryLog, wake: LocalWake, bridges: Bridges, folder: string) {
    this.core = core
    this.db = core.db
    this.clock = clock
    this.log = log
    this.wake = wake
    this.bridges = bridges
    this.folder = folder
    this.outbox = outboxWorker(core, wake, bridges, 8)
  }

  /** An installed, empty company with its first queue, Recepción. */
  static async build(database: TestDatabase, { bridges: also = [] as BridgeDefinition[] } = {}): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'turno-world-'))
    createKeyFile(join(folder, 'secret.key'))
    const clock = new WorldClock()
    const log = new MemoryLog()
    const db = await database.open()
    const directory = new Directory(new Map([loopback as BridgeDefinition, ...also].map((definition) => [definition.type, definition])))
    // Nothing rings by itself: tests move the clock and settle.
    const wake = new LocalWake({ log, clock, timer: () => () => undefined })
    const core: Core = {
      db, clock, log, wake, ids: monotonicIds(clock), sealer: openSealer(join(folder, 'secret.key')), storage: fileStorage(join(folder, 'files')), bridges: directory,
      catalog: new Catalog(db), processId: 'test-process', publicUrl: 'http://turno.test',
    }
    const runtime = new Bridges(core, directory, { push: async () => undefined, signal: () => undefined })
    const world = new World(core, clock, log, wake, runtime, folder)
    const installed = await install(core, boss, {
      companyName: 'Clínica Los Almendros', admin: { username: 'admin', name: 'Administración', password: 'correcto caballo pila grapa' }, queue: { name: 'Recepción' },
    })
    world.queues.set('Recepción', installed.queue.id)
    return world
  }

  async close(): Promise<void> {
    await this.outbox.stop()
    await this.bridges.closeAll()
    await this.wake.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async agent(name: string, { queues = ['Recepción'], maxChats = null as number | null, online = true } = {}): Promise<Actor> {
    const { user } = await createUser(this.core, boss, { username: name.toLowerCase(), name, role: 'agent', maxChats, password: 'correcto caballo pila grapa' })
    for (const queue of queues) await addMembers(this.core, boss, { queueId: this.queue(queue), agentIds: [user.id] })
    const actor: Actor = { kind: 'agent', id: user.id, name, rights: rightsOf('agent', true) }
    this.agents.set(name, actor)
    if (online) await this.signIn(name)
    return actor
  }

  async supervisor(name: string): Promise<Actor> {
    const { user } = await createUser(this.core, boss, { username: name.toLowerCase(), name, role: 'supervisor', password: 'correcto caballo pila grapa' })
    return { kind: 'supervisor', id: user.id, name, rights: rightsOf('supervisor', false) }
  }

  /** A session with a socket, as far as presence can tell. */
  async signIn(name: string): Promise<string> {
    const agent = this.who(name)
    const id = this.core.ids.next()
    // One active session an agent: the one before is over.
    await this.db.run('DELETE FROM session_sockets WHERE sessionId IN (SELECT id FROM sessions WHERE userId = ?)', [agent.id])
    await this.db.run("UPDATE sessions SET closedAt = ?, closeReason = 'replaced' WHERE userId = ? AND closedAt IS NULL", [this.clock.at, agent.id])
    await this.db.run(
      "INSERT INTO sessions (id, tokenHash, csrf, userId, app, address, userAgent, createdAt, lastSeenAt, expiresAt) VALUES (?,?,?,?,'agent','127.0.0.1','test',?,?,?)",
      [id, id, id, agent.id, this.clock.at, this.clock.at, this.clock.at + 86_400_000],
    )
    await agentConnected(this.core, id)
    return id
  }

  async newQueue(name: string): Promise<string> {
    const { id } = await createQueue(this.core, boss, { name })
    this.queues.set(name, id)
    return id
  }

  async pauseReason(name: string): Promise<string> {
    return (await createPauseReason(this.core, boss, { code: name.toLowerCase(), name })).id
  }

  /** A loopback line that leads to a queue. */
  async channel(name: string, { queue = 'Recepción' as string | null, menu = undefined as string | undefined, settings = {} as Record<string, unknown>, endpointId = undefined as string | undefined } = {}): Promise<string> {
    const channel = await createChannel(this.core, boss, {
      name, bridge: 'loopback', settings: { account: name, ...settings }, ...(endpointId ? { endpointId } : { secrets: { appSecret: 'a secret of the endpoint' } }),
    })
    if (menu) await routeChannel(this.core, boss, { channelId: channel.id, destination: { type: 'menu', id: menu } })
    else if (queue) await routeChannel(this.core, boss, { channelId: channel.id, destination: { type: 'queue', id: this.queue(queue) } })
    this.channels.set(name, channel.id)
    await this.bridges.reconcile()
    return channel.id
  }

  /** A published menu; its id. */
  async menu(document: Json): Promise<string> {
    const { id } = await createMenu(this.core, boss, { name: (document as { name: string }).name, document })
    await publishMenu(this.core, boss, { menuId: id, note: 'prueba', addFields: true })
    return id
  }

  queue(name: string): string {
    const id = this.queues.get(name)
    if (!id) throw new Error(`no queue ${name}`)
    return id
  }

  who(name: string): Actor {
    const actor = this.agents.get(name)
    if (!actor) throw new Error(`no agent ${name}`)
    return actor
  }

  /** Something a customer does on a line, recorded but not applied. */
  async arrive(line: string, event: Omit<LoopbackEvent, 'account' | 'id'> & { id?: string }): Promise<string> {
    const id = event.id ?? `m${++this.sent}`
    await this.deliver(line, inbound({ account: line, id, at: this.clock.at, ...event }))
    return id
  }

  async deliver(line: string, events: readonly InboundEvent[]): Promise<void> {
    await recordInbound(this.core, { channelId: this.channels.get(line) ?? line, events })
  }

  /** A customer's text, all the way to an agent if there is one. */
  async write(line: string, from: string, text: string): Promise<string> {
    const id = await this.arrive(line, { from, text, name: `Cliente ${from}` })
    await this.settle()
    return id
  }

  async settle(): Promise<void> {
    for (let quiet = false; !quiet; ) {
      const lanes = await findWaitingLanes(this.core, 100)
      if (lanes.length > 0) await applyLanes(this.core, lanes)
      let assigned = await this.alarms() + await this.menuJobs()
      for (const key of await linesWithWaiting(this.db)) assigned += await drain(this.core, key)
      await this.idle()
      quiet = lanes.length === 0 && assigned === 0 && (await findWaitingLanes(this.core, 1)).length === 0
    }
  }

  /** Alarms that are due ring, but those of presence, which tests look at themselves; lists are drained anyhow. */
  private async alarms(): Promise<number> {
    let rung = 0
    for (const timer of (await dueTimers(this.core, 100)).filter((one) => one.kind !== 'presence')) {
      if (timer.kind === 'menu') await ringRun(this.core, timer.subjectId, { chatId: String(timer.data.chatId), version: Number(timer.data.version) })
      if (timer.kind === 'overflow') await overflowLate(this.core, timer.subjectId, String(timer.data.queueId))
      if (timer.kind === 'wrapup') await endWrapUp(this.core, timer.subjectId)
      await dropTimer(this.core, timer)
      rung++
    }
    return rung
  }

  /** What menus ask of services and people; services answer as `answers` says. */
  private async menuJobs(): Promise<number> {
    let done = 0
    for (let job = await claimJob(this.core, 'menus'); job; job = await claimJob(this.core, 'menus')) {
      await runMenuJob(this.core, { carryOut: async (request) => { this.asked.push(request); return this.answers(request) } }, job)
      await finishJob(this.core, job)
      done++
    }
    return done
  }

  /** Everything that may be sent now has been, or has been tried. */
  private async idle(): Promise<void> {
    const tried = (): Promise<{ n: number; attempts: number | null; sending: number | null } | undefined> =>
      this.db.get("SELECT COUNT(*) AS n, SUM(attempts) AS attempts, SUM(state = 'sending') AS sending FROM outbox WHERE pendingChat IS NOT NULL AND availableAt <= ?", [this.clock.at])
    // What is on its way to the network is waited for, however slow the machine; what cannot go stays.
    for (let same = 0, before = '', looks = 0; same < 20 && looks < 5000; looks++) {
      await this.outbox.sweep()
      await new Promise((resolve) => setImmediate(resolve))
      const now = await tried()
      if (!now || now.n === 0) return
      if ((now.sending ?? 0) > 0) {
        same = 0
        continue
      }
      same = JSON.stringify(now) === before ? same + 1 : 0
      before = JSON.stringify(now)
    }
  }

  async chat(from: string): Promise<{ id: string; state: string; agentId: string | null; conversationId: string | null; queuedAt: number | null; unread: number; waitingSince: number | null; title: string }> {
    const row = await this.db.get<{ id: string; state: string; agentId: string | null; conversationId: string | null; queuedAt: number | null; unread: number; waitingSince: number | null; title: string }>(
      'SELECT id, state, agentId, conversationId, queuedAt, unread, waitingSince, title FROM chats WHERE remoteChatId = ?', [from],
    )
    if (!row) throw new Error(`no chat of ${from}`)
    return row
  }

  /** Who holds the chat of this customer, by name; null for nobody. */
  async holder(from: string): Promise<string | null> {
    const { agentId } = await this.chat(from)
    return [...this.agents.values()].find((agent) => agent.id === agentId)?.name ?? null
  }

  /** What the network was handed for this customer, in order. */
  received(from: string): string[] {
    return network.arrivals.filter((arrival) => (arrival.message as { chat: string }).chat === from).map((arrival) => textOf((arrival.message as unknown as { part: Part }).part))
  }
}

const textOf = (part: Part): string => (part.kind === 'text' ? part.text : `[${part.kind}]`)

/** One loopback event as the bridge's parser makes it. */
export function inbound(event: LoopbackEvent): InboundEvent[] {
  const bridge = loopback.open({ id: 'parser', settings: { account: event.account }, secrets: { appSecret: '' }, webhookUrl: '' }, undefined as never)
  const body = Buffer.from(JSON.stringify({ events: [event] }))
  return bridge.webhook?.parse({ method: 'POST', url: '', remoteAddress: '', path: '', query: {}, headers: {}, rawBody: body }) ?? []
}
