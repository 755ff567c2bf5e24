import { expect } from 'chai'
import { cleared, guard, guardDefaults, isMuted, noGuard, type GuardState } from '../../../server/domain/menu/guard.ts'
import { botPhrase, phraseMatches, specialPhrase, type PhraseRole } from '../../../server/domain/menu/phrases.ts'
import { Chat, doc } from './world.ts'

describe('Bot stop and resume phrases (S29, F066)', () => {
  const phrases = { stopPhrase: 'bot off', resumePhrase: 'Reanudar botón', phraseRoles: ['phone', 'agent', 'supervisor'] as PhraseRole[] }
  const cases: [string, PhraseRole, 'stop' | 'resume' | null][] = [
    [' BOT  off ', 'agent', 'stop'], ['bot off', 'phone', 'stop'], ['reanudar boton', 'supervisor', 'resume'], ['bot off', 'customer', null], ['bot off.', 'agent', null], ['por favor bot off', 'agent', null], ['', 'agent', null],
  ]
  for (const [text, role, expected] of cases) it(`${JSON.stringify(text)} by ${role}: ${expected ?? 'nothing'}`, () => expect(botPhrase(text, phrases, role)).to.equal(expected))
  it('are off when empty', () => expect(botPhrase('', { ...phrases, stopPhrase: '', resumePhrase: '' }, 'agent')).to.equal(null))

  it('stop the run and every later one, until resume', () => {
    const raw = doc([{ id: 'start', type: 'menu', text: 'Menú', options: [{ id: 'a', label: 'A', to: '@resolve' }] }])
    const chat = new Chat(raw, { botPhrases: { stopPhrase: 'bot off', resumePhrase: 'bot on', phraseRoles: ['customer'] } })
    const shown = chat.say('hola')
    expect(chat.say(' BOT  off ')).to.deep.equal([])
    expect(chat.session).to.include({ state: 'UNROUTED', botStopped: true })
    expect(chat.run).to.include({ state: 'ended' })
    expect(chat.run.alarm.at).to.equal(null)
    expect(chat.say('¿y ahora?')).to.deep.equal([])
    expect(chat.state).to.equal('QUEUED')
    chat.do({ resolve: true })
    expect(chat.say('otra vez')).to.deep.equal([])
    chat.say('bot on')
    chat.do({ resolve: true })
    expect(chat.say('hola')).to.deep.equal(shown)
  })
  it('are ordinary messages for who may not use them', () => {
    const chat = new Chat(doc([{ id: 'start', type: 'ask', text: '?', next: 'fin' }, { id: 'fin', type: 'message', text: '{{ message.text }}' }]), { botPhrases: { stopPhrase: 'bot off', resumePhrase: '', phraseRoles: ['agent'] } })
    chat.say('hola')
    expect(chat.say('bot off')).to.deep.equal(['bot off'])
  })
})

describe('Special phrases (S30, F041)', () => {
  const cases: [string, { pattern: string; match: 'equals' | 'starts' | 'contains' | 'regex' }, boolean][] = [
    ['pedido # 123', { pattern: 'Pedido #', match: 'starts' }, true], ['PÉDIDO  # 1', { pattern: 'pedido #', match: 'starts' }, true], ['mi pedido # 1', { pattern: 'Pedido #', match: 'starts' }, false],
    ['Quiero Comprar ya', { pattern: 'comprar', match: 'contains' }, true], ['comprar', { pattern: 'Comprár', match: 'equals' }, true], ['comprar ya', { pattern: 'comprar', match: 'equals' }, false],
    ['REF-123', { pattern: '^REF-\\d+$', match: 'regex' }, true], ['ref-123', { pattern: '^REF-\\d+$', match: 'regex' }, false], ['ref-123', { pattern: '(?i)^REF-\\d+$', match: 'regex' }, true], ['x', { pattern: '[', match: 'regex' }, false], ['', { pattern: ' ', match: 'contains' }, false],
  ]
  for (const [text, phrase, expected] of cases) it(`${JSON.stringify(text)} ${phrase.match} ${phrase.pattern}: ${expected}`, () => expect(phraseMatches(text, phrase)).to.equal(expected))
  it('take the first of the list', () => {
    const list = [{ pattern: 'pedido', match: 'contains' as const, n: 1 }, { pattern: 'pedido 1', match: 'starts' as const, n: 2 }]
    expect(specialPhrase('pedido 1', list)?.n).to.equal(1)
    expect(specialPhrase('otra cosa', list)).to.equal(null)
  })
  it('beat a question under way and a caption\'s file, and reach nobody whom an agent holds', () => {
    const raw = doc([{ id: 'start', type: 'ask', text: '?', validate: { type: 'integer' } }], { specialPhrases: [{ pattern: 'pedido', match: 'starts', agent: 'ivan' }] })
    const chat = new Chat(raw)
    chat.say('hola')
    expect(chat.do({ media: 'image', caption: 'Pedido 5' })).to.deep.equal([])
    expect(chat.session).to.deep.include({ state: 'PENDING', target: { type: 'agent', id: 'a_ivan' } })
    expect(chat.events('menu.invalid')).to.deep.equal([])
    expect(chat.say('pedido 6')).to.deep.equal([])
    expect(chat.session.serial).to.be.greaterThan(0)
  })
})

