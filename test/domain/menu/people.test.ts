/** Nodes that hand the chat to people, and nodes that write data. */
import { expect } from 'chai'
import { renderDeferred } from '../../../server/domain/menu/deferred.ts'
import { Bench, Chat, cloud, doc, kinds, lists, sunday, tuesday, type Doc } from './world.ts'

const m = (id: string, text: string, next?: string): Doc => ({ id, type: 'message', text, ...(next ? { next } : {}) })
const closedLists = { ...lists, queues: [{ id: 'q1', name: 'Ventas', open: false }] }

describe('Distribute (F005, F028, F035)', () => {
  const menu = (over: Doc = {}, settings: Doc = {}) => doc([
    { id: 'start', type: 'menu', name: 'Inicio', text: 'M', options: [{ id: 'v', label: 'Ventas', set: { tema: 'precio' }, to: 'd' }] },
    { id: 'd', type: 'distribute', queue: 'ventas', ...over }, m('fuera', 'Fuera'), m('mal', '{{ error.code }}'),
  ], settings)
  const play = (over: Doc = {}, settings: Doc = {}, options = {}) => {
    const chat = new Chat(menu(over, settings), options)
    chat.say('hola')
    const said = chat.say('1')
    return { chat, said, effect: chat.of('distribute')[0] }
  }
  it('ends the run with the queue and the option recorded', () => {
    const { chat, effect } = play({ priority: 2, campaign: 'servicio', subcampaign: 'quejas', tags: ['a'] })
    expect(effect).to.deep.equal({
      kind: 'distribute', nodeId: 'd', final: true, target: { type: 'queue', id: 'q_ventas' }, enqueue: true, force: false, priority: 2,
      option: { menuId: 'M', nodeId: 'start', nodeName: 'Inicio', optionId: 'v', label: 'Ventas' },
    })
    expect(chat.run).to.include({ state: 'ended', wait: null })
    expect(chat.session.campaign).to.deep.equal({ campaignId: 'c_servicio', subcampaignId: 's_quejas' })
    expect(chat.session.snapshot.chat.tags).to.deep.equal(['a'])
    expect(play({ menuOption: false }).effect).to.include({ option: null })
  })
  it('takes its own join message, else the document\'s, else none of its own; empty means none', () => {
    const joined = (over: Doc, settings: Doc = {}) => play(over, settings).chat.do({ agent: 'joins', name: 'Rosa' })
    expect(joined({ joinMessage: 'Soy {{ agent.name }}, por {{ tema }}.' }, { joinMessage: 'General' })).to.deep.equal(['Soy Rosa, por precio.'])
    expect(joined({}, { joinMessage: 'Hola {{ contact.firstName }}, {{ agent.name }}.' })).to.deep.equal(['Hola Ana, Rosa.'])
    expect(play({ joinMessage: '' }, { joinMessage: 'General' }).effect).to.have.property('joinMessage', null)
    expect(play({}, { joinMessage: '' }).effect).to.have.property('joinMessage', null)
    expect(play({}).effect).to.not.have.property('joinMessage')
  })
  it('leaves the waiting message to be rendered with the place in the list', () => {
    const { effect } = play({ waitingMessage: 'Puesto {{ position }}, {{ tema }}{{ agent.name }}.' })
    expect(effect?.waitingMessage).to.deep.include({ values: { tema: 'precio' } })
    expect(effect?.waitingMessage && renderDeferred(effect.waitingMessage, { position: 3 }, { now: tuesday, country: 'CO' })).to.equal('Puesto 3, precio.')
    expect(renderDeferred({ template: '{{ x | nofilter }}', values: {}, locale: 'es', timezone: 'utc' }, {}, { now: 0, country: 'CO' })).to.equal('')
  })
  it('waits without enqueue: messages are stored, joined ends, failed branches', () => {
    const joins = play({ enqueue: false, on: { unavailable: 'fuera' } })
    expect(joins.effect).to.include({ final: false })
    expect(joins.chat.state).to.equal('MENU')
    expect(joins.chat.say('¿hola?')).to.deep.equal([])
    joins.chat.do({ agent: 'joins' })
    expect(joins.chat.run.state).to.equal('ended')
    expect(play({ enqueue: false, on: { unavailable: 'fuera' } }).chat.do({ agent: 'unavailable' })).to.deep.equal(['Fuera'])
    const unwired = play({ enqueue: false }, { farewell: 'Adiós' }).chat
    expect(unwired.do({ agent: 'unavailable' })).to.deep.equal(['Adiós'])
  })
  it('takes on.closed in place of being held, and is held without it', () => {
    expect(play({ on: { closed: 'fuera' } }, {}, { lists: closedLists }).said).to.deep.equal(['Fuera'])
    expect(play({}, {}, { lists: closedLists }).effect).to.include({ final: true })
    expect(play({ on: { closed: 'fuera' } }).said).to.deep.equal([])
  })
  it('goes to an agent, by force too, and looks at the hours of the channel', () => {
    expect(play({ queue: undefined, agent: 'laura.perez' }).effect).to.deep.include({ target: { type: 'agent', id: 'a_laura' }, force: false, final: true })
    const closed = { snapshot: { hours: { open: false, nextOpening: null } } }
    expect(play({ queue: undefined, agent: 'a_laura', on: { closed: 'fuera' } }, {}, closed).said).to.deep.equal(['Fuera'])
    const forced = play({ queue: undefined, agent: 'ivan', force: true, enqueue: false, on: { closed: 'fuera' } }, {}, closed)
    expect(forced.effect).to.deep.include({ force: true, final: true })
    expect(forced.chat.state).to.equal('PENDING')
  })
  it('to a missing target takes error, else the fallback queue with a notice, not onError', () => {
    expect(play({ queue: 'nada', on: { error: 'mal' } }).said).to.deep.equal(['unknown_target'])
    expect(play({ queue: undefined, agent: 'gone', on: { error: 'mal' } }).said).to.deep.equal(['unknown_target'])
    const { chat } = play({ queue: '{{ falta }}' }, { onError: 'mal' })
    expect(chat.of('fallback')).to.have.length(1)
    expect(chat.of('notice')[0]).to.include({ code: 'unknown_queue' })
  })
  it('may be named by a template', () => expect(play({ queue: '{{ tema | replace: "precio", "ventas" }}' }).effect).to.deep.include({ target: { type: 'queue', id: 'q_ventas' } }))
})

