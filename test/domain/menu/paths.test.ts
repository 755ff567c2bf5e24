/** Where branches go: ends, the way back, subroutines, other menus, limits, errors. */
import { expect } from 'chai'
import { isFinal } from '../../../server/domain/menu/effects.ts'
import { Bench, Chat, doc, kinds, menuOf, sent, type Doc } from './world.ts'

const m = (id: string, text: string, next?: string, over: Doc = {}): Doc => ({ id, type: 'message', text, ...(next ? { next } : {}), ...over })
const menu = (id: string, text: string, to: readonly string[], over: Doc = {}): Doc => ({ id, type: 'menu', text, options: to.map((target, index) => ({ id: `o${index}`, label: `L${'abcdef'[index] ?? ''}`, to: target })), ...over })

describe('The end of a branch (F029, F039, F040, F067)', () => {
  const end = { id: 'fin', type: 'end_options', text: '¿Algo más?', again: { label: 'Menú', to: 'start' }, advisor: { label: 'Asesor', to: 'asesor' }, finish: { label: 'Terminar', message: 'Chao {{ contact.firstName }}' } }
  const cases: [string, Doc, string[], Doc][] = [
    ['resolve without farewell', { onEnd: 'resolve' }, ['Texto'], { state: 'RESOLVED', closeKind: 'menu' }],
    ['resolve with farewell', { onEnd: 'resolve', farewell: 'Gracias, {{ contact.firstName }}.' }, ['Texto', 'Gracias, Ana.'], { state: 'RESOLVED' }],
    ['resolve though there are end options', { onEnd: 'resolve', endOptions: 'fin' }, ['Texto'], { state: 'RESOLVED' }],
    ['open', { onEnd: 'open', farewell: 'Gracias.' }, ['Texto'], { state: 'UNROUTED' }],
    ['options', { onEnd: 'options', endOptions: 'fin', farewell: 'Gracias.' }, ['Texto', '¿Algo más?\n\n1. Menú\n2. Asesor\n3. Terminar'], { state: 'MENU' }],
  ]
  for (const [name, settings, said, state] of cases) it(name, () => {
    const chat = new Chat(doc([m('start', 'Texto'), end, m('asesor', 'x')], settings))
    expect(chat.say('hola')).to.deep.equal(said)
    expect(chat.session).to.include(state)
  })
  const explicit: [string, Doc, string[]][] = [['@resolve', { state: 'RESOLVED', closeKind: 'menu' }, ['Texto', 'Gracias.']], ['@open', { state: 'UNROUTED' }, ['Texto']], ['@end', { state: 'MENU' }, ['Texto', '¿Algo más?\n\n1. Menú\n2. Asesor\n3. Terminar']]]
  for (const [target, state, said] of explicit) it(`${target} says so`, () => {
    const chat = new Chat(doc([m('start', 'Texto', target), end, m('asesor', 'x')], { onEnd: 'options', endOptions: 'fin', farewell: 'Gracias.' }))
    expect(chat.say('hola')).to.deep.equal(said)
    expect(chat.session).to.include(state)
  })
  it('offers the menu again, an advisor, and to finish', () => {
    const raw = doc([m('start', 'Texto'), end, { id: 'asesor', type: 'distribute', queue: 'ventas' }], { onEnd: 'options', endOptions: 'fin', farewell: 'Gracias.' })
    const play = (text: string) => {
      const chat = new Chat(raw)
      chat.say('hola')
      return { said: chat.say(text), chat }
    }
    expect(play('1').said[0]).to.equal('Texto')
    expect(play('asesor').chat.state).to.equal('QUEUED')
    const finished = play('3')
    expect(finished.said).to.deep.equal(['Chao Ana'])
    expect(finished.chat.session).to.include({ state: 'RESOLVED', closeKind: 'menu' })
    expect(play('nada').said[0]).to.equal('Opción no válida.')
  })
  it('leaves out what is switched off, and uses the farewell where finish has no message', () => {
    const chat = new Chat(doc([m('start', 'x'), { id: 'fin', type: 'end_options', text: '¿?', again: false, finish: { label: 'Ya' } }], { onEnd: 'options', endOptions: 'fin', farewell: 'Gracias.' }))
    expect(chat.say('hola')[1]).to.equal('¿?\n\n1. Ya')
    expect(chat.say('ya')).to.deep.equal(['Gracias.'])
  })
  it('resolve nodes send their message or the farewell, and their disposition', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'resolve', message: 'Listo.', disposition: 'resuelto_bot' }], { farewell: 'Gracias.' }))
    expect(chat.say('hola')).to.deep.equal(['Listo.'])
    expect(chat.session).to.include({ closeKind: 'menu', dispositionId: 'd_bot' })
    expect(new Chat(doc([{ id: 'start', type: 'resolve' }], { farewell: 'Gracias.' })).say('hola')).to.deep.equal(['Gracias.'])
    expect(new Chat(doc([{ id: 'start', type: 'resolve', message: '' }], { farewell: 'Gracias.' })).say('hola')).to.deep.equal([])
  })
})

