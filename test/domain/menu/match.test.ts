import { expect } from 'chai'
import { match, type Offered } from '../../../server/domain/menu/match.ts'
import { answerNumber, emojiNumber, hasWords, normaliseAnswer, similarity, splitText } from '../../../server/domain/menu/text.ts'
import { Chat, doc, plain } from './world.ts'

const choice = (id: string, label: string, title = label, keywords: string[] = []) => ({ id, label, title, keywords })
const offered: Offered = {
  nodeId: 'principal',
  choices: [
    choice('citas', 'Citas', 'Citas', ['turno', 'agendar cita']), choice('info', 'Sedes y horarios', 'Sedes'), choice('pqr', 'Enviar una queja', 'Queja'),
    ...Array.from({ length: 8 }, (_, index) => choice(`extra${index}`, `Extra ${'abcdefgh'[index] ?? ''}`)),
  ],
  back: { key: '0', label: 'Menú anterior' }, fuzzy: 0, isNode: (id) => ['principal', 'otro'].includes(id),
}
const typed = (text: string, over: Partial<Offered> = {}) => match({ text, choice: null }, { ...offered, ...over })
const pressed = (id: string, title = 'x', via = 'button') => match({ text: title, choice: { via, id, title } }, offered)

describe('Which option an answer means', () => {
  const first = ['1', '01', '001', '1.', '1)', '1 -', '1:', '1.-', '1️⃣', '①', '１', ' 1 ', 'uno', 'UNO', 'one', 'opción 1', 'Opcion  uno', 'OPCIÓN 1.', 'option 1', 'CITAS', 'citás', ' Citas ', 'citas.', 'Citas)', 'Turno', 'agendar   CITA']
  for (const text of first) it(`${JSON.stringify(text)} is option 1 (S13)`, () => expect(typed(text)).to.deep.equal({ kind: 'choice', index: 0 }))

  const others: [string, number][] = [['2', 1], ['dos', 1], ['sedes', 1], ['SEDES Y HORÁRIOS', 1], ['10', 9], ['🔟', 9], ['diez', 9], ['ten', 9], ['11', 10], ['1️⃣1️⃣', 10], ['queja', 2], ['tres', 2]]
  for (const [text, index] of others) it(`${text} is option ${index + 1}`, () => expect(typed(text)).to.deep.equal({ kind: 'choice', index }))

  for (const text of ['0', '0️⃣', '0.', 'menú anterior', 'ATRÁS', 'atras', 'back', 'Volver']) it(`${text} goes back`, () => expect(typed(text)).to.deep.equal({ kind: 'back' }))
  for (const text of ['', '   ', '.', '12', '99', 'once', 'cita', 'hola', '1 2', '-1', '1,5', '👍']) it(`${JSON.stringify(text)} is none`, () => expect(typed(text)).to.deep.equal({ kind: 'none' }))
  for (const text of ['0', 'volver']) it(`without a way back ${text} is none`, () => expect(typed(text, { back: null })).to.deep.equal({ kind: 'none' }))

  it('takes the id of a button or row, bare or with its node', () => {
    for (const id of ['citas', 'principal:citas']) expect(pressed(id)).to.deep.equal({ kind: 'choice', index: 0 })
    expect(pressed('principal:@back')).to.deep.equal({ kind: 'back' })
  })
  it('refuses the id of another node of the menu, even when its title fits', () => expect(pressed('otro:citas', 'Citas')).to.deep.equal({ kind: 'none' }))
  it('refuses an option that is not shown any more', () => expect(pressed('principal:gone', 'Citas')).to.deep.equal({ kind: 'none' }))
  it('reads the title of what is not ours: a template button', () => expect(pressed('payload-77', 'TURNO', 'template')).to.deep.equal({ kind: 'choice', index: 0 }))
  it('does not take typed text for an id', () => expect(typed('pqr')).to.deep.equal({ kind: 'none' }))
  it('prefers a number over a label of digits, and the label where there is no such number', () => {
    const years = [choice('a', '2'), choice('b', '2025'), choice('c', 'Otro')]
    expect(typed('2', { choices: years })).to.deep.equal({ kind: 'choice', index: 1 })
    expect(typed('2025', { choices: years })).to.deep.equal({ kind: 'choice', index: 1 })
  })
  it('prefers a label over a keyword', () => {
    expect(typed('turno', { choices: [choice('a', 'A', 'A', ['turno']), choice('b', 'Turno')] })).to.deep.equal({ kind: 'choice', index: 1 })
  })
  it('takes the most similar when fuzzy is set, and none below it', () => {
    expect(typed('citsa', { fuzzy: 0.5 })).to.deep.equal({ kind: 'choice', index: 0 })
    expect(typed('zedes', { fuzzy: 0.8 })).to.deep.equal({ kind: 'choice', index: 1 })
    expect(typed('zzz', { fuzzy: 0.8 })).to.deep.equal({ kind: 'none' })
  })
})

