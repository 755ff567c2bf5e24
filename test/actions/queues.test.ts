import { expect } from 'chai'
import { Catalog } from '../../server/actions/catalog.ts'
import { addMembers, removeMembers, replaceMembers, replaceQueues } from '../../server/actions/memberships.ts'
import { findQueue, listMembers, listQueues } from '../../server/actions/queries/queues.ts'
import { findPauseReason, listPauseReasons } from '../../server/actions/queries/staff.ts'
import { createPauseReason, removePauseReason, updatePauseReason } from '../../server/actions/pauseReasons.ts'
import { createQueue, removeQueue, updateQueue, type NewQueue } from '../../server/actions/queues.ts'
import { setSetting } from '../../server/actions/settings.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import { modelsOf } from '../../server/store/models/index.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { addUser, agent, auditOf, cli, company, eventsOf, supervisor, type Company } from './company.ts'

const nobody = '01JZZZZZZZZZZZZZZZZZZZZZZZ'

describe('Queues', () => {
  eachDatabase((database) => {
    let here: Company
    before(async () => {
      here = await company(database)
    })

    const refusals: [what: string, actor: Actor, input: NewQueue, code: string][] = [
      ['by an agent', agent, { name: 'Ventas' }, 'forbidden'],
      ['with the name of another in other letters', supervisor, { name: ' RECEPCION ' }, 'name_taken'],
      ['without a letter in its name', supervisor, { name: '¡!' }, 'validation'],
      ['with a text in no language', supervisor, { name: 'Ventas', messages: { waiting: { castellano: 'Espere' } } }, 'validation'],
    ]
    for (const [what, actor, input, code] of refusals) {
      it(`refuses one ${what}: ${code}`, async () => {
        expect(await failure(createQueue(here.core, actor, input))).to.include({ code })
        expect(await listQueues(here.core, cli)).to.have.length(1)
      })
    }

    it('creates one with its turn pointer, an event, an audit line and a nudge', async () => {
      const queue = await createQueue(here.core, supervisor, { name: 'Citas médicas', messages: { waiting: { es: 'Ya le atendemos.' } } })
      expect(queue).to.deep.include({ slug: 'citas_medicas', description: '', messages: { waiting: { es: 'Ya le atendemos.' } } })
      expect(await modelsOf(here.core.db).queueTurns.findByPk(queue.id)).to.deep.include({ pointer: 0 })
      expect((await eventsOf(here.core)).at(-1)).to.deep.include({
        type: 'queue.created',
        queueId: queue.id,
        data: { queueName: 'Citas médicas', by: 'Rosa Molina' },
      })
      expect((await auditOf(here.core, 'queue.create')).at(-1)).to.include({ subjectId: queue.id, actorName: 'Rosa Molina' })
      expect(here.core.nudges).to.deep.include({ topic: 'control', keys: [queue.id] })
      expect((await here.core.catalog.read()).queue(queue.id)?.messages).to.deep.equal({ waiting: { es: 'Ya le atendemos.' } })
      for (const ref of [queue.id, 'citas_medicas', 'CITAS MÉDICAS'])
        expect(await findQueue(here.core, cli, ref)).to.include({ id: queue.id, members: 0, waiting: 0 })
    })

    it('lets one of several take a name', async () => {
      const results = await Promise.allSettled(
        ['Ventas', 'ventas', 'VENTAS', ' Véntas'].map((name) => createQueue(here.core, cli, { name })),
      )
      expect(results.filter((result) => result.status === 'fulfilled')).to.have.length(1)
      for (const result of results)
        if (result.status === 'rejected') expect((result.reason as { code: string }).code).to.equal('name_taken')
    })

    it('renames one, and its slug with it', async () => {
      const { id } = await findQueue(here.core, cli, 'ventas')
      expect(await updateQueue(here.core, cli, { queueId: id, name: 'Ventas Norte' })).to.include({ slug: 'ventas_norte' })
      expect(await failure(updateQueue(here.core, cli, { queueId: id, name: 'recepción' }))).to.include({ code: 'name_taken' })
      expect(await failure(updateQueue(here.core, cli, { queueId: nobody, name: 'Otra' }))).to.include({ code: 'not_found' })
      expect(await failure(updateQueue(here.core, agent, { queueId: id, name: 'Otra' }))).to.include({ code: 'forbidden' })
    })

    it('tells a process that no nudge reaches', async () => {
      const beside = new Catalog(await database.open())
      await beside.catchUp()
      expect((await beside.read()).queues()).to.have.length(3)
      expect(await beside.catchUp()).to.equal(false)
      await createQueue(here.core, cli, { name: 'Urgencias' })
      expect((await beside.read()).queues()).to.have.length(3)
      expect(await beside.catchUp()).to.equal(true)
      expect((await beside.read()).queues()).to.have.length(4)
    })

    it('refuses to remove one that is used, waited in, assigned through or attended', async () => {
      const { core } = here
      expect(await failure(removeQueue(core, cli, { queueId: here.queue.id }))).to.deep.include({
        code: 'in_use',
        details: { setting: 'routing.fallbackQueue' },
      })
      const queue = await createQueue(core, cli, { name: 'Laboratorio' })
      const refuses = async (code: string, force = false): Promise<void> => {
        expect(await failure(removeQueue(core, cli, { queueId: queue.id, force }))).to.include({ code })
      }
      const laura = await addUser(core)
      await addMembers(core, cli, { queueId: queue.id, agentIds: [laura.id] })
      await refuses('has_members')
      const waiting = core.ids.next()
      await core.db.run(
        `INSERT INTO distributions (id, chatId, conversationId, targetKind, targetId, kind, requesterKind, queuedAt, state, createdAt)
         VALUES (?, ?, ?, 'queue', ?, 'route', 'system', 0, 'waiting', 0)`,
        [waiting, waiting, waiting, queue.id],
      )
      await refuses('has_waiting_chats')
      await refuses('has_waiting_chats', true)
      await core.db.run('UPDATE distributions SET endedAt = 1 WHERE id = ?', [waiting])
      await core.db.run(
        "INSERT INTO chats (id, channelId, remoteChatId, state, agentId, queueId, title, createdAt, updatedAt) VALUES (?, 'c', 'r', 'pending', ?, ?, '', 0, 0)",
        [waiting, laura.id, queue.id],
      )
      await refuses('has_waiting_chats', true)
      await core.db.run('DELETE FROM chats WHERE id = ?', [waiting])
      await removeQueue(core, supervisor, { queueId: queue.id, force: true })
      expect((await eventsOf(core)).slice(-2).map((event) => event.type)).to.deep.equal(['membership.removed', 'queue.deleted'])
      expect(await failure(findQueue(core, cli, queue.id))).to.include({ code: 'not_found' })
      expect(await modelsOf(core.db).queues.findByPk(queue.id)).to.include({ name: 'Laboratorio', archivedAt: core.clock.now() })
      expect((await createQueue(core, cli, { name: 'Laboratorio' })).slug).to.equal('laboratorio')
    })

    it('frees one for removal when another becomes the fallback', async () => {
      const other = await createQueue(here.core, cli, { name: 'Otra' })
      await setSetting(here.core, cli, { name: 'routing.fallbackQueue', value: other.id })
      await removeQueue(here.core, cli, { queueId: here.queue.id })
      expect(await failure(setSetting(here.core, cli, { name: 'routing.fallbackQueue', value: here.queue.id }))).to.include({
        code: 'invalid_destination',
      })
    })
  })
})