describe('The way back (F033, F034, F036)', () => {
  const levels = (count: number) => doc(Array.from({ length: count }, (_, index) => menu(index === 0 ? 'start' : `n${index}`, `Nivel ${index + 1}`, [index + 1 < count ? `n${index + 1}` : 'texto'], index === 0 ? {} : { back: { label: 'Volver' } })).concat([m('texto', 'Fondo', '@back')]))
  const level = (said: readonly string[]) => said.map((one) => one.split('\n')[0])

  it('goes five levels down and back up', () => {
    const chat = new Chat(levels(5))
    expect(level(chat.say('hola'))).to.deep.equal(['Nivel 1'])
    for (const expected of [2, 3, 4, 5]) expect(level(chat.say('1'))).to.deep.equal([`Nivel ${expected}`])
    for (const expected of [4, 3, 2, 1]) expect(level(chat.say('0'))).to.deep.equal([`Nivel ${expected}`])
    expect(chat.say('0')[0]).to.equal('Opción no válida.')
  })
  it('from a text shows the menu that led there', () => {
    const chat = new Chat(levels(3))
    for (const text of ['hola', '1', '1']) chat.say(text)
    expect(level(chat.say('1'))).to.deep.equal(['Fondo', 'Nivel 3'])
    expect(level(chat.say('volver'))).to.deep.equal(['Nivel 2'])
  })
  it('at the root shows the root again', () => {
    const chat = new Chat(doc([menu('start', 'Raíz', ['@back'])]))
    chat.say('hola')
    expect(level(chat.say('1'))).to.deep.equal(['Raíz'])
    expect(level(chat.say('1'))).to.deep.equal(['Raíz'])
  })
  it('with nothing shown yet begins at the start', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'switch', cases: [{ when: 'x', to: 'm' }], next: 'marca' }, { id: 'marca', type: 'set', values: { x: 'si' }, next: '@back' }, menu('m', 'Menú', ['@end'])]))
    expect(level(chat.say('hola'))).to.deep.equal(['Menú'])
  })
  it('@start forgets the way back and keeps the variables', () => {
    const chat = new Chat(doc([menu('start', '{{ x }}Raíz', ['dos']), menu('dos', 'Dos', ['marca', '@back']), { id: 'marca', type: 'set', values: { x: 'otra vez ' }, next: '@start' }]))
    chat.say('hola')
    chat.say('1')
    expect(level(chat.say('1'))).to.deep.equal(['otra vez Raíz'])
    expect(chat.run.history).to.deep.equal([{ nodeId: 'start', depth: 0 }])
  })
})

describe('Subroutines', () => {
  const sub = doc([
    { id: 'start', type: 'call', node: 'pide', with: { que: 'nombre', antes: 'tapado' }, return: { nombre: '{{ valor }}', visto: '{{ antes }}' }, next: 'otra' },
    { id: 'otra', type: 'call', node: 'pide', with: { que: 'ciudad' }, return: { ciudad: '{{ valor }}' }, next: 'fin' },
    { id: 'pide', type: 'ask', text: '¿Su {{ que }}?', store: { variable: 'valor' }, next: 'eco' }, m('eco', 'Anotado.'), m('fin', '{{ nombre }} de {{ ciudad }} ({{ que }}{{ antes }}{{ visto }})'),
  ])
  it('come back with their values, and what `with` covered is as it was', () => {
    const chat = new Chat(sub, {})
    expect(chat.say('hola')).to.deep.equal(['¿Su nombre?'])
    expect(chat.say('Ana')).to.deep.equal(['Anotado.', '¿Su ciudad?'])
    expect(chat.say('Cali')).to.deep.equal(['Anotado.', 'Ana de Cali (tapado)'])
  })
  it('run in another menu with its own constants, and return to this one', () => {
    const other = menuOf(doc([m('pieza', 'Desde {{ casa }} {{ x }}', '@return')], {}, { name: 'Otro menú', constants: { casa: 'allá' } }), { menuId: 'B', version: 3 })
    const chat = new Chat(doc([{ id: 'start', type: 'call', menu: 'otro_menu', node: 'pieza', with: { x: 'hola' }, next: 'fin' }, m('fin', 'Aquí {{ casa }}')], {}, { constants: { casa: 'acá' } }), { others: [other] })
    expect(chat.say('hola')).to.deep.equal(['Desde allá hola', 'Aquí acá'])
  })
  it('the way back leaves a subroutine', () => {
    const chat = new Chat(doc([menu('start', 'Raíz', ['llama']), { id: 'llama', type: 'call', node: 'dentro', with: { v: '1' }, next: 'fin' }, menu('dentro', 'Dentro', ['@return'], { back: { label: 'Volver' } }), m('fin', 'Fin')]))
    chat.say('hola')
    expect(chat.say('1')[0]).to.contain('Dentro')
    expect(chat.run.frames).to.have.length(1)
    expect(chat.say('0')[0]).to.contain('Raíz')
    expect(chat.run).to.deep.include({ frames: [], variables: {} })
    chat.say('1')
    expect(chat.say('1')).to.deep.equal(['Fin'])
  })
  it('may nest 32 deep, the 33rd fails', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'call', node: 'start', on: { error: 'hondo' } }, m('hondo', '{{ error.code }}', '@open')], { stepLimit: 100 }))
    expect(chat.say('hola')).to.deep.equal(['call_depth'])
    expect(chat.events('menu.node_entered')).to.have.length(34)
  })
  it('survive a question asked inside, with the run stored between', () => {
    const bench = new Bench(sub)
    bench.give({ kind: 'start' })
    bench.run = JSON.parse(JSON.stringify(bench.run)) as typeof bench.run
    bench.handed(1)
    bench.text('Ana', 5)
    bench.run = JSON.parse(JSON.stringify(bench.run)) as typeof bench.run
    bench.handed(6)
    expect(sent(bench.text('Cali', 9)).at(-1)).to.equal('Ana de Cali (tapado)')
  })
})

