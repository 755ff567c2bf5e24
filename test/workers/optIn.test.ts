/** The network's own register of consent, told by a durable job. */
import { expect } from 'chai'
import type { OptInFacet } from '../../plugins/sdk/bridge.ts'
import type { Bridges } from '../../server/bridges/registry.ts'
import { addJob } from '../../server/actions/jobs.ts'
import { systemActor } from '../../server/domain/permissions.ts'
import { jobsWorker } from '../../server/workers/jobs.ts'
import { eachDatabase } from '../databases.ts'
import { World } from '../world.ts'

eachDatabase((database) => {
  let world: World
  before(async () => {
    world = await World.build(database)
    await world.channel('linea')
  })
  after(() => world.close())

  it('registers what the customer agreed to, and tries again when the network does not answer', async () => {
    await world.arrive('linea', { from: '573001112233', text: 'hola' })
    await world.settle()
    const chat = await world.db.get<{ id: string; channelId: string }>('SELECT id, channelId FROM chats WHERE remoteChatId = ?', ['573001112233'])
    const told: string[] = []
    let down = true
    const optIn: OptInFacet = {
      set(user, state) {
        if (down) return Promise.reject(new Error('no answer'))
        told.push(`${user} ${state}`)
        return Promise.resolve()
      },
    }
    const bridges: Pick<Bridges, 'running'> = {
      running(channelId) {
        const running = world.bridges.running(channelId)
        return running && { ...running, bridge: Object.create(running.bridge, { optIn: { value: optIn } }) as typeof running.bridge }
      },
    }
    const job = async (): Promise<unknown> => world.db.get("SELECT state, error FROM jobs WHERE kind = 'opt-in'")
    const work = async (): Promise<void> => {
      const worker = jobsWorker(world.core, world.wake, bridges, 1)
      await worker.sweep()
      await worker.stop()
    }
    await addJob(world.core, world.db, systemActor, { kind: 'opt-in', data: { chatId: chat?.id, channelId: chat?.channelId, status: 'granted' } })
    await work()
    expect([await job(), told]).to.deep.equal([{ state: 'waiting', error: 'no answer' }, []])
    down = false
    world.clock.pass(60)
    await work()
    expect([await job(), told]).to.deep.equal([{ state: 'done', error: null }, ['573001112233 in']])
  })
})
