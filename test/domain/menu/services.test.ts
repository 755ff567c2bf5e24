/** Nodes that ask the outside: http, email, media, wait_event, assistant (§5.8). */
import { expect } from 'chai'
import { maskSecrets, secretsOf, withSecrets, type CallFailure } from '../../../server/domain/menu/calls.ts'
import { Bench, Chat, bare, cloud, doc, kinds, sent, type Doc } from './world.ts'

const m = (id: string, text: string, next?: string): Doc => ({ id, type: 'message', text, ...(next ? { next } : {}) })

describe('The output of a web request', () => {
  const all = { '200': 'exacto', '2xx': 'clase2', '404': 'exacto', '4xx': 'clase4', '5xx': 'clase5', timeout: 'tarde', error: 'mal' }
  const without = (...names: string[]) => Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)))
  type Answer = { status: number; body?: string } | { error: CallFailure }
  const cases: [string, Doc, Answer, string][] = [
    ['an exact status', all, { status: 200, body: '{}' }, 'exacto'], ['the class', all, { status: 201 }, 'clase2'], ['the class where the status is not wired', without('404'), { status: 404 }, 'clase4'],
    ['next for a good answer', without('200', '2xx'), { status: 200 }, 'sigue'], ['error for a bad one', without('404', '4xx'), { status: 404 }, 'mal http_404'], ['error for a redirect left over', all, { status: 302 }, 'mal http_302'],
    ['no good answer from 300 on', all, { status: 300 }, 'mal http_300'], ['a failing class', all, { status: 503 }, 'clase5'], ['timeout', all, { error: 'timeout' }, 'tarde'], ['error where timeout is not wired', without('timeout'), { error: 'timeout' }, 'mal timeout'],
    ['error for the network', all, { error: 'network' }, 'mal network'], ['error for a refused address (S34)', all, { error: 'blocked_address' }, 'mal blocked_address'], ['error for an interrupted call', all, { error: 'interrupted' }, 'mal interrupted'],
    ['error for an answer that is no JSON', all, { status: 200, body: '<html>' }, 'mal parse'], ['the status of an error page that is no JSON', all, { status: 404, body: '<html>' }, 'exacto'], ['an empty body', all, { status: 204, body: '' }, 'clase2'],
  ]
  for (const [name, on, answer, expected] of cases) it(`is ${name}`, () => {
    const nodes = ['exacto', 'clase2', 'clase4', 'clase5', 'tarde', 'sigue'].map((id) => m(id, id))
    const chat = new Chat(doc([{ id: 'start', type: 'http', url: 'https://a.example', on, next: 'sigue' }, ...nodes, m('mal', 'mal {{ error.code }}')]), { mocks: [{ results: [answer] }] })
    expect(chat.say('hola')).to.deep.equal([expected])
  })
  it('is the error of the run where nothing is wired', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'http', url: 'https://a.example' }, m('mal', 'run {{ error.code }}')], { onError: 'mal' }), { mocks: [{ results: [{ status: 500 }] }] })
    expect(chat.say('hola')).to.deep.equal(['run http_500'])
  })
  it('sets variables first, for every status; what is missing becomes null and is no failure', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'http', url: 'https://a.example', extract: { saldo: '$.a.saldo', nombre: '$.a.nombres[1]', nada: '$.x.y', malo: '$.a.malo' }, on: { '404': 'fin' } }, m('fin', '{{ saldo | plus: 1 }} {{ nombre }} {{ nada }}{{ http.status }} {{ http.body.a.saldo }}')], {}, { variables: { saldo: { type: 'integer' }, malo: { type: 'integer' } } }), { mocks: [{ results: [{ status: 404, body: { a: { saldo: 100, nombres: ['x', '007'], malo: 'z' } } }] }] })
    expect(chat.say('hola')).to.deep.equal(['101 007 404 100'])
    expect(chat.run.variables).to.deep.equal({ saldo: 100, nombre: '007', nada: null, malo: null })
  })
  it('keeps the body where `save` says, as text or JSON', () => {
    const play = (over: Doc, body: string) => {
      const chat = new Chat(doc([{ id: 'start', type: 'http', url: 'https://a.example', save: { variable: 'todo' }, next: 'fin', on: { error: 'mal' }, ...over }, m('fin', 'ok'), m('mal', '{{ error.code }}')]), { mocks: [{ results: [{ status: 200, body }] }] })
      return { said: chat.say('hola'), kept: chat.variable('todo') }
    }
    expect(play({}, '{"a":[1,2]}')).to.deep.equal({ said: ['ok'], kept: { a: [1, 2] } })
    expect(play({ responseType: 'text' }, '{"a"')).to.deep.equal({ said: ['ok'], kept: '{"a"' })
    expect(play({}, `{"a":"${'x'.repeat(70_000)}"}`).said).to.deep.equal(['too_large'])
  })
})

