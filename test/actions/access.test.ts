import { expect } from 'chai'
import { accessAgent, accessChat, accessMedia, type ChatVerb } from '../../server/actions/access.ts'
import { DomainError } from '../../server/domain/errors.ts'
import { rightsOf, type Actor } from '../../server/domain/permissions.ts'
import { eachDatabase } from '../databases.ts'
import { actorFor, Company, type Person } from '../support/company.ts'

const day = 86_400_000
const answer = async (work: Promise<unknown>): Promise<string> => work.then(() => 'ok', (error: unknown) => { if (error instanceof DomainError) return error.code; throw error })

eachDatabase((database) => {
  describe('from an id to a chat', () => {
    let company: Company
    let people: Record<'ana' | 'beto' | 'boss' | 'admin', Person>
    let channel: string
    let queue: string
    before(async () => {
      company = await Company.open(database)
      people = {
        ana: await company.person('ana', 'agent'), beto: await company.person('beto', 'agent'), boss: await company.person('boss', 'supervisor'), admin: await company.person('admin', 'admin'),
      }
      channel = await company.channel()
      queue = await company.queue('Ventas', [people.ana])
    })
    const may = (actor: Actor, chatId: string, verb: ChatVerb): Promise<string> => answer(accessChat(company.core, company.core.db, actor, chatId, verb))
    const all = async (actor: Actor, chatId: string): Promise<string[]> => Promise.all((['row', 'see', 'write', 'monitor'] as const).map((verb) => may(actor, chatId, verb)))

    it('is not found for an agent whose chat it is not, whatever the verb, nor when it does not exist', async () => {
      const chat = await company.heldChat(channel, people.beto)
      expect(await all(actorFor(people.ana), chat)).to.deep.equal(['not_found', 'not_found', 'not_found', 'not_found'])
      expect(await all(actorFor(people.boss), company.core.ids.next())).to.deep.equal(['not_found', 'not_found', 'not_found', 'not_found'])
      expect(await all(actorFor(people.beto), chat)).to.deep.equal(['ok', 'ok', 'ok', 'forbidden'])
      expect(await all(actorFor(people.boss), chat)).to.deep.equal(['ok', 'ok', 'ok', 'ok'])
      expect(await all(actorFor(people.admin), chat)).to.deep.equal(['ok', 'ok', 'ok', 'ok'])
    })

    it('shows the row of a chat that waits in an own queue, its text only with chat.take', async () => {
      const chat = await company.chat(channel, { state: 'QUEUED', queueId: queue, queuedAt: company.clock.now() })
      expect(await all(actorFor(people.ana), chat)).to.deep.equal(['ok', 'forbidden', 'forbidden', 'forbidden'])
      expect(await may(actorFor(people.beto), chat, 'row')).to.equal('not_found')
      const taker = { ...actorFor(people.ana), rights: rightsOf('agent', true, new Map(), new Map([['chat.take', true]])) }
      expect(await all(taker, chat)).to.deep.equal(['ok', 'ok', 'forbidden', 'forbidden'])
    })

    it('stays readable for the days of agents.historyDays, up to the end of one’s stay while a colleague holds it', async () => {
      const now = company.clock.now()
      const chat = await company.heldChat(channel, people.beto)
      await company.stay(chat, people.ana, now - 5 * day, now - 4 * day)
      await company.stay(chat, people.ana, now - 3 * day, now - 2 * day)
      const access = await accessChat(company.core, company.core.db, actorFor(people.ana), chat, 'see')
      expect(access.until).to.equal(now - 2 * day)
      expect(await all(actorFor(people.ana), chat)).to.deep.equal(['ok', 'ok', 'forbidden', 'forbidden'])

      const resolved = await company.chat(channel, { state: 'RESOLVED', lastAgentId: people.ana.id })
      await company.stay(resolved, people.ana, now - 31 * day, now - 29 * day)
      expect((await accessChat(company.core, company.core.db, actorFor(people.ana), resolved, 'see')).until).to.equal(null)
      company.clock.pass(1.5 * 86_400)
      expect(await may(actorFor(people.ana), resolved, 'see')).to.equal('not_found')
    })

    it('is nobody’s when the line belongs to its own client', async () => {
      const line = await company.channel('Cliente', { inboundMode: 'api-only' })
      const chat = await company.heldChat(line, people.ana)
      expect(await may(actorFor(people.ana), chat, 'row')).to.equal('not_found')
      expect(await may(actorFor(people.boss), chat, 'row')).to.equal('not_found')
    })

    it('tells a file of a message, an upload and an avatar apart', async () => {
      const now = company.clock.now()
      const media = async (cells: Record<string, string | number | null>): Promise<string> => {
        const id = company.core.ids.next()
        await company.insert('media', { id, mime: 'image/png', name: 'a.png', state: 'ready', createdAt: now, ...cells })
        return id
      }
      const see = (who: Person, id: string): Promise<string> => answer(accessMedia(company.core, company.core.db, actorFor(who), id))
      const chat = await company.heldChat(channel, people.ana)
      const sent = await media({ chatId: chat, messageId: await company.message(chat, '') })
      expect([await see(people.ana, sent), await see(people.beto, sent), await see(people.boss, sent)]).to.deep.equal(['ok', 'not_found', 'ok'])

      const upload = await media({ uploadedBy: people.ana.id })
      expect([await see(people.ana, upload), await see(people.beto, upload), await see(people.boss, upload)]).to.deep.equal(['ok', 'not_found', 'not_found'])

      expect(await see(people.beto, await media({ kind: 'avatar' }))).to.equal('ok')
      expect(await see(people.boss, await media({}))).to.equal('not_found')

      const takenBack = await media({ chatId: chat, messageId: await company.message(chat, '', { deletedAt: now }) })
      expect([await see(people.ana, takenBack), await see(people.boss, takenBack)]).to.deep.equal(['not_found', 'ok'])

      const waiting = await company.chat(channel, { state: 'QUEUED', queueId: queue })
      expect(await see(people.ana, await media({ chatId: waiting, messageId: await company.message(waiting, '') }))).to.equal('not_found')

      const passedOn = await company.heldChat(channel, people.beto)
      await company.stay(passedOn, people.ana, now - 10_000, now - 5000)
      const before = await media({ chatId: passedOn, messageId: await company.message(passedOn, '', { at: now - 6000 }) })
      const later = await media({ chatId: passedOn, messageId: await company.message(passedOn, '', { at: now }) })
      expect([await see(people.ana, before), await see(people.ana, later)]).to.deep.equal(['ok', 'not_found'])
    })

    it('lets agents steer themselves, supervisors agents, and administrators supervisors who attend', async () => {
      const attending = await company.person('jefa', 'supervisor', { alsoAgent: 1 })
      const steer = (who: Person, whom: Person): Promise<string> => answer(accessAgent(company.core, actorFor(who), whom.id, 'steer'))
      expect(await steer(people.ana, people.ana)).to.equal('ok')
      expect(await steer(people.ana, people.beto)).to.equal('forbidden')
      expect(await steer(people.boss, people.ana)).to.equal('ok')
      expect(await steer(people.boss, attending)).to.equal('forbidden')
      expect(await steer(people.admin, attending)).to.equal('ok')
      expect(await steer(people.admin, people.boss)).to.equal('not_found')
    })
  })
})