describe('Invite (F052)', () => {
  const menu = (over: Doc = {}) => doc([{ id: 'start', type: 'invite', agents: ['laura.perez', 'gone', 'ivan'], timeout: 20, message: 'Cliente {{ contact.name }}', on: { declined: 'no', timeout: 'tarde', error: 'mal' }, ...over }, m('no', 'No'), m('tarde', 'Tarde'), m('mal', '{{ error.code }}')])
  it('offers to the enabled agents in order', () => {
    const chat = new Chat(menu())
    expect(chat.say('hola')).to.deep.equal([])
    expect(chat.of('invite')[0]).to.deep.include({ agents: ['a_laura', 'a_ivan'], queue: null, timeout: 20, message: 'Cliente Ana Pérez' })
    expect(chat.say('¿alguien?')).to.deep.equal([])
  })
  for (const [does, said] of [['declines', 'No'], ['expires', 'Tarde'], ['unavailable', 'No']] as const) it(`${does}: ${said}`, () => {
    const chat = new Chat(menu())
    chat.say('hola')
    expect(chat.do({ agent: does })).to.deep.equal([said])
  })
  it('ends the run when somebody joins', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    chat.do({ agent: 'joins' })
    expect(chat.session).to.include({ state: 'PENDING' })
    expect(chat.run.state).to.equal('ended')
  })
  it('fails when nobody can be offered the chat', () => {
    expect(new Chat(menu({ agents: ['gone'] })).say('hola')).to.deep.equal(['unknown_agent'])
    expect(new Chat(menu({ agents: [], queue: 'nada' })).say('hola')).to.deep.equal(['unknown_queue'])
  })
  it('withdraws the offers when the run is ended from outside', () => {
    const bench = new Bench(menu())
    bench.give({ kind: 'start' })
    expect(kinds(bench.give({ kind: 'end', reason: 'resolved' }))).to.deep.equal(['withdraw'])
    const broken = new Bench(menu())
    broken.give({ kind: 'start' })
    expect(kinds(broken.give({ kind: 'distributionFailed', reason: 'error' }))).to.contain('send')
  })
})

