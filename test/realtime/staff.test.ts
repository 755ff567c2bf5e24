import { expect } from 'chai'
import { transferChat } from '../../server/actions/conversations.ts'
import { writeNote } from '../../server/actions/messages.ts'
import { agentDisconnected, expirePresence, forgetProcesses } from '../../server/actions/presence.ts'
import { feedCursor } from '../../server/actions/queries/feed.ts'
import { signIn } from '../../server/actions/signIn.ts'
import { DomainError } from '../../server/domain/errors.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import type { Db } from '../../server/store/db.ts'
import { eachDatabase } from '../databases.ts'
import { testPasswords } from '../support/company.ts'
import { failure } from '../support/failure.ts'
import { Live, type Screen } from '../support/screen.ts'
import { World } from '../world.ts'

eachDatabase((database) => {
  describe('screens', () => {
    let world: World
    let live: Live
    let ana: Actor, beto: Actor, jefa: Actor
    let n = 0
    beforeEach(async () => {
      world ??= await World.build(database)
      if (world.channels.size === 0) {
        await world.channel('linea')
        ana = await world.agent('Ana', { online: false })
        beto = await world.agent('Beto', { queues: [], online: false })
        jefa = await world.supervisor('Jefa')
      }
      await world.db.run('DELETE FROM sessions')
      await world.db.run('DELETE FROM session_sockets')
      await world.db.run("UPDATE agents SET presence = 'offline', sessionId = NULL, lostAt = NULL")
      live = await Live.start(world.core, world.wake, world.bridges)
    })
    afterEach(() => live.stop())
    after(() => world.close())

    /** Connected, resumed from here on. */
    const open = async (who: Actor): Promise<Screen> => {
      const screen = await live.screen(who)
      expect(await screen.connect()).to.equal('connected')
      expect(await screen.resume(await feedCursor(world.core))).to.deep.include({ ok: true })
      return screen
    }
    const isOnline = async (who: Actor): Promise<boolean> => (await world.db.get<{ presence: string }>('SELECT presence FROM agents WHERE agentId = ?', [who.id]))?.presence === 'online'
    const customer = (): string => `cliente-${++n}`
    /** A marker event that reaches everybody: whatever was to come before it has come. */
    const fence = async (...screens: Screen[]): Promise<void> => {
      const name = `Cola ${++n}`
      await world.newQueue(name)
      const id = world.queue(name)
      for (const screen of screens) await screen.untilItem('fence', (item) => item.type === 'queue.created' && item.queueId === id)
    }

    it('are opened by a live session of that application, from our own pages', async () => {
      const { token, sessionId } = await live.screen(ana)
      expect(await live.screenWith(token, sessionId, 'agent').connect()).to.equal('connected')
      expect(await live.screenWith('x'.repeat(43), sessionId, 'agent').connect()).to.equal('unauthorized')
      expect(await live.screenWith(token, sessionId, 'agent', { origin: 'https://evil.example' }).connect()).to.equal('unauthorized')
      expect(await live.screenWith(token, sessionId, 'agent', { origin: live.url }).connect()).to.equal('connected')
      world.clock.pass(13 * 3600)
      expect(await live.screenWith(token, sessionId, 'agent').connect()).to.equal('unauthorized')
    })

    it('show a chat to its agent, its row to supervisors, and nothing to colleagues', async () => {
      const [mine, theirs, boss] = [await open(ana), await open(beto), await open(jefa)]
      const from = customer()
      await world.write('linea', from, 'mi clave es 1234')
      const { id } = await world.chat(from)
      await mine.untilItem('the chat', (item) => item.chatId === id && item.chat?.state === 'PENDING')
      await writeNote(world.core, ana, id, { clientId: 'nota-de-ana', text: 'nota interna' })
      const message = await mine.untilItem('the note', (item) => item.message?.kind === 'note')
      expect(message.message).to.deep.include({ text: 'nota interna', visibility: 'internal', clientId: 'nota-de-ana' })
      await fence(mine, theirs, boss)
      expect(JSON.stringify(theirs.batches)).not.to.contain(id).and.not.to.contain('1234')
      const seen = boss.items.filter((item) => item.chatId === id)
      expect(seen.some((item) => item.chat?.agentName === 'Ana')).to.equal(true)
      expect(seen.some((item) => item.message ?? item.line)).to.equal(false)

      expect(await boss.socket.emitWithAck('watch', { chatId: id })).to.deep.equal({ ok: true })
      expect(await theirs.socket.emitWithAck('watch', { chatId: id })).to.deep.equal({ ok: false })
      await world.write('linea', from, 'otra cosa')
      await boss.untilItem('a watched message', (item) => item.message?.text === 'otra cosa')
      await fence(theirs)
      expect(JSON.stringify(theirs.batches)).not.to.contain(id)
      expect((await world.chat(from)).unread, 'watching reads nothing').to.equal(2)
    })

    it('take a chat off when it goes to a colleague, and tell the giver no more of it', async () => {
      const [mine, theirs] = [await open(ana), await open(beto)]
      const from = customer()
      await world.write('linea', from, 'hola')
      const { id } = await world.chat(from)
      await mine.untilItem('the chat', (item) => item.chatId === id)
      await transferChat(world.core, ana, id, { target: { type: 'agent', id: beto.id as string } })
      const gone = await mine.untilItem('the chat gone', (item) => item.chatId === id && item.chat === null)
      expect(gone).to.deep.include({ data: {}, agentId: null })
      await theirs.untilItem('the chat here', (item) => item.chatId === id && item.chat?.agentName === 'Beto')
      const before = mine.items.length
      await world.write('linea', from, 'solo para Beto')
      await theirs.untilItem('the message', (item) => item.message?.text === 'solo para Beto')
      await fence(mine)
      expect(mine.items.slice(before).filter((item) => item.chatId === id && item.chat !== null)).to.deep.equal([])
      expect(JSON.stringify(mine.batches)).not.to.contain('solo para Beto')
    })

    it('get what they missed, once and in order, from where they stopped', async () => {
      const first = await open(ana)
      const from = customer()
      await world.write('linea', from, 'hola')
      await first.untilItem('the chat', (item) => item.chat?.agentName === 'Ana')
      await world.write('linea', from, 'antes')
      await first.untilItem('before', (item) => item.message?.text === 'antes')
      await fence(first)
      const { cursor } = first
      first.leave()
      for (const text of ['uno', 'dos', 'tres']) await world.write('linea', from, text)
      await agentDisconnected(world.core, first.sessionId)
      const again = live.screenWith(first.token, first.sessionId, 'agent')
      expect(await again.connect()).to.equal('connected')
      expect(await again.resume(cursor)).to.deep.equal({ ok: true, cursor })
      await world.write('linea', from, 'cuatro')
      await again.untilItem('the newest', (item) => item.message?.text === 'cuatro')
      const texts = again.items.filter((item) => item.type === 'message.created' && item.message?.author.kind === 'customer').map((item) => item.message?.text)
      expect(texts).to.deep.equal(['uno', 'dos', 'tres', 'cuatro'])
      expect(again.items.map((item) => Number(item.id))).to.deep.equal(again.items.map((item) => Number(item.id)).sort((a, b) => a - b))
    })

    it('are told to read everything anew when too much was missed', async () => {
      const mine = await live.screen(ana)
      await mine.connect()
      for (const cursor of [null, 'x', '-1', '999999999']) expect(await mine.resume(cursor as string | null), String(cursor)).to.deep.equal({ ok: false, reload: true })
      expect(mine.heard.filter((each) => each.event === 'reload')).to.have.length(4)
      const { max } = (await world.db.get<{ max: number }>('SELECT MAX(id) AS max FROM event_log')) as { max: number }
      await world.db.run(`INSERT INTO event_log (id, at, type, actorKind, actorName, data) VALUES (?, 0, 'contact.updated', 'system', '', '{}')`, [max + 6000])
      expect(await mine.resume(String(max))).to.deep.equal({ ok: false, reload: true })
      expect(await mine.resume(String(max + 5999))).to.deep.include({ ok: true })
    })

    it('learn how far the record is though nothing in it is theirs', async () => {
      const quiet = await open(beto)
      await fence(quiet)
      const before = Number(quiet.cursor)
      await world.db.run(`INSERT INTO event_log (id, at, type, actorKind, actorName, data) VALUES (?, 0, 'contact.updated', 'system', '', '{}')`, [before + 2000])
      world.wake.nudge('feed')
      await quiet.until('a later cursor', () => Number(quiet.cursor) >= before + 2000)
      expect(quiet.batches.at(-1)?.items).to.deep.equal([])
    })

    it('miss nothing when the database fails for a moment', async () => {
      const mine = await open(ana)
      await fence(mine)
      const db = world.db as { all: Db['all'] }
      const all = db.all.bind(world.db)
      let failures = 2
      db.all = async (sql, params) => {
        if (failures > 0 && /FROM chats WHERE id IN/.test(sql) && /remoteChatId/.test(sql) && sql.includes('previewText') && !sql.includes('FOR UPDATE')) {
          failures--
          throw new DomainError('database_unavailable')
        }
        return all(sql, params)
      }
      try {
        await world.write('linea', customer(), 'pese a todo')
        await mine.untilItem('the message', (item) => item.message?.text === 'pese a todo')
        expect(failures).to.equal(0)
      } finally {
        db.all = all
      }
    })

    if (database.dialect === 'mysql') {
      it('are shown an event whose id was given early and committed late, also after a break in between', async () => {
        const [staying, leaving] = [await open(jefa), await open(jefa)]
        await fence(staying, leaving)
        const early = await new Promise<{ commit: () => void }>((inserted) => {
          void world.db.transaction(async (tx) => {
            await tx.run(`INSERT INTO event_log (at, type, actorKind, actorName, data) VALUES (?, 'contact.updated', 'system', '', '{}')`, [world.clock.at])
            await new Promise<void>((commit) => inserted({ commit }))
          })
        })
        await world.db.run(`INSERT INTO event_log (at, type, actorKind, actorName, data) VALUES (?, 'contact.created', 'system', '', '{}')`, [world.clock.at])
        world.wake.nudge('feed')
        const later = await leaving.untilItem('the later id', (item) => item.type === 'contact.created')
        await staying.untilItem('the later id', (item) => item.type === 'contact.created')
        expect(Number(leaving.cursor), 'a place below the gap').to.be.lessThan(Number(later.id) - 1)
        const { cursor } = leaving
        leaving.leave()
        early.commit()
        await staying.untilItem('the earlier id', (item) => item.type === 'contact.updated' && Number(item.id) === Number(later.id) - 1)
        const again = live.screenWith(leaving.token, leaving.sessionId, 'supervisor')
        await again.connect()
        expect(await again.resume(cursor)).to.deep.include({ ok: true })
        await again.untilItem('the earlier id', (item) => Number(item.id) === Number(later.id) - 1)
      })
    }

    it('make their agent present, until the last has been gone for the grace (S41)', async () => {
      const one = await open(ana)
      const boss = await open(jefa)
      await fence(one)
      expect(await isOnline(ana)).to.equal(true)
      const tab = live.screenWith(one.token, one.sessionId, 'agent')
      await tab.connect()
      await tab.resume(await feedCursor(world.core))
      await fence(tab)
      one.leave()
      tab.leave()
      const lost = (): Promise<{ lostAt: number | null } | undefined> => world.db.get('SELECT lostAt FROM agents WHERE agentId = ?', [ana.id])
      for (const until = Date.now() + 8000; (await lost())?.lostAt == null && Date.now() < until;) await new Promise((resolve) => setImmediate(resolve))
      world.clock.pass(40)
      await expirePresence(world.core)
      expect(await isOnline(ana)).to.equal(true)
      world.clock.pass(30)
      await expirePresence(world.core)
      const offline = await boss.untilItem('offline', (item) => item.type === 'agent.offline' && item.agentId === ana.id)
      expect(offline.agent?.presence).to.equal('offline')
    })

    it('are said again by a process that others took for dead', async () => {
      await open(ana)
      await forgetProcesses(world.core, [world.core.processId])
      expect(await world.db.get('SELECT lostAt FROM agents WHERE agentId = ?', [ana.id])).to.not.deep.equal({ lostAt: null })
      await live.realtime.staff.announce()
      expect(await world.db.get('SELECT lostAt FROM agents WHERE agentId = ?', [ana.id])).to.deep.equal({ lostAt: null })
      world.clock.pass(70)
      await expirePresence(world.core)
      expect(await isOnline(ana)).to.equal(true)
    })

    it('are closed with a word when the agent signs in elsewhere, whichever process hears it (S16)', async () => {
      await world.db.run('UPDATE users SET passwordHash = ? WHERE id = ?', [await testPasswords.hash('ana-secret'), ana.id])
      const mine = await open(ana)
      await fence(mine)
      const elsewhere = { ...world.core, wake: { nudge: () => undefined, alarm: () => undefined }, processId: 'another-process' }
      const refused = await failure(signIn(elsewhere, testPasswords, { app: 'agent', username: 'ana', password: 'ana-secret', address: '10.0.0.9', userAgent: '' }))
      expect(refused.code).to.equal('sessions_closed')
      const started = performance.now()
      await mine.until('closed', () => !mine.socket.connected)
      expect(performance.now() - started).to.be.lessThan(1500)
      expect(mine.heard.filter((each) => each.event === 'session_closed')).to.deep.equal([{ event: 'session_closed', payload: { reason: 'second_login' } }])
    })

    it('of a session that comes back while another is active are closed', async () => {
      const old = await live.screen(ana)
      const current = await open(ana)
      await fence(current)
      expect(await old.connect()).to.equal('connected')
      await old.until('closed', () => old.heard.some((each) => each.event === 'session_closed'))
      await fence(current)
      expect(current.socket.connected).to.equal(true)
    })

    it('see the customer type where the chat is theirs', async () => {
      const [mine, theirs] = [await open(ana), await open(beto)]
      const from = customer()
      await world.write('linea', from, 'hola')
      const { id } = await world.chat(from)
      live.realtime.signal(world.channels.get('linea') as string, { kind: 'typing', chat: from, sender: from, typing: true })
      await mine.until('typing', () => mine.heard.some((each) => each.event === 'typing' && (each.payload as { chatId: string }).chatId === id))
      await fence(theirs)
      expect(theirs.heard.filter((each) => each.event === 'typing')).to.deep.equal([])
    })

    it('of supervisors follow the board', async () => {
      const boss = await open(jefa)
      const mine = await open(ana)
      await boss.until('a board with Ana', () => boss.heard.some((each) => each.event === 'board' && (each.payload as { agentsSignedIn: number }).agentsSignedIn === 1))
      await fence(mine)
      expect(mine.heard.filter((each) => each.event === 'board')).to.deep.equal([])
    })
  })
})