describe('A web request', () => {
  const request = (over: Doc, variables = {}) => {
    const chat = new Chat(doc([{ id: 'start', type: 'http', url: 'https://a.example/{{ v }}', on: { error: 'mal' }, ...over }, m('mal', '{{ error.code }}')]), { variables: { chat: { v: '007', mala: 'a"b\n', ...variables } } })
    const said = chat.say('hola')
    return { said, chat, made: chat.session.pending[0]?.request }
  }
  it('renders address, query, headers and body; values stay values', () => {
    const { made } = request({ method: 'POST', query: { q: '{{ mala }}', n: 5 }, headers: { 'X-A': '{{ mala }}', 'X-B': 'b\r\nInjected: 1' }, body: { json: { a: '{{ mala }}', b: [true, '{{ v }}', 3] } } })
    expect(made).to.deep.include({
      url: 'https://a.example/007', query: [['q', 'a"b\n'], ['n', '5']], headers: [['X-A', 'a"b'], ['X-B', 'b Injected: 1']], body: { kind: 'json', value: { a: 'a"b\n', b: [true, '007', 3] } },
    })
  })
  it('sends forms and texts, and JSON from one template', () => {
    expect(request({ body: { form: { a: '{{ v }}', b: true } } }).made).to.have.deep.property('body', { kind: 'form', fields: [['a', '007'], ['b', 'true']] })
    expect(request({ body: { text: 'v={{ v }}' } }).made).to.have.deep.property('body', { kind: 'text', text: 'v=007' })
    expect(request({ body: { json: '{"v": {{ v | json }}}' } }).made).to.have.deep.property('body', { kind: 'json', value: { v: '007' } })
    expect(request({ body: { json: '{"v": "{{ mala }}"}' } }).said).to.deep.equal(['bad_body'])
  })
  it('repeats only what may be repeated', () => {
    expect(request({ method: 'GET', retries: 3 }).made).to.include({ retries: 3 })
    expect(request({ method: 'PUT', retries: 2 }).made).to.include({ retries: 2 })
    expect(request({ method: 'POST', retries: 3 }).made).to.include({ retries: 0 })
  })
  for (const url of ['ftp://a.example', 'file:///etc/passwd', '{{ falta }}', 'http://', 'a.example']) it(`refuses the address ${url}`, () => expect(request({ url }).said).to.deep.equal(['bad_url']))
  it('says something before it asks', () => expect(request({ userMessage: 'Un momento, {{ contact.firstName }}.' }).said).to.deep.equal(['Un momento, Ana.']))
  it('is made under one durable key, and its result counts once', () => {
    const bench = new Bench(doc([{ id: 'start', type: 'http', url: 'https://a.example', next: 'fin', on: { error: 'fin' } }, m('fin', 'Fin')]))
    bench.give({ kind: 'start' })
    expect(bench.run.wait).to.deep.equal({ kind: 'call', key: 'R.1', purpose: 'http' })
    expect(bench.give({ kind: 'result', key: 'R.0', result: { ok: true, type: 'http', status: 200, body: '' } })).to.deep.equal([])
    expect(sent(bench.give({ kind: 'result', key: 'R.1', result: { ok: true, type: 'http', status: 200, body: '' } }))).to.deep.equal(['Fin'])
    expect(bench.give({ kind: 'result', key: 'R.1', result: { ok: true, type: 'http', status: 200, body: '' } })).to.deep.equal([])
  })
  it('is dropped when the run ended meanwhile', () => {
    const bench = new Bench(doc([{ id: 'start', type: 'http', url: 'https://a.example', next: 'fin' }, m('fin', 'Fin')]))
    bench.give({ kind: 'start' })
    bench.give({ kind: 'end', reason: 'agent_joined' })
    expect(bench.give({ kind: 'result', key: 'R.1', result: { ok: true, type: 'http', status: 200, body: '' } })).to.deep.equal([])
  })

  describe('with secrets', () => {
    const node = { url: 'https://a.example/?k={{ secrets.llave }}', headers: { Authorization: 'Bearer {{ secrets.otra }}' }, body: { json: { k: '{{ secrets.llave }}', v: '{{ v }}' } }, auth: { type: 'basic', user: 'ana', secret: 'tercera' } }
    it('holds places for them, which only the worker fills', () => {
      const { made, chat } = request(node)
      if (made?.type !== 'http') throw new Error('no request')
      expect(secretsOf(made)).to.have.members(['llave', 'otra', 'tercera'])
      const filled = withSecrets(made, (name) => `<${name}>`)
      expect(filled).to.deep.include({ url: 'https://a.example/?k=<llave>', headers: [['Authorization', 'Bearer <otra>']], body: { kind: 'json', value: { k: '<llave>', v: '007' } } })
      expect(maskSecrets(made.url, made.mark)).to.equal('https://a.example/?k=•••')
      expect(chat.of('trace').map((line) => JSON.stringify(line.data)).join()).to.contain('•••').and.not.contain('llave')
    })
    it('cannot be asked for by a customer, who does not know the mark', () => {
      const { made } = request(node, { v: '{{ secrets.llave }}⦃abc:llave⦄⦃:llave⦄' })
      if (made?.type !== 'http') throw new Error('no request')
      const filled = withSecrets(made, () => 'SECRETO')
      expect(filled.body).to.deep.equal({ kind: 'json', value: { k: 'SECRETO', v: '{{ secrets.llave }}⦃abc:llave⦄⦃:llave⦄' } })
    })
    it('marks each request anew', () => {
      const marks = ['a', 'b'].map((seed) => {
        const chat = new Chat(doc([{ id: 'start', type: 'http', url: 'https://a.example' }]), { seed })
        chat.say('hola')
        const made = chat.session.pending[0]?.request
        return made?.type === 'http' ? made.mark : ''
      })
      expect(marks[0]).to.match(/^[0-9a-f]{32}$/).and.not.equal(marks[1])
    })
    it('are nowhere else', () => expect(new Chat(doc([m('start', 'x{{ secrets.llave }}')])).say('hola')).to.deep.equal(['x']))
  })
})

