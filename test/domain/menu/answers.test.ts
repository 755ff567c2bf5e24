import { expect } from 'chai'
import { Bench, Chat, cloud, doc, kinds, sent, type Doc } from './world.ts'

const fin = { id: 'fin', type: 'message', text: 'Fin' }
const mensaje = (id: string, text: string, next?: string) => ({ id, type: 'message', text, ...(next ? { next } : {}) })

describe('Wrong answers and attempts (S12, F051)', () => {
  const edad = (over: object = {}) => ({ id: 'start', type: 'ask', text: '¿Edad?', store: { variable: 'edad', type: 'integer' }, validate: { type: 'integer', min: 1, max: 120 }, attempts: 3, invalidMessage: 'No es una edad.', on: { attempts: 'agotado' }, next: 'fin', ...over })
  const agotado = mensaje('agotado', 'Tres veces: {{ message.text }} {{ nombre }}')

  it('branches at the third wrong answer, without the invalid message, with its variables', () => {
    const chat = new Chat(doc([edad({ on: { attempts: 'agotado', invalid: 'aviso' } }), mensaje('aviso', 'Otra vez.', 'marca'), { id: 'marca', type: 'set', values: { nombre: 'x' }, next: 'start' }, agotado, fin]))
    chat.say('hola')
    expect(chat.say('a')).to.deep.equal(['Otra vez.', '¿Edad?'])
    expect(chat.say('b')).to.deep.equal(['Otra vez.', '¿Edad?'])
    expect(chat.say('c')).to.deep.equal(['Tres veces: c x'])
    expect(chat.events('menu.invalid').map((event) => event.kind === 'event' && event.data['attempt'])).to.deep.equal([1, 2, 3])
  })
  it('counts again after a valid answer', () => {
    const chat = new Chat(doc([edad({ next: 'otra', on: { attempts: 'agotado', invalid: 'aviso' } }), mensaje('aviso', 'Otra vez.', 'start'), { id: 'otra', type: 'ask', text: '¿De nuevo?', next: 'start' }, agotado]))
    chat.say('hola')
    for (const text of ['a', 'b', '40', 'sí', 'c']) chat.say(text)
    expect(chat.say('d')).to.deep.equal(['Otra vez.', '¿Edad?'])
    expect(chat.say('e')[0]).to.contain('Tres veces')
  })
  it('says the message and the prompt again without `invalid`, and only the message without reprompt', () => {
    const chat = new Chat(doc([edad(), agotado, fin]))
    chat.say('hola')
    expect(chat.say('a')).to.deep.equal(['No es una edad.', '¿Edad?'])
    const short = new Chat(doc([edad({ reprompt: false }), agotado, fin]))
    short.say('hola')
    expect(short.say('a')).to.deep.equal(['No es una edad.'])
    expect(short.say('30')).to.deep.equal(['Fin'])
    expect(short.variable('edad')).to.equal(30)
  })
  it('ends the branch where `attempts` is not wired, and never branches with attempts 0', () => {
    const chat = new Chat(doc([edad({ on: {}, attempts: 1 }), fin], { farewell: 'Adiós' }))
    chat.say('hola')
    expect(chat.say('a')).to.deep.equal(['Adiós'])
    const patient = new Chat(doc([edad({ on: {}, attempts: 0 }), fin]))
    patient.say('hola')
    for (let time = 0; time < 50; time++) expect(patient.say('a')).to.have.length(2)
  })
  it('keeps the counters of two nodes apart', () => {
    const chat = new Chat(doc([edad({ on: { attempts: 'agotado' }, attempts: 2, next: 'dos' }), { ...edad(), id: 'dos', attempts: 2 }, agotado, fin]))
    chat.say('hola')
    chat.say('a')
    chat.say('30')
    expect(chat.say('b')[0]).to.equal('No es una edad.')
    expect(chat.say('c')[0]).to.contain('Tres veces')
  })
})