describe('S13 from end to end', () => {
  const menu = doc([
    { id: 'start', type: 'menu', text: 'Elija', options: [{ id: 'citas', label: 'Citas', to: 'pide' }], invalidMessage: 'No.' },
    { id: 'pide', type: 'ask', text: 'Documento', store: { variable: 'documento' }, next: 'busca' },
    { id: 'busca', type: 'http', url: 'https://a.example', query: { d: '{{ documento }}' }, body: { json: { d: '{{ documento }}' } }, method: 'POST', on: { '2xx': 'guarda', error: 'guarda', timeout: 'guarda' } },
    { id: 'guarda', type: 'record', form: 'quejas', fields: { documento: '{{ documento }}' }, next: 'dice' },
    { id: 'dice', type: 'message', text: '{{ documento }}' },
  ])
  const mocks = [{ type: 'http' as const, results: [{ status: 200, body: {} }] }]
  it('selects by every spelling and by the button', () => {
    for (const text of ['1', '01', '1.', '1️⃣', 'CITAS', 'citás']) {
      const chat = new Chat(menu)
      chat.say('hola')
      expect(chat.say(text), text).to.deep.equal(['Documento'])
    }
    const chat = new Chat(menu)
    chat.say('hola')
    expect(chat.press('citas')).to.deep.equal(['Documento'])
  })
  for (const text of ['007', '+573001112233', 'true', '1e5', '0x1F', 'null', 'no', '1,5']) {
    it(`keeps "${text}" as it was typed in variable, query, body, record and message`, () => {
      const chat = new Chat(menu, { mocks })
      chat.say('hola')
      chat.say('1')
      expect(chat.say(text)).to.deep.equal([text])
      const call = chat.of('call')[0]?.request
      expect(call?.type === 'http' && [call.query, call.body]).to.deep.equal([[['d', text]], { kind: 'json', value: { d: text } }])
      expect(chat.session.records[0]?.values).to.deep.include({ documento: text })
      expect(chat.variable('documento')).to.equal(text)
    })
  }
})

describe('Text', () => {
  it('normalises as §5.6 says', () => {
    const cases: [string, string][] = [['  SÍ,  Señor. ', 'si, senor'], ['Ｃafé:', 'cafe'], ['3️⃣', '3'], ['a).', 'a'], ['...', ''], ['ñandú-', 'nandu']]
    for (const [from, to] of cases) expect(normaliseAnswer(from), from).to.equal(to)
  })
  it('reads numbers and words of numbers', () => {
    const cases: [string, number | null][] = [['7', 7], ['007', 7], ['siete', 7], ['opcion 12', 12], ['doce', null], ['1234567890', null], ['', null]]
    for (const [from, to] of cases) expect(answerNumber(from), from).to.equal(to)
  })
  it('writes numbers as emoji', () => expect([1, 10, 11, 20].map(emojiNumber)).to.deep.equal(['1️⃣', '🔟', '1️⃣1️⃣', '2️⃣0️⃣']))
  it('compares', () => {
    expect(similarity('Citas', 'citás')).to.equal(1)
    expect(similarity('abc', 'xyz')).to.equal(0)
    expect(similarity('', '')).to.equal(1)
    expect(similarity('a'.repeat(100_000), 'b')).to.equal(0)
  })
  it('finds whole words', () => {
    expect(hasWords('¿Hay un ASESÓR?', 'asesor')).to.equal(true)
    expect(hasWords('asesores', 'asesor')).to.equal(false)
    expect(hasWords('quiero hablar  con alguien', 'hablar con')).to.equal(true)
  })
  it('splits at line ends, else at spaces, else anywhere, and loses nothing but blanks', () => {
    const limit = { max: 10, unit: 'characters' as const }
    expect(splitText('una línea\notra línea', limit)).to.deep.equal(['una línea', 'otra línea'])
    expect(splitText('uno dos tres', limit)).to.deep.equal(['uno dos', 'tres'])
    expect(splitText('abcdefghijklmnopqrstuvwxyz', limit)).to.deep.equal(['abcdefghij', 'klmnopqrst', 'uvwxyz'])
    expect(splitText('🙂'.repeat(12), limit).map((piece) => [...piece].length)).to.deep.equal([10, 2])
    expect(splitText('ñññññññ', { max: 6, unit: 'bytes' })).to.deep.equal(['ñññ', 'ñññ', 'ñ'])
    expect(splitText('  ', limit)).to.deep.equal([])
  })
})

describe('Prompts of the past', () => {
  const menu = doc([
    { id: 'start', type: 'menu', text: 'Uno', options: [{ id: 'a', label: 'Ventas', to: 'dos' }] },
    { id: 'dos', type: 'menu', text: 'Dos', options: [{ id: 'a', label: 'Ventas', to: 'fin' }], invalidMessage: 'No.' },
    { id: 'fin', type: 'message', text: 'Fin' },
  ])
  it('an older button of the same run is invalid unless its node is the current one', () => {
    const chat = new Chat(menu, { channel: plain })
    chat.say('hola')
    chat.say('1')
    expect(chat.press('start:a')[0]).to.equal('No.')
    expect(chat.press('dos:a')).to.deep.equal(['Fin'])
  })
})