describe('Members of a queue', () => {
  eachDatabase((database) => {
    let here: Company
    let ids: string[]
    let queueId: string
    const members = async (): Promise<number[]> => (await listMembers(here.core, cli, queueId)).map((member) => ids.indexOf(member.agentId))
    before(async () => {
      here = await company(database)
      ids = []
      for (let n = 0; n < 4; n++) ids.push((await addUser(here.core)).id)
      queueId = here.queue.id
    })
    const of = (...which: number[]): string[] => which.map((n) => ids[n] as string)

    it('take turns in the order of joining, wake the queue, and join once', async () => {
      here.core.nudges.length = 0
      expect(await addMembers(here.core, supervisor, { queueId, agentIds: of(2, 0) })).to.deep.equal({ added: 2, removed: 0 })
      expect(here.core.nudges).to.deep.include({ topic: 'drain', keys: [queueId] })
      expect(await addMembers(here.core, supervisor, { queueId, agentIds: of(0, 1, 1) })).to.deep.equal({ added: 1, removed: 0 })
      expect(await members()).to.deep.equal([2, 0, 1])
      const events = (await eventsOf(here.core)).filter((event) => event.type === 'membership.added')
      expect(events.map((event) => ids.indexOf(event.agentId as string))).to.deep.equal([2, 0, 1])
      expect(events[0]).to.deep.include({
        queueId,
        data: { queueName: 'Recepción', agentName: events[0]?.data.agentName, by: 'Rosa Molina' },
      })
    })

    it('keep their place when the list is replaced, and lose it when they leave and return', async () => {
      expect(await replaceMembers(here.core, cli, { queueId, agentIds: of(3, 0, 1) })).to.deep.equal({ added: 1, removed: 1 })
      expect(await members()).to.deep.equal([0, 1, 3])
      await removeMembers(here.core, cli, { queueId, agentIds: of(0, 2) })
      await addMembers(here.core, cli, { queueId, agentIds: of(0), priority: 2 })
      expect(await members()).to.deep.equal([1, 3, 0])
      expect((await listMembers(here.core, cli, queueId)).map((member) => member.priority)).to.deep.equal([1, 1, 2])
    })

    it('are replaced from the agent’s side too', async () => {
      const other = await createQueue(here.core, cli, { name: 'Ventas' })
      expect(await replaceQueues(here.core, cli, { agentId: ids[3] as string, queueIds: [other.id] })).to.deep.equal({
        added: 1,
        removed: 1,
      })
      expect(await members()).to.deep.equal([1, 0])
      expect((await listMembers(here.core, cli, other.id)).map((member) => member.agentId)).to.deep.equal(of(3))
    })

    const refusals: [what: string, actor: Actor, input: () => { queueId: string; agentIds: string[]; priority?: number }, code: string][] =
      [
        ['by an agent', agent, () => ({ queueId, agentIds: of(2) }), 'forbidden'],
        ['of a queue that is not there', cli, () => ({ queueId: nobody, agentIds: of(2) }), 'not_found'],
        ['of somebody who is not there', cli, () => ({ queueId, agentIds: [...of(2), nobody] }), 'not_found'],
        ['of somebody who does not attend', cli, () => ({ queueId, agentIds: [here.admin.id] }), 'not_found'],
        ['in a tier there is not', cli, () => ({ queueId, agentIds: of(2), priority: 10 }), 'validation'],
        ['with something that is no id', cli, () => ({ queueId: 'recepción', agentIds: [] }), 'validation'],
      ]
    for (const [what, actor, input, code] of refusals) {
      it(`are not changed ${what}: ${code}`, async () => {
        const before = await members()
        expect(await failure(addMembers(here.core, actor, input()))).to.include({ code })
        expect(await failure(replaceMembers(here.core, actor, input()))).to.include({ code })
        expect(await members()).to.deep.equal(before)
      })
    }

    it('stay consistent when several people change them at once', async () => {
      await Promise.all([
        replaceMembers(here.core, cli, { queueId, agentIds: of(0, 1) }),
        replaceMembers(here.core, cli, { queueId, agentIds: of(2, 3) }),
        replaceQueues(here.core, cli, { agentId: ids[0] as string, queueIds: [] }),
      ])
      expect([[0, 1], [1], [2, 3], [1, 0]].map(String)).to.include(String(await members()))
    })
  })
})