describe('The question node', () => {
  const ask = (over: object, rest: object[] = [fin]) => doc([{ id: 'start', type: 'ask', text: '?', next: 'fin', ...over }, ...rest as Record<string, unknown>[]])
  it('takes the first true case after a valid answer, else next (F074)', () => {
    const raw = ask({ store: { variable: 'ciudad' }, cases: [{ when: 'ciudad == "Cali"', to: 'cali' }, { when: { var: 'ciudad', op: 'starts', value: 'C' }, to: 'otra' }] }, [fin, mensaje('cali', 'Cali'), mensaje('otra', 'Otra')])
    for (const [text, expected] of [['Cali', 'Cali'], ['Cartago', 'Otra'], ['Pasto', 'Fin']] as const) {
      const chat = new Chat(raw)
      chat.say('hola')
      expect(chat.say(text)).to.deep.equal([expected])
    }
  })
  it('takes only the kinds it accepts', () => {
    const chat = new Chat(ask({ accept: ['image', 'location'], store: { variable: 'foto', type: 'json' } }))
    chat.say('hola')
    expect(chat.say('texto')[0]).to.equal('La respuesta no es válida.')
    expect(chat.do({ media: 'sticker' })[0]).to.equal('La respuesta no es válida.')
    chat.do({ media: 'image' })
    expect(chat.variable('foto')).to.deep.include({ mime: 'image/jpeg', size: 1000, kind: 'image' })
    const place = new Chat(ask({ accept: ['location'], store: { variable: 'casa', type: 'location' } }))
    place.say('hola')
    place.do({ location: { lat: 0, lng: -76.5 } })
    expect(place.variable('casa')).to.deep.equal({ lat: 0, lng: -76.5, name: '' })
  })
  it('keeps the answer in the scope that is declared', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'ask', text: '?', store: { variable: 'a' }, next: 'dos' }, { id: 'dos', type: 'ask', text: '?', store: { variable: 'b', scope: 'chat' }, next: 'tres' }, { id: 'tres', type: 'ask', text: '{{ a }}{{ b }}', store: { variable: 'c', scope: 'contact' }, next: 'fin' }, mensaje('fin', '{{ contact.c }}{{ contact.custom.c }}')], {}, { variables: { a: { scope: 'conversation' } } }))
    chat.say('hola')
    chat.say('1')
    expect(chat.say('2')).to.deep.equal(['12'])
    expect(chat.say('3')).to.deep.equal(['33'])
    expect(chat.session.variables).to.deep.equal({ conversation: { a: '1' }, chat: { b: '2' } })
    expect(chat.session.snapshot.contact.custom).to.deep.equal({ c: '3' })
    expect(chat.run.variables).to.deep.equal({})
  })
  it('leaves by a cancel word, as a whole answer only', () => {
    const chat = new Chat(ask({ cancel: { words: ['salir'], to: 'fuera' } }, [fin, mensaje('fuera', 'Fuera')]))
    chat.say('hola')
    expect(chat.say('¡SALÍR!')).to.deep.equal(['Fin'])
    const other = new Chat(ask({ cancel: { words: ['salir'], to: 'fuera' } }, [fin, mensaje('fuera', 'Fuera')]))
    other.say('hola')
    expect(other.say(' Salir. ')).to.deep.equal(['Fuera'])
  })
  it('asks to confirm, and asks again after a no', () => {
    const chat = new Chat(ask({ confirm: true, store: { variable: 'a' } }), { channel: cloud })
    chat.say('hola')
    expect(chat.say('uno')).to.deep.equal(['Escribió: uno\n¿Es correcto?\n[Sí]\n[No, corregir]'])
    expect(chat.say('quizás')[0]).to.equal('Opción no válida.')
    expect(chat.press('no')).to.deep.equal(['?'])
    chat.say('dos')
    expect(chat.say('sí')).to.deep.equal(['Fin'])
    expect(chat.variable('a')).to.equal('dos')
  })
  it('decides by an expression on the value, typed as it is stored', () => {
    const chat = new Chat(ask({ store: { variable: 'n', type: 'integer' }, validate: { type: 'expression', when: 'value > 10 and value < tope' } }), { variables: { chat: { tope: 20 } } })
    chat.say('hola')
    expect(chat.say('9')).to.have.length(2)
    expect(chat.say('veinte')).to.have.length(2)
    expect(chat.say('15')).to.deep.equal(['Fin'])
  })
  describe('with processors (F079)', () => {
    const raw = ask({ accept: ['text', 'voice', 'image'], processors: [{ type: 'extract', schema: {}, variables: { ciudad: '$.ciudad' } }, { type: 'translate', to: 'es' }, { type: 'transcribe' }, { type: 'describe' }], store: { variable: 'a' }, on: { error: 'malo' } }, [mensaje('fin', '{{ a }}|{{ ciudad }}|{{ message.text }}|{{ message.original }}'), mensaje('malo', 'Falló {{ error.code }}')])
    it('asks for those that apply, in the normative order', () => {
      const chat = new Chat(raw)
      chat.say('hola')
      chat.do({ media: 'voice' })
      const request = chat.session.pending[0]?.request
      expect(request?.type === 'process' && request.steps.map((one) => one.type)).to.deep.equal(['transcribe', 'translate', 'extract'])
      chat.do({ result: { key: chat.session.pending[0]?.key ?? '', result: { ok: true, type: 'process', text: 'hola de voz', data: { ciudad: 'Cali' } } } })
      expect(chat.last?.messages.map((one) => one.content)).to.deep.equal([{ kind: 'text', text: 'hola de voz|Cali|hola de voz|' }])
    })
    it('describes pictures, and asks for nothing where nothing applies', () => {
      const chat = new Chat(raw)
      chat.say('hola')
      chat.do({ media: 'image' })
      const request = chat.session.pending[0]?.request
      expect(request?.type === 'process' && [request.steps.map((one) => one.type), request.file]).to.deep.equal([['describe', 'translate', 'extract'], { fileId: 'file4' }])
      const voice = new Chat(ask({ accept: ['voice'], processors: [{ type: 'describe' }, { type: 'translate', to: 'es' }] }))
      voice.say('hola')
      expect(voice.do({ media: 'voice' })).to.deep.equal(['Fin'])
      expect(voice.of('call')).to.deep.equal([])
    })
    it('takes no further answer while they work', () => {
      const chat = new Chat(raw)
      chat.say('hola')
      chat.do({ media: 'voice' })
      expect(chat.say('otra cosa')).to.deep.equal([])
      expect(chat.of('call')).to.have.length(1)
      expect(chat.run.message?.kind).to.equal('voice')
    })
    it('takes on.error on a failure, or validates the raw answer without it', () => {
      const chat = new Chat(raw, { mocks: [{ type: 'process', results: [{ error: 'provider_error' }] }] })
      chat.say('hola')
      expect(chat.say('texto')).to.deep.equal(['Falló provider_error'])
      const plainly = new Chat(ask({ processors: [{ type: 'translate', to: 'es' }], store: { variable: 'a' } }), { mocks: [{ type: 'process', results: [{ error: 'timeout' }] }] })
      plainly.say('hola')
      expect(plainly.say('texto')).to.deep.equal(['Fin'])
      expect(plainly.variable('a')).to.equal('texto')
    })
  })
})

