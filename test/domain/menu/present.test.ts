import { expect } from 'chai'
import type { Capabilities } from '../../../plugins/sdk/capabilities.ts'
import { formOf, present, type Prompting } from '../../../server/domain/menu/present.ts'
import { asText } from '../../../server/domain/menu/simulate.ts'
import { bare, Chat, cloud, doc, messenger, plain } from './world.ts'

const choices = (count: number, length = 6) => Array.from({ length: count }, (_, index) => ({ id: `o${index}`, label: `${'abcdefghijklmno'[index] ?? ''}`.repeat(length) }))
const prompt = (over: Partial<Prompting> = {}): Prompting => ({ nodeId: 'n', text: 'Elija', choices: choices(3), back: null, numbering: 'plain', presentation: 'auto', english: false, ...over })
const everywhereNot: Capabilities = { ...cloud, buttons: { max: 3, titleLength: 20, bodyLength: 1024, headers: [], everywhere: false } }

describe('The form of options on a channel', () => {
  const back = { key: '0', label: 'Volver' }
  const cases: [string, Partial<Prompting>, Capabilities, string][] = [
    ['three short ones', {}, cloud, 'buttons'], ['two and a way back', { choices: choices(2), back }, cloud, 'buttons'], ['three and a way back', { back }, cloud, 'list'],
    ['four', { choices: choices(4) }, cloud, 'list'], ['nine and a way back', { choices: choices(9), back }, cloud, 'list'], ['ten and a way back', { choices: choices(10), back }, cloud, 'text'], ['eleven', { choices: choices(11) }, cloud, 'text'],
    ['a title of 20', { choices: choices(3, 20) }, cloud, 'buttons'], ['a title of 21', { choices: choices(3, 21) }, cloud, 'list'], ['a title of 25', { choices: choices(3, 25) }, cloud, 'text'],
    ['a short title for a long label', { choices: [{ id: 'a', label: 'x'.repeat(60), title: 'corto' }] }, cloud, 'buttons'],
    ['a description of 72', { choices: [...choices(3), { id: 'z', label: 'z', description: 'x'.repeat(72) }] }, cloud, 'list'], ['a description of 73', { choices: [...choices(3), { id: 'z', label: 'z', description: 'x'.repeat(73) }] }, cloud, 'text'],
    ['a body too long', { text: 'x'.repeat(1025) }, cloud, 'text'], ['two with one title', { choices: [{ id: 'a', label: 'Sí' }, { id: 'b', label: 'Sí' }] }, cloud, 'text'], ['text asked for', { presentation: 'text' }, cloud, 'text'], ['a list asked for', { presentation: 'list' }, cloud, 'list'],
    ['buttons asked for that do not fit', { presentation: 'buttons', choices: choices(4) }, cloud, 'text'], ['a list asked for without lists', { presentation: 'list' }, messenger, 'text'],
    ['thirteen quick replies', { choices: choices(13) }, messenger, 'buttons'], ['fourteen', { choices: choices(14) }, messenger, 'text'], ['no buttons at all', {}, plain, 'text'],
  ]
  for (const [name, over, channel, form] of cases) it(`${name}: ${form}`, () => expect(formOf(prompt(over), channel)).to.equal(form))
})

