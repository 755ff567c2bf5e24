import { expect } from 'chai'
import { deadlines, due, moved } from '../../../server/domain/menu/inactivity.ts'
import { Bench, Chat, doc, kinds, sent } from './world.ts'

const block = { firstAfter: 60, reminder: '¿Sigue ahí?', reminders: 2, every: 30 }
const menu = (inactivity: object, on: object = {}) => doc([
  { id: 'start', type: 'menu', text: 'Elija', inactivity, on, options: [{ id: 'a', label: 'A', to: 'fin' }] }, { id: 'fin', type: 'message', text: 'Fin' }, { id: 'tarde', type: 'message', text: 'Tarde' },
], { inactivityFarewell: 'Cerramos.', invalidMessage: 'No.' })

describe('Reminders and the final deadline (S11)', () => {
  const started = () => {
    const bench = new Bench(menu(block), {}, 0)
    bench.give({ kind: 'start' })
    return bench
  }
  it('counts from the hand-over of the prompt, not from its making', () => {
    const bench = started()
    expect(bench.effects.some((effect) => effect.kind === 'timer')).to.equal(false)
    expect(bench.handed(5000)).to.deep.equal([{ kind: 'timer', at: 65_000, version: 1 }])
  })
  it('reminds at 60 and 90 once each, also over a restart at 70, and ends at 120', () => {
    const bench = started()
    bench.handed(0)
    expect(sent(bench.alarm(60_000))).to.deep.equal(['¿Sigue ahí?'])
    expect(bench.run.alarm.at).to.equal(90_000)
    // A restart: the alarm is set again, what was sent is not sent again.
    expect(bench.give({ kind: 'resume' }, 70_000)).to.deep.equal([{ kind: 'timer', at: 90_000, version: 3 }])
    expect(sent(bench.alarm(80_000))).to.deep.equal([])
    expect(sent(bench.alarm(90_000))).to.deep.equal(['¿Sigue ahí?'])
    expect(sent(bench.alarm(119_999))).to.deep.equal([])
    expect(kinds(bench.alarm(120_000))).to.deep.equal(['send', 'resolve'])
    expect(sent(bench.effects)).to.deep.equal(['Cerramos.'])
    expect(bench.effects.find((effect) => effect.kind === 'resolve')).to.include({ closeKind: 'inactivity' })
    expect(bench.run).to.deep.include({ state: 'ended', alarm: { at: null, version: bench.run.alarm.version } })
  })
  it('takes an answer received at 119.9 that is applied after the deadline', () => {
    const bench = started()
    bench.handed(0)
    bench.alarm(60_000)
    bench.alarm(90_000)
    expect(kinds(bench.alarm(120_500, 119_900))).to.deep.equal(['timer'])
    expect(bench.run.alarm.at).to.equal(121_500)
    expect(sent(bench.text('1', 119_900, 120_600))).to.deep.equal(['Fin'])
    expect(bench.effects.find((effect) => effect.kind === 'resolve')).to.include({ closeKind: 'menu' })
  })
  it('lets the deadline win over a message received after it', () => {
    const bench = started()
    bench.handed(0)
    expect(kinds(bench.alarm(120_500, 120_200))).to.contain('resolve')
  })
  it('sends no reminder to a customer who has already written', () => {
    const bench = started()
    bench.handed(0)
    expect(sent(bench.alarm(61_000, 60_500))).to.deep.equal([])
    expect(sent(bench.alarm(62_000))).to.deep.equal(['¿Sigue ahí?'])
  })
  it('after a downtime sends the latest reminder only, and past the end none', () => {
    const late = started()
    late.handed(0)
    expect(sent(late.alarm(95_000))).to.deep.equal(['¿Sigue ahí?'])
    expect(late.effects.find((effect) => effect.kind === 'event')).to.deep.nested.include({ 'data.number': 2, 'data.skipped': 1 })
    expect(late.run.alarm.at).to.equal(120_000)
    const later = started()
    later.handed(0)
    expect(sent(later.alarm(500_000))).to.deep.equal(['Cerramos.'])
  })
  it('does nothing for an alarm of an older version', () => {
    const bench = started()
    bench.handed(0)
    bench.text('x', 1000)
    expect(bench.give({ kind: 'timer', version: 1 }, 60_000)).to.deep.equal([])
  })
  it('starts new deadlines with the repeated prompt, and cancels them by any answer', () => {
    const bench = started()
    bench.handed(0)
    bench.text('nada', 50_000)
    expect(sent(bench.effects)).to.deep.equal(['No.', 'Elija\n\n1. A'])
    expect(bench.run.alarm.at).to.equal(null)
    bench.handed(52_000)
    expect(bench.run.alarm.at).to.equal(112_000)
  })
  it('takes on.timeout where it is wired', () => {
    const chat = new Chat(menu({ firstAfter: 60 }, { timeout: 'tarde' }))
    chat.say('hola')
    expect(chat.wait(60)).to.deep.equal(['Tarde'])
    expect(chat.events('menu.timeout')).to.have.length(1)
    expect(chat.session).to.include({ state: 'RESOLVED', closeKind: 'menu' })
  })
  it('waits for ever when the block is off, and sends no reminder without a text', () => {
    const off = new Chat(menu({ firstAfter: 0 }))
    off.say('hola')
    expect(off.wait(1_000_000)).to.deep.equal([])
    expect(off.state).to.equal('MENU')
    const silent = new Chat(menu({ firstAfter: 10, reminders: 2, every: 10 }))
    silent.say('hola')
    expect(silent.wait(29)).to.deep.equal([])
    expect(silent.wait(1)).to.deep.equal(['Cerramos.'])
  })
  it('uses the document\'s block for nodes without one of their own, and half an hour where there is none', () => {
    const own = new Chat(doc([{ id: 'start', type: 'ask', text: '?' }], { inactivity: { firstAfter: 5 } }))
    own.say('hola')
    own.wait(5)
    expect(own.state).to.equal('RESOLVED')
    const none = new Chat(doc([{ id: 'start', type: 'ask', text: '?' }]))
    none.say('hola')
    none.wait(1799)
    expect(none.state).to.equal('MENU')
    none.wait(1)
    expect(none.state).to.equal('RESOLVED')
  })
})

describe('Deadlines', () => {
  it('are absolute', () => expect(deadlines(block, 1000)).to.deep.equal({ t0: 1000, reminders: [61_000, 91_000], done: 0, timeoutAt: 121_000 }))
  it('repeat after firstAfter where `every` is not given', () => expect(deadlines({ ...block, every: undefined }, 0)?.reminders).to.deep.equal([60_000, 120_000]))
  it('fall due in order', () => {
    const d = deadlines(block, 0)
    expect(d && [59_999, 60_000, 120_000].map((now) => due(d, now).kind)).to.deep.equal(['nothing', 'reminder', 'timeout'])
  })
  it('move to another block from the same T0, counting what has passed as done', () => {
    const d = deadlines(block, 0)
    expect(d && moved(d, { firstAfter: 10, reminder: 'x', reminders: 3, every: 50 }, 70_000)).to.deep.equal({ t0: 0, reminders: [110_000], done: 2, timeoutAt: 160_000 })
    expect(d && moved(d, { firstAfter: 0, reminder: '', reminders: 0 }, 0)).to.equal(null)
  })
})