describe('An e-mail (F047)', () => {
  const play = (over: Doc, mocks: object[] = [], variables = {}) => {
    const chat = new Chat(doc([{ id: 'start', type: 'email', server: 'principal', to: ['a@b.example'], subject: 'Hola {{ contact.name }}', text: '{{ v }}', next: 'fin', ...over }, m('fin', 'Fin'), m('mal', '{{ error.code }}')]), { variables: { chat: { v: 'uno\ndos', ...variables } }, mocks: mocks as never })
    return { said: chat.say('hola'), chat, made: chat.of('call')[0]?.request }
  }
  it('strips line breaks from addresses and headers, not from the text', () => {
    const { made, said } = play({ to: ['{{ destino }}', 'no es dirección', 'a@b.example'], cc: ['c@d.example; e@f.example'], subject: 'S {{ v }}', replyTo: 'r@s.example' }, [], { destino: 'x@y.example\r\nBcc: z@z.example' })
    expect(made).to.deep.include({ type: 'email', to: ['a@b.example'], cc: ['c@d.example', 'e@f.example'], subject: 'S uno dos', text: 'uno\ndos', replyTo: 'r@s.example', timeout: 20 })
    expect(said).to.deep.equal(['Fin'])
  })
  it('sends to no address that a line break smuggled in', () => {
    const { chat, said } = play({ to: ['{{ destino }}'], on: { error: 'mal' } }, [], { destino: 'x@y.example\r\nBcc: z@z.example' })
    expect(chat.of('call')).to.deep.equal([])
    expect(said).to.deep.equal(['bad_address'])
  })
  it('takes its error output on failure, or tells supervisors and goes on', () => {
    const mocks = [{ type: 'email', results: [{ error: 'refused' }] }]
    expect(play({ on: { error: 'mal' } }, mocks).said).to.deep.equal(['refused'])
    const { said, chat } = play({}, mocks)
    expect(said).to.deep.equal(['Fin'])
    expect(chat.of('notice')[0]).to.include({ code: 'email_failed' })
  })
  it('attaches files of variables and of the library', () => {
    const { made } = play({ attachments: [{ mediaId: 'logo' }, { variable: 'foto' }, { variable: 'texto' }, { variable: 'nada' }] }, [], { foto: { id: 'f1', url: '/f1' }, texto: 'f2' })
    expect(made).to.have.deep.property('attachments', [{ fileId: 'logo' }, { fileId: 'f1' }])
  })
})