describe('Consent (S27, F042–F044)', () => {
  const menu = (over: object = {}, settings: Doc = {}) => doc([
    { id: 'start', type: 'consent', text: '¿Permiso?', yes: 'Sí, autorizo', no: 'No', declinedMessage: 'Entendido.', next: 'principal', ...over },
    { id: 'principal', type: 'menu', text: 'Menú', options: [{ id: 'a', label: 'A', to: '@start' }, { id: 'b', label: 'B', to: '@resolve' }] }, mensaje('no', 'Quizás luego'), { id: 'opciones', type: 'end_options', text: '¿Algo más?' },
  ], settings)
  const asked = ['¿Permiso?\n\n1. Sí, autorizo\n2. No']
  const shown = ['Menú\n\n1. A\n2. B']

  it('records a no and closes; asks again next time; records a yes; does not ask again', () => {
    const chat = new Chat(menu())
    expect(chat.say('hola')).to.deep.equal(asked)
    expect(chat.say('No')).to.deep.equal(['Entendido.'])
    expect(chat.session).to.deep.include({ state: 'RESOLVED', closeKind: 'consent_declined', consent: { account: 'denied' } })
    expect(chat.say('hola')).to.deep.equal(asked)
    expect(chat.say('autorizo')).to.deep.equal(['Opción no válida.', ...asked])
    expect(chat.say('sí')).to.deep.equal(shown)
    expect(chat.of('consent').map(({ level, status, sync }) => [level, status, sync])).to.deep.equal([['account', 'denied', true], ['account', 'granted', true]])
    chat.do({ resolve: true })
    chat.wait(7 * 86_400)
    expect(chat.say('hola otra vez')).to.deep.equal(shown)
  })
  it('with persist false writes nothing and asks in every new conversation, once in each', () => {
    const chat = new Chat(menu({ persist: false }), { consent: { account: 'granted' } })
    for (let time = 0; time < 2; time++) {
      expect(chat.say('hola')).to.deep.equal(asked)
      expect(chat.say('1')).to.deep.equal(shown)
      expect(chat.say('1')).to.deep.equal(shown)
      chat.do({ resolve: true })
    }
    expect(chat.of('consent')).to.deep.equal([])
  })
  it('with askAgain asks also whoever agreed before', () => expect(new Chat(menu({ askAgain: true }), { consent: { account: 'granted' } }).say('hola')).to.deep.equal(asked))
  const covered: [string, object, Record<string, 'granted' | 'denied'>, boolean][] = [
    ['granted for the account', {}, { account: 'granted' }, true], ['granted broadly', {}, { global: 'granted' }, true], ['denied for the account, granted broadly', {}, { account: 'denied', global: 'granted' }, false],
    ['granted for the channel type', { level: 'account' }, { channel: 'granted' }, true], ['granted for the account where all is asked for', { level: 'global' }, { account: 'granted' }, false],
    ['granted for all, denied for the account', { level: 'global' }, { global: 'granted', account: 'denied' }, false], ['denied for all, granted for the channel', { level: 'channel' }, { global: 'denied', channel: 'granted' }, true],
  ]
  for (const [name, over, consent, passes] of covered) it(`${name}: ${passes ? 'passes' : 'asks'}`, () => expect(new Chat(menu(over), { consent }).say('hola')).to.deep.equal(passes ? shown : asked))
  it('lifts by a yes what would overrule it', () => {
    const chat = new Chat(menu({ level: 'global', providerSync: false }), { consent: { account: 'denied' } })
    chat.say('hola')
    chat.say('1')
    expect(chat.session.consent).to.deep.equal({ account: 'granted', global: 'granted' })
    expect(chat.of('consent').every((effect) => !effect.sync)).to.equal(true)
  })
  it('takes on.declined and on.granted where they are wired', () => {
    const chat = new Chat(menu({ on: { declined: 'no', granted: 'no' } }))
    chat.say('hola')
    expect(chat.say('2')).to.deep.equal(['Quizás luego'])
    expect(chat.session.closeKind).to.equal('menu')
  })
  it('never shows the end options to whoever did not agree', () => {
    const chat = new Chat(menu({ attempts: 1 }, { onEnd: 'options', endOptions: 'opciones' }))
    chat.say('hola')
    expect(chat.say('qué')).to.deep.equal([])
    expect(chat.state).to.equal('RESOLVED')
  })
})