describe('A prompt as it is sent', () => {
  it('writes header, options, way back and footer as numbered text', () => {
    const text = (over: Partial<Prompting>) => present(prompt({ back: { key: '0', label: 'Volver' }, footer: 'Pie', ...over }), plain).map(asText)
    expect(text({})).to.deep.equal(['Elija\n\n1. aaaaaa\n2. bbbbbb\n3. cccccc\n0. Volver\n\nPie'])
    expect(text({ numbering: 'emoji' })).to.deep.equal(['Elija\n\n1️⃣ aaaaaa\n2️⃣ bbbbbb\n3️⃣ cccccc\n0️⃣ Volver\n\nPie'])
    expect(text({ numbering: 'none', choices: [{ id: 'a', label: 'Uno', description: 'el primero' }] })).to.deep.equal(['Elija\n\nUno - el primero\n0. Volver\n\nPie'])
    expect(text({ numbering: 'emoji', choices: choices(11), text: '', footer: '' })[0]).to.contain('🔟 jjjjjj\n1️⃣1️⃣ kkkkkk')
  })
  it('carries the node in the id of a button, so that another node does not take it for its own', () => {
    expect(present(prompt({ choices: choices(1), back: { key: '0', label: 'Volver' } }), cloud)).to.deep.equal([
      { kind: 'buttons', body: 'Elija', choices: [{ id: 'n:o0', title: 'aaaaaa' }, { id: 'n:@back', title: 'Volver' }] },
    ])
  })
  it('makes a list with one section', () => {
    expect(present(prompt({ choices: [...choices(3), { id: 'd', label: 'Largo', description: 'más' }], footer: 'Pie' }), cloud)).to.deep.equal([{
      kind: 'list', body: 'Elija', footer: 'Pie', button: 'Ver opciones',
      sections: [{ title: 'Opciones', choices: [{ id: 'n:o0', title: 'aaaaaa' }, { id: 'n:o1', title: 'bbbbbb' }, { id: 'n:o2', title: 'cccccc' }, { id: 'n:d', title: 'Largo', description: 'más' }] }],
    }])
  })
  it('prints the options too where some apps draw no buttons', () => {
    expect(present(prompt(), everywhereNot)[0]).to.deep.include({ kind: 'buttons', body: 'Elija\n\n1. aaaaaa\n2. bbbbbb\n3. cccccc' })
  })
  it('loses neither descriptions nor a long footer on buttons', () => {
    const [content] = present(prompt({ choices: [{ id: 'a', label: 'A', description: 'el primero' }], footer: 'x'.repeat(61) }), cloud)
    expect(content).to.deep.include({ kind: 'buttons', body: `Elija\n\nA: el primero\n\n${'x'.repeat(61)}` }).and.not.have.property('footer')
  })
  it('puts a picture above buttons where the channel can, else before', () => {
    const header = { kind: 'image' as const, file: { fileId: 'f', mimeType: 'image/png', size: 1, fileName: 'f.png' } }
    expect(present(prompt({ header }), cloud)).to.have.length(1).and.have.nested.property('[0].header', header.file)
    expect(present(prompt({ header }), messenger).map((one) => one.kind)).to.deep.equal(['image', 'buttons'])
    expect(present(prompt({ header, choices: choices(5) }), cloud).map((one) => one.kind)).to.deep.equal(['image', 'list'])
    expect(present(prompt({ header }), plain).map((one) => one.kind)).to.deep.equal(['image', 'text'])
    expect(present(prompt({ header }), bare).map((one) => one.kind)).to.deep.equal(['text'])
  })
  it('splits a text that is too long, and says nothing when there is nothing', () => {
    expect(present(prompt({ text: 'palabra '.repeat(40).trim() }), bare).length).to.be.greaterThan(1)
    expect(present(prompt({ text: '', choices: [] }), plain)).to.deep.equal([])
  })
  it('never draws an empty title, nor one with a line break', () => {
    const [content] = present(prompt({ choices: [{ id: 'a', label: '' }, { id: 'b', label: 'dos\nlíneas' }], back: { key: '0', label: ' ' } }), cloud)
    expect(content?.kind === 'buttons' && content.choices.map((one) => one.title)).to.deep.equal(['a', 'dos líneas', '0'])
  })
  it('gives a list a body where the node has no text', () => expect(present(prompt({ text: '', choices: choices(4), english: true }), cloud)[0]).to.deep.include({ body: 'Choose an option', button: 'See options' }))
})

describe('The same menu on every channel (F046)', () => {
  const menu = doc([
    { id: 'start', type: 'menu', text: '¿Qué?', back: { label: 'Volver' }, options: [{ id: 'a', label: 'Ventas', to: 'fin' }, { id: 'b', label: 'Oculta', when: 'vip', to: 'fin' }, { id: 'c', label: 'Soporte', to: 'fin2' }] },
    { id: 'fin', type: 'message', text: 'ventas' }, { id: 'fin2', type: 'message', text: 'soporte {{ choice.number }} {{ choice.id }} {{ choice.label }}' },
  ])
  for (const [name, channel] of [['buttons', cloud], ['quick replies', messenger], ['text', plain], ['short text', bare]] as const) {
    it(`${name}: hidden options close up the numbers, and "2" is the second shown`, () => {
      const chat = new Chat(menu, { channel })
      expect(chat.say('hola').join('\n')).to.contain('Soporte').and.not.contain('Oculta')
      expect(chat.say('2')).to.deep.equal(['soporte 2 c Soporte'])
    })
  }
})
