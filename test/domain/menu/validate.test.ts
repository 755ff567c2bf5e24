import { expect } from 'chai'
import { parseDocument } from '../../../server/domain/menu/flow.ts'
import { nodeTypes } from '../../../server/domain/menu/nodes/index.ts'
import { validate } from '../../../server/domain/menu/validate.ts'
import { bare, catalog, cloud, doc, example, messenger, menuOf, plain, type Doc } from './world.ts'
import { catalogOf, libraryOf } from '../../../server/domain/menu/catalog.ts'

const channel = (capabilities: typeof cloud) => ({ id: 'c', name: 'Línea', capabilities })
const found = (raw: unknown, over: object = {}) => {
  const { errors, warnings } = validate(raw, { catalog, ...over })
  return [...errors, ...warnings].map((one) => `${one.severity} ${one.code} ${one.path}`)
}
const m = (id: string, over: Doc = {}): Doc => ({ id, type: 'message', text: 'x', ...over })
const menu = (over: Doc = {}): Doc => ({ id: 'start', type: 'menu', text: 'M', options: [{ id: 'a', label: 'A' }], ...over })
const opts = (count: number, label = (index: number) => `Opción ${'abcdefghijklmno'[index] ?? ''}`) => Array.from({ length: count }, (_, index) => ({ id: `o${index}`, label: label(index) }))