describe('The guard against other machines (S15)', () => {
  const feed = (state: GuardState, messages: readonly { at: number; text?: string; answers?: number | null }[]) => {
    let trips = 0
    let silent = 0
    let current = state
    for (const one of messages) {
      const guarded = guard(current, { receivedAt: one.at, text: one.text ?? 'Estoy ocupado', answers: one.answers ?? null })
      current = guarded.state
      if (guarded.tripped) trips++
      if (guarded.muted) silent++
    }
    return { state: current, trips, silent }
  }
  const burst = (from: number, count: number, every: number) => Array.from({ length: count }, (_, index) => ({ at: from + index * every, text: `n${index}` }))
  const echoes = (from: number, count: number, lag = 3000, text = 'Estoy ocupado') => Array.from({ length: count }, (_, index) => ({ at: from + index * 4000, answers: from + index * 4000 - lag, text }))

  it('trips at ten messages within ten seconds, not at nine, nor over a longer time', () => {
    expect(feed(noGuard, burst(0, 10, 1000))).to.deep.include({ trips: 1, silent: 1 })
    expect(feed(noGuard, burst(0, 9, 100)).trips).to.equal(0)
    expect(feed(noGuard, burst(0, 30, 1200)).trips).to.equal(0)
  })
  it('trips at the sixth quick answer with the same text', () => {
    expect(feed(noGuard, echoes(0, 5)).trips).to.equal(0)
    expect(feed(noGuard, echoes(0, 6)).trips).to.equal(1)
    expect(feed(noGuard, echoes(0, 20, 6000)).trips).to.equal(0)
    expect(feed(noGuard, [...echoes(0, 5), ...echoes(20_000, 5, 3000, 'otra cosa')]).trips).to.equal(0)
  })
  it('does not count answers that no menu waited for', () => expect(feed(noGuard, Array.from({ length: 9 }, (_, index) => ({ at: index * 20_000 }))).trips).to.equal(0))
  it('mutes 30, 60, 120 s within the hour, then for good with tag and notice', () => {
    const lengths: number[] = []
    let state: GuardState = noGuard
    let final = false
    for (const start of [0, 100_000, 300_000]) {
      for (const one of burst(start, 10, 10)) {
        const guarded = guard(state, { receivedAt: one.at, text: one.text, answers: null })
        state = guarded.state
        if (guarded.tripped) {
          lengths.push((guarded.tripped.mutedUntil - one.at) / 1000)
          final = guarded.tripped.final
        }
      }
    }
    expect(lengths).to.deep.equal([30, 60, 120])
    expect(final).to.equal(true)
    expect(isMuted(state, 10_000_000)).to.equal(true)
    expect(isMuted(cleared(), 10_000_000)).to.equal(false)
  })
  it('forgets what is older than an hour', () => {
    const { state } = feed(noGuard, [...burst(0, 10, 10), ...burst(100_000, 10, 10)])
    const later = feed(state, burst(4_000_000, 10, 10))
    expect(later.state).to.include({ quiet: false, mutedUntil: 4_000_090 + 30_000 })
  })
  it('does not trip again while it is muted', () => expect(feed(noGuard, burst(0, 200, 10)).trips).to.equal(1))
  it('bounds an auto-responder of ten minutes to a few answers', () => {
    let state = noGuard
    let sends = 1
    let bot: number | null = 0
    let tagged = 0
    for (let now = 3000; now < 600_000; now += 3000) {
      // It only answers what the bot said.
      if (bot === null) continue
      const guarded = guard(state, { receivedAt: now, text: 'Estoy de vacaciones', answers: bot })
      state = guarded.state
      if (guarded.tripped?.final) tagged++
      bot = guarded.muted ? null : now
      if (!guarded.muted) sends++
    }
    expect(sends).to.be.at.most(8)
    expect(tagged).to.equal(0)
    expect(guardDefaults).to.deep.equal({ count: 10, window: 10, mute: 30 })
  })
})