describe('The menu node', () => {
  const options = [{ id: 'a', label: 'Citas', to: 'fin', set: { tipo: 'cita {{ contact.firstName }}' }, tags: ['citas'] }, { id: 'b', label: 'Otra', record: false, to: 'fin' }]
  const menu = (over: object = {}, rest: Record<string, unknown>[] = []) => doc([{ id: 'start', type: 'menu', name: 'Principal', text: 'Elija', options, ...over }, mensaje('fin', '{{ choice.id }} {{ choice.label }} {{ choice.number }} {{ tipo }}'), ...rest])

  it('fills choice, variables and tags, and records the option (F005, F151)', () => {
    const chat = new Chat(menu({ store: { variable: 'elegida' } }))
    chat.say('hola')
    expect(chat.say('1')).to.deep.equal(['a Citas 1 cita Ana'])
    expect(chat.variable('elegida')).to.equal('a')
    expect(chat.session.option).to.deep.equal({ menuId: 'M', nodeId: 'start', nodeName: 'Principal', optionId: 'a', label: 'Citas' })
    expect(chat.events('menu.option_selected')[0]).to.deep.nested.include({ 'data.optionId': 'a', 'data.nodeName': 'Principal' })
    expect(chat.session.snapshot.chat.tags).to.deep.equal(['citas'])
  })
  it('does not record an option that says so', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    chat.say('2')
    expect(chat.session.option).to.equal(null)
    expect(chat.events('menu.option_selected')).to.deep.equal([])
  })
  it('takes media by on.media, a caption that names an option by the option (F045)', () => {
    const wired = menu({ on: { media: 'foto' }, mediaKinds: ['sticker', 'image'] }, [mensaje('foto', 'Recibido: {{ message.kind }}')])
    const sticker = new Chat(wired)
    sticker.say('hola')
    expect(sticker.do({ media: 'sticker' })).to.deep.equal(['Recibido: sticker'])
    const caption = new Chat(wired)
    caption.say('hola')
    expect(caption.do({ media: 'image', caption: 'citas' })[0]).to.contain('a Citas')
    const voice = new Chat(wired)
    voice.say('hola')
    expect(voice.do({ media: 'voice' })[0]).to.equal('Opción no válida.')
    const unwired = new Chat(menu())
    unwired.say('hola')
    expect(unwired.do({ media: 'sticker' })[0]).to.equal('Opción no válida.')
  })
  it('goes to the error output when no option is left to show', () => {
    const chat = new Chat(menu({ options: [{ id: 'a', label: 'A', when: 'nunca' }], on: { error: 'vacio' } }, [mensaje('vacio', '{{ error.code }}')]))
    expect(chat.say('hola')).to.deep.equal(['no_options'])
  })
  it('fetches its header once, and does without it when it cannot be had', () => {
    const header = { kind: 'image', source: { url: 'https://a.example/{{ contact.firstName }}.png' } }
    const mocks = [{ type: 'media' as const, results: [{ file: { fileName: 'ana.png', mimeType: 'image/png', size: 10 } }] }]
    const chat = new Chat(menu({ header }), { mocks, channel: cloud })
    chat.say('hola')
    expect(chat.last?.messages[0]?.content).to.have.nested.property('header.fileName', 'ana.png')
    chat.say('nada')
    expect(chat.of('call')).to.have.length(1)
    const failing = new Chat(menu({ header }), { mocks: [{ type: 'media', results: [{ error: 'blocked_address' }] }] })
    expect(failing.say('hola')).to.deep.equal(['Elija\n\n1. Citas\n2. Otra'])
    const stored = new Chat(menu({ header: { kind: 'image', source: { mediaId: 'logo' } } }))
    expect(stored.say('hola')[0]).to.equal('📎 image: logo.png')
  })
})

