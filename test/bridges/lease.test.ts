/** A line is held by one process; whoever has lost it can neither write keys nor speak for it. */
import { expect } from 'chai'
import type { Bridge, BridgeDefinition, BridgeHost } from '../../plugins/sdk/bridge.ts'
import { createChannel, removeChannel } from '../../server/actions/channels.ts'
import type { Core } from '../../server/actions/core.ts'
import { endLinesOf } from '../../server/actions/leases.ts'
import { Catalog } from '../../server/actions/catalog.ts'
import { Bridges, Directory } from '../../server/bridges/registry.ts'
import { eachDatabase } from '../databases.ts'
import { plainCapabilities } from '../support/company.ts'
import { boss, World } from '../world.ts'

/** A process: its own core and bridges, on the database of the others. */
interface Process { readonly core: Core; readonly bridges: Bridges; /** What its bridge was given, newest last. */ readonly hosts: BridgeHost[] }

const lineWith = (hosts: BridgeHost[]): BridgeDefinition => ({
  type: 'held', channelType: 'whatsapp', displayName: 'Held', sdk: '^1.0.0', settingsSchema: { type: 'object', properties: {} }, secretsSchema: { type: 'object', properties: {} }, loginFlows: [],
  open: (_channel, host): Bridge => {
    hosts.push(host)
    const since = host.clock.now()
    return {
      capabilities: () => ({ ...plainCapabilities, link: 'persistent' }), connect: async () => host.reportStatus({ state: 'connecting', since }), disconnect: async () => undefined,
      status: () => ({ state: 'connecting', since }), send: () => Promise.reject(new Error('nothing is sent here')),
    }
  },
})

const rejection = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => (error instanceof Error ? error.constructor.name : String(error)))
const keys = (text: string): Map<string, Uint8Array> => new Map([['creds', Buffer.from(text)]])

eachDatabase((database) => {
  let world: World
  let one: Process
  let other: Process
  let channelId: string
  before(async () => {
    const hosts: BridgeHost[] = []
    world = await World.build(database, { bridges: [lineWith(hosts)] })
    const process = async (processId: string): Promise<Process> => {
      const own: BridgeHost[] = []
      const directory = new Directory(new Map([['held', lineWith(own)]]))
      const db = await database.open()
      const core: Core = { ...world.core, db, catalog: new Catalog(db), bridges: directory, processId }
      return { core, bridges: new Bridges(core, directory, { push: async () => undefined, signal: () => undefined }, { leaseMs: 60_000 }), hosts: own }
    }
    one = await process('one')
    other = await process('other')
    channelId = (await createChannel(world.core, boss, { name: 'Línea', bridge: 'held' })).id
  })
  after(async () => {
    await one.bridges.closeAll()
    await other.bridges.closeAll()
    await world.close()
  })

  const host = (process: Process): BridgeHost => process.hosts.at(-1) as BridgeHost
  const statusOf = async (): Promise<string | undefined> => (await world.db.get<{ status: string }>('SELECT status FROM channels WHERE id = ?', [channelId]))?.status
  const until = async (test: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; !(await test()); tries++) {
      if (tries > 500) throw new Error('it never came')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  it('runs in the process that came first, which keeps its keys sealed', async () => {
    await one.bridges.reconcile()
    await other.bridges.reconcile()
    expect([one.bridges.all().length, other.bridges.all().length]).to.deep.equal([1, 0])
    await host(one).store.write(keys('first'))
    expect(Buffer.from((await host(one).store.get('creds')) as Uint8Array).toString()).to.equal('first')
    const row = await world.db.get<{ value: Uint8Array; epoch: number }>('SELECT value, epoch FROM bridge_store WHERE channelId = ?', [channelId])
    expect(Buffer.from(row?.value ?? []).toString()).not.to.contain('first')
    expect(row?.epoch).to.equal(one.bridges.all()[0]?.epoch)
    await until(async () => (await statusOf()) === 'reconnecting')
  })

  it('moves to another process when its holder is gone; the old one, waking up, reads and writes nothing and is not heard', async () => {
    await endLinesOf(other.core, ['one'])
    await other.bridges.keepLeases()
    expect(other.bridges.all()).to.have.length(1)
    await host(other).store.write(keys('second'))
    host(other).reportStatus({ state: 'connected', since: new Date(), account: { user: 'x', identifiers: [{ kind: 'phone', scope: '', value: '573001112233' }] } })
    await until(async () => (await statusOf()) === 'connected')

    expect(await rejection(host(one).store.write(keys('stale')))).to.equal('LeaseLost')
    expect(await rejection(host(one).store.get('creds'))).to.equal('LeaseLost')
    expect(await rejection(host(one).store.clear())).to.equal('LeaseLost')
    host(one).reportStatus({ state: 'action_required', since: new Date(), code: 'session_in_use', action: 'fix_settings' })
    await one.bridges.keepLeases()
    expect(one.bridges.all(), 'it lets go of the line').to.have.length(0)
    expect(Buffer.from((await host(other).store.get('creds')) as Uint8Array).toString()).to.equal('second')
    expect(await statusOf()).to.equal('connected')
  })

  it('is taken from its holder when the channel is removed: no key is written again', async () => {
    await removeChannel(world.core, boss, { channelId })
    expect(await rejection(host(other).store.write(keys('after')))).to.equal('LeaseLost')
    expect(await world.db.get('SELECT COUNT(*) AS n FROM bridge_store WHERE channelId = ?', [channelId])).to.deep.include({ n: 0 })
    await other.bridges.reconcile()
    expect(other.bridges.all()).to.have.length(0)
  })
})
