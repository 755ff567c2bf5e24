import { expect } from 'chai'
import { viewerOf } from '../../../server/actions/access.ts'
import { readBoard } from '../../../server/actions/queries/board.ts'
import { readChatDetail } from '../../../server/actions/queries/chatDetail.ts'
import { countChats, listChats } from '../../../server/actions/queries/chatLists.ts'
import { chatQuery, type ChatPage } from '../../../server/http/contract/chats.ts'
import { agentConnected, pauseAgent } from '../../../server/actions/presence.ts'
import { eachDatabase } from '../../databases.ts'
import { actorFor, Company, type Person } from '../../support/company.ts'
import { failure } from '../../support/failure.ts'

eachDatabase((database) => {
  describe('lists of chats', () => {
    let company: Company
    let ana: Person, beto: Person, boss: Person
    let channel: string, other: string, sales: string, support: string
    before(async () => {
      company = await Company.open(database)
      ana = await company.person('ana', 'agent')
      beto = await company.person('beto', 'agent')
      boss = await company.person('boss', 'supervisor')
      channel = await company.channel('Sitio')
      other = await company.channel('Otro')
      sales = await company.queue('Ventas', [ana])
      support = await company.queue('Soporte', [beto])
    })
    beforeEach(async () => {
      for (const table of ['chats', 'assignments', 'conversations']) await company.core.db.run(`DELETE FROM ${table}`)
      await company.core.db.run('DELETE FROM search')
    })
    const list = async (who: Person, query: Record<string, unknown>): Promise<ChatPage> =>
      listChats(company.core, await viewerOf(company.core.db, actorFor(who)), chatQuery.parse(query))
    const titles = (page: ChatPage): string[] => page.items.map((row) => row.title)
    const minutesAgo = (minutes: number): number => company.clock.now() - minutes * 60_000

    it('hold what is each one’s own, and for supervisors everybody’s', async () => {
      await company.heldChat(channel, ana, { title: 'a1' })
      await company.heldChat(channel, ana, { title: 'a2', state: 'FOLLOWUP' })
      await company.heldChat(channel, beto, { title: 'b1' })
      await company.chat(channel, { title: 'q1', state: 'QUEUED', queueId: sales, queuedAt: minutesAgo(3) })
      await company.chat(channel, { title: 'q2', state: 'QUEUED', queueId: support, queuedAt: minutesAgo(5) })
      await company.chat(channel, { title: 'r1', state: 'RESOLVED', lastAgentId: ana.id })
      await company.chat(channel, { title: 'm1', state: 'MENU' })
      await company.chat(channel, { title: 'u1', state: 'UNROUTED' })
      const all = async (who: Person): Promise<Record<string, string[]>> => ({
        pending: titles(await list(who, { list: 'pending' })).sort(), following: titles(await list(who, { list: 'following' })),
        waiting: titles(await list(who, { list: 'waiting', sort: 'waiting' })), resolved: titles(await list(who, { list: 'resolved' })),
      })
      expect(await all(ana)).to.deep.equal({ pending: ['a1'], following: ['a2'], waiting: ['q1'], resolved: ['r1'] })
      expect(await all(beto)).to.deep.equal({ pending: ['b1'], following: [], waiting: ['q2'], resolved: [] })
      expect(await all(boss)).to.deep.equal({ pending: ['a1', 'b1'], following: ['a2'], waiting: ['q2', 'q1'], resolved: ['r1'] })
      expect(titles(await list(boss, { list: 'open' })).sort()).to.deep.equal(['m1', 'u1'])
      expect(titles(await list(boss, { list: 'all' }))).to.have.length(8)
      expect(titles(await list(boss, { list: 'pending', agent: beto.id }))).to.deep.equal(['b1'])
      expect(titles(await list(boss, { list: 'waiting', queue: sales }))).to.deep.equal(['q1'])
      expect(titles(await list(ana, { list: 'waiting', queue: support }))).to.deep.equal([])
      expect(titles(await list(ana, { list: 'pending', agent: beto.id })), 'another’s list cannot be asked for').to.deep.equal(['a1'])
      for (const name of ['open', 'all']) expect((await failure(list(ana, { list: name }))).code).to.equal('forbidden')

      expect(await countChats(company.core, await viewerOf(company.core.db, actorFor(ana)))).to.deep.include({ pending: 1, following: 1, waiting: 1, resolved: 1, open: 0 })
      expect(await countChats(company.core, await viewerOf(company.core.db, actorFor(boss)))).to.deep.include({ pending: 2, following: 1, waiting: 2, resolved: 1, open: 2 })
    })

    it('show of a waiting chat the name, channel and wait, and nothing that was said', async () => {
      await company.chat(channel, { title: 'q1', state: 'QUEUED', queueId: sales, queuedAt: minutesAgo(3), previewText: 'mi tarjeta es 4111' })
      const page = await list(ana, { list: 'waiting' })
      expect(page.items[0]).to.deep.include({ title: 'q1', channelId: channel, queuedAt: minutesAgo(3), limited: true, preview: null, queueName: 'Ventas' })
      expect((await list(boss, { list: 'waiting' })).items[0]?.preview?.text).to.equal('mi tarjeta es 4111')
    })

    for (const [sort, direction] of [['recent', 'newest first'], ['waiting', 'longest wait first']] as const) {
      it(`come in pages without a gap or a repetition, ${direction}, also where times are equal`, async () => {
        const expected: string[] = []
        for (let i = 0; i < 23; i++) {
          await company.heldChat(channel, i % 2 ? ana : beto, { title: `c${i}`, lastMessageAt: minutesAgo(Math.floor(i / 3)), waitingSince: minutesAgo(100 - Math.floor(i / 3)) })
          expected.push(`c${i}`)
        }
        const seen: string[] = []
        let after: string | undefined
        do {
          const page = await list(boss, { list: 'pending', sort, limit: 5, ...(after ? { after } : {}) })
          seen.push(...titles(page))
          after = page.next ?? undefined
        } while (after)
        expect(seen).to.have.length(23)
        expect([...seen].sort()).to.deep.equal(expected.sort())
        const minute = (title: string): number => Math.floor(Number(title.slice(1)) / 3)
        expect(seen.map(minute)).to.deep.equal(seen.map(minute).sort((a, b) => a - b))
      })
    }

    it('page through the states that make up “open” as one list', async () => {
      for (const [i, state] of ['MENU', 'UNROUTED', 'TRANSIT', 'MENU', 'ROUTING', 'UNROUTED'].entries()) await company.chat(channel, { title: `o${i}`, state, lastMessageAt: minutesAgo(i) })
      const first = await list(boss, { list: 'open', limit: 4 })
      const second = await list(boss, { list: 'open', limit: 4, after: first.next })
      expect([...titles(first), ...titles(second)]).to.deep.equal(['o0', 'o1', 'o2', 'o3', 'o4', 'o5'])
      expect(second.next).to.equal(null)
    })

    it('refuse a position that is none', async () => {
      for (const after of ['x', Buffer.from('[1]').toString('base64url'), Buffer.from('{"a":1}').toString('base64url')]) {
        expect((await failure(list(boss, { list: 'all', after }))).code).to.equal('bad_request')
      }
    })

    it('leave out lines that belong to their own client', async () => {
      const line = await company.channel(`cliente ${company.core.ids.next()}`, { inboundMode: 'api-only' })
      await company.chat(line, { title: 'secreto', state: 'UNROUTED' })
      await company.chat(channel, { title: 'normal', state: 'UNROUTED' })
      expect(titles(await list(boss, { list: 'all' }))).to.deep.equal(['normal'])
    })

    it('find names by the beginning of their words, without accents, and numbers by either end', async () => {
      await company.heldChat(channel, ana, { title: 'María José Peña de la Cruz', subtitle: '+57 310 555 0142' })
      await company.heldChat(channel, ana, { title: 'Mario Gómez' })
      await company.heldChat(other, beto, { title: 'María Luz' })
      const find = async (who: Person, q: string, more: Record<string, unknown> = {}): Promise<string[]> => titles(await list(who, { list: 'pending', q, ...more })).sort()
      expect(await find(ana, 'mari')).to.deep.equal(['Mario Gómez', 'María José Peña de la Cruz'])
      expect(await find(ana, 'PENA maria')).to.deep.equal(['María José Peña de la Cruz'])
      expect(await find(ana, 'de la cruz')).to.deep.equal(['María José Peña de la Cruz'])
      expect(await find(ana, 'la')).to.deep.equal(['María José Peña de la Cruz'])
      for (const digits of ['57310', '0142', '310 555 0142', '+57 (310)']) expect(await find(ana, digits), digits).to.deep.equal(['María José Peña de la Cruz'])
      expect(await find(boss, 'maría', { channel: other })).to.deep.equal(['María Luz'])
      for (const nothing of ['zzz', '"*', '99999', '%']) expect(await find(boss, nothing), nothing).to.deep.equal([])
    })

    it('give the detail with what the reader may do', async () => {
      const chat = await company.heldChat(channel, ana, { title: 'c' })
      const own = await readChatDetail(company.core, actorFor(ana), chat)
      expect(own.may).to.deep.equal({ write: true, note: true, resolve: true, transfer: true })
      expect(own.contact.name).to.equal('c')
      expect((await failure(readChatDetail(company.core, actorFor(beto), chat))).code).to.equal('not_found')
      const past = await company.heldChat(channel, beto, { previewText: 'lo de ahora' })
      await company.stay(past, ana, minutesAgo(9), minutesAgo(8))
      const earlier = await readChatDetail(company.core, actorFor(ana), past)
      expect(earlier.may).to.deep.equal({ write: false, note: false, resolve: false, transfer: false })
      expect(earlier.row.preview).to.equal(null)
    })

    it('add up on the board', async () => {
      const reason = await company.pauseReason(`p ${company.core.ids.next()}`)
      const session = company.core.ids.next()
      await company.insert('sessions', { id: session, tokenHash: session, csrf: 'x', userId: ana.id, app: 'agent', address: '', userAgent: '', createdAt: 0, lastSeenAt: 0, expiresAt: company.clock.now() + 1 })
      await agentConnected(company.core, session)
      await company.heldChat(channel, ana, { queueId: sales })
      await company.heldChat(channel, ana, { queueId: sales, state: 'FOLLOWUP' })
      await company.chat(channel, { state: 'QUEUED', queueId: sales, queuedAt: minutesAgo(7) })
      await company.chat(channel, { state: 'QUEUED', queueId: support, queuedAt: minutesAgo(9) })
      await company.chat(channel, { state: 'MENU' })
      await company.chat(channel, { state: 'UNROUTED', waitingSince: minutesAgo(20) })
      await company.chat(channel, { state: 'UNROUTED', previewAuthor: 'menu' })
      const conversation = (closedAt: number, closeKind: string): Promise<void> =>
        company.insert('conversations', { id: company.core.ids.next(), chatId: company.core.ids.next(), channelId: channel, origin: 'customer', openedAt: 0, closedAt, closeKind, closeAgentId: ana.id })
      await conversation(minutesAgo(60), 'agent')
      await conversation(minutesAgo(61), 'menu')
      await conversation(minutesAgo(24 * 60), 'agent')
      const board = await readBoard(company.core)
      expect(board).to.deep.include({
        waiting: 2, longestWaitSince: minutesAgo(9), inMenu: 1, unattended: 1, unattendedSince: minutesAgo(20), pending: 1, following: 1, agentsAvailable: 1, agentsSignedIn: 1, resolvedToday: 1,
      })
      expect(board.queues.find((queue) => queue.queueId === sales)).to.deep.include({ waiting: 1, longestWaitSince: minutesAgo(7), available: 1, signedIn: 1, paused: 0, members: 1, pending: 1, following: 1 })
      expect(board.agents.find((agent) => agent.id === ana.id)).to.deep.include({ presence: 'online', pending: 1, following: 1, resolvedToday: 1 })
      await pauseAgent(company.core, actorFor(ana), ana.id, reason)
      const paused = await readBoard(company.core)
      expect(paused).to.deep.include({ agentsAvailable: 0, agentsSignedIn: 1 })
      expect(paused.agents.find((agent) => agent.id === ana.id)?.pause?.reasonId).to.equal(reason)
    })
  })
})
