/** The main job, through the actions: a customer writes, an agent in turn answers (domain §2, §3, §8; scenarios S01…). */
import { expect } from 'chai'
import { network } from '../../plugins/sdk/testkit/loopbackLink.ts'
import { resolveChat, transferChat } from '../../server/actions/conversations.ts'
import { applyLanes, findWaitingLanes } from '../../server/actions/inbound/apply.ts'
import { sendReply, writeNote } from '../../server/actions/messages.ts'
import { pauseAgent, unpauseAgent } from '../../server/actions/presence.ts'
import { eachDatabase } from '../databases.ts'
import { failure } from '../support/failure.ts'
import { World } from '../world.ts'

let n = 0
const clientId = (): string => `client-${++n}-abcdef`

eachDatabase((database) => {
  let world: World
  before(async () => {
    world = await World.build(database)
    await world.channel('linea')
  })
  after(() => world.close())
  beforeEach(() => network.clear())

  const eventsOf = async (chatId: string): Promise<string[]> =>
    (await world.db.all<{ type: string }>('SELECT type FROM event_log WHERE chatId = ? ORDER BY seq', [chatId])).map((row) => row.type)

  it('leaves the first chats waiting while nobody is signed in, and serves them in order as an agent comes (S04)', async () => {
    await world.write('linea', 'c1', 'Hola')
    world.clock.pass(1)
    await world.write('linea', 'c2', 'Buenas')
    expect(await world.chat('c1')).to.include({ state: 'QUEUED', unread: 1 })
    await world.agent('Ana', { maxChats: 1 })
    await world.settle()
    expect(await world.holder('c1')).to.equal('Ana')
    expect((await world.chat('c2')).state).to.equal('QUEUED')
    await resolveChat(world.core, world.who('Ana'), (await world.chat('c1')).id, {})
    await world.settle()
    expect(await world.holder('c2')).to.equal('Ana')
    await resolveChat(world.core, world.who('Ana'), (await world.chat('c2')).id, {})
    expect(await world.db.get('SELECT chatLoad FROM agents WHERE agentId = ?', [world.who('Ana').id])).to.deep.include({ chatLoad: 0 })
  })

  it('goes in turns, passing over who is paused without moving the pointer (S01)', async () => {
    await world.newQueue('Ventas')
    await world.channel('ventas', { queue: 'Ventas' })
    for (const name of ['Aura', 'Beto', 'Caro']) await world.agent(name, { queues: ['Ventas'], maxChats: 0 })
    const reason = await world.pauseReason('Almuerzo')
    await world.write('ventas', 'v1', 'uno')
    await world.write('ventas', 'v2', 'dos')
    expect([await world.holder('v1'), await world.holder('v2')]).to.deep.equal(['Aura', 'Beto'])
    await pauseAgent(world.core, world.who('Beto'), world.who('Beto').id ?? '', reason)
    for (const from of ['v3', 'v4', 'v5']) await world.write('ventas', from, 'hola')
    expect([await world.holder('v3'), await world.holder('v4'), await world.holder('v5')]).to.deep.equal(['Caro', 'Aura', 'Caro'])
    await unpauseAgent(world.core, world.who('Beto'), world.who('Beto').id ?? '')
    await world.write('ventas', 'v6', 'hola')
    expect(await world.holder('v6')).to.equal('Aura')
    expect(await failure(pauseAgent(world.core, world.who('Ana'), world.who('Beto').id ?? '', reason))).to.include({ code: 'forbidden' })
  })

  it('gives two chats that arrive at the same instant to two agents', async () => {
    await world.arrive('ventas', { from: 'v7', text: 'a', name: 'A' })
    await world.arrive('ventas', { from: 'v8', text: 'b', name: 'B' })
    await world.settle()
    const holders = [await world.holder('v7'), await world.holder('v8')]
    expect(new Set(holders).size).to.equal(2)
  })

  it('keeps place and time of a customer who writes while waiting (S03)', async () => {
    await world.newQueue('Vacía')
    await world.channel('vacia', { queue: 'Vacía' })
    await world.write('vacia', 'w1', 'hola')
    const before = await world.chat('w1')
    for (let i = 0; i < 5; i++) {
      world.clock.pass(10)
      await world.write('vacia', 'w1', `otra ${i}`)
    }
    const after = await world.chat('w1')
    expect(after).to.include({ state: 'QUEUED', queuedAt: before.queuedAt, conversationId: before.conversationId, waitingSince: before.waitingSince, unread: 6 })
    expect(await world.db.get('SELECT COUNT(*) AS n FROM distributions WHERE chatId = ?', [after.id])).to.deep.include({ n: 1 })
    expect(await world.db.get('SELECT COUNT(*) AS n FROM messages WHERE chatId = ?', [after.id])).to.deep.include({ n: 6 })
  })

  it('answers reach the network once and in order; the chat goes to FOLLOWUP and back to PENDING', async () => {
    const chat = await world.chat('v1')
    const aura = world.who('Aura')
    network.clear()
    const id = clientId()
    const first = await sendReply(world.core, aura, chat.id, { clientId: id, text: 'Buenos días' })
    expect(await sendReply(world.core, aura, chat.id, { clientId: id, text: 'Buenos días' })).to.equal(first)
    for (let i = 1; i <= 5; i++) await sendReply(world.core, aura, chat.id, { clientId: clientId(), text: `respuesta ${i}` })
    await world.settle()
    expect(world.received('v1')).to.deep.equal(['Buenos días', 'respuesta 1', 'respuesta 2', 'respuesta 3', 'respuesta 4', 'respuesta 5'])
    expect(await world.chat('v1')).to.include({ state: 'FOLLOWUP', waitingSince: null })
    expect(await world.db.get('SELECT status FROM messages WHERE id = ?', [first])).to.deep.include({ status: 'sent' })
    world.clock.pass(5)
    await world.write('ventas', 'v1', 'gracias')
    expect((await world.chat('v1')).state).to.equal('PENDING')
    expect(await world.db.get('SELECT COUNT(*) AS n FROM response_samples WHERE agentId = ?', [aura.id])).to.deep.include({ n: 1 })
  })

  it('never lets a note leave, nor a stranger write (I9, S21)', async () => {
    const chat = await world.chat('v1')
    await writeNote(world.core, world.who('Aura'), chat.id, { clientId: clientId(), text: 'ojo con este cliente' })
    await world.settle()
    expect(world.received('v1').join()).not.to.include('ojo')
    expect(await failure(sendReply(world.core, world.who('Caro'), chat.id, { clientId: clientId(), text: 'hola' }))).to.include({ code: 'not_found' })
    expect(await failure(world.db.run("INSERT INTO outbox (id, chatId, channelId, visibility, op, payload, author, state, availableAt, createdAt) VALUES ('x', 'c', 'c', 'internal', 'send', '{}', 'human', 'queued', 0, 0)"))).to.be.an('error')
  })

  it('stores the same provider id once, however often and at once it comes (S14)', async () => {
    await Promise.all([1, 2, 3].map(() => world.arrive('ventas', { id: 'dup-1', from: 'v1', text: 'triple' })))
    await world.settle()
    expect(await world.db.get('SELECT COUNT(*) AS n FROM messages WHERE body = ?', ['triple'])).to.deep.include({ n: 1 })
  })

  it('keeps two provider ids apart that differ in case alone (I10)', async () => {
    await world.arrive('ventas', { id: 'wamid.AbC', from: 'v1', text: 'caja alta' })
    await world.arrive('ventas', { id: 'wamid.aBc', from: 'v1', text: 'caja baja' })
    await world.settle()
    expect(await world.db.get("SELECT COUNT(*) AS n FROM message_ids WHERE providerId IN ('wamid.AbC', 'wamid.aBc')")).to.deep.include({ n: 2 })
  })

  it('puts a late message at its own time and lets it start nothing (S14)', async () => {
    const before = await world.chat('v1')
    await world.arrive('ventas', { from: 'v1', text: 'atrasado', at: world.clock.at - 3_600_000 })
    await world.settle()
    const row = await world.db.get<{ sortAt: number; flags: number }>("SELECT sortAt, flags FROM messages WHERE body = 'atrasado'")
    expect(row).to.deep.include({ sortAt: world.clock.at - 3_600_000, flags: 1 })
    expect((await world.chat('v1')).state).to.equal(before.state)
  })

  it('makes one contact, account, chat and conversation of two first messages that arrive together (S31)', async () => {
    await Promise.all([world.arrive('ventas', { from: 'n1', text: 'hola', phone: '573001112233' }), world.arrive('ventas', { from: 'n1', text: 'buenas', phone: '573001112233' })])
    const lanes = await findWaitingLanes(world.core, 10)
    await Promise.all(lanes.flatMap((lane) => [applyLanes(world.core, [lane]), applyLanes(world.core, [lane])]))
    await world.settle()
    const chat = await world.chat('n1')
    const counts = await world.db.get(
      `SELECT (SELECT COUNT(*) FROM chats WHERE remoteChatId = 'n1') AS chats, (SELECT COUNT(*) FROM conversations WHERE chatId = ?) AS conversations,
              (SELECT COUNT(*) FROM messages WHERE chatId = ? AND direction = 'in') AS messages, (SELECT COUNT(*) FROM identifiers WHERE value = '573001112233') AS phones`, [chat.id, chat.id],
    )
    expect(counts).to.deep.include({ chats: 1, conversations: 1, messages: 2, phones: 1 })
    expect(chat.title).to.equal('+57 300 1112233')
  })

  it('opens a new conversation in the same chat after resolving, with its history (F013)', async () => {
    const chat = await world.chat('n1')
    const holder = world.who((await world.holder('n1')) ?? '')
    await resolveChat(world.core, holder, chat.id, {})
    expect(await failure(resolveChat(world.core, holder, chat.id, {}))).to.include({ code: 'forbidden' })
    world.clock.pass(60)
    await world.write('ventas', 'n1', 'otra vez yo')
    const again = await world.chat('n1')
    expect(again.id).to.equal(chat.id)
    expect(again.conversationId).not.to.equal(chat.conversationId)
    const conversations = await world.db.all<{ isFirst: number; closedAt: number | null; inboundCount: number }>('SELECT isFirst, closedAt, inboundCount FROM conversations WHERE chatId = ? ORDER BY openedAt', [chat.id])
    expect(conversations.map((c) => [c.isFirst, c.closedAt !== null, c.inboundCount])).to.deep.equal([[1, true, 2], [0, false, 0]])
  })

  it('moves status only forward, also when the receipt is quicker than our own answer (S40)', async () => {
    const chat = await world.chat('v1')
    const id = await sendReply(world.core, world.who('Aura'), chat.id, { clientId: clientId(), text: 'leído antes' })
    const { id: outboxId } = (await world.db.get<{ id: string }>('SELECT id FROM outbox WHERE messageId = ?', [id])) ?? { id: '' }
    for (const receipt of ['read', 'delivered', 'sent', 'failed'] as const) {
      await world.arrive('ventas', { id: `r-${receipt}`, from: 'v1', kind: 'receipt', target: `out-${outboxId}`, receipt })
      if (receipt === 'read') {
        const lanes = await findWaitingLanes(world.core, 10)
        await applyLanes(world.core, lanes)
      }
    }
    await world.settle()
    const row = await world.db.get<Record<string, unknown>>('SELECT status, sentAt, deliveredAt, readAt FROM messages WHERE id = ?', [id])
    expect(row).to.include({ status: 'read' })
    expect([row?.sentAt, row?.deliveredAt, row?.readAt]).not.to.include(null)
  })

  it('returns to PENDING with the old wait when the only answer fails for good (§2.4)', async () => {
    await world.write('ventas', 'v2', '¿sigue ahí?')
    const { waitingSince } = await world.chat('v2')
    const holder = world.who((await world.holder('v2')) ?? '')
    network.fail('ventas', 'permanent')
    const id = await sendReply(world.core, holder, (await world.chat('v2')).id, { clientId: clientId(), text: 'no llegará' })
    expect((await world.chat('v2')).state).to.equal('FOLLOWUP')
    await world.settle()
    expect(await world.chat('v2')).to.include({ state: 'PENDING', waitingSince })
    expect(await world.db.get('SELECT status, errorCode FROM messages WHERE id = ?', [id])).to.deep.include({ status: 'failed', errorCode: 'bad_request' })
  })

  it('hands over to a queue or refuses without changing anything (S07)', async () => {
    const chat = await world.chat('v1')
    const aura = world.who('Aura')
    const empty = { type: 'queue' as const, id: world.queue('Vacía') }
    const before = await world.db.get('SELECT * FROM chats WHERE id = ?', [chat.id])
    expect(await failure(transferChat(world.core, aura, chat.id, { target: empty, enqueue: false }))).to.include({ code: 'no_agent_available' })
    expect(await world.db.get('SELECT * FROM chats WHERE id = ?', [chat.id])).to.deep.equal(before)
    expect(await transferChat(world.core, aura, chat.id, { target: empty, enqueue: true, note: 'cliente antiguo' })).to.equal('queued')
    expect(await world.chat('v1')).to.include({ state: 'QUEUED', agentId: null })
    expect(await eventsOf(chat.id)).to.include.members(['transfer.requested', 'assignment.ended', 'queue.entered', 'message.note_created'])
  })

  it('hands over to a colleague at once, and never to who is away', async () => {
    const chat = await world.chat('v3')
    const caro = world.who('Caro')
    await world.agent('Dina', { queues: ['Ventas'], online: false })
    expect(await failure(transferChat(world.core, caro, chat.id, { target: { type: 'agent', id: world.who('Dina').id ?? '' } }))).to.include({ code: 'agent_offline' })
    expect(await transferChat(world.core, caro, chat.id, { target: { type: 'agent', id: world.who('Aura').id ?? '' } })).to.equal('assigned')
    await world.settle()
    expect(await world.holder('v3')).to.equal('Aura')
    expect(world.received('v3').at(-1)).to.equal('Su chat ha sido transferido a Aura.')
    expect(await world.db.get('SELECT COUNT(*) AS n FROM assignments WHERE chatId = ? AND endedAt IS NULL', [chat.id])).to.deep.include({ n: 1 })
  })

  it('keeps the load of every agent equal to the chats they hold', async () => {
    const wrong = await world.db.all(
      `SELECT a.agentId FROM agents a WHERE a.chatLoad <> (SELECT COUNT(*) FROM chats c WHERE c.agentId = a.agentId AND c.state IN ('PENDING', 'FOLLOWUP'))`,
    )
    expect(wrong).to.deep.equal([])
  })

  it('numbers the events of a chat without gaps', async () => {
    const bad = await world.db.all(
      `SELECT c.id FROM chats c WHERE c.seq <> (SELECT COUNT(*) FROM event_log e WHERE e.chatId = c.id) OR c.seq <> (SELECT MAX(e.seq) FROM event_log e WHERE e.chatId = c.id)`,
    )
    expect(bad).to.deep.equal([])
  })

  it('sets an event aside that keeps failing, and the lane goes on', async () => {
    await world.arrive('ventas', { id: 'poison', from: 'v1', text: 'x' })
    await world.db.run("UPDATE inbox_events SET payload = '{' WHERE eventKey = 'poison'")
    await world.arrive('ventas', { id: 'after-poison', from: 'v1', text: 'después' })
    for (let i = 0; i < 6; i++) await applyLanes(world.core, await findWaitingLanes(world.core, 10))
    await world.settle()
    expect(await world.db.get("SELECT state FROM inbox_events WHERE eventKey = 'poison'")).to.deep.include({ state: 'failed' })
    expect(await world.db.get("SELECT COUNT(*) AS n FROM messages WHERE body = 'después'")).to.deep.include({ n: 1 })
  })
})
