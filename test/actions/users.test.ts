import { expect } from 'chai'
import { addMembers } from '../../server/actions/memberships.ts'
import { verifyPassword } from '../../server/actions/passwords.ts'
import { listPermissions, setPermissions } from '../../server/actions/permissions.ts'
import { findAgent, findUser, listAgents, listUsers } from '../../server/actions/queries/staff.ts'
import { setSetting } from '../../server/actions/settings.ts'
import { createUser, disableUser, enableUser, removeUser, setPassword, updateUser, type NewUser } from '../../server/actions/users.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import { modelsOf } from '../../server/store/models/index.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { addUser, agent, auditOf, cli, company, eventsOf, supervisor, type Company } from './company.ts'

/** What a chat in an agent's hands looks like to the staff actions. */
async function giveChat({ core }: Company, agentId: string): Promise<void> {
  const id = core.ids.next()
  await core.db.run(
    `INSERT INTO chats (id, channelId, remoteChatId, state, agentId, title, createdAt, updatedAt) VALUES (?, 'c', ?, 'pending', ?, 'Cliente', 0, 0)`,
    [id, id, agentId],
  )
}

async function signIn({ core }: Company, userId: string): Promise<void> {
  const now = core.clock.now()
  const id = core.ids.next()
  await core.db.run(
    "INSERT INTO sessions (id, tokenHash, csrf, userId, app, address, userAgent, createdAt, lastSeenAt, expiresAt) VALUES (?, ?, '', ?, 'agent', '', '', ?, ?, ?)",
    [id, id, userId, now, now, now + 1e6],
  )
  await core.db.run("UPDATE agents SET presence = 'online', presenceSince = ?, sessionId = ? WHERE agentId = ?", [now, id, userId])
}