describe('The form node (F031)', () => {
  const menu = (over: Doc = {}) => doc([
    { id: 'start', type: 'form', form: 'contacto', questions: [{ name: 'nombre', text: '¿Nombre?' }, { name: 'cuando', text: '¿Cuándo?', options: [{ id: 'm', label: 'Mañana', keywords: ['am'] }, { label: 'Tarde' }], required: false }, { name: 'telefono', text: '¿Teléfono?', validate: { type: 'phone' } }], on: { attempts: 'mal', error: 'mal' }, next: 'fin', ...over },
    m('fin', 'Listo {{ nombre }} {{ cuando }}'), m('mal', 'Mal {{ error.code }}'),
  ])
  it('asks in order and writes one row', () => {
    const chat = new Chat(menu())
    expect(chat.say('hola')).to.deep.equal(['¿Nombre?'])
    expect(chat.say('Ana')).to.deep.equal(['¿Cuándo?\n(Escriba OMITIR para dejarlo en blanco.)\n\n1. Mañana\n2. Tarde'])
    expect(chat.say('AM')).to.deep.equal(['¿Teléfono?'])
    expect(chat.session.records).to.deep.equal([])
    expect(chat.say('300 111 2233')).to.deep.equal(['Listo Ana m'])
    expect(chat.session.records).to.deep.equal([{ form: 'contacto', values: { nombre: 'Ana', cuando: 'm', telefono: '300 111 2233', comentario: null } }])
  })
  it('keeps typed answers by their type, and texts as they were typed', () => {
    const raw = menu({ form: 'edades', questions: [{ name: 'edad', text: '¿Edad?', type: 'integer' }, { name: 'codigo', text: '¿Código?', validate: { type: 'integer' } }] })
    const chat = new Chat(raw)
    chat.say('hola')
    expect(chat.say('cuarenta')[0]).to.equal('La respuesta no es válida.')
    chat.say('007')
    chat.say('007')
    expect(chat.run.variables).to.deep.equal({ edad: 7, codigo: '007' })
    expect(chat.session.records).to.deep.equal([{ form: 'edades', values: { edad: 7 } }])
  })
  it('goes back one question, and stays at the first', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    expect(chat.say('atrás')).to.deep.equal(['¿Nombre?'])
    chat.say('Ana')
    expect(chat.say('volver')).to.deep.equal(['¿Nombre?'])
    chat.say('Eva')
    chat.say('2')
    expect(chat.say('3001112233')).to.deep.equal(['Listo Eva Tarde'])
  })
  it('skips only what is not required, and counts attempts per question', () => {
    const chat = new Chat(menu({ attempts: 2 }))
    chat.say('hola')
    chat.say('Ana')
    expect(chat.say('omitir')).to.deep.equal(['¿Teléfono?'])
    expect(chat.say('omitir')[0]).to.equal('La respuesta no es válida.')
    expect(chat.say('x')).to.deep.equal(['Mal '])
  })
  it('shows a summary, begins anew after a no, and writes after a yes', () => {
    const chat = new Chat(menu({ summary: true }), { channel: cloud })
    for (const text of ['hola', 'Ana', '1']) chat.say(text)
    expect(chat.say('3001112233')).to.deep.equal(['Esto es lo que anotamos:\nNombre: Ana\ncuando: m\ntelefono: 3001112233\n¿Es correcto?\n[Sí, enviar]\n[No, corregir]'])
    expect(chat.press('summary.no')).to.deep.equal(['¿Nombre?'])
    for (const text of ['Eva', '1', '3001112233']) chat.say(text)
    expect(chat.say('volver')).to.deep.equal(['¿Teléfono?'])
    chat.say('3001112244')
    expect(chat.press('summary.yes')).to.deep.equal(['Listo Eva m'])
    expect(chat.session.records).to.have.length(1)
  })
  it('keeps partial answers in the run, and fails without its form', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    chat.say('Ana')
    expect(chat.variable('nombre')).to.equal('Ana')
    const gone = new Chat(menu({ form: 'nada' }))
    for (const text of ['hola', 'Ana', '1']) gone.say(text)
    expect(gone.say('3001112233')).to.deep.equal(['Mal unknown_form'])
  })
  it('does not take the button of an earlier question', () => {
    const chat = new Chat(menu(), { channel: cloud })
    chat.say('hola')
    chat.say('Ana')
    chat.press('cuando.m')
    expect(chat.press('start:cuando.m')[0]).to.equal('La respuesta no es válida.')
  })
})