describe('Files and places (F048, F050)', () => {
  const media = (over: Doc) => doc([{ id: 'start', type: 'media', kind: 'image', source: { mediaId: 'logo' }, caption: 'Pie {{ contact.firstName }}', next: 'fin', ...over }, m('fin', 'Fin'), m('mal', '{{ error.code }}')])
  it('sends a stored file at once', () => {
    const chat = new Chat(media({ filename: 'nuevo.png' }))
    expect(chat.say('hola')).to.deep.equal(['📎 image: nuevo.png\nPie Ana', 'Fin'])
    expect(chat.of('call')).to.deep.equal([])
  })
  it('asks the worker for what must be fetched or made smaller, with the channel\'s limits', () => {
    const chat = new Chat(media({ source: { mediaId: 'huge' } }))
    chat.say('hola')
    expect(chat.of('call')[0]?.request).to.deep.include({ type: 'media', source: { fileId: 'huge' }, as: 'image', maxBytes: 5_000_000, mimeTypes: ['image/jpeg', 'image/png'] })
  })
  it('sends caption and file apart where the kind has no captions', () => expect(new Chat(media({ kind: 'audio' })).say('hola')).to.deep.equal(['📎 audio: logo.png', 'Pie Ana', 'Fin']))
  it('sends a kind the channel lacks as the nearest one it has', () => {
    const channel = { ...cloud, parts: { ...cloud.parts, voice: { direction: 'none' as const }, sticker: { direction: 'receive' as const } } }
    const kind = (over: Doc) => {
      const chat = new Chat(media(over), { channel })
      chat.say('hola')
      return chat.last?.messages[0]?.content.kind
    }
    expect([kind({ kind: 'voice' }), kind({ kind: 'sticker' })]).to.deep.equal(['audio', 'image'])
  })
  it('fails where nothing can be sent, and where the source is none', () => {
    expect(new Chat(media({ on: { error: 'mal' } }), { channel: bare }).say('hola')).to.deep.equal(['not_supported'])
    for (const source of [{ url: 'ftp://x' }, { variable: 'nada' }, { variable: 'texto' }, { variable: 'objeto' }]) {
      expect(new Chat(media({ source, on: { error: 'mal' } }), { variables: { chat: { texto: 'logo', objeto: { url: 'file:///etc/passwd' } } } }).say('hola'), JSON.stringify(source)).to.deep.equal(['media_unavailable'])
    }
    const told = new Chat(media({ source: { variable: 'nada' } }))
    expect(told.say('hola')).to.deep.equal(['Fin'])
    expect(told.of('notice')[0]).to.include({ code: 'media_failed' })
  })
  it('sends on what the customer sent', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'ask', text: '?', accept: ['image'], store: { variable: 'foto', type: 'media' }, next: 'eco' }, { id: 'eco', type: 'media', kind: 'image', source: { variable: 'foto' } }]))
    chat.say('hola')
    chat.do({ media: 'image' })
    expect(chat.of('call')[0]?.request).to.have.nested.property('source.fileId')
  })
  it('sends a place, or a link where the channel has no places', () => {
    const place = doc([{ id: 'start', type: 'location', latitude: 3.45, longitude: '-76,5', title: 'Sede', address: 'Calle 1' }])
    expect(new Chat(place).say('hola')).to.deep.equal(['📍 Sede, Calle 1 (3.45, -76.5)'])
    expect(new Chat(place, { channel: bare }).say('hola')).to.deep.equal(['Sede\nCalle 1\nhttps://maps.google.com/?q=3.45,-76.5'])
  })
  it('keeps text, picture and text in their order (S33)', () => {
    const chat = new Chat(doc([m('start', 'uno', 'img'), { id: 'img', type: 'media', kind: 'image', source: { mediaId: 'logo' }, next: 'dos' }, m('dos', 'dos')]))
    expect(chat.say('hola')).to.deep.equal(['uno', '📎 image: logo.png', 'dos'])
  })
})