describe('Users', () => {
  eachDatabase((database) => {
    let here: Company
    before(async () => {
      here = await company(database)
    })

    const ok: NewUser = { username: 'nadie', name: 'Nadie', role: 'agent', password: 'Cóndores y nubes' }
    const refusals: [what: string, actor: Actor, input: NewUser, code: string, field?: string][] = [
      ['by an agent', agent, ok, 'forbidden'],
      ['of a supervisor by a supervisor', supervisor, { ...ok, role: 'supervisor' }, 'forbidden'],
      ['of an admin by a supervisor', supervisor, { ...ok, role: 'admin' }, 'forbidden'],
      ['with a user name that is taken, whatever its case', cli, { ...ok, username: ' ADMIN ' }, 'name_taken', 'username'],
      ['with a password that is easy', cli, { ...ok, password: '1234567890' }, 'weak_password'],
      ['with a user name with blanks', cli, { ...ok, username: 'dos palabras' }, 'validation'],
      ['with a name that is empty', cli, { ...ok, name: '  ' }, 'validation'],
      ['with an e-mail address that is none', cli, { ...ok, email: 'nadie' }, 'validation'],
      ['with a capacity below nothing', cli, { ...ok, maxChats: -1 }, 'validation'],
      ['with something that is not known', cli, { ...ok, admin: true } as NewUser, 'validation'],
    ]
    for (const [what, actor, input, code, field] of refusals) {
      it(`refuses one ${what}: ${code}`, async () => {
        const refused = await failure(createUser(here.core, actor, input))
        expect(refused).to.include({ code })
        if (field) expect(refused.details).to.include({ field })
        expect(await modelsOf(here.core.db).users.count({ where: { username: 'nadie' } })).to.equal(0)
      })
    }

    it('creates an agent with a row of live state, an event, an audit line without the password, and a nudge', async () => {
      const { user, generatedPassword } = await createUser(here.core, supervisor, {
        username: 'Laura.Gómez',
        name: 'Laura Gómez',
        role: 'agent',
        email: 'Laura@Andina.example',
      })
      expect(user).to.include({
        username: 'laura.gómez',
        email: 'laura@andina.example',
        enabled: true,
        mustChangePassword: true,
        maxChats: null,
      })
      expect(await here.core.db.get('SELECT presence, chatLoad FROM agents WHERE agentId = ?', [user.id])).to.include({
        presence: 'offline',
        chatLoad: 0,
      })
      expect((await eventsOf(here.core)).at(-1)).to.deep.include({
        type: 'agent.created',
        agentId: user.id,
        data: { agentName: 'Laura Gómez', by: 'Rosa Molina' },
      })
      const [, line] = await auditOf(here.core, 'user.create')
      expect(line).to.deep.include({ actorName: 'Rosa Molina', subjectId: user.id })
      expect(JSON.stringify(line)).not.to.contain(generatedPassword).and.not.to.contain('argon2')
      expect(here.core.nudges)
        .to.deep.include({ topic: 'control', keys: [user.id] })
        .and.to.deep.include({ topic: 'feed', keys: [] })
    })

    it('finds one by id, user name in any case, and e-mail address', async () => {
      const user = await findUser(here.core, cli, 'LAURA.GÓMEZ')
      expect(await findUser(here.core, cli, user.id)).to.deep.equal(user)
      expect(await findUser(here.core, cli, 'laura@ANDINA.example')).to.deep.equal(user)
      expect(await failure(findUser(here.core, cli, 'nadie'))).to.include({ code: 'not_found' })
    })

    it('shows a supervisor agents alone', async () => {
      expect((await listUsers(here.core, supervisor)).map((user) => user.role)).to.deep.equal(['agent'])
      expect((await listUsers(here.core, cli)).map((user) => user.username)).to.deep.equal(['admin', 'laura.gómez'])
      expect(await failure(findUser(here.core, supervisor, 'admin'))).to.include({ code: 'not_found' })
      expect(await failure(listUsers(here.core, agent))).to.include({ code: 'forbidden' })
    })

    it('lets one of two take a user name or an e-mail address', async () => {
      const twice = (values: (n: number) => Partial<NewUser>) => Promise.allSettled([1, 2].map((n) => addUser(here.core, values(n))))
      for (const results of [await twice(() => ({ username: 'gemelo' })), await twice(() => ({ email: 'gemelo@andina.example' }))]) {
        expect(results.map((result) => result.status)).to.have.members(['fulfilled', 'rejected'])
        const lost = results.find((result) => result.status === 'rejected') as PromiseRejectedResult
        expect((lost.reason as { code: string }).code).to.equal('name_taken')
      }
    })

    it('changes what is given and keeps the rest', async () => {
      const user = await addUser(here.core, { maxChats: 3 })
      here.core.nudges.length = 0
      const changed = await updateUser(here.core, cli, { userId: user.id, name: 'Otro Nombre' })
      expect(changed).to.deep.equal({ ...user, name: 'Otro Nombre' })
      expect((await auditOf(here.core, 'user.update')).at(-1)).to.deep.include({
        before: { name: user.name },
        after: { name: 'Otro Nombre' },
      })
      expect((await eventsOf(here.core)).at(-1)).to.deep.include({
        type: 'agent.updated',
        data: { agentName: 'Otro Nombre', by: 'cli:test', changed: ['name'] },
      })
    })

    it('changes nothing and says nothing when nothing differs', async () => {
      const user = await addUser(here.core)
      const events = (await eventsOf(here.core)).length
      expect(await updateUser(here.core, cli, { userId: user.id, name: user.name })).to.deep.equal(user)
      expect(await eventsOf(here.core)).to.have.length(events)
    })

    it('wakes the queues of an agent who may hold more chats now', async () => {
      const user = await addUser(here.core)
      await addMembers(here.core, cli, { queueId: here.queue.id, agentIds: [user.id] })
      here.core.nudges.length = 0
      await updateUser(here.core, cli, { userId: user.id, maxChats: 20 })
      expect(here.core.nudges).to.deep.include({ topic: 'drain', keys: [here.queue.id] })
    })

    it('signs a disabled agent out, and lets them back in when enabled', async () => {
      const user = await addUser(here.core)
      await signIn(here, user.id)
      here.core.clock.move(5000)
      expect((await disableUser(here.core, cli, { userId: user.id })).enabled).to.equal(false)
      expect(await here.core.db.get('SELECT closeReason FROM sessions WHERE userId = ?', [user.id])).to.deep.equal({
        closeReason: 'disabled',
      })
      expect(await findAgent(here.core, cli, user.id)).to.include({ presence: 'offline', presenceSince: here.core.clock.now() })
      const told = (await eventsOf(here.core)).slice(-3)
      expect(told.map((event) => event.type)).to.deep.equal(['agent.session_closed', 'agent.offline', 'agent.disabled'])
      expect(told[1]?.data).to.include({ onlineFor: 5000 })
      expect((await enableUser(here.core, cli, { userId: user.id })).enabled).to.equal(true)
    })

    it('refuses to disable or remove an agent who holds chats', async () => {
      const user = await addUser(here.core)
      await giveChat(here, user.id)
      for (const refused of [disableUser, removeUser]) {
        const error = await failure(refused(here.core, cli, { userId: user.id }))
        expect(error).to.include({ code: 'has_chats' })
        expect(error.details).to.deep.equal({ chats: 1 })
      }
      expect(await failure(updateUser(here.core, cli, { userId: user.id, role: 'supervisor' }))).to.include({ code: 'has_chats' })
      expect(await findUser(here.core, cli, user.id)).to.include({ enabled: true, role: 'agent' })
    })

    it('archives who is removed: gone from the lists and the queues, the user name free again, the row kept', async () => {
      const user = await addUser(here.core, { username: 'paola' })
      await addMembers(here.core, cli, { queueId: here.queue.id, agentIds: [user.id] })
      await removeUser(here.core, cli, { userId: user.id })
      expect((await listAgents(here.core, cli)).map((one) => one.id)).not.to.include(user.id)
      expect((await eventsOf(here.core)).slice(-2).map((event) => event.type)).to.deep.equal(['membership.removed', 'agent.disabled'])
      expect(await modelsOf(here.core.db).users.findByPk(user.id)).to.deep.include({ name: user.name, passwordHash: null, enabled: false })
      expect(await failure(removeUser(here.core, cli, { userId: user.id }))).to.include({ code: 'not_found' })
      expect((await addUser(here.core, { username: 'paola' })).id).not.to.equal(user.id)
    })

    it('keeps the last administrator, whoever asks at once', async () => {
      const second = await addUser(here.core, { role: 'admin' })
      const results = await Promise.allSettled([here.admin.id, second.id].map((userId) => disableUser(here.core, cli, { userId })))
      expect(results.map((result) => result.status)).to.have.members(['fulfilled', 'rejected'])
      const kept = results[0]?.status === 'rejected' ? here.admin.id : second.id
      for (const refused of [
        () => disableUser(here.core, cli, { userId: kept }),
        () => removeUser(here.core, cli, { userId: kept }),
        () => updateUser(here.core, cli, { userId: kept, role: 'agent' }),
      ])
        expect(await failure(refused())).to.include({ code: 'last_admin' })
      for (const userId of [here.admin.id, second.id]) await enableUser(here.core, cli, { userId })
    })

    it('sets a password, which closes the sessions', async () => {
      const user = await addUser(here.core)
      await signIn(here, user.id)
      const { generatedPassword } = await setPassword(here.core, supervisor, { userId: user.id })
      const row = await modelsOf(here.core.db).users.findByPk(user.id)
      expect(await verifyPassword(row?.passwordHash as string, generatedPassword as string)).to.equal(true)
      expect(row?.mustChangePassword).to.equal(true)
      expect(await here.core.db.get('SELECT closeReason FROM sessions WHERE userId = ?', [user.id])).to.deep.equal({
        closeReason: 'password_changed',
      })
      expect((await setPassword(here.core, cli, { userId: user.id, password: 'Otra bien distinta' })).user.mustChangePassword).to.equal(
        false,
      )
      expect(await failure(setPassword(here.core, cli, { userId: user.id, password: 'fácil' }))).to.include({ code: 'weak_password' })
      expect(await failure(setPassword(here.core, supervisor, { userId: here.admin.id }))).to.include({ code: 'forbidden' })
    })

    it('grants and denies permissions one by one, over the defaults', async () => {
      const user = await addUser(here.core)
      const held = async (): Promise<string[]> =>
        (await listPermissions(here.core, cli, user.id)).filter((one) => one.allowed).map((one) => one.name)
      expect(await held())
        .to.include('chat.transfer')
        .and.not.include('chat.take')
      await setPermissions(here.core, supervisor, { userId: user.id, permissions: { 'chat.take': true, 'chat.transfer': false } })
      expect(await held())
        .to.include('chat.take')
        .and.not.include('chat.transfer')
      await setPermissions(here.core, supervisor, { userId: user.id, permissions: { 'chat.transfer': null } })
      expect(await held()).to.include('chat.transfer')
      const set = (actor: Actor, userId: string, permissions: object) => failure(setPermissions(here.core, actor, { userId, permissions }))
      expect(await set(agent, user.id, { 'chat.take': true })).to.include({ code: 'forbidden' })
      expect(await set(cli, here.admin.id, { 'chat.take': true })).to.include({ code: 'not_found' })
      expect(await set(cli, user.id, { 'users.manage': true })).to.include({ code: 'validation' })
    })

    it('gives a supervisor who also attends the state of an agent, and takes it back', async () => {
      const user = await addUser(here.core, { role: 'supervisor' })
      expect(await failure(addMembers(here.core, cli, { queueId: here.queue.id, agentIds: [user.id] }))).to.include({ code: 'not_found' })
      await updateUser(here.core, cli, { userId: user.id, alsoAgent: true })
      await addMembers(here.core, cli, { queueId: here.queue.id, agentIds: [user.id] })
      expect((await findAgent(here.core, cli, user.username)).queues.map((queue) => queue.slug)).to.deep.equal(['recepcion'])
      await updateUser(here.core, cli, { userId: user.id, alsoAgent: false })
      expect(await failure(findAgent(here.core, cli, user.username))).to.include({ code: 'not_found' })
      expect(await here.core.db.get('SELECT agentId FROM agents WHERE agentId = ?', [user.id])).to.equal(undefined)
    })
  })

  eachDatabase((database) => {
    it('never gives out more seats than there are', async () => {
      const here = await company(database)
      await setSetting(here.core, cli, { name: 'agents.max', value: 3 })
      const results = await Promise.allSettled(
        [1, 2, 3, 4, 5].map((n) => addUser(here.core, n === 5 ? { role: 'supervisor', alsoAgent: true } : {})),
      )
      expect(results.filter((result) => result.status === 'fulfilled')).to.have.length(3)
      for (const result of results)
        if (result.status === 'rejected') expect((result.reason as { code: string }).code).to.equal('agent_limit')
      const supervisors = await addUser(here.core, { role: 'supervisor' })
      expect(await failure(updateUser(here.core, cli, { userId: supervisors.id, alsoAgent: true }))).to.include({ code: 'agent_limit' })
      const [seated] = await listAgents(here.core, cli)
      await disableUser(here.core, cli, { userId: seated?.id as string })
      await addUser(here.core)
      expect(await failure(enableUser(here.core, cli, { userId: seated?.id as string }))).to.include({ code: 'agent_limit' })
    })
  })
})