describe('Other menus', () => {
  it('go_menu ends the run and starts the other in the same conversation, with its variables', () => {
    const other = menuOf(doc([m('start', 'no'), m('medio', 'Otro: {{ v }}')], {}, { name: 'Otro' }), { menuId: 'B', version: 2 })
    const chat = new Chat(doc([{ id: 'start', type: 'set', values: { v: 'sigue' }, scope: 'conversation', next: 'ir' }, { id: 'ir', type: 'go_menu', menu: 'otro', node: 'medio' }]), { others: [other] })
    expect(chat.say('hola')).to.deep.equal(['Otro: sigue'])
    expect(chat.run).to.include({ menuId: 'B', version: 2 })
    expect(chat.session.conversations).to.equal(1)
  })
  it('menus that start each other end in the fallback queue', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'go_menu', menu: 'prueba' }]))
    chat.say('hola')
    expect(chat.state).to.equal('QUEUED')
    expect(chat.of('goMenu').length).to.equal(64)
    expect(chat.of('fallback')).to.deep.equal([{ kind: 'fallback', code: 'step_limit' }])
  })
  it('an unknown one takes the error output', () => expect(new Chat(doc([{ id: 'start', type: 'go_menu', menu: 'nada', on: { error: 'mal' } }, m('mal', '{{ error.code }}')])).say('hola')).to.deep.equal(['unknown_menu']))
})

describe('Limits (§5.9)', () => {
  const ring = [m('start', '.', 'b'), m('b', ':', 'start')]
  it('stops a ring after stepLimit nodes, says the error once, and queues with a notice', () => {
    const chat = new Chat(doc(ring, { stepLimit: 10, errorMessage: 'Perdón.' }))
    const said = chat.say('hola')
    expect(said).to.have.length(11)
    expect(said.at(-1)).to.equal('Perdón.')
    expect(chat.of('notice')[0]).to.deep.include({ code: 'step_limit', to: { type: 'supervisors' } })
    expect(chat.of('fallback')).to.have.length(1)
    expect(chat.state).to.equal('QUEUED')
  })
  it('takes onError, and the fallback queue when that turns too', () => {
    const chat = new Chat(doc([...ring, m('error', 'Arreglo', 'start')], { stepLimit: 4, onError: 'error', errorMessage: 'Perdón.' }))
    expect(chat.say('hola')).to.deep.equal(['.', ':', '.', ':', 'Perdón.', 'Arreglo', '.', ':', '.'])
    expect(chat.state).to.equal('QUEUED')
  })
  it('counts outside calls as no rest', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'http', url: 'https://a.example', on: { '200': 'start', error: 'start', timeout: 'start' } }], { stepLimit: 7 }), { mocks: [{ results: [{ status: 200 }] }] })
    chat.say('hola')
    expect(chat.of('call')).to.have.length(7)
    expect(chat.state).to.equal('QUEUED')
  })
  it('counts from the last wait, and in all over the whole run', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'delay', seconds: 1, next: 'b' }, m('b', '.', 'start')], { stepLimit: 5, runStepLimit: 20 }))
    chat.say('hola')
    expect(chat.wait(60)).to.have.length(10)
    expect(chat.state).to.equal('QUEUED')
  })
  it('gives the error branch of the whole run\'s limit one allowance only', () => {
    const chat = new Chat(doc([menu('start', 'M', ['start'])], { stepLimit: 3, runStepLimit: 5, onError: 'start' }))
    chat.say('hola')
    for (let time = 0; time < 20 && chat.state === 'MENU'; time++) chat.say('1')
    expect(chat.state).to.equal('QUEUED')
    expect(chat.run.counts.total).to.equal(8)
  })
  it('does not go round when the way to a target fails', () => {
    const chat = new Chat(doc([m('start', '{{ x | upcase }}', '@end', { on: { error: '@end' } })], { farewell: '{% for i in (1..9999999) %}a{% endfor %}' }))
    chat.say('hola')
    expect(chat.of('fallback')).to.have.length(1)
  })
})