describe('Pause reasons', () => {
  eachDatabase((database) => {
    let here: Company
    before(async () => {
      here = await company(database)
    })

    it('are created with a code of their name, changed and archived', async () => {
      const reason = await createPauseReason(here.core, supervisor, { name: 'Pausa activa', maxMinutes: 10 })
      expect(reason).to.deep.include({ code: 'pausa_activa', active: true, productive: false, maxMinutes: 10 })
      const changed = await updatePauseReason(here.core, supervisor, {
        reasonId: reason.id,
        name: 'Estiramiento',
        active: false,
        maxMinutes: null,
      })
      expect(changed).to.deep.equal({ ...reason, name: 'Estiramiento', active: false, maxMinutes: null })
      expect(await findPauseReason(here.core, cli, 'pausa_activa')).to.deep.equal(changed)
      await removePauseReason(here.core, supervisor, { reasonId: reason.id })
      expect(await listPauseReasons(here.core, cli)).to.deep.equal([])
      expect((await createPauseReason(here.core, cli, { name: 'Pausa activa' })).id).not.to.equal(reason.id)
    })

    it('are refused by code and to agents', async () => {
      expect(await failure(createPauseReason(here.core, cli, { name: 'pausa ACTIVA' }))).to.include({ code: 'name_taken' })
      expect(await failure(createPauseReason(here.core, agent, { name: 'Almuerzo' }))).to.include({ code: 'forbidden' })
      expect(await failure(createPauseReason(here.core, cli, { name: 'Almuerzo', code: 'Con Espacios' }))).to.include({
        code: 'validation',
      })
      expect(await failure(createPauseReason(here.core, cli, { name: 'Almuerzo', maxMinutes: 0 }))).to.include({ code: 'validation' })
      expect(await failure(updatePauseReason(here.core, cli, { reasonId: nobody, active: false }))).to.include({ code: 'not_found' })
    })
  })
})