describe('Nodes that write', () => {
  it('set variables by type and scope, and unset them', () => {
    const chat = new Chat(doc([
      { id: 'start', type: 'set', values: { a: '{{ contact.firstName }}', n: { value: '007', type: 'integer' }, t: '007', lista: { value: '[1,2]', type: 'json' }, b: true, nada: '' }, next: 'dos' },
      { id: 'dos', type: 'set', scope: 'chat', values: { c: 'chat' }, unset: ['vieja'], next: 'tres' }, { id: 'tres', type: 'set', unset: ['a'], next: 'fin' }, m('fin', '{{ a }}|{{ n }}|{{ t }}|{{ lista[1] }}|{{ c }}|{{ chat.c }}|{{ vieja }}'),
    ]), { variables: { chat: { vieja: 'x' } } })
    expect(chat.say('hola')).to.deep.equal(['|7|007|2|chat|chat|'])
    expect(chat.run.variables).to.deep.equal({ n: 7, t: '007', lista: [1, 2], b: 'true', nada: '' })
    expect(chat.session.variables.chat).to.deep.equal({ c: 'chat' })
  })
  it('take error when a value does not convert, or leave the variable and go on', () => {
    const raw = (on: Doc) => doc([{ id: 'start', type: 'set', values: { n: 'x' }, on, next: 'fin' }, m('fin', 'Fin {{ n }}'), m('mal', '{{ error.code }}')], {}, { variables: { n: { type: 'integer', default: 5 } } })
    expect(new Chat(raw({ error: 'mal' })).say('hola')).to.deep.equal(['conversion'])
    expect(new Chat(raw({})).say('hola')).to.deep.equal(['Fin 5'])
  })
  it('look names up in run, conversation, chat, constants', () => {
    const raw = doc([m('start', '{{ a }}{{ b }}{{ c }}{{ d }}{{ flow.a }}{{ conversation.a }}{{ chat.a }}{{ contact.a }}')], {}, { constants: { a: '4', b: '4', c: '4', d: '4' } })
    expect(new Chat(raw, { variables: { chat: { a: '3', b: '3', c: '3' } } }).say('hola')).to.deep.equal(['3334' + '4' + '' + '3'])
    const bench = new Bench(raw, { variables: { conversation: { a: '2', b: '2' }, chat: { a: '3', b: '3', c: '3' } } })
    bench.run = { ...bench.run, variables: { a: '1' } }
    const [effect] = bench.give({ kind: 'start' }).filter((one) => one.kind === 'send')
    expect(effect?.kind === 'send' && effect.content).to.deep.equal({ kind: 'text', text: '1234' + '4' + '2' + '3' })
  })
  it('let no variable cover a read-only object', () => {
    expect(new Chat(doc([m('start', '{{ contact.name }} {{ channel.type }}')]), { variables: { chat: { contact: 'x', channel: 'y' } } }).say('hola')).to.deep.equal(['Ana Pérez whatsapp'])
  })
  it('write contact data, only what is empty if so asked, and never blank it', () => {
    const raw = (over: Doc) => doc([{ id: 'start', type: 'set_contact', fields: { name: 'Eva', email: '{{ correo }}', documentId: '', 'custom.barrio': 'Sur' }, next: 'fin', ...over }, m('fin', '{{ contact.name }} {{ contact.email }} {{ contact.custom.barrio }}'), m('mal', '{{ error.code }}')])
    const good = { variables: { chat: { correo: 'e@e.co' } } }
    expect(new Chat(raw({}), good).say('hola')).to.deep.equal(['Eva e@e.co Sur'])
    expect(new Chat(raw({ onlyEmpty: true }), { ...good, snapshot: { contact: { custom: { barrio: 'Norte' } } } }).say('hola')).to.deep.equal(['Ana Pérez e@e.co Norte'])
    const bad = { variables: { chat: { correo: 'no es' } } }
    expect(new Chat(raw({ on: { error: 'mal' } }), bad).say('hola')).to.deep.equal(['conversion'])
    const chat = new Chat(raw({}), bad)
    chat.say('hola')
    expect(chat.of('contact')).to.deep.equal([{ kind: 'contact', fields: { name: 'Eva' } }])
  })
  it('stamp campaigns, dispositions and tags; unknown ones take error or are told', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'set_campaign', campaign: 'servicio', subcampaign: 'quejas', next: 'b' }, { id: 'b', type: 'set_disposition', disposition: 'resuelto_bot', note: 'n', next: 'c' }, { id: 'c', type: 'set_tag', add: ['x', '{{ contact.firstName }}'], remove: ['y'], next: 'd' }, { id: 'd', type: 'set_campaign', campaign: 'nada', next: 'e' }, { id: 'e', type: 'set_disposition', disposition: 'nada', next: 'f' }, { id: 'f', type: 'set_campaign', campaign: 'servicio', subcampaign: 'nada', on: { error: 'fin' } }, m('fin', '{{ error.code }}')]), { snapshot: { chat: { tags: ['y'] } } })
    expect(chat.say('hola')).to.deep.equal(['unknown_campaign'])
    expect(chat.session).to.deep.include({ campaign: { campaignId: 'c_servicio', subcampaignId: 's_quejas' }, dispositionId: 'd_bot' })
    expect(chat.session.snapshot.chat.tags).to.deep.equal(['x', 'Ana'])
    expect(chat.of('notice').map((one) => one.code)).to.deep.equal(['unknown_campaign', 'unknown_disposition'])
  })
  it('keep a row by the form\'s fields, and fail on what is missing or of another type', () => {
    const raw = (fields: Doc) => doc([{ id: 'start', type: 'record', form: 'edades', fields, on: { error: 'mal' }, next: 'fin' }, m('fin', 'Fin'), m('mal', '{{ error.code }}')])
    const chat = new Chat(raw({ edad: '42', sobra: 'x' }))
    expect(chat.say('hola')).to.deep.equal(['Fin'])
    expect(chat.session.records).to.deep.equal([{ form: 'edades', values: { edad: 42 } }])
    expect(new Chat(raw({})).say('hola')).to.deep.equal(['missing_edad'])
    expect(new Chat(raw({ edad: 'x' })).say('hola')).to.deep.equal(['bad_edad'])
  })
  it('notify inside, log in the trace, and say neither to the customer', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'notify', text: 'Ojo con {{ contact.name }}', next: 'b' }, { id: 'b', type: 'notify', to: 'queue', queue: 'ventas', text: 'Cola', next: 'c' }, { id: 'c', type: 'log', level: 'warn', text: 'línea' }]))
    expect(chat.say('hola')).to.deep.equal([])
    expect(chat.of('notice').map(({ to, text }) => [to, text.en])).to.deep.equal([[{ type: 'supervisors' }, 'Ojo con Ana Pérez'], [{ type: 'queue', id: 'q_ventas' }, 'Cola']])
    expect(chat.of('trace').some((line) => line.text === 'línea' && line.level === 'warn')).to.equal(true)
  })
})

