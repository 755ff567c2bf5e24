/** Menus in chats: what the customer gets, what becomes of the chat (domain §5; scenarios S11…S34). */
import { expect } from 'chai'
import { network } from '../../../plugins/sdk/testkit/loopbackLink.ts'
import { resolveChat, transferChat } from '../../../server/actions/conversations.ts'
import { sendReply } from '../../../server/actions/messages.ts'
import { setSetting } from '../../../server/actions/settings.ts'
import { listVersions, publishMenu, readDraft, saveDraft, unpublishMenu } from '../../../server/actions/menus/documents.ts'
import { postMenuEvent } from '../../../server/actions/menus/inputs.ts'
import type { Json } from '../../../server/domain/menu/environment.ts'
import { eachDatabase } from '../../databases.ts'
import { failure } from '../../support/failure.ts'
import { boss, World } from '../../world.ts'

let n = 0
const clientId = (): string => `client-${++n}-menus`
type Node = Readonly<Record<string, Json>>
const doc = (name: string, nodes: readonly Node[], settings: Node = {}, rest: Node = {}): Json => ({ format: 'turno.menu/1', name, start: String(nodes[0]?.id), settings, nodes, ...rest })

eachDatabase((database) => {
  describe('A menu', () => {
    let world: World
    before(async () => {
      world = await World.build(database)
      await world.agent('Ana', { maxChats: 0 })
    })
    after(() => world.close())
    beforeEach(() => network.clear())

    let lines = 0
    /** A line of its own that leads to this menu. */
    const line = async (document: Json, settings: Record<string, unknown> = { plain: true }): Promise<string> => {
      const menu = await world.menu(document)
      const name = `menu-${++lines}`
      await world.channel(name, { menu, settings })
      return name
    }
    const say = async (on: string, from: string, text: string): Promise<string[]> => {
      const before = world.received(from).length
      world.clock.pass(1)
      await world.write(on, from, text)
      return world.received(from).slice(before)
    }
    const events = async (from: string): Promise<string[]> =>
      (await world.db.all<{ type: string }>('SELECT type FROM event_log WHERE chatId = ? ORDER BY seq', [(await world.chat(from)).id])).map((row) => row.type)
    const openRuns = async (): Promise<number> => (await world.db.get<{ n: number }>('SELECT COUNT(*) AS n FROM menu_runs r JOIN chats c ON c.id = r.chatId WHERE (r.endedAt IS NULL) <> (c.state = ?)', ['MENU']))?.n ?? -1
    afterEach(async () => {
      const wrong = await world.db.get<{ n: number }>("SELECT COUNT(*) AS n FROM chats c WHERE (c.state = 'MENU') <> EXISTS (SELECT 1 FROM menu_runs r WHERE r.openChatId = c.id)")
      expect(wrong?.n, 'a chat is in MENU exactly while it has an open run').to.equal(0)
      expect(await openRuns()).to.be.greaterThan(-1)
    })

    const choosing = doc('Saludo', [
      { id: 'inicio', name: 'Menú principal', type: 'menu', text: '¿Qué necesita?', options: [{ id: 'horario', label: 'Horario', to: 'texto' }, { id: 'citas', label: 'Citas', keywords: ['turno'], to: 'cola' }] },
      { id: 'texto', type: 'message', text: 'De 8 a 18, {{ contact.firstName }}.' },
      { id: 'cola', type: 'distribute', queue: 'recepcion', joinMessage: 'Le atiende {{ agent.name }}, {{ contact.firstName }}.' },
    ], { farewell: '¡Hasta pronto!' })

    it('greets, understands an answer, says its text and closes the chat by itself (F029, F067)', async () => {
      const on = await line(choosing)
      expect(await say(on, 'm1', 'hola')).to.deep.equal(['¿Qué necesita?\n\n1. Horario\n2. Citas'])
      expect(await world.chat('m1')).to.include({ state: 'MENU' })
      expect(await say(on, 'm1', 'uno')).to.deep.equal(['De 8 a 18, Cliente.', '¡Hasta pronto!'])
      expect(await world.chat('m1')).to.include({ state: 'RESOLVED', conversationId: null })
      const row = await world.db.get<{ closeKind: string; inboundCount: number; outboundCount: number; menuOption: string }>('SELECT closeKind, inboundCount, outboundCount, menuOption FROM conversations ORDER BY id DESC LIMIT 1')
      expect(row).to.include({ closeKind: 'menu', inboundCount: 2, outboundCount: 3 })
      expect(JSON.parse(row?.menuOption ?? '{}')).to.include({ nodeName: 'Menú principal', optionId: 'horario', label: 'Horario' })
      expect(await events('m1')).to.include.members(['conversation.opened', 'menu.started', 'menu.input', 'menu.option_selected', 'menu.ended', 'conversation.resolved'])
    })

    it('hands over to a queue with its own words, and records the option (F005, F035)', async () => {
      const on = await line({ ...(choosing as object), name: 'Saludo con cola' } as Json)
      await say(on, 'm2', 'buenas')
      expect(await say(on, 'm2', 'turno')).to.deep.equal(['Le atiende Ana, Cliente.'])
      const chat = await world.chat('m2')
      expect(chat).to.include({ state: 'PENDING', unread: 1 })
      expect(await world.holder('m2')).to.equal('Ana')
      expect(await world.db.get('SELECT q.name FROM conversations c JOIN queues q ON q.id = c.queueId WHERE c.id = ?', [chat.conversationId])).to.deep.include({ name: 'Recepción' })
    })

    it('shows buttons where the channel has them, and understands the one that is pressed (F018, F046)', async () => {
      const on = await line({ ...(choosing as object), name: 'Con botones' } as Json, {})
      expect(await say(on, 'm3', 'hola')).to.deep.equal(['[buttons]'])
      const sent = network.arrivals.at(-1)?.message as unknown as { part: { choices: { id: string; title: string }[] } }
      const pressed = sent.part.choices[1] as { id: string; title: string }
      world.clock.pass(1)
      await world.arrive(on, { from: 'm3', choice: { ...pressed, via: 'button' } })
      await world.settle()
      expect(await world.chat('m3')).to.include({ state: 'PENDING' })
    })

    it('takes 1, 01, 1., 1️⃣, the label and the keyword for the same option (S13)', async () => {
      const on = await line(doc('Trece', [
        { id: 'm', type: 'menu', text: 'Elija', options: [{ id: 'citas', label: 'Citas', to: 'fin' }, { id: 'otro', label: 'Otro', to: 'nada' }] },
        { id: 'fin', type: 'message', text: 'Citas.' }, { id: 'nada', type: 'message', text: 'Otro.' },
      ]))
      for (const [at, answer] of ['1', '01', '1.', '1️⃣', 'CITAS', 'citás'].entries()) {
        await say(on, `s13-${at}`, 'hola')
        expect(await say(on, `s13-${at}`, answer), answer).to.deep.equal(['Citas.'])
      }
    })

    it('keeps what was typed as it was typed, in variables and records (S13, F031)', async () => {
      await world.db.run("INSERT INTO forms (id, code, title, fields, createdAt, updatedAt) VALUES ('f1', 'contacto', 'Contacto', '[]', 0, 0)")
      world.core.catalog.forget()
      const on = await line(doc('Registro', [
        { id: 'doc', type: 'ask', text: 'Documento', store: { variable: 'documento' }, validate: { type: 'document', min: 3, max: 12 }, next: 'fila' },
        { id: 'fila', type: 'record', form: 'contacto', fields: { documento: '{{ documento }}' }, next: 'eco' },
        { id: 'eco', type: 'message', text: 'Guardado {{ documento }}.' },
      ]))
      await say(on, 'm4', 'hola')
      expect(await say(on, 'm4', '007')).to.deep.equal(['Guardado 007.'])
      const record = await world.db.get<{ data: string }>('SELECT data FROM records ORDER BY id DESC LIMIT 1')
      expect(JSON.parse(record?.data ?? '{}')).to.deep.equal({ documento: '007' })
    })

    it('branches at the third wrong answer, and a good one in between starts the count anew (S12)', async () => {
      const on = await line(doc('Intentos', [
        { id: 'edad', type: 'ask', text: 'Edad', store: { variable: 'edad' }, validate: { type: 'integer', min: 1, max: 120 }, attempts: 3, on: { attempts: 'no', invalid: 'regano' }, next: 'otra' },
        { id: 'regano', type: 'message', text: 'Eso no es una edad.', next: 'edad' },
        { id: 'otra', type: 'ask', text: 'Otra vez', validate: { type: 'integer' }, next: 'edad' },
        { id: 'no', type: 'message', text: 'Lo dejamos.' },
      ]))
      await say(on, 'm5', 'hola')
      expect(await say(on, 'm5', 'x')).to.deep.equal(['Eso no es una edad.', 'Edad'])
      expect(await say(on, 'm5', '30')).to.deep.equal(['Otra vez'])
      await say(on, 'm5', '1')
      await say(on, 'm5', 'x')
      await say(on, 'm5', 'y')
      expect(await say(on, 'm5', 'z')).to.deep.equal(['Lo dejamos.'])
    })

    it('reminds twice, then ends, each once, and an answer before the deadline wins (S11)', async () => {
      const on = await line(doc('Paciencia', [
        { id: 'm', type: 'menu', text: 'Elija', options: [{ id: 'a', label: 'A', to: 'fin' }], inactivity: { firstAfter: 60, reminder: '¿Sigue ahí?', reminders: 2, every: 30 } },
        { id: 'fin', type: 'message', text: 'Gracias.' },
      ], { inactivityFarewell: 'Cerramos.' }))
      await say(on, 's11', 'hola')
      const after = async (seconds: number): Promise<string[]> => {
        const before = world.received('s11').length
        world.clock.pass(seconds)
        await world.settle()
        return world.received('s11').slice(before)
      }
      expect(await after(59)).to.deep.equal([])
      expect(await after(1)).to.deep.equal(['¿Sigue ahí?'])
      expect(await after(10)).to.deep.equal([])
      expect(await after(20)).to.deep.equal(['¿Sigue ahí?'])
      expect(await after(30)).to.deep.equal(['Cerramos.'])
      expect(await world.chat('s11')).to.include({ state: 'RESOLVED' })
      expect(await world.db.get('SELECT closeKind FROM conversations ORDER BY id DESC LIMIT 1')).to.deep.include({ closeKind: 'inactivity' })
      // Answered at 119.9: it is applied after the deadline, and is an answer all the same.
      await say(on, 's11b', 'hola')
      world.clock.at += 119_900
      await world.arrive(on, { from: 's11b', text: '1' })
      world.clock.at += 200
      const before = world.received('s11b').length
      await world.settle()
      expect(world.received('s11b').slice(before).filter((text) => text === 'Gracias.')).to.have.length(1)
      expect(world.received('s11b')).not.to.include('Cerramos.')
    })

    it('waits between messages, and hears nobody meanwhile (F023)', async () => {
      const on = await line(doc('Espera', [
        { id: 'uno', type: 'message', text: 'Uno.', next: 'pausa' }, { id: 'pausa', type: 'delay', seconds: 5, next: 'dos' }, { id: 'dos', type: 'message', text: 'Dos.' },
      ]))
      expect(await say(on, 'm6', 'hola')).to.deep.equal(['Uno.'])
      expect(await say(on, 'm6', '¿y?')).to.deep.equal([])
      world.clock.pass(4)
      await world.settle()
      expect(world.received('m6')).to.deep.equal(['Uno.', 'Dos.'])
    })

    it('does not take what was written before its question for an answer (§5.6, S31)', async () => {
      const on = await line({ ...(choosing as object), name: 'Ráfaga' } as Json)
      await world.arrive(on, { from: 'm7', text: 'hola' })
      await world.arrive(on, { from: 'm7', text: 'buenas' })
      await world.settle()
      expect(world.received('m7')).to.deep.equal(['¿Qué necesita?\n\n1. Horario\n2. Citas'])
      expect((await events('m7')).filter((type) => type === 'menu.invalid')).to.deep.equal([])
    })

    it('ends when an agent is given the chat, when it is resolved, and when a supervisor writes (T10, T21, §2.4)', async () => {
      const on = await line({ ...(choosing as object), name: 'Interrumpido' } as Json)
      const jefa = await world.supervisor(`Jefa${database.dialect}`)
      for (const from of ['i1', 'i2', 'i3']) await say(on, from, 'hola')
      await transferChat(world.core, jefa, (await world.chat('i1')).id, { target: { type: 'agent', id: world.who('Ana').id ?? '' } })
      expect(await world.chat('i1')).to.include({ state: 'PENDING' })
      await resolveChat(world.core, jefa, (await world.chat('i2')).id, {})
      expect(await world.chat('i2')).to.include({ state: 'RESOLVED' })
      await sendReply(world.core, jefa, (await world.chat('i3')).id, { clientId: clientId(), text: 'Soy yo.' })
      expect(await world.chat('i3')).to.include({ state: 'UNROUTED' })
      for (const from of ['i1', 'i2', 'i3']) expect(await events(from), from).to.include('menu.ended')
    })

    it('asks a web service and follows its answer, and its failure (F030)', async () => {
      const document = doc('Consulta', [
        { id: 'q', type: 'http', url: 'https://saldo.example/{{ account.address | digits }}', extract: { saldo: '$.saldo' }, on: { error: 'caido', timeout: 'caido' }, next: 'dice' },
        { id: 'dice', type: 'message', text: 'Su saldo es {{ saldo }}.' }, { id: 'caido', type: 'message', text: 'No responde.' },
      ])
      const on = await line(document)
      world.answers = () => ({ ok: true, type: 'http', status: 200, body: '{"saldo":100}' })
      expect(await say(on, 'm8', 'hola')).to.deep.equal(['Su saldo es 100.'])
      world.answers = () => ({ ok: false, code: 'timeout' })
      expect(await say(on, 'm9', 'hola')).to.deep.equal(['No responde.'])
    })

    it('goes to the fallback queue, with a notice, when it cannot go on (T9)', async () => {
      const on = await line(doc('Roto', [{ id: 'q', type: 'http', url: 'https://x.example', next: 'q2' }, { id: 'q2', type: 'message', text: 'Bien' }]))
      world.answers = () => ({ ok: false, code: 'network' })
      await say(on, 'm10', 'hola')
      expect(await world.holder('m10')).to.equal('Ana')
      expect(await world.db.get("SELECT COUNT(*) AS n FROM notices WHERE code = 'menu.menu_error'")).to.deep.include({ n: 1 })
    })

    const settings = async (on: string, values: Record<string, unknown>): Promise<void> => {
      for (const [name, value] of Object.entries(values)) await setSetting(world.core, boss, { scope: `channel:${world.channels.get(on)}`, name, value })
    }

    it('is silent from the stop phrase to the resume phrase, over a resolve; the customer is served past it (S29)', async () => {
      const on = await line({ ...(choosing as object), name: 'Bot' } as Json)
      const other = await world.supervisor(`Jefa29${database.dialect}`)
      await say(on, 's29', 'hola')
      await settings(on, { 'bot.stopPhrase': 'bot off', 'bot.resumePhrase': 'bot on' })
      // By default the customer's words are like any others.
      expect(await say(on, 's29', ' BOT  off ')).to.deep.equal(['Opción no válida.', '¿Qué necesita?\n\n1. Horario\n2. Citas'])
      await settings(on, { 'bot.phraseRoles': ['customer'] })
      expect(await say(on, 's29', ' BOT  óff ')).to.deep.equal([])
      expect(await world.chat('s29')).to.include({ state: 'UNROUTED' })
      await say(on, 's29', '¿hay alguien?')
      expect(await world.holder('s29')).to.equal('Ana')
      await resolveChat(world.core, other, (await world.chat('s29')).id, {})
      await say(on, 's29', 'sigo aquí')
      expect(await world.holder('s29')).to.equal('Ana')
      await say(on, 's29', 'bot on')
      expect(await world.chat('s29')).to.include({ state: 'PENDING' })
      await resolveChat(world.core, other, (await world.chat('s29')).id, {})
      expect(await say(on, 's29', 'hola')).to.deep.equal(['¿Qué necesita?\n\n1. Horario\n2. Citas'])
      expect((await events('s29')).filter((type) => type.startsWith('chat.bot_'))).to.deep.equal(['chat.bot_stopped', 'chat.bot_resumed'])
    })

    it('gives way to a special phrase in the middle of a question (S30, F041)', async () => {
      await world.newQueue('Ventas')
      const on = await line(doc('Pedidos', [{ id: 'a', type: 'ask', text: '¿Su nombre?', validate: { type: 'text', min: 3 }, next: 'b' }, { id: 'b', type: 'message', text: 'Gracias.' }]))
      await settings(on, { 'bot.specialPhrases': [{ pattern: 'Pedido #', match: 'starts', queue: 'ventas', message: 'Recibimos su pedido.' }] })
      await say(on, 's30', 'hola')
      expect(await say(on, 's30', 'pedido # 123')).to.deep.equal(['Recibimos su pedido.'])
      expect(await world.chat('s30')).to.include({ state: 'QUEUED' })
      expect((await events('s30')).filter((type) => type === 'menu.invalid')).to.deep.equal([])
      // Waiting there already: it keeps its place.
      const { queuedAt } = await world.chat('s30')
      await say(on, 's30', 'pedido # 123')
      expect((await world.chat('s30')).queuedAt).to.equal(queuedAt)
    })

    it('stops talking to an auto-responder, which a person can take all the same (S15)', async () => {
      const on = await line({ ...(choosing as object), name: 'Eco' } as Json)
      const boss15 = await world.supervisor(`Jefa15${database.dialect}`)
      for (let minute = 0; minute < 200; minute++) {
        world.clock.pass(3)
        await world.write(on, 's15', 'Gracias por escribirnos')
      }
      expect(world.received('s15').length).to.be.lessThan(60)
      expect((await events('s15')).filter((type) => type === 'chat.guard_tripped')).to.have.length(3)
      expect(await world.db.get("SELECT COUNT(*) AS n FROM notices WHERE code = 'autoresponder'")).to.deep.include({ n: 1 })
      expect(await world.db.get("SELECT t.name FROM chat_tags c JOIN tags t ON t.id = c.tagId JOIN chats h ON h.id = c.chatId WHERE h.remoteChatId = 's15'")).to.deep.include({ name: 'autoresponder' })
      expect(await world.db.get("SELECT COUNT(*) AS n FROM messages m JOIN chats c ON c.id = m.chatId WHERE c.remoteChatId = 's15' AND m.direction = 'in'")).to.deep.include({ n: 200 })
      await transferChat(world.core, boss15, (await world.chat('s15')).id, { target: { type: 'agent', id: world.who('Ana').id ?? '' } })
      expect(await world.holder('s15')).to.equal('Ana')
    })

    it('takes a chat over from its agent, from the start, whatever was stopped (T15, F008)', async () => {
      const menu = await world.menu({ ...(choosing as object), name: 'Traspaso' } as Json)
      await world.channel('directa')
      await say('directa', 't15', 'hola')
      expect(await world.holder('t15')).to.equal('Ana')
      const load = async (): Promise<number> => (await world.db.get<{ chatLoad: number }>('SELECT chatLoad FROM agents WHERE agentId = ?', [world.who('Ana').id]))?.chatLoad ?? -1
      const before = await load()
      expect(await transferChat(world.core, world.who('Ana'), (await world.chat('t15')).id, { target: { type: 'menu', id: menu } })).to.equal('menu')
      await world.settle()
      expect(await world.chat('t15')).to.include({ state: 'MENU', agentId: null, unread: 0 })
      expect(await load()).to.equal(before - 1)
      expect(world.received('t15')).to.deep.equal(['Hola, soy Ana.', '[buttons]'])
      expect(await say('directa', 't15', '1')).to.deep.equal(['De 8 a 18, Cliente.', '¡Hasta pronto!'])
      // A menu that is not published takes nobody.
      await unpublishMenu(world.core, boss, menu)
      await say('directa', 't15', 'otra vez')
      expect(await failure(transferChat(world.core, world.who('Ana'), (await world.chat('t15')).id, { target: { type: 'menu', id: menu } }))).to.include({ code: 'invalid_destination' })
      expect(await world.holder('t15')).to.equal('Ana')
    })

    it('of a customer who waits stays on the version it began with, unless moved when it is published anew (S19, §5.10)', async () => {
      const document = (greeting: string, node: string): Json => doc('Versiones', [
        { id: node, type: 'menu', text: greeting, options: [{ id: 'a', label: 'A', to: 'fin' }] }, { id: 'fin', type: 'message', text: `Fin de ${greeting}.` },
      ], { restartMessage: 'Empezamos de nuevo.' })
      const menu = await world.menu(document('tres', 'm'))
      const name = `versiones-${database.dialect}`
      await world.channel(name, { menu, settings: { plain: true } })
      const publish = async (next: Json, applyToRunning: boolean): Promise<void> => {
        const { revision } = await readDraft(world.core, boss, menu)
        await saveDraft(world.core, boss, { menuId: menu, revision, document: next })
        await publishMenu(world.core, boss, { menuId: menu, note: '', applyToRunning })
      }
      await say(name, 'v1', 'hola')
      await publish(document('cuatro', 'otro'), false)
      expect(await say(name, 'v1', '1')).to.deep.equal(['Fin de tres.'])
      expect(await say(name, 'v2', 'hola')).to.deep.equal(['cuatro\n\n1. A'])
      await publish(document('cinco', 'otro'), true)
      expect(await say(name, 'v2', '1')).to.deep.equal(['Fin de cinco.'])
      await say(name, 'v3', 'hola')
      await publish(document('seis', 'distinto'), true)
      await world.settle()
      expect(world.received('v3').slice(-2)).to.deep.equal(['Empezamos de nuevo.', 'seis\n\n1. A'])
      expect((await listVersions(world.core, boss, menu)).map((one) => [one.version, one.published])).to.deep.equal([[4, true], [3, false], [2, false], [1, false]])
    })

    it('that waits for an event takes one that came a little before, and none that is too old (S20)', async () => {
      const waiting = (key: string): Json => doc(`Pago ${key}`, [
        { id: 'w', type: 'wait_event', key, ttl: 120, text: 'Espere.', extract: { valor: '$.valor' }, on: { event: 'ok', timeout: 'no', error: 'vacia' } },
        { id: 'ok', type: 'message', text: 'Pagó {{ valor }}.' }, { id: 'no', type: 'message', text: 'Nada.' }, { id: 'vacia', type: 'message', text: 'Sin clave: {{ error.code }}.' },
      ])
      const on = await line(waiting('pago-{{ contact.name | slug }}'))
      expect(await postMenuEvent(world.core, { key: 'pago-cliente_e1', data: { valor: '50' } })).to.equal('kept')
      world.clock.pass(4)
      expect(await say(on, 'e1', 'hola')).to.deep.equal(['Espere.', 'Pagó 50.'])
      await postMenuEvent(world.core, { key: 'pago-cliente_e2', data: { valor: '60' } })
      world.clock.pass(200)
      expect(await say(on, 'e2', 'hola')).to.deep.equal(['Espere.'])
      expect(await postMenuEvent(world.core, { key: 'pago-cliente_e2', data: { valor: '70' } })).to.equal('delivered')
      await world.settle()
      expect(world.received('e2').at(-1)).to.equal('Pagó 70.')
      const blind = await line(waiting('pago-{{ contact.email }}'))
      expect(await say(blind, 'e3', 'hola')).to.deep.equal(['Sin clave: empty_key.'])
    })

    it('asks for permission, keeps it, and sends away who gives none (S27, F042–F044)', async () => {
      const asking = (more: Node): Json => doc(`Permiso ${JSON.stringify(more).length}`, [
        { id: 'c', type: 'consent', text: '¿Nos autoriza?', yes: 'Sí', no: 'No', declinedMessage: 'Entendido.', ...more, next: 'm' }, { id: 'm', type: 'message', text: 'Bienvenido.' },
      ])
      const on = await line(asking({}))
      expect(await say(on, 'p1', 'hola')).to.deep.equal(['¿Nos autoriza?\n\n1. Sí\n2. No'])
      expect(await say(on, 'p1', 'no')).to.deep.equal(['Entendido.'])
      expect(await world.db.get('SELECT closeKind FROM conversations ORDER BY id DESC LIMIT 1')).to.deep.include({ closeKind: 'consent_declined' })
      expect(await say(on, 'p1', 'hola')).to.deep.equal(['¿Nos autoriza?\n\n1. Sí\n2. No'])
      expect(await say(on, 'p1', 'sí')).to.deep.equal(['Bienvenido.'])
      world.clock.pass(7 * 86_400)
      expect(await say(on, 'p1', 'hola')).to.deep.equal(['Bienvenido.'])
      expect(await world.db.get("SELECT status, source, level FROM consents ORDER BY at DESC LIMIT 1")).to.deep.include({ status: 'granted', source: 'menu', level: 'account' })
      const always = await line(asking({ persist: false }))
      await say(always, 'p2', 'hola')
      await say(always, 'p2', 'sí')
      expect(await say(always, 'p2', 'hola')).to.deep.equal(['¿Nos autoriza?\n\n1. Sí\n2. No'])
      expect(await world.db.get("SELECT COUNT(*) AS n FROM consents c JOIN chats h ON h.contactId = c.contactId WHERE h.remoteChatId = 'p2'")).to.deep.include({ n: 0 })
    })

    it('takes a message that is delivered three times at once for one answer, and a late one for none (S14)', async () => {
      const on = await line({ ...(choosing as object), name: 'Tres veces' } as Json)
      await say(on, 's14', 'hola')
      world.clock.pass(2)
      await Promise.all([1, 2, 3].map(() => world.arrive(on, { from: 's14', id: 'misma', text: 'x' })))
      await world.arrive(on, { from: 's14', id: 'vieja', text: '1', at: world.clock.at - 60_000 })
      const before = world.received('s14').length
      await world.settle()
      expect(world.received('s14').slice(before)).to.deep.equal(['Opción no válida.', '¿Qué necesita?\n\n1. Horario\n2. Citas'])
      expect(await world.chat('s14')).to.include({ state: 'MENU' })
    })

    it('changes what is known of the contact, tags, campaign and outcome', async () => {
      await world.db.run("INSERT INTO campaigns (id, parentId, code, name, createdAt) VALUES ('k1', '', 'servicio', 'Servicio', 0), ('k2', 'k1', 'quejas', 'Quejas', 0)")
      await world.db.run("INSERT INTO dispositions (id, code, name, createdAt) VALUES ('d1', 'resuelto', 'Resuelto', 0)")
      world.core.catalog.forget()
      const on = await line(doc('Datos', [
        { id: 'n', type: 'ask', text: '¿Nombre?', store: { variable: 'nombre' }, next: 's' }, { id: 's', type: 'set_contact', fields: { name: '{{ nombre }}', email: 'a@b.example', 'custom.ciudad': 'Cali' }, next: 't' },
        { id: 't', type: 'set_tag', add: ['Queja nueva'], next: 'c' }, { id: 'c', type: 'set_campaign', campaign: 'servicio', subcampaign: 'quejas', next: 'd' },
        { id: 'd', type: 'set_disposition', disposition: 'resuelto', note: 'por el menú', next: 'f' }, { id: 'f', type: 'message', text: 'Gracias, {{ contact.name }} de {{ contact.custom.ciudad }}.' },
      ]))
      await say(on, 'd1', 'hola')
      expect(await say(on, 'd1', 'María Ruiz')).to.deep.equal(['Gracias, María Ruiz de Cali.'])
      expect(await world.chat('d1')).to.include({ title: 'María Ruiz' })
      const chat = await world.chat('d1')
      expect(await world.db.get('SELECT name, nameSource, email, customFields FROM contacts WHERE id = (SELECT contactId FROM chats WHERE id = ?)', [chat.id])).to.deep.include({ name: 'María Ruiz', nameSource: 'manual', email: 'a@b.example', customFields: '{"ciudad":"Cali"}' })
      expect(await world.db.get('SELECT campaignId, subcampaignId, dispositionId, dispositionNote FROM conversations WHERE chatId = ?', [chat.id])).to.deep.include({ campaignId: 'k1', subcampaignId: 'k2', dispositionId: 'd1', dispositionNote: 'por el menú' })
      expect(await world.db.all('SELECT t.name FROM chat_tags c JOIN tags t ON t.id = c.tagId WHERE c.chatId = ?', [chat.id])).to.have.length(1)
      expect(await world.db.get("SELECT words FROM search WHERE kind = 'chat' AND refId = ?", [chat.id])).to.deep.include({ words: 'maria ruiz' })
    })

    it('leads into another menu and back up through levels (F033, F036)', async () => {
      const inner = await world.menu(doc('Interior', [{ id: 'd', type: 'message', text: 'Dentro, {{ quien }}.' }]))
      const on = await line(doc('Exterior', [
        { id: 'a', type: 'set', values: { quien: { value: 'Eva' } }, scope: 'conversation', next: 'm1' },
        { id: 'm1', type: 'menu', text: 'Uno', options: [{ id: 'x', label: 'Más', to: 'm2' }] },
        { id: 'm2', type: 'menu', text: 'Dos', back: { label: 'Volver' }, options: [{ id: 'y', label: 'Ir', to: 'ir' }] },
        { id: 'ir', type: 'go_menu', menu: inner },
      ]))
      await say(on, 'm11', 'hola')
      expect(await say(on, 'm11', '1')).to.deep.equal(['Dos\n\n1. Ir\n0. Volver'])
      expect(await say(on, 'm11', '0')).to.deep.equal(['Uno\n\n1. Más'])
      await say(on, 'm11', '1')
      expect(await say(on, 'm11', '1')).to.deep.equal(['Dentro, Eva.'])
      expect(await world.db.get("SELECT COUNT(*) AS n FROM menu_runs r JOIN chats c ON c.id = r.chatId WHERE c.remoteChatId = 'm11' AND r.endedAt IS NOT NULL")).to.deep.include({ n: 2 })
    })
  })
})