describe('Waiting for an event (S20)', () => {
  const menu = (over: Doc = {}) => doc([
    { id: 'start', type: 'wait_event', key: 'pago-{{ chat.id }}', ttl: 120, text: 'Pague.', extract: { valor: '$.valor' }, cancel: { words: ['cancelar'], to: 'fuera' }, inactivity: { firstAfter: 900 }, on: { event: 'ok', timeout: 'tarde', error: 'mal', cancel: 'mal' }, ...over },
    m('ok', 'Pagado {{ valor }} {{ event.valor }}'), m('fuera', 'Fuera'), m('tarde', 'Tarde'), m('mal', '{{ error.code }}'),
  ])
  const event = { key: 'pago-chat', data: { valor: '007' } }

  it('takes an event that came 5 s before, once', () => {
    const chat = new Chat(menu())
    chat.do({ event })
    chat.wait(5)
    expect(chat.say('hola')).to.deep.equal(['Pague.', 'Pagado 007 007'])
    expect(chat.session.kept).to.deep.equal([])
    expect(chat.say('hola')).to.deep.equal(['Pague.'])
  })
  it('takes none that came 200 s before, unless its sender gave it longer', () => {
    const chat = new Chat(menu())
    chat.do({ event })
    chat.wait(200)
    expect(chat.say('hola')).to.deep.equal(['Pague.'])
    const longer = new Chat(menu())
    longer.do({ event: { ...event, ttl: 600 } })
    longer.wait(200)
    expect(longer.say('hola')).to.have.length(2)
    const bench = new Bench(menu(), {}, 1_000_000)
    bench.give({ kind: 'start' })
    expect(bench.give({ kind: 'event', key: 'pago-chat', data: null, at: 1_000_000 - 121_000 })).to.deep.equal([])
    expect(sent(bench.give({ kind: 'event', key: 'pago-chat', data: {}, at: 1_000_000 - 119_000 }))).to.have.length(1)
  })
  it('waits on a key without variables too', () => {
    const chat = new Chat(menu({ key: 'fija' }))
    chat.say('hola')
    expect(chat.do({ event: { key: 'fija', data: {} } })).to.have.length(1)
  })
  it('wakes by the equal key only', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    expect(chat.do({ event: { key: 'pago-otro', data: {} } })).to.deep.equal([])
    expect(chat.do({ event })).to.have.length(1)
  })
  it('never waits on a key with an empty variable', () => {
    for (const key of ['pago-{{ account.email }}', '{{ nada }}', 'a{{ vacia }}b', '{% if true %}{{ nada }}{% endif %}x']) {
      const chat = new Chat(menu({ key }), { variables: { chat: { vacia: '  ' } } })
      expect(chat.say('hola'), key).to.deep.equal(['empty_key'])
      expect(chat.of('waitEvent')).to.deep.equal([])
    }
  })
  it('leaves by a cancel word; other texts are stored and stop no clock', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    expect(chat.say('ya voy')).to.deep.equal([])
    expect(chat.events('menu.input')).to.deep.equal([])
    const other = new Chat(menu())
    other.say('hola')
    expect(other.say('CANCELAR')).to.deep.equal(['Fuera'])
    chat.wait(899)
    expect(chat.state).to.equal('MENU')
    expect(chat.wait(1)).to.deep.equal(['Tarde'])
  })
  it('begins to wait at once when it says nothing', () => {
    const chat = new Chat(menu({ text: '' }))
    expect(chat.say('hola')).to.deep.equal([])
    expect(chat.say('cancelar')).to.deep.equal(['Fuera'])
  })
  it('refuses what does not hold', () => {
    const chat = new Chat(menu({ validate: { type: 'expression', when: 'value.valor == "007"' } }))
    chat.say('hola')
    expect(chat.do({ event: { key: 'pago-chat', data: { valor: '008' } } })).to.deep.equal(['invalid_event'])
  })
})