describe('Errors of a run', () => {
  const broken = { id: 'start', type: 'location', latitude: '200', longitude: '0' }
  it('say the error message, go to onError, and keep the code', () => {
    const chat = new Chat(doc([broken, m('arreglo', 'Código {{ error.code }} en {{ error.nodeId }}')], { onError: 'arreglo', errorMessage: 'Perdón.' }))
    expect(chat.say('hola')).to.deep.equal(['Perdón.', 'Código bad_location en start'])
    expect(chat.events('menu.error')[0]).to.deep.nested.include({ 'data.reason': 'bad_location', 'data.nodeId': 'start' })
  })
  it('go to the fallback queue with a notice that names the node', () => {
    const chat = new Chat(doc([{ ...broken, name: 'Mapa' }]))
    chat.say('hola')
    expect(chat.of('notice')[0]?.text.es).to.contain('«Mapa»').and.contain('bad_location')
    expect(chat.run.state).to.equal('error')
  })
  it('prefer the node\'s own output', () => expect(new Chat(doc([{ ...broken, on: { error: 'mal' } }, m('mal', 'Mal')], { onError: 'mal', errorMessage: 'x' })).say('hola')).to.deep.equal(['Mal']))
  it('of a template are errors of its node', () => {
    expect(new Chat(doc([m('start', '{{ x | nofilter }}', undefined, { on: { error: 'mal' } }), m('mal', '{{ error.code }}')])).say('hola')).to.deep.equal(['template'])
  })
  it('of a menu whose version is gone end in the fallback queue', () => {
    const bench = new Bench(doc([m('start', 'x')]), { library: { version: () => null } })
    expect(kinds(bench.give({ kind: 'start' }))).to.deep.equal(['notice', 'fallback', 'timer'])
    expect(bench.run.state).to.equal('error')
  })
  it('of a node that the version does not have too', () => {
    const bench = new Bench(doc([menu('start', 'M', ['start'])]))
    bench.give({ kind: 'start' })
    bench.run = { ...bench.run, nodeId: 'otro', prompt: bench.run.prompt && { ...bench.run.prompt, handedAt: 0, openedAt: 0 } }
    expect(kinds(bench.text('1', 5))).to.contain('fallback')
  })
})

describe('Inputs that do not fit', () => {
  const bench = () => {
    const made = new Bench(doc([menu('start', 'M', ['fin']), m('fin', 'Fin')]))
    made.give({ kind: 'start' })
    made.handed(1)
    return made
  }
  it('change nothing', () => {
    const made = bench()
    const before = JSON.stringify(made.run)
    for (const input of [{ kind: 'start' }, { kind: 'result', key: 'R.1', result: { ok: true, type: 'email' } }, { kind: 'event', key: 'k', data: null, at: 0 }, { kind: 'joined', agentId: 'a' }, { kind: 'declined' }, { kind: 'offerExpired' }, { kind: 'distributionFailed', reason: 'error' }] as const) {
      expect(made.give(input), input.kind).to.deep.equal([])
      expect(JSON.stringify(made.run), input.kind).to.equal(before)
    }
  })
  it('reach an ended run in vain', () => {
    const made = bench()
    expect(kinds(made.give({ kind: 'end', reason: 'supervisor' }))).to.deep.equal(['timer'])
    expect(made.run).to.include({ state: 'ended', wait: null })
    expect(made.text('1', 100)).to.deep.equal([])
    expect(made.alarm(10_000_000)).to.deep.equal([])
  })
  it('say in the event why a run ended', () => {
    const made = bench()
    const ended = made.give({ kind: 'end', reason: 'bot_stopped' }).find((effect) => effect.kind === 'event')
    expect(ended).to.deep.nested.include({ type: 'menu.ended', 'data.reason': 'bot_stopped' })
  })
  it('end a run with one effect at most', () => {
    const made = bench()
    expect(made.text('1', 100).filter(isFinal)).to.have.length(1)
  })
})