describe('Switch', () => {
  const raw = (cases: unknown[], on: Doc = {}) => doc([{ id: 'start', type: 'switch', cases, next: 'fin', on }, m('a', 'A {{ x }}'), m('b', 'B {{ x }}'), m('fin', 'Fin'), m('mal', '{{ error.code }}')])
  const options = { variables: { chat: { n: '5' } } }
  it('takes the first true case and only its set', () => expect(new Chat(raw([{ when: 'n == "6"', to: 'a', set: { x: '1' } }, { when: 'n', to: 'b', set: { x: '2' } }, { when: 'n', to: 'a', set: { x: '3' } }]), options).say('hola')).to.deep.equal(['B 2']))
  it('takes next when none is true', () => expect(new Chat(raw([{ when: 'falta', to: 'a' }]), options).say('hola')).to.deep.equal(['Fin']))
  it('counts a case that fails as false; error only when all fail', () => {
    expect(new Chat(raw([{ when: 'n | nofilter', to: 'a' }, { when: 'n', to: 'b' }], { error: 'mal' }), options).say('hola')).to.deep.equal(['B '])
    expect(new Chat(raw([{ when: 'n | nofilter', to: 'a' }], { error: 'mal' }), options).say('hola')).to.deep.equal(['expression'])
    expect(new Chat(raw([{ when: 'n | nofilter', to: 'a' }, { when: 'falta' }], { error: 'mal' }), options).say('hola')).to.deep.equal(['Fin'])
  })
})