describe('The assistant (F026)', () => {
  const menu = (over: Doc = {}) => doc([
    { id: 'start', type: 'assistant', provider: 'principal', instructions: 'Sea amable con {{ contact.firstName }}.', opening: 'Dígame.', on: { handover: 'asesor', turns: 'fin', error: 'mal', timeout: 'tarde' }, handoverWords: ['asesor', 'hablar con'], ...over },
    m('asesor', 'Asesor'), m('fin', 'Fin'), m('mal', '{{ error.code }}'), m('tarde', 'Tarde'), m('salida', 'Salida {{ tema }}'),
  ])
  const replies = (...results: object[]) => ({ mocks: [{ type: 'assistant' as const, results: results as never }] })
  const last = (chat: Chat) => {
    const request = chat.of('call').at(-1)?.request
    if (request?.type !== 'assistant') throw new Error('no request')
    return request
  }

  it('sends turn by turn with its memory', () => {
    const chat = new Chat(menu({ model: 'pequeño', maxTokens: 100 }), replies({ reply: 'Buenas.' }, { reply: 'A las 7.' }))
    expect(chat.say('hola')).to.deep.equal(['Dígame.'])
    expect(chat.say('buenas')).to.deep.equal(['Buenas.'])
    expect(chat.say('¿hora?')).to.deep.equal(['A las 7.'])
    expect(last(chat)).to.deep.include({
      provider: 'principal', model: 'pequeño', instructions: 'Sea amable con Ana.', maxTokens: 100, timeout: 30,
      turns: [{ role: 'assistant', text: 'Dígame.' }, { role: 'user', text: 'buenas' }, { role: 'assistant', text: 'Buenas.' }, { role: 'user', text: '¿hora?' }],
    })
  })
  it('forgets what is older than `history`', () => {
    const chat = new Chat(menu({ history: 2 }), replies({ reply: 'r' }))
    for (const text of ['hola', 'a', 'b', 'c']) chat.say(text)
    expect(last(chat).turns).to.have.length(2)
  })
  it('hands over at a word of the customer or a call of the model', () => {
    const word = new Chat(menu(), replies({ reply: 'x' }))
    word.say('hola')
    expect(word.say('¿Puedo HABLAR CON alguien?')).to.deep.equal(['Asesor'])
    const tool = new Chat(menu(), replies({ reply: 'Ya le paso.', handover: true }))
    tool.say('hola')
    expect(tool.say('ayuda')).to.deep.equal(['Ya le paso.', 'Asesor'])
  })
  it('ends after maxTurns answers, and on a failure of the provider', () => {
    const chat = new Chat(menu({ maxTurns: 2 }), replies({ reply: 'a' }))
    chat.say('hola')
    chat.say('1')
    expect(chat.say('2')).to.deep.equal(['a', 'Fin'])
    const failing = new Chat(menu(), replies({ error: 'provider_error' }))
    failing.say('hola')
    expect(failing.say('x')).to.deep.equal(['provider_error'])
  })
  it('sends a burst as one after a silence (groupSeconds)', () => {
    const chat = new Chat(menu({ groupSeconds: 5 }), replies({ reply: 'r' }))
    chat.say('hola')
    chat.say('uno')
    expect(chat.wait(4)).to.deep.equal([])
    chat.say('dos')
    expect(chat.wait(4)).to.deep.equal([])
    expect(chat.wait(1)).to.deep.equal(['r'])
    expect(last(chat).turns.at(-1)).to.deep.equal({ role: 'user', text: 'uno\ndos' })
  })
  it('drops nothing that comes while the model thinks', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    chat.say('uno')
    expect(chat.say('dos')).to.deep.equal([])
    const [first] = chat.session.pending
    expect(chat.do({ result: { key: first?.key ?? '', result: { ok: true, type: 'assistant', text: 'a uno' } } })).to.deep.equal(['a uno'])
    expect(last(chat).turns.slice(-3)).to.deep.equal([{ role: 'user', text: 'uno' }, { role: 'assistant', text: 'a uno' }, { role: 'user', text: 'dos' }])
    const [second] = chat.session.pending
    expect(chat.do({ result: { key: second?.key ?? '', result: { ok: true, type: 'assistant', text: 'a dos' } } })).to.deep.equal(['a dos'])
    expect(chat.run.wait).to.deep.equal({ kind: 'answer' })
  })
  it('hands over at a word even while the model thinks, and drops its answer then', () => {
    const chat = new Chat(menu())
    chat.say('hola')
    chat.say('uno')
    expect(chat.say('asesor')).to.deep.equal(['Asesor'])
    expect(chat.do({ result: { key: chat.session.pending[0]?.key ?? '', result: { ok: true, type: 'assistant', text: 'tarde' } } })).to.deep.equal([])
  })
  it('takes variables from JSON, the first true exit, and shows only the words of an answer', () => {
    const over = { output: { schema: { type: 'object' }, variables: { tema: '$.tema' } }, exits: [{ when: 'tema == "pago"', to: 'salida' }] }
    const chat = new Chat(menu(over), replies({ reply: '```json\n{"reply":"¿Cuál tema?","tema":"otro"}\n```' }, { reply: '{"tema":"x"}' }, { reply: 'sin JSON' }, { reply: '{"reply":"no se dice","tema":"pago"}' }))
    chat.say('hola')
    expect(chat.say('1')).to.deep.equal(['¿Cuál tema?'])
    expect(chat.say('2')).to.deep.equal([])
    expect(chat.say('3')).to.deep.equal(['sin JSON'])
    expect(chat.say('4')).to.deep.equal(['Salida pago'])
    expect(last(chat).schema).to.deep.equal({ type: 'object' })
  })
  it('speaks first by itself where it has no opening, and waits where it must not speak first', () => {
    const first = new Chat(menu({ opening: '' }), replies({ reply: '¡Hola!' }))
    expect(first.say('hola')).to.deep.equal(['¡Hola!'])
    expect(last(first).turns).to.deep.equal([])
    const silent = new Chat(menu({ speakFirst: false }), replies({ reply: 'r' }))
    expect(silent.say('hola')).to.deep.equal([])
    expect(silent.say('dime')).to.deep.equal(['r'])
    expect(last(silent).turns).to.deep.equal([{ role: 'user', text: 'dime' }])
  })
  it('names what is no text, and times out', () => {
    const chat = new Chat(menu({ inactivity: { firstAfter: 60 } }), replies({ reply: 'r' }))
    chat.say('hola')
    chat.do({ media: 'sticker' })
    expect(last(chat).turns.at(-1)).to.deep.equal({ role: 'user', text: '[sticker]' })
    expect(chat.wait(60)).to.deep.equal(['Tarde'])
  })
  it('listens from its first prompt on, also before its last answer was handed over', () => {
    const bench = new Bench(menu(), {}, 0)
    bench.give({ kind: 'start' })
    expect(bench.text('antes', 5)).to.deep.equal([])
    bench.handed(10)
    bench.text('uno', 20)
    bench.give({ kind: 'result', key: 'R.1', result: { ok: true, type: 'assistant', text: 'a uno' } }, 30)
    expect(bench.run.prompt).to.deep.include({ handedAt: null, openedAt: 10 })
    expect(kinds(bench.text('dos', 40))).to.deep.equal(['call'])
  })
  it('has no deadline while the model thinks', () => {
    const bench = new Bench(menu({ inactivity: { firstAfter: 60 } }), {}, 0)
    bench.give({ kind: 'start' })
    bench.handed(1)
    bench.text('hola', 2)
    expect(bench.run).to.deep.nested.include({ 'wait.kind': 'call', 'alarm.at': null })
    expect(kinds(bench.effects)).to.deep.equal(['call', 'timer'])
  })
})
