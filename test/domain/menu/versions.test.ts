/** YAML and JSON, differences between versions, and running chats when a menu is published again. */
import { expect } from 'chai'
import { diff } from '../../../server/domain/menu/diff.ts'
import { migrateRun } from '../../../server/domain/menu/migrate.ts'
import { randomFrom } from '../../../server/domain/menu/random.ts'
import type { Json } from '../../../server/domain/menu/variables.ts'
import { fromText, toJson, toYaml } from '../../../server/domain/menu/yaml.ts'
import { catalogOf, libraryOf } from '../../../server/domain/menu/catalog.ts'
import { Bench, doc, example, kinds, menuOf, sent, type Doc } from './world.ts'

const back = (text: string) => {
  const read = fromText(text)
  if (!read.ok) throw new Error(read.message)
  return read.document
}

describe('Documents as text', () => {
  for (const name of ['clinica', 'tienda', 'internet'] as const) {
    it(`${name} survives JSON → YAML → JSON and the other way`, () => {
      const document = example(name)
      expect(JSON.stringify(back(toYaml(document)))).to.equal(JSON.stringify(document))
      expect(JSON.stringify(back(toJson(document)))).to.equal(JSON.stringify(document))
      expect(toYaml(back(toYaml(document)))).to.equal(toYaml(document))
    })
  }
  const texts = ['007', 'no', 'yes', 'NO', 'On', 'off', 'y', 'n', '1e3', '1e5', '0x1F', '0o17', '0b1', '1_000', '12:30:45', '2026-11-22', '~', 'null', 'Null', '', ' ', ' a ', 'true', 'False', '.inf', '.NaN', '-', '- a', 'a: b', 'a #b', '#a', '@a', '`a', '%a', '&a', '*a', '!a', '|', '>', '[a', '{a', '"a', '\'a', 'a\nb', 'a\n', '\na', '\ta', 'a\r\nb', 'emoji 1️⃣ 🔟', '<<', '=', '?', ': ', '---', '...', '+1', '1.', '.5', '1,5', '\u0085', '\u2028', '\ufeff', 'x'.repeat(500), 'palabras '.repeat(60), '{{ x | date_tz: "%d/%m" }}']
  it('keep every text a text, as value and as key', () => {
    const document = { ...Object.fromEntries(texts.map((text, index) => [`k${index}`, text])), lista: texts, llaves: Object.fromEntries(texts.map((text) => [text, text])) }
    expect(back(toYaml(document))).to.deep.equal(document)
  })
  it('keep random values', () => {
    const random = randomFrom('yaml')
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const value = (depth: number): Json => {
      const kind = Math.floor(random() * (depth > 3 ? 4 : 6))
      if (kind === 0) return pick(texts) + pick(texts)
      if (kind === 1) return pick([0, 1, -1, 1.5, 1e21, 5e-7, 123456789012345, -0.25])
      if (kind === 2) return pick([true, false, null])
      if (kind === 3) return String.fromCharCode(...Array.from({ length: 8 }, () => 32 + Math.floor(random() * 600)))
      if (kind === 4) return Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1))
      return Object.fromEntries(Array.from({ length: Math.floor(random() * 4) }, () => [pick(texts), value(depth + 1)]))
    }
    for (let round = 0; round < 400; round++) {
      const document = { documento: value(0) }
      expect(back(toYaml(document)), toYaml(document)).to.deep.equal(document)
    }
  })
  it('are read by YAML 1.2: no, yes and on are texts, 007 without quotes is a number', () => {
    expect(back('a: no\nb: yes\nc: on\nd: 1e3\ne: "007"\nf: 0x1F\n200: x')).to.deep.equal({ a: 'no', b: 'yes', c: 'on', d: 1000, e: '007', f: 31, '200': 'x' })
  })
  for (const text of ['a: [1', 'a: 1\na: 2', 'a: b: c', 'a: .inf', 'a: !!binary aGk=', 'a: !!set {x}', '- a\nb: c', 'x'.repeat(6_000_000)]) {
    it(`refuse ${JSON.stringify(text.slice(0, 20))}`, () => expect(fromText(text).ok).to.equal(false))
  }
  it('say the line of an error', () => {
    const read = fromText('a: 1\nb: 2\na: 3\n')
    expect(read).to.include({ ok: false, line: 3 })
  })
  it('refuse a document that grows by its aliases', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index] ?? ''}`).join(',')}]`)].join('\n')
    expect(fromText(bomb).ok).to.equal(false)
  })
})