describe('Hours and holidays', () => {
  const at = (iso: string) => Date.parse(iso)
  const hours = (node: Doc, now: number) => new Chat(doc([{ id: 'start', type: 'check_time', on: { open: 'si', closed: 'no' }, ...node }, m('si', 'abierto'), m('no', 'cerrado')]), { now }).say('hola')[0]
  const cases: [string, Doc, string, string][] = [
    ['08:00:00.000', { ranges: ['08:00-18:00'] }, '2026-11-24T07:59:59.999-05:00', 'abierto'], ['before it', { ranges: ['08:00-18:00'] }, '2026-11-24T07:59:59.990-05:00', 'cerrado'],
    ['17:59:59.9', { ranges: ['08:00-18:00'] }, '2026-11-24T17:59:59.900-05:00', 'abierto'], ['18:00:00.000', { ranges: ['08:00-18:00'] }, '2026-11-24T17:59:59.999-05:00', 'cerrado'],
    ['a night range after midnight', { ranges: ['22:00-06:00'] }, '2026-11-24T02:00:00-05:00', 'abierto'], ['a night range by day', { ranges: ['22:00-06:00'] }, '2026-11-24T12:00:00-05:00', 'cerrado'],
    ['Saturday\'s night on Sunday', { ranges: ['22:00-06:00'], weekdays: ['sáb'] }, '2026-11-22T02:00:00-05:00', 'abierto'], ['Sunday\'s early morning without Saturday', { ranges: ['22:00-06:00'], weekdays: ['dom'] }, '2026-11-22T02:00:00-05:00', 'cerrado'],
    ['until 24:00', { ranges: ['18:00-24:00'] }, '2026-11-24T23:59:59-05:00', 'abierto'], ['a weekday by number', { weekdays: [2] }, '2026-11-24T12:00:00-05:00', 'abierto'], ['a weekday in English', { weekdays: ['Tuesday'] }, '2026-11-24T12:00:00-05:00', 'abierto'],
    ['all lists', { weekdays: [2], months: [11], monthDays: [24], ranges: ['00:00-24:00'] }, '2026-11-24T12:00:00-05:00', 'abierto'], ['one list that fails', { weekdays: [2], months: [12] }, '2026-11-24T12:00:00-05:00', 'cerrado'],
    ['another zone', { ranges: ['08:00-18:00'], timezone: 'Europe/Madrid' }, '2026-11-24T12:00:00-05:00', 'cerrado'], ['a closed calendar', { calendar: 'sede' }, '2026-11-24T12:00:00-05:00', 'cerrado'], ['no list at all', {}, '2026-11-24T12:00:00-05:00', 'abierto'],
  ]
  // The simulator's customer writes one millisecond after the clock.
  for (const [name, node, iso, expected] of cases) it(`${name}: ${expected}`, () => expect(hours(node, at(iso))).to.equal(expected))

  const holiday = (node: Doc, now = tuesday) => new Chat(doc([{ id: 'start', type: 'check_holiday', country: 'CO', on: { yes: 'si', no: 'no', error: 'mal' }, ...node }, m('si', 'festivo'), m('no', 'hábil'), m('mal', '{{ error.code }}')]), { now }).say('hola')[0]
  const days: [string, Doc, number, string][] = [
    ['Immaculate Conception', {}, at('2026-12-08T12:00:00-05:00'), 'festivo'], ['All Saints, moved to Monday', {}, at('2026-11-02T12:00:00-05:00'), 'festivo'], ['the Sunday before', {}, at('2026-11-01T12:00:00-05:00'), 'hábil'], ['a Sunday', {}, sunday, 'hábil'],
    ['a date given', { date: '2027-01-01' }, tuesday, 'festivo'], ['a date by template', { date: '{{ "today" | date: "%Y-%m-%d" }}' }, tuesday, 'hábil'], ['a day of one\'s own', { extra: ['2026-11-24'] }, tuesday, 'festivo'], ['every year', { extra: ['11-24'] }, tuesday, 'festivo'],
    ['an unknown country', { country: 'ZZ' }, tuesday, 'unknown_country'], ['an unknown part of one', { subdivision: 'ZZ', country: 'ES' }, tuesday, 'unknown_country'], ['Madrid', { country: 'ES', subdivision: 'MD', date: '2026-05-02' }, tuesday, 'festivo'], ['the same day in Spain', { country: 'ES', date: '2026-05-02' }, tuesday, 'hábil'],
    ['no date', { date: 'mañana' }, tuesday, 'bad_date'], ['the zone decides the day', { timezone: 'Asia/Tokyo' }, at('2026-12-07T12:00:00-05:00'), 'festivo'],
  ]
  for (const [name, node, now, expected] of days) it(`${name}: ${expected}`, () => expect(holiday(node, now)).to.equal(expected))
})