describe('What validation finds', () => {
  const cases: [string, unknown, string[], object?][] = [
    ['a good document', doc([m('start')]), []],
    ['an unknown key of the document', { ...doc([m('start')]), otra: 1 }, ['error schema ']],
    ['an unknown key of a node', doc([m('start', { otra: 1 })]), ['error schema nodes.0']],
    ['an unknown key deep inside', doc([menu({ options: [{ id: 'a', label: 'A', otra: 1 }] })]), ['error schema nodes.0.options.0']],
    ['an unknown setting', doc([m('start')], { otra: 1 }), ['error schema settings']],
    ['an unknown node type', doc([{ id: 'start', type: 'nada' }]), ['error schema nodes.0.type']],
    ['an unknown output', doc([m('start', { on: { nada: 'start' } })]), ['error schema nodes.0.on']],
    ['another format', { ...doc([m('start')]), format: 'turno.menu/2' }, ['error schema format']],
    ['a bad id', doc([m('Start')]), ['error schema start', 'error schema nodes.0.id']],
    ['a bad target', doc([m('start', { next: '@nada' })]), ['error schema nodes.0.next']],
    ['a bad variable name', doc([{ id: 'start', type: 'set', values: { __proto: 'x' } }]), ['error schema nodes.0.values.__proto']],
    ['neither queue nor agent', doc([{ id: 'start', type: 'distribute' }]), ['error schema nodes.0.queue']],
    ['force without an agent', doc([{ id: 'start', type: 'distribute', queue: 'ventas', force: true }]), ['error schema nodes.0.force']],
    ['no options at all at the end', doc([{ id: 'start', type: 'end_options', text: '?', again: false, finish: false }]), ['error schema nodes.0.finish']],
    ['an unknown timezone', { ...doc([m('start')]), timezone: 'America/Macondo' }, ['error schema timezone']],
    ['two nodes with one id', doc([m('start', { next: 'a' }), m('a'), m('a')]), ['error duplicate_id nodes.2.id']],
    ['no start', doc([m('a')], {}, { start: 'start' }), ['error missing_start start', 'warning unreachable nodes.0']],
    ['targets to nowhere', doc([menu({ options: [{ id: 'a', label: 'A', to: 'nada' }], on: { timeout: 'tampoco' } })], { onError: 'nadie' }), ['error unknown_target settings.onError', 'error unknown_target nodes.0.on.timeout', 'error unknown_target nodes.0.options.0.to']],
    ['template errors', doc([m('start', { text: '{{ x' })], { farewell: '{{ "x" | nada }}' }), ['error template_syntax settings.farewell', 'error template_syntax nodes.0.text']],
    ['a condition that is none', doc([{ id: 'start', type: 'switch', cases: [{ when: 'edad >=' }, { when: { all: [{ var: 'a b', op: 'eq' }] } }] }]), ['error expression_syntax nodes.0.cases.0.when', 'error expression_syntax nodes.0.cases.1.when']],
    ['patterns that do not compile', doc([{ id: 'start', type: 'ask', text: '?', validate: { type: 'regex', pattern: '(' }, cases: [{ when: { var: 'value', op: 'matches', value: '[' } }] }], { specialPhrases: [{ pattern: '(', match: 'regex', queue: 'ventas' }] }), ['error bad_pattern settings.specialPhrases.0.pattern', 'error bad_pattern nodes.0.cases.0.when', 'error bad_pattern nodes.0.validate.pattern']],
    ['a path that is none', doc([{ id: 'start', type: 'http', url: 'https://a.example', extract: { x: '$.a[' }, on: { error: '@end', timeout: '@end' } }]), ['error bad_path nodes.0.extract.x']],
    ['hours that are none', doc([{ id: 'start', type: 'check_time', ranges: ['8-18', '25:00-26:00'], weekdays: ['x'] }]), ['error bad_time nodes.0.ranges.0', 'error bad_time nodes.0.ranges.1', 'error bad_time nodes.0.weekdays.0']],
    ['what does not exist', doc([
      { id: 'start', type: 'distribute', queue: 'nada', campaign: 'nada', on: { error: 'b' } }, { id: 'b', type: 'invite', agents: ['gone'], on: { declined: 'c', error: 'c', timeout: 'c' } }, { id: 'c', type: 'go_menu', menu: 'nada', on: { error: 'd' } },
      { id: 'd', type: 'record', form: 'nada', fields: {}, next: 'e' }, { id: 'e', type: 'email', server: 'nada', to: ['a@b.co'], next: 'f' }, { id: 'f', type: 'assistant', provider: 'nada', on: { turns: 'g' } },
      { id: 'g', type: 'http', url: 'https://a.example/{{ secrets.nada }}', auth: { type: 'bearer', secret: 'nadie' }, on: { error: 'h', timeout: 'h' } }, { id: 'h', type: 'set_disposition', disposition: 'nada', next: 'i' }, { id: 'i', type: 'check_time', calendar: 'nada', next: 'j' },
      { id: 'j', type: 'media', kind: 'image', source: { mediaId: 'nada' }, next: 'k' }, { id: 'k', type: 'check_holiday', country: 'ZZ', next: 'l' }, { id: 'l', type: 'set_campaign', campaign: 'servicio', subcampaign: 'nada' },
    ]), ['error unknown_queue nodes.0.queue', 'error unknown_campaign nodes.0.campaign', 'error unknown_agent nodes.1.agents.0', 'error unknown_menu nodes.2.menu', 'error unknown_form nodes.3.form', 'error unknown_mail_server nodes.4.server', 'error unknown_provider nodes.5.provider', 'error unknown_secret nodes.6.url', 'error unknown_secret nodes.6.auth.secret', 'error unknown_disposition nodes.7.disposition', 'error unknown_calendar nodes.8.calendar', 'error unknown_file nodes.9.source.mediaId', 'error unknown_country nodes.10.country', 'error unknown_campaign nodes.11.subcampaign']],
    ['nothing where the name is a template', doc([{ id: 'start', type: 'distribute', queue: '{{ contact.custom.cola }}' }]), []],
    ['names that cover objects', doc([{ id: 'start', type: 'set', values: { contact: 'x' } }], {}, { variables: { now: {} }, constants: { chat: 1 } }), ['error reserved_name variables.now', 'error reserved_name constants.chat', 'error reserved_name nodes.0.values.contact']],
    ['options that answer to the same', doc([menu({ options: [{ id: 'a', label: 'Citas', keywords: ['turno'] }, { id: 'b', label: 'Otra', keywords: ['TURNO.'] }, { id: 'c', label: 'citás' }], back: { label: 'Atrás', key: '2' } })]), ['error duplicate_option nodes.0.options.1', 'error duplicate_option nodes.0.options.2', 'error duplicate_option nodes.0.back.key']],
    ['an option that says back', doc([menu({ options: [{ id: 'a', label: 'Volver' }], back: { label: 'Menú' } })]), ['error duplicate_option nodes.0.options.0']],
    ['ending with options that are not there', doc([m('start')], { onEnd: 'options' }), ['error end_options_missing settings.endOptions']],
    ['ending with a node of another type', doc([m('start')], { onEnd: 'options', endOptions: 'start' }), ['error end_options_missing settings.endOptions']],
    ['a subroutine that never returns', doc([{ id: 'start', type: 'call', node: 'b', next: 'c' }, { id: 'b', type: 'distribute', queue: 'ventas' }, m('c')]), ['error subroutine_no_return nodes.0.node']],
    ['a subroutine that returns by @return, by a missing output, or by an unwired unavailable', doc([
      { id: 'start', type: 'call', node: 'b', next: 'd' }, { id: 'b', type: 'switch', cases: [{ when: 'message', to: '@return' }], next: '@resolve' },
      { id: 'd', type: 'call', node: 'e', next: 'g' }, { id: 'e', type: 'invite', agents: ['ivan'] }, { id: 'g', type: 'call', node: 'h' }, { id: 'h', type: 'distribute', queue: 'ventas', enqueue: false },
    ]), []],
    ['a subroutine that ends by other ways only', doc([{ id: 'start', type: 'call', node: 'b' }, { id: 'b', type: 'switch', cases: [{ when: 'message', to: '@resolve' }], next: '@open' }]), ['error subroutine_no_return nodes.0.node']],
    ['a subroutine that hands the chat over, whatever else is wired', doc([{ id: 'start', type: 'call', node: 'b' }, { id: 'b', type: 'distribute', queue: 'ventas', on: { error: '@open' } }]), ['error subroutine_no_return nodes.0.node']],
    ['a way back by the number of the last option', doc([menu({ options: opts(2), back: { label: 'Salir', key: '2' } })]), ['error duplicate_option nodes.0.back.key']],
    ['a subroutine that is not there', doc([{ id: 'start', type: 'call', node: 'nada' }]), ['error unknown_target nodes.0.node']],
    ['an endless cycle', doc([m('start', { next: 'b' }), { id: 'b', type: 'switch', cases: [{ when: 'x', to: 'start' }] }], {}, { variables: { x: {} } }), ['error endless_cycle nodes.0']],
    ['an endless cycle by @start', doc([m('start', { next: '@start' })]), ['error endless_cycle nodes.0']],
    ['a cycle of web requests', doc([{ id: 'start', type: 'http', url: 'https://a.example', on: { error: 'start', timeout: 'start' } }]), ['error endless_cycle nodes.0']],
    ['a cycle through a subroutine', doc([{ id: 'start', type: 'call', node: 'b', next: 'start' }, m('b')]), ['error endless_cycle nodes.0']],
    ['no cycle where the customer is waited for', doc([menu({ options: [{ id: 'a', label: 'A', to: 'start' }] })]), []],
    ['no cycle where time passes', doc([{ id: 'start', type: 'delay', seconds: 5, next: 'start' }]), []],
    ['no cycle through a subroutine that asks', doc([{ id: 'start', type: 'call', node: 'b', next: 'start' }, { id: 'b', type: 'ask', text: '?' }]), []],
    ['no cycle by the way back from a text', doc([menu({ options: [{ id: 'a', label: 'A', to: 'b' }] }), m('b', { next: '@back' })]), []],
    ['a cycle through a consent already given', doc([{ id: 'start', type: 'consent', text: '?', next: 'b' }, m('b', { next: '@back' })]), ['error endless_cycle nodes.0']],
    ['a node nothing leads to', doc([m('start'), m('b')]), ['warning unreachable nodes.1']],
    ['nothing where only an error leads', doc([m('start'), m('b')], { onError: 'b' }), []],
    ['a wait without an end', doc([{ id: 'start', type: 'ask', text: '?' }], { inactivity: { firstAfter: 0 } }), ['warning no_timeout nodes.0']],
    ['no warning where the node has its own', doc([{ id: 'start', type: 'ask', text: '?', inactivity: { firstAfter: 10 } }], { inactivity: { firstAfter: 0 } }), []],
    ['reminders without a text', doc([{ id: 'start', type: 'ask', text: '?', inactivity: { reminders: 2 } }]), ['warning reminder_without_text nodes.0.inactivity']],
    ['texts compared with numbers', doc([{ id: 'start', type: 'switch', cases: [{ when: 'a > 5 and n > 5 and http.status == 200 and contact.name == "x"' }, { when: { var: 'n', op: 'eq', value: '5' } }, { when: { not: { var: 'a', op: 'lte', value: 3 } } }, { when: 'message.text == 5' }, { when: 'http.body.x > 5 and k > 1' }] }], {}, { variables: { a: {}, n: { type: 'integer' } }, constants: { k: 3 } }), ['warning text_number nodes.0.cases.0.when', 'warning text_number nodes.0.cases.1.when', 'warning text_number nodes.0.cases.2.when', 'warning text_number nodes.0.cases.3.when']],
    ['a key that may be absent', doc([{ id: 'start', type: 'wait_event', key: '{{ account.phone }}-{{ chat.id }}' }]), ['warning key_may_be_absent nodes.0.key']],
    ['a field the form lacks', doc([{ id: 'start', type: 'record', form: 'quejas', fields: { motivo: 'x', otro: 'y' }, next: 'f' }, { id: 'f', type: 'form', form: 'quejas', questions: [{ name: 'nuevo', text: '?' }] }]), ['warning form_field_missing nodes.0.fields.otro', 'warning form_field_missing nodes.1.questions.0.name']],
    ['a web request without error', doc([{ id: 'start', type: 'http', url: 'https://a.example' }]), ['warning http_without_error nodes.0.on']],
    ['more than ten options', doc([menu({ options: opts(11) })]), ['warning long_option_list nodes.0.options']],
    ['variables nobody sets', doc([m('start', { text: '{{ nadie }}{{ puesta }}{{ contact.x }}{{ secrets.x }}', next: 'b' }), { id: 'b', type: 'set', values: { puesta: '{{ otra.cosa }}' } }]), ['warning unknown_variable nodes.0.text', 'warning unknown_variable nodes.0.text', 'warning unknown_variable nodes.1.values.puesta']],
    ['special phrases to nowhere', doc([m('start')], { specialPhrases: [{ pattern: 'x', queue: 'nada', campaign: 'nada' }] }), ['error unknown_queue settings.specialPhrases.0.queue', 'error unknown_campaign settings.specialPhrases.0.campaign']],
    ['a list too long for buttons', doc([menu({ options: opts(11) })]), ['warning channel_buttons nodes.0.options', 'warning long_option_list nodes.0.options'], { channels: [channel(cloud)] }],
    ['a title too long', doc([menu({ options: opts(2, (index) => `${'abc'[index] ?? ''}${'x'.repeat(24)}`) })]), ['warning channel_buttons nodes.0.options'], { channels: [channel(cloud), channel(plain)] }],
    ['buttons asked for where there are none', doc([menu({ presentation: 'buttons' })]), ['warning channel_buttons nodes.0.options'], { channels: [channel(plain)] }],
    ['nothing on a channel that never had buttons', doc([menu()]), [], { channels: [channel(plain)] }],
    ['texts too long', doc([m('start', { text: 'x'.repeat(200), next: 'b' }), { ...menu(), id: 'b', text: 'x'.repeat(200) }]), ['warning channel_text nodes.0.text', 'warning channel_text nodes.1.text'], { channels: [channel(bare)] }],
    ['questions of a form too long, or not to be drawn', doc([{ id: 'start', type: 'form', form: 'quejas', questions: [{ name: 'motivo', text: 'x'.repeat(200) }, { name: 'documento', text: '?', options: opts(12) }] }]), ['warning channel_text nodes.0.questions.0.text', 'warning channel_buttons nodes.0.questions.1.options', 'warning long_option_list nodes.0.questions.1.options'], { channels: [channel(bare), channel(cloud)] }],
    ['files the channel cannot send', doc([{ id: 'start', type: 'media', kind: 'image', source: { mediaId: 'logo' }, next: 'b' }, { ...menu(), id: 'b', header: { kind: 'image', source: { mediaId: 'logo' } } }]), ['warning channel_media nodes.0.kind', 'warning channel_media nodes.1.header.kind'], { channels: [channel(bare)] }],
  ]
  for (const [name, raw, expected, over] of cases) it(name, () => expect(found(raw, over)).to.have.members(expected))

  it('names the node, in both languages, with its id and name', () => {
    const { errors } = validate(doc([{ id: 'start', name: 'Pasa a ventas', type: 'distribute', queue: 'nada' }]), { catalog })
    expect(errors).to.deep.equal([{
      severity: 'error', code: 'unknown_queue', nodeId: 'start', nodeName: 'Pasa a ventas', path: 'nodes.0.queue',
      message: { es: '«Pasa a ventas»: La cola «nada» no existe.', en: '“Pasa a ventas”: There is no queue “nada”.' },
    }])
  })
  it('names the node of a schema error too', () => {
    const { errors } = validate(doc([{ id: 'start', name: 'Saludo', type: 'message' }]), { catalog })
    expect(errors[0]).to.deep.include({ code: 'schema', nodeId: 'start', nodeName: 'Saludo', path: 'nodes.0.text' })
  })
  it('names the channel and the reason', () => {
    const { warnings } = validate(doc([menu({ options: opts(14) })]), { catalog, channels: [channel(messenger)] })
    expect(warnings.find((one) => one.code === 'channel_buttons')?.message.es).to.contain('14 > 13').and.contain('Línea')
  })
  it('looks into the menus that are called', () => {
    const other = menuOf(doc([m('start')], {}, { name: 'Otro' }), { menuId: 'B' })
    const known = { catalog: catalogOf({ menus: [{ menuId: 'B', version: 1, name: 'Otro' }] }), library: libraryOf([other]) }
    expect(found(doc([{ id: 'start', type: 'go_menu', menu: 'otro', node: 'nada' }]), known)).to.deep.equal(['error unknown_target nodes.0.node'])
    expect(found(doc([{ id: 'start', type: 'go_menu', menu: 'otro', node: 'start' }]), known)).to.deep.equal([])
    expect(found(doc([{ id: 'start', type: 'go_menu', menu: 'prueba' }]))).to.deep.equal([])
  })
  it('takes the clinic with what it names, and misses each of them', () => {
    expect(validate(example('clinica'), { catalog }).errors).to.deep.equal([])
    const codes = validate(example('clinica'), { catalog: catalogOf({ holidays: catalog.holidays }) }).errors.map((one) => one.code)
    expect(new Set(codes)).to.deep.equal(new Set(['unknown_queue', 'unknown_agent', 'unknown_campaign', 'unknown_form', 'unknown_secret', 'unknown_mail_server', 'unknown_provider']))
  })
})