describe('The difference between two versions', () => {
  const m = (id: string, text: string, over: Doc = {}): Doc => ({ id, name: id.toUpperCase(), type: 'message', text, ...over })
  const plain = (raw: unknown) => JSON.parse(JSON.stringify(raw)) as Json
  it('is empty for the same document in another order of keys', () => {
    const difference = diff(plain({ a: 1, b: { c: 2, d: 3 }, nodes: [m('x', 'y')] }), plain({ b: { d: 3, c: 2 }, nodes: [m('x', 'y')], a: 1 }))
    expect(difference).to.deep.equal({ added: [], removed: [], changed: [], moved: [], document: [] })
  })
  it('names nodes added, removed, changed and moved, and the settings', () => {
    const before = doc([m('a', 'uno'), m('b', 'dos'), m('c', 'tres', { position: { x: 1, y: 1 } })], { farewell: 'x' })
    const after = doc([m('a', 'UNO', { next: 'd' }), m('c', 'tres', { position: { x: 2, y: 1 } }), m('d', 'cuatro')], { farewell: 'y', numbering: 'emoji' })
    expect(diff(plain(before), plain(after))).to.deep.equal({
      added: [{ id: 'd', name: 'D', type: 'message' }], removed: [{ id: 'b', name: 'B', type: 'message' }], moved: ['c'],
      changed: [{ id: 'a', name: 'A', type: 'message', changes: [{ path: 'text', before: 'uno', after: 'UNO' }, { path: 'next', after: 'd' }] }],
      document: [{ path: 'settings.farewell', before: 'x', after: 'y' }, { path: 'settings.numbering', after: 'emoji' }],
    })
  })
  it('compares options by their id, and says when only their order changed', () => {
    const menu = (options: Doc[]) => plain(doc([{ id: 'start', type: 'menu', text: 'M', options }]))
    const [a, b, c] = [{ id: 'a', label: 'A' }, { id: 'b', label: 'B' }, { id: 'c', label: 'C' }]
    expect(diff(menu([a, b]), menu([c, a, { ...b, label: 'BB' }])).changed[0]?.changes).to.deep.equal([{ path: 'options.b.label', before: 'B', after: 'BB' }, { path: 'options.c', after: c }])
    expect(diff(menu([a, b]), menu([b, a])).changed[0]?.changes).to.deep.equal([{ path: 'options', before: [a, b], after: [b, a] }])
  })
  it('stands anything', () => {
    for (const [before, after] of [[null, 1], [{}, { nodes: 'x' }], [{ nodes: [null, 5] }, { nodes: [{}] }], ['x', []]] as const) expect(diff(before as Json, after as Json)).to.have.keys(['added', 'removed', 'changed', 'moved', 'document'])
  })
})