describe('What counts as an answer (§5.6)', () => {
  const menu = doc([{ id: 'start', type: 'menu', text: 'Elija', options: [{ id: 'a', label: 'A', to: 'fin' }] }, fin])
  it('is what came after the prompt was handed over; the rest of a burst is not (S31)', () => {
    const bench = new Bench(menu, {}, 1000)
    bench.give({ kind: 'start', message: { id: 'm', receivedAt: 990, parts: [{ kind: 'text', text: 'hola' }] } })
    expect(bench.text('buenas', 1001)).to.deep.equal([])
    bench.handed(1005)
    expect(bench.text('¿hay alguien?', 1002, 1010)).to.deep.equal([])
    expect(bench.text('1', 1005, 1011)).to.deep.equal([])
    expect(sent(bench.text('1', 1006, 1012))).to.deep.equal(['Fin'])
  })
  it('ignores the hand-over of an older prompt', () => {
    const bench = new Bench(menu, {}, 0)
    bench.give({ kind: 'start' })
    bench.handed(1)
    bench.text('x', 2)
    const older = bench.give({ kind: 'promptHanded', serial: 1, at: 3 }, 3)
    expect(older).to.deep.equal([])
    expect(bench.run.prompt?.handedAt).to.equal(null)
  })
  it('does not take what comes during a delay or an outside call', () => {
    const bench = new Bench(doc([{ id: 'start', type: 'delay', seconds: 5, next: 'web' }, { id: 'web', type: 'http', url: 'https://a.example', next: 'pide' }, { id: 'pide', type: 'ask', text: '?' }]), {}, 0)
    bench.give({ kind: 'start' })
    expect(bench.text('uno', 1000)).to.deep.equal([])
    bench.alarm(5000)
    expect(bench.text('dos', 6000)).to.deep.equal([])
    expect(sent(bench.give({ kind: 'result', key: 'R.1', result: { ok: true, type: 'http', status: 200, body: '' } }, 7000))).to.deep.equal(['?'])
    bench.handed(8000)
    expect(bench.text('dos', 6000, 9000)).to.deep.equal([])
    expect(kinds(bench.text('tres', 9500))).to.contain('resolve')
  })
  it('reads several parts under one id as one answer', () => {
    const bench = new Bench(doc([{ id: 'start', type: 'ask', text: '?', accept: ['image'], store: { variable: 'f', type: 'media' }, next: 'fin' }, mensaje('fin', '{{ message.text }} {{ message.kind }}')]), {}, 0)
    bench.give({ kind: 'start' })
    bench.handed(1)
    const media = (id: string) => ({ id, url: '/f', mime: 'image/png', name: id, size: 1 })
    const effects = bench.give({ kind: 'message', message: { id: 'm', receivedAt: 5, parts: [{ kind: 'image', media: media('a') }, { kind: 'image', media: media('b'), caption: 'las dos' }] } }, 5)
    expect(sent(effects)).to.deep.equal(['las dos image'])
    expect(bench.run.variables['f']).to.deep.include({ id: 'a' })
  })
})