describe('Node types', () => {
  it('are those of the catalogue, each with its schema, label and help in both languages', () => {
    expect(nodeTypes.map((type) => type.type)).to.deep.equal([
      'message', 'menu', 'ask', 'consent', 'switch', 'set', 'set_contact', 'set_tag', 'set_campaign', 'set_disposition', 'http', 'email', 'media', 'location', 'delay', 'check_time',
      'check_holiday', 'distribute', 'invite', 'go_menu', 'call', 'end_options', 'record', 'form', 'wait_event', 'assistant', 'resolve', 'notify', 'log',
    ])
    for (const { editor } of nodeTypes) for (const text of [editor.label.es, editor.label.en, editor.help.es, editor.help.en, editor.icon]) expect(text).to.not.equal('')
  })
  it('wait for the customer, or can stop a cycle, exactly where the catalogue says', () => {
    expect(nodeTypes.filter((type) => type.interactive).map((type) => type.type)).to.deep.equal(['menu', 'ask', 'consent', 'end_options', 'form', 'wait_event', 'assistant'])
    expect(nodeTypes.filter((type) => type.pauses).map((type) => type.type)).to.deep.equal(['menu', 'ask', 'delay', 'end_options', 'form', 'wait_event', 'assistant'])
  })
  it('take the name, the place on the canvas and a note', () => {
    const parsed = parseDocument(doc([m('start', { name: 'Saludo', position: { x: 1.5, y: -2 }, note: 'n' }), m('b')]))
    expect(parsed.ok && parsed.document.nodes.map((node) => node.name)).to.deep.equal(['Saludo', 'b'])
  })
  it('fill in the defaults of the document', () => {
    const parsed = parseDocument({ format: 'turno.menu/1', name: 'X', nodes: [m('start')] })
    expect(parsed.ok && parsed.document).to.deep.include({ start: 'start', description: '', constants: {}, variables: {} })
    expect(parsed.ok && parsed.document.settings).to.deep.equal({
      onEnd: 'resolve', farewell: '', inactivity: { firstAfter: 1800, reminder: '', reminders: 0 }, inactivityFarewell: '', numbering: 'plain', presentation: 'auto', errorMessage: '', stepLimit: 64, runStepLimit: 1000, restartMessage: '', specialPhrases: [],
    })
  })
})