describe('Publishing while chats run (S19)', () => {
  const settings = { restartMessage: 'El menú cambió, {{ contact.firstName }}.', inactivity: { firstAfter: 60 } }
  const third = doc([{ id: 'start', type: 'set', values: { v: 'tres' }, next: 'x' }, { id: 'x', type: 'ask', text: 'X', attempts: 3, store: { variable: 'dato' }, validate: { type: 'integer' }, next: 'fin' }, { id: 'fin', type: 'message', text: 'Fin tres {{ dato }}{{ v }}' }], settings)
  const without = doc([{ id: 'start', type: 'menu', text: 'Nuevo', options: [{ id: 'a', label: 'A' }] }], settings)
  const same = doc([{ id: 'start', type: 'message', text: 'no', next: 'x' }, { id: 'x', type: 'ask', text: 'X nueva', attempts: 3, store: { variable: 'dato' }, next: 'fin', on: { attempts: 'fin' }, inactivity: { firstAfter: 100, reminder: '¿?', reminders: 1, every: 50 } }, { id: 'fin', type: 'message', text: 'Fin cuatro {{ dato }}{{ v }}' }], settings)
  const waiting = () => {
    const bench = new Bench(third, {}, 0)
    bench.give({ kind: 'start' })
    bench.handed(1000)
    bench.text('mal', 2000)
    bench.handed(3000)
    return bench
  }
  const migrated = (raw: unknown) => {
    const bench = waiting()
    const to = menuOf(raw, { version: 4 })
    bench.now = 20_000
    const environment = { ...bench.environment(), library: libraryOf([bench.menu, to]) }
    const stepped = migrateRun(bench.run, bench.menu, to, environment)
    const after = new Bench(third, { library: environment.library }, 20_000)
    after.run = stepped.run
    return { before: bench.run, effects: stepped.effects, after }
  }

  it('leaves the run on its version when nothing is applied', () => {
    const bench = waiting()
    expect(bench.run.version).to.equal(1)
    expect(sent(bench.text('5', 9000))).to.deep.equal(['Fin tres 5tres'])
  })
  it('restarts at the start with the restart message where the node is gone', () => {
    const { effects, after } = migrated(without)
    expect(sent(effects)).to.deep.equal(['El menú cambió, Ana.', 'Nuevo\n\n1. A'])
    expect(after.run).to.deep.include({ id: 'R', version: 4, nodeId: 'start', variables: {}, attempts: {}, state: 'waiting' })
    expect(after.run.prompt?.serial).to.be.greaterThan(2)
    after.handed(21_000)
    expect(kinds(after.text('1', 22_000))).to.contain('resolve')
  })
  it('restarts where the node has another type', () => {
    const other = doc([{ id: 'start', type: 'message', text: 'Otra vez', next: 'x' }, { id: 'x', type: 'menu', text: 'X', options: [{ id: 'a', label: 'A' }] }], settings)
    expect(sent(migrated(other).effects)).to.deep.equal(['El menú cambió, Ana.', 'Otra vez', 'X\n\n1. A'])
  })
  it('moves where the node is there, keeping variables, attempts and T0; deadlines follow the new block', () => {
    const { before, effects, after } = migrated(same)
    expect(sent(effects)).to.deep.equal([])
    expect(after.run).to.deep.include({ version: 4, nodeId: 'x', variables: before.variables, attempts: { x: 1 } })
    expect(after.run.prompt?.deadlines).to.deep.equal({ t0: 3000, reminders: [103_000], done: 0, timeoutAt: 153_000 })
    expect(kinds(effects)).to.deep.equal(['timer'])
    expect(after.run.alarm.at).to.equal(103_000)
    expect(sent(after.text('todo vale', 25_000))).to.deep.equal(['Fin cuatro todo valetres'])
  })
  it('withdraws the offers of a node that is gone', () => {
    const bench = new Bench(doc([{ id: 'start', type: 'invite', agents: ['ivan'] }]))
    bench.give({ kind: 'start' })
    const to = menuOf(without, { version: 2 })
    const { effects } = migrateRun(bench.run, bench.menu, to, { ...bench.environment(), library: libraryOf([bench.menu, to]) })
    expect(kinds(effects)).to.deep.equal(['withdraw', 'send', 'send'])
  })
  it('does not take the result of a call of before', () => {
    const bench = new Bench(doc([{ id: 'start', type: 'http', url: 'https://a.example' }]))
    bench.give({ kind: 'start' })
    const to = menuOf(doc([{ id: 'start', type: 'ask', text: '?', next: 'w' }, { id: 'w', type: 'http', url: 'https://b.example' }]), { version: 2 })
    const stepped = migrateRun(bench.run, bench.menu, to, { ...bench.environment(), library: libraryOf([bench.menu, to]) })
    const after = new Bench(third, { library: libraryOf([to]) })
    after.run = stepped.run
    expect(after.give({ kind: 'result', key: 'R.1', result: { ok: true, type: 'http', status: 200, body: '' } })).to.deep.equal([])
    after.handed(1)
    after.text('a', 5)
    expect(after.run.wait).to.deep.include({ key: 'R.2' })
  })
  it('moves the frames of a subroutine, or restarts where its call is gone', () => {
    const sub = (call: Doc) => doc([{ id: 'start', type: 'call', node: 'p', next: 'fin' }, call, { id: 'p', type: 'ask', text: 'P' }, { id: 'fin', type: 'message', text: 'Fin' }], settings)
    const play = (raw: unknown) => {
      const bench = new Bench(sub({ id: 'q', type: 'message', text: 'q' }))
      bench.give({ kind: 'start' })
      const to = menuOf(raw, { version: 2 })
      return migrateRun(bench.run, bench.menu, to, { ...bench.environment(), library: libraryOf([bench.menu, to]) })
    }
    expect(play(sub({ id: 'r', type: 'message', text: 'r' })).run.frames).to.deep.include.members([{ menuId: 'M', version: 2, callNode: 'start', covered: {}, fresh: [] }])
    const gone = doc([{ id: 'start', type: 'message', text: 'Otro', next: 'p' }, { id: 'p', type: 'ask', text: 'P' }], settings)
    expect(sent(play(gone).effects)).to.deep.equal(['El menú cambió, Ana.', 'Otro', 'P'])
  })
  it('moves a run that stands in another menu, and leaves the frame of that menu on its version', () => {
    const other = menuOf(doc([{ id: 'p', type: 'ask', text: 'P' }], {}, { name: 'Otro' }), { menuId: 'B', version: 7 })
    const caller = (name: string) => doc([{ id: 'start', type: 'call', menu: 'otro', node: 'p', next: 'fin' }, { id: 'fin', type: 'message', text: name }], settings)
    const first = menuOf(caller('viejo'))
    const to = menuOf(caller('nuevo'), { version: 2 })
    const over = { library: libraryOf([first, to, other]), catalog: catalogOf({ menus: [{ menuId: 'B', version: 7, name: 'Otro' }] }) }
    const bench = new Bench(caller('viejo'), over, 0)
    bench.give({ kind: 'start' })
    bench.run = migrateRun(bench.run, first, to, bench.environment()).run
    expect(bench.run).to.deep.include({ version: 2, nodeId: 'p', frames: [{ menuId: 'B', version: 7, callNode: 'start', covered: {}, fresh: [] }] })
    bench.handed(1)
    expect(sent(bench.text('x', 5))).to.deep.equal(['nuevo'])
    const gone = new Bench(caller('viejo'), { ...over, library: libraryOf([first, menuOf(without, { version: 2 }), other]) }, 0)
    gone.give({ kind: 'start' })
    expect(sent(migrateRun(gone.run, first, menuOf(without, { version: 2 }), gone.environment()).effects)[0]).to.equal('El menú cambió, Ana.')
  })
  it('moves a run whose prompt is not handed over yet', () => {
    const bench = new Bench(third, {}, 0)
    bench.give({ kind: 'start' })
    const to = menuOf(same, { version: 4 })
    const stepped = migrateRun(bench.run, bench.menu, to, { ...bench.environment(), library: libraryOf([to]) })
    expect(stepped.effects).to.deep.equal([])
    expect(stepped.run.prompt).to.deep.include({ handedAt: null, deadlines: null })
  })
  it('touches neither ended runs nor those of other menus', () => {
    const bench = waiting()
    const to = menuOf(without, { version: 4, menuId: 'Otro' })
    expect(migrateRun(bench.run, bench.menu, to, bench.environment())).to.deep.equal({ run: bench.run, effects: [] })
    bench.give({ kind: 'end', reason: 'resolved' })
    expect(migrateRun(bench.run, bench.menu, menuOf(without, { version: 4 }), bench.environment()).effects).to.deep.equal([])
  })
})
