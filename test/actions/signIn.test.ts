import { expect } from 'chai'
import { agentConnected, agentDisconnected, pauseAgent } from '../../server/actions/presence.ts'
import { findSession, touchSession, type App, type Session } from '../../server/actions/sessions.ts'
import { changePassword, signIn, signOut, sweepSessions } from '../../server/actions/signIn.ts'
import { DomainError } from '../../server/domain/errors.ts'
import type { Passwords } from '../../server/domain/ports.ts'
import { eachDatabase } from '../databases.ts'
import { actorFor, Company, testPasswords, type Person } from '../support/company.ts'

interface Attempt { app?: App; username?: string; password?: string; address?: string }

eachDatabase((database) => {
  describe('signing in', () => {
    let company: Company
    let n = 0
    beforeEach(async () => {
      company ??= await Company.open(database)
      await company.setting('session.maxConcurrent', 0)
      await company.setting('session.onSecondLogin', 'close-all')
      company.clock.pass(3600)
    })
    const newAgent = (): Promise<Person> => company.person(`agent${++n}`, 'agent')
    const attempt = ({ app = 'agent', username = '', password = `${username}-secret`, address = '10.0.0.1' }: Attempt, passwords: Passwords = testPasswords): Promise<{ token: string; session: Session }> =>
      signIn(company.core, passwords, { app, username, password, address, userAgent: 'test' })
    const codeOf = async (work: Promise<unknown>): Promise<string> =>
      work.then(() => 'ok', (error: unknown) => { if (error instanceof DomainError) return error.code; throw error })
    const eventsOf = async (agent: Person): Promise<string[]> =>
      (await company.core.db.all<{ type: string }>('SELECT type FROM event_log WHERE agentId = ? ORDER BY id', [agent.id])).map((row) => row.type)

    it('keeps nothing of the token but its hash', async () => {
      const agent = await newAgent()
      const { token, session } = await attempt(agent)
      expect(token).to.match(/^[\w-]{43}$/)
      const row = await company.core.db.get('SELECT * FROM sessions WHERE id = ?', [session.id])
      expect(JSON.stringify(row)).not.to.contain(token)
      expect((await findSession(company.core, token))?.user.username).to.equal(agent.username)
      expect(await findSession(company.core, `${token.slice(0, -1)}_`)).to.equal(null)
    })

    it('takes the user name in any case, and the e-mail', async () => {
      const agent = await company.person(`agent${++n}`, 'agent', { email: `a${n}@example.com` })
      expect((await attempt({ username: agent.username.toUpperCase(), password: `${agent.username}-secret` })).session.user.id).to.equal(agent.id)
      expect((await attempt({ username: `A${n}@Example.com`, password: `${agent.username}-secret` })).session.user.id).to.equal(agent.id)
    })

    it('looks at a password for unknown, disabled and real users alike, and tells none from another', async () => {
      const agent = await newAgent()
      await company.person(`gone${n}`, 'agent', { enabled: 0 })
      const looked: (string | null)[] = []
      const watching: Passwords = { ...testPasswords, verify: async (stored, clear) => { looked.push(stored); return testPasswords.verify(stored, clear) } }
      expect(await codeOf(attempt({ username: 'nobody' }, watching))).to.equal('wrong_credentials')
      expect(await codeOf(attempt({ username: `gone${n}` }, watching))).to.equal('wrong_credentials')
      expect(await codeOf(attempt({ username: agent.username, password: 'wrong' }, watching))).to.equal('wrong_credentials')
      expect(looked).to.have.length(3)
      expect(looked.slice(0, 2)).to.deep.equal([null, null])
    })

    for (const [role, alsoAgent, app, answer] of [
      ['agent', 0, 'agent', 'ok'], ['agent', 0, 'supervisor', 'forbidden'], ['supervisor', 0, 'agent', 'forbidden'], ['supervisor', 0, 'supervisor', 'ok'],
      ['supervisor', 1, 'agent', 'ok'], ['admin', 1, 'agent', 'ok'], ['admin', 0, 'supervisor', 'ok'], ['admin', 0, 'agent', 'forbidden'],
    ] as const) {
      it(`${answer === 'ok' ? 'lets' : 'does not let'} ${role}s${alsoAgent ? ' who also attend' : ''} into the ${app} application`, async () => {
        const person = await company.person(`${role}${++n}`, role, { alsoAgent })
        expect(await codeOf(attempt({ username: person.username, app }))).to.equal(answer)
      })
    }

    it('gives whoever signs in to the agent application the rights of an agent, with their own grants over the profile’s', async () => {
      const profileId = company.core.ids.next()
      const person = await company.person(`boss${++n}`, 'supervisor', { alsoAgent: 1, profileId })
      await company.insert('permission_grants', { subjectKind: 'profile', subjectId: profileId, permission: 'chat.take', allowed: 1 })
      await company.insert('permission_grants', { subjectKind: 'profile', subjectId: profileId, permission: 'chat.resolve', allowed: 0 })
      await company.insert('permission_grants', { subjectKind: 'user', subjectId: person.id, permission: 'chat.resolve', allowed: 1 })
      const { session } = await attempt({ username: person.username })
      expect(session.actor.kind).to.equal('agent')
      expect(session.actor.rights.has('chats.all')).to.equal(false)
      expect(session.actor.rights.has('chat.take')).to.equal(true)
      expect(session.actor.rights.has('chat.resolve')).to.equal(true)
    })

    it('closes everything at a second sign-in, the new session too, and the third works (S16, close-all)', async () => {
      const agent = await newAgent()
      const channel = await company.channel(`canal${n}`)
      for (let i = 0; i < 3; i++) await company.heldChat(channel, agent)
      const reason = await company.pauseReason(`pausa${n}`)
      const first = await attempt(agent)
      await agentConnected(company.core, first.session.id)
      await pauseAgent(company.core, actorFor(agent), agent.id, reason)
      expect(await codeOf(attempt({ username: agent.username, password: 'wrong' }))).to.equal('wrong_credentials')
      expect(await findSession(company.core, first.token)).not.to.equal(null)

      expect(await codeOf(attempt({ username: agent.username, address: '10.0.0.2' }))).to.equal('sessions_closed')
      expect(await findSession(company.core, first.token)).to.equal(null)
      expect(await eventsOf(agent)).to.deep.equal(['agent.online', 'agent.paused', 'agent.session_closed', 'agent.unpaused', 'agent.offline'])
      const held = await company.core.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM chats WHERE agentId = ?', [agent.id])
      expect(held?.n).to.equal(3)
      expect(await codeOf(attempt({ username: agent.username, address: '10.0.0.2' }))).to.equal('ok')
    })

    it('replaces the first session and keeps the pause where that is the setting (S16, replace)', async () => {
      await company.setting('session.onSecondLogin', 'replace')
      const agent = await newAgent()
      const reason = await company.pauseReason(`pausa${n}`)
      const first = await attempt(agent)
      await agentConnected(company.core, first.session.id)
      await pauseAgent(company.core, actorFor(agent), agent.id, reason)
      const second = await attempt(agent)
      expect(await findSession(company.core, first.token)).to.equal(null)
      await agentConnected(company.core, second.session.id)
      expect(await eventsOf(agent)).to.deep.equal(['agent.online', 'agent.paused', 'agent.session_closed'])
    })

    it('does not count a session whose sockets were lost longer ago than the grace', async () => {
      const agent = await newAgent()
      const first = await attempt(agent)
      await agentConnected(company.core, first.session.id)
      await agentDisconnected(company.core, first.session.id)
      company.clock.pass(59)
      expect(await codeOf(attempt(agent))).to.equal('sessions_closed')
      const again = await attempt(agent)
      await agentConnected(company.core, again.session.id)
      await agentDisconnected(company.core, again.session.id)
      company.clock.pass(61)
      expect(await codeOf(attempt(agent))).to.equal('ok')
    })

    it('lets supervisors have several sessions', async () => {
      const boss = await company.person(`boss${++n}`, 'supervisor')
      const one = await attempt({ username: boss.username, app: 'supervisor' })
      const two = await attempt({ username: boss.username, app: 'supervisor' })
      expect(await findSession(company.core, one.token)).not.to.equal(null)
      expect(await findSession(company.core, two.token)).not.to.equal(null)
    })

    it('keeps to the number of seats, which supervisors do not take', async () => {
      const [a, b, boss] = [await newAgent(), await newAgent(), await company.person(`boss${++n}`, 'supervisor')]
      await company.core.db.run('UPDATE sessions SET closedAt = ? WHERE closedAt IS NULL', [company.clock.now()])
      await company.setting('session.maxConcurrent', 1)
      const first = await attempt(a)
      await agentConnected(company.core, first.session.id)
      expect(await codeOf(attempt({ username: boss.username, app: 'supervisor' }))).to.equal('ok')
      expect(await codeOf(attempt(b))).to.equal('session_limit')
      await signOut(company.core, first.session)
      expect(await codeOf(attempt(b))).to.equal('ok')
    })

    it('blocks a user name for one address only, and lets it go by itself', async () => {
      const agent = await newAgent()
      for (let i = 0; i < 5; i++) expect(await codeOf(attempt({ username: agent.username, password: 'guess', address: '203.0.113.9' }))).to.equal('wrong_credentials')
      expect(await codeOf(attempt({ username: agent.username, address: '203.0.113.9' }))).to.equal('rate_limited')
      expect(await codeOf(attempt({ username: agent.username, address: '10.0.0.7' }))).to.equal('ok')
      company.clock.pass(31)
      expect(await codeOf(attempt({ username: agent.username, address: '203.0.113.9' }))).to.equal('ok')
    })

    it('counts guesses that are made at the same time', async () => {
      const agent = await newAgent()
      const answers = await Promise.all(Array.from({ length: 12 }, () => codeOf(attempt({ username: agent.username, password: 'guess', address: '203.0.113.10' }))))
      expect(answers.filter((answer) => answer === 'wrong_credentials')).to.have.length(5)
      expect(answers.filter((answer) => answer === 'rate_limited')).to.have.length(7)
    })

    it('goes on serving those who were here before while an address tries everybody', async () => {
      const agent = await newAgent()
      const stranger = await newAgent()
      const address = '198.51.100.4'
      expect(await codeOf(attempt({ username: agent.username, address }))).to.equal('ok')
      for (let i = 0; i < 70; i++) await codeOf(attempt({ username: `guess${i}`, password: 'x', address }))
      expect(await codeOf(attempt({ username: stranger.username, address }))).to.equal('rate_limited')
      expect(await codeOf(attempt({ username: agent.username, address }))).to.equal('ok')
    })

    it('ends a session that nobody used for the idle time, and one that is used goes on', async () => {
      const [quiet, busy] = [await newAgent(), await newAgent()]
      const [idle, used] = [await attempt(quiet), await attempt(busy)]
      await agentConnected(company.core, idle.session.id)
      company.clock.pass(11 * 3600)
      await touchSession(company.core, used.session)
      company.clock.pass(3601)
      expect(await findSession(company.core, idle.token)).to.equal(null)
      expect(await findSession(company.core, used.token)).not.to.equal(null)
      await sweepSessions(company.core)
      expect(await eventsOf(quiet)).to.deep.equal(['agent.online', 'agent.session_closed', 'agent.offline'])
    })

    it('ends presence and pause at sign-out', async () => {
      const agent = await newAgent()
      const { session, token } = await attempt(agent)
      await agentConnected(company.core, session.id)
      await signOut(company.core, session)
      expect(await findSession(company.core, token)).to.equal(null)
      expect(await eventsOf(agent)).to.deep.equal(['agent.online', 'agent.session_closed', 'agent.offline'])
    })

    it('closes the other sessions when the password changes, and wants a good one', async () => {
      const boss = await company.person(`boss${++n}`, 'supervisor', { mustChangePassword: 1 })
      const credentials = { username: boss.username, app: 'supervisor' } as const
      const [one, two] = [await attempt(credentials), await attempt(credentials)]
      const change = (next: string, current = `${boss.username}-secret`): Promise<string> => codeOf(changePassword(company.core, testPasswords, one.session, { current, next }))
      expect(await change('una frase bien larga', 'wrong')).to.equal('wrong_credentials')
      for (const weak of ['corta', `${boss.username}123`, 'aaaaaaaaaaaa', `${boss.username}-secret`]) expect(await change(weak), weak).to.equal('weak_password')
      expect(await change('una frase bien larga')).to.equal('ok')
      expect(await findSession(company.core, two.token)).to.equal(null)
      expect((await findSession(company.core, one.token))?.user.mustChangePassword).to.equal(false)
      expect(await codeOf(attempt({ ...credentials, password: 'una frase bien larga' }))).to.equal('ok')
    })

    it('writes who came, who was refused and why a session ended into the audit log, and no password', async () => {
      const agent = await newAgent()
      await codeOf(attempt({ username: agent.username, password: 'secreto-mal-puesto' }))
      await codeOf(attempt({ username: 'secreto-como-nombre', password: 'x' }))
      const { session } = await attempt(agent)
      await signOut(company.core, session)
      const rows = await company.core.db.all<{ action: string; address: string }>('SELECT * FROM audit ORDER BY id')
      expect(rows.slice(-4).map((row) => row.action)).to.deep.equal(['session.refused', 'session.refused', 'session.opened', 'session.closed'])
      expect(rows.at(-2)?.address).to.equal('10.0.0.1')
      expect(JSON.stringify(rows)).not.to.contain('secreto')
    })
  })
})
