/**
 * Random documents and random inputs: the engine never throws, never runs on, ends a run with exactly one effect, and a
 * document that validates never leaves a run without a wait or an end. FUZZ_STEPS raises the number of inputs.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import type { CallResult } from '../../../server/domain/menu/calls.ts'
import { isFinal, type Effect } from '../../../server/domain/menu/effects.ts'
import type { Environment } from '../../../server/domain/menu/environment.ts'
import { compileMenu, parseDocument } from '../../../server/domain/menu/flow.ts'
import type { IncomingPart, Input } from '../../../server/domain/menu/input.ts'
import { randomFrom } from '../../../server/domain/menu/random.ts'
import { isOver, newRun, type Run } from '../../../server/domain/menu/run.ts'
import { newSession } from '../../../server/domain/menu/simulate.ts'
import { step } from '../../../server/domain/menu/step.ts'
import { validate } from '../../../server/domain/menu/validate.ts'
import { libraryOf } from '../../../server/domain/menu/catalog.ts'
import { bare, catalog, cloud, messenger, plain } from './world.ts'

const inputsInAll = Number(process.env['FUZZ_STEPS'] ?? 20_000)

class Dice {
  readonly random: () => number
  constructor(seed: string) {
    this.random = randomFrom(seed)
  }
  below(count: number): number {
    return Math.floor(this.random() * count)
  }
  chance(probability: number): boolean {
    return this.random() < probability
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
  some<T>(list: readonly T[], most: number): T[] {
    return Array.from({ length: this.below(most + 1) }, () => this.of(list))
  }
}

const texts = ['Hola', '', '{{ x }}', '{{ contact.name | upcase }}', '{{ y | plus: 1 }}', '{{ secrets.citas_token }}', '{% if x %}a{% endif %}', '{{ http.body.a[0] }}', 'línea\nlarga '.repeat(30), '{{ x | json }}{{ now | date_tz: "%H" }}']
const badTexts = ['{{ x | nofilter }}', '{{ x', '{% for i in (1..9999999) %}{{ i }}{% endfor %}', '{% include "a" %}']
const names = ['x', 'y', 'z', 'edad', 'vacia']
const whens = ['x', 'y > 3', 'x == "a" or y < 2', { var: 'x', op: 'exists' }, { any: [{ var: 'y', op: 'gt', value: 1 }, { not: { var: 'x', op: 'empty' } }] }, { var: 'z.a[0]', op: 'matches', value: '^a+$' }]
const types = ['text', 'integer', 'decimal', 'boolean', 'date', 'datetime', 'json', 'media', 'location']

/** One random node. `wild` allows what validation refuses. */
function node(dice: Dice, id: string, ids: readonly string[], wild: boolean): Record<string, unknown> {
  const text = () => (wild && dice.chance(0.05) ? dice.of(badTexts) : dice.of(texts))
  const target = () => (dice.chance(0.25) ? dice.of(['@end', '@resolve', '@open', '@back', '@start', '@return']) : wild && dice.chance(0.05) ? 'nowhere' : dice.of(ids))
  const maybe = <T>(value: () => T) => (dice.chance(0.5) ? value() : undefined)
  const on = (...outputs: string[]) => Object.fromEntries(outputs.filter(() => dice.chance(0.5)).map((name) => [name, target()]))
  const values = () => Object.fromEntries(dice.some(names, 3).map((name) => [name, text()]))
  const waits = { attempts: dice.below(4), inactivity: maybe(() => ({ firstAfter: dice.below(100), reminder: text(), reminders: dice.below(3), every: 1 + dice.below(50) })) }
  const made: Record<string, () => Record<string, unknown>> = {
    message: () => ({ text: text(), next: maybe(target) }),
    menu: () => ({
      text: text(), ...waits, options: Array.from({ length: 1 + dice.below(12) }, (_, index) => ({ id: `o${index}`, label: `Opción ${'abcdefghijklm'[index]}`, to: maybe(target), when: maybe(() => dice.of(whens)), set: maybe(values), record: dice.chance(0.5) })),
      back: maybe(() => ({ label: 'Salida' })), on: on('media', 'invalid', 'attempts', 'timeout', 'error'), store: maybe(() => ({ variable: dice.of(names) })), fuzzy: dice.of([0, 0.5]),
      header: maybe(() => ({ kind: dice.of(['image', 'audio']), source: dice.of([{ mediaId: 'logo' }, { url: 'https://a.example/{{ x }}' }, { variable: 'x' }]) })), footer: maybe(text), numbering: dice.of(['plain', 'emoji', 'none']), presentation: dice.of(['auto', 'text', 'buttons', 'list']),
    }),
    ask: () => ({
      text: text(), ...waits, store: maybe(() => ({ variable: dice.of(names), type: dice.of(types), scope: dice.of(['run', 'conversation', 'chat', 'contact']) })), accept: ['text', ...dice.some(['image', 'voice', 'location'], 2)],
      validate: maybe(() => dice.of([{ type: 'integer', min: 1 }, { type: 'regex', pattern: '^a+b?$' }, { type: 'yesno' }, { type: 'date' }, { type: 'expression', when: dice.of(whens) }, { type: 'phone' }, { type: 'media' }])),
      processors: dice.chance(0.2) ? [{ type: 'transcribe' }, { type: 'extract', schema: {}, variables: { z: '$.z' } }] : [], confirm: dice.chance(0.2), reprompt: dice.chance(0.7), cancel: maybe(() => ({ words: ['salir'], to: maybe(target) })),
      cases: dice.some(whens, 2).map((when) => ({ when, to: maybe(target) })), on: on('invalid', 'attempts', 'timeout', 'error'), next: maybe(target),
    }),
    consent: () => ({ text: text(), ...waits, persist: dice.chance(0.5), askAgain: dice.chance(0.5), level: dice.of(['global', 'channel', 'account']), on: on('granted', 'declined', 'attempts', 'timeout'), next: maybe(target) }),
    switch: () => ({ cases: [...dice.some(whens, 3), 'x'].map((when) => ({ when, to: maybe(target), set: maybe(values) })), next: maybe(target), on: on('error') }),
    set: () => ({ values: { ...values(), edad: { value: text(), type: dice.of(types) } }, unset: dice.some(names, 1), next: maybe(target), on: on('error'), scope: maybe(() => dice.of(['run', 'conversation', 'chat', 'contact'])) }),
    set_contact: () => ({ fields: { email: text(), 'custom.a': text() }, next: maybe(target), on: on('error') }),
    set_tag: () => ({ add: ['a', 'b'], next: maybe(target) }),
    set_campaign: () => ({ campaign: 'servicio', next: maybe(target) }),
    set_disposition: () => ({ disposition: 'resuelto_bot', next: maybe(target) }),
    http: () => ({ url: `https://a.example/${text()}`, method: dice.of(['GET', 'POST']), body: maybe(() => ({ json: { a: text() } })), extract: { z: '$.a' }, save: maybe(() => ({ variable: 'x' })), responseType: dice.of(['json', 'text']), on: on('200', '2xx', '4xx', 'timeout', 'error'), next: maybe(target) }),
    email: () => ({ server: 'principal', to: ['a@b.example', text()], subject: text(), next: maybe(target), on: on('error') }),
    media: () => ({ kind: dice.of(['image', 'sticker', 'voice', 'document']), source: dice.of([{ mediaId: 'logo' }, { mediaId: 'huge' }, { url: 'https://a.example/x' }, { variable: 'z' }]), caption: text(), next: maybe(target), on: on('error') }),
    location: () => ({ latitude: dice.of(['3.4', 91, '{{ y }}']), longitude: '-76', next: maybe(target), on: on('error') }),
    delay: () => ({ seconds: 1 + dice.below(60), next: maybe(target) }),
    check_time: () => ({ ranges: ['22:00-06:00'], weekdays: ['lun', 7], on: on('open', 'closed'), next: maybe(target) }),
    check_holiday: () => ({ country: 'CO', on: on('yes', 'no', 'error'), next: maybe(target) }),
    distribute: () => ({ ...(dice.chance(0.7) ? { queue: 'ventas' } : { agent: 'ivan', force: dice.chance(0.5) }), enqueue: dice.chance(0.5), joinMessage: maybe(text), on: on('unavailable', 'closed', 'error') }),
    invite: () => ({ agents: ['ivan', 'laura.perez'], message: text(), on: on('joined', 'declined', 'timeout', 'error') }),
    go_menu: () => ({ menu: 'otro', on: on('error') }),
    call: () => ({ node: wild ? dice.of([...ids, 'nowhere']) : dice.of(ids), with: values(), return: values(), next: maybe(target), on: on('error') }),
    end_options: () => ({ text: text(), ...waits, again: { label: 'Otra', to: target() }, advisor: dice.of([false, { label: 'Asesor', to: target() }]), on: on('invalid', 'attempts', 'timeout') }),
    record: () => ({ form: 'edades', fields: { edad: text() }, next: maybe(target), on: on('error') }),
    form: () => ({ form: 'contacto', ...waits, summary: dice.chance(0.5), questions: [{ name: 'nombre', text: text() }, { name: 'cuando', text: text(), options: [{ id: 'm', label: 'Mañana' }, { id: 't', label: 'Tarde' }], required: dice.chance(0.5) }], on: on('attempts', 'timeout', 'error'), next: maybe(target) }),
    wait_event: () => ({ key: dice.of(['k', 'k-{{ x }}']), text: text(), extract: { z: '$.z' }, cancel: maybe(() => ({ words: ['salir'], to: maybe(target) })), on: on('event', 'timeout', 'cancel', 'error'), next: maybe(target) }),
    assistant: () => ({ provider: 'principal', instructions: text(), opening: text(), speakFirst: dice.chance(0.7), groupSeconds: dice.below(3), maxTurns: 1 + dice.below(4), output: maybe(() => ({ variables: { x: '$.x' } })), exits: dice.some(whens, 1).map((when) => ({ when, to: maybe(target) })), handoverWords: ['asesor'], on: on('handover', 'turns', 'timeout', 'error') }),
    resolve: () => ({ message: maybe(text), disposition: maybe(() => 'resuelto_bot') }),
    notify: () => ({ text: text(), next: maybe(target) }),
    log: () => ({ text: text(), next: maybe(target) }),
  }
  const type = dice.of(Object.keys(made))
  return JSON.parse(JSON.stringify({ id, type, ...made[type]?.() })) as Record<string, unknown>
}

function randomDocument(dice: Dice, wild: boolean): unknown {
  const ids = ['start', ...Array.from({ length: 2 + dice.below(10) }, (_, index) => `n${index}`)]
  const nodes = ids.map((id) => node(dice, id, ids, wild))
  const end = dice.chance(0.5) ? { id: 'fin', type: 'end_options', text: 'Fin' } : null
  return {
    format: 'turno.menu/1', name: 'Al azar', nodes: [...nodes, ...(end ? [end] : [])],
    settings: {
      ...(end ? { onEnd: 'options', endOptions: 'fin' } : { onEnd: dice.of(['resolve', 'open']) }), farewell: dice.of(texts), errorMessage: dice.of(texts),
      ...(dice.chance(0.5) ? { onError: dice.of(ids) } : {}), ...(wild ? { stepLimit: 5 + dice.below(60), runStepLimit: 20 + dice.below(300) } : { stepLimit: 500, runStepLimit: 100_000 }),
    },
    variables: { y: { type: 'integer', default: 2 }, edad: { type: 'integer', scope: dice.of(['run', 'chat']) } }, constants: { k: { a: [1, 2] } },
  }
}

const typed = ['1', '2', '7', '０', '', 'hola', 'salir', 'asesor', 'volver', 'sí', 'No', '300 111 2233', '2026-12-01', 'Opción b', '\ud800', 'x'.repeat(3000), '{{ x }}', '⦃a:b⦄', '__proto__']
function part(dice: Dice, run: Run): IncomingPart {
  const media = { id: 'f', url: 'https://a.example', mime: 'image/png', name: 'f', size: 1 }
  return dice.of<() => IncomingPart>([
    () => ({ kind: 'text', text: dice.of(typed) }), () => ({ kind: 'text', text: String(1 + dice.below(8)) }), () => ({ kind: 'sticker', media }), () => ({ kind: 'voice', media, caption: dice.of(typed) }),
    () => ({ kind: 'location', latitude: 1, longitude: 2 }), () => ({ kind: 'choice', via: 'button', id: dice.of([`${run.nodeId}:o0`, 'otro:o1', 'yes', ':', `${run.nodeId}:@back`]), title: dice.of(typed) }), () => ({ kind: 'unsupported' }),
  ])()
}
function result(dice: Dice): CallResult {
  return dice.of<() => CallResult>([
    () => ({ ok: true, type: 'http', status: dice.of([200, 204, 301, 404, 500, 999, -1]), body: dice.of(['', '{"a":[1]}', '{"a":"007"}', '<html>', 'null', '1e999']) }), () => ({ ok: true, type: 'email' }),
    () => ({ ok: true, type: 'media', file: { fileId: 'f', mimeType: 'image/png', size: 1, fileName: 'f' } }), () => ({ ok: true, type: 'assistant', text: dice.of(['hola', '{"x":"a"}', '{"reply":"r"}', '']), handover: dice.chance(0.1) }),
    () => ({ ok: true, type: 'process', text: dice.of(typed), data: { z: 1 } }), () => ({ ok: false, code: dice.of(['timeout', 'blocked_address', 'interrupted']) }),
  ])()
}
function input(dice: Dice, run: Run, now: number): Input {
  return dice.of<() => Input>([
    () => ({ kind: 'message', message: { id: 'm', receivedAt: now - dice.below(3), parts: [part(dice, run)] } }), () => ({ kind: 'message', message: { id: 'm', receivedAt: now, parts: [part(dice, run), part(dice, run)] } }),
    () => ({ kind: 'promptHanded', serial: run.prompt?.serial ?? 0, at: now }), () => ({ kind: 'timer', version: run.alarm.version, oldestPending: dice.chance(0.2) ? now : null }), () => ({ kind: 'result', key: run.wait?.kind === 'call' ? run.wait.key : 'no', result: result(dice) }),
    () => ({ kind: 'event', key: run.wait?.kind === 'event' ? run.wait.key : 'k', data: dice.of([null, { z: 'a' }, 'x']), at: now - dice.below(200_000) }), () => (dice.chance(0.2) ? { kind: 'joined', agentId: 'a' } : { kind: 'resume' }),
    () => dice.of<Input>([{ kind: 'declined' }, { kind: 'offerExpired' }, { kind: 'distributionFailed', reason: 'unavailable' }, { kind: 'distributionFailed', reason: 'error' }]),
  ])()
}

/** What must hold after every step, whatever went in. */
function checkStep(before: Run, after: Run, effects: readonly Effect[], valid: boolean, wild: boolean): void {
  const final = effects.filter(isFinal).length
  const said = effects.filter((effect) => effect.kind === 'send').length
  expect(final, 'final effects').to.be.at.most(1)
  if (final === 1) expect(isOver(after), 'over').to.equal(true)
  if (isOver(after)) expect(after.alarm.at, 'alarm of an ended run').to.equal(null)
  else expect(after.wait, 'a run that goes on waits').to.not.equal(null)
  expect(after.counts.total - before.counts.total, 'nodes in one step').to.be.at.most(wild ? 130 : 1000)
  expect(said, 'messages in one step').to.be.at.most(wild ? 500 : 4000)
  if (valid && !wild) expect(effects.some((effect) => effect.kind === 'event' && effect.data['reason'] === 'step_limit'), 'an endless cycle that validation missed').to.equal(false)
  if (valid) expect(effects.some((effect) => effect.kind === 'trace' && effect.text === 'step failed'), 'internal failure').to.equal(false)
  const timers = effects.filter((effect) => effect.kind === 'timer')
  expect(timers.length, 'alarms').to.be.at.most(1)
  if (after.wait?.kind === 'answer' && after.prompt?.deadlines) expect(after.alarm.at, 'alarm of a deadline').to.be.a('number')
  expect(isDeepStrictEqual(JSON.parse(JSON.stringify(after)), after), 'a run is plain JSON').to.equal(true)
}

function playRandom(dice: Dice, wild: boolean): { steps: number; valid: boolean } {
  const raw = randomDocument(dice, wild)
  const parsed = parseDocument(raw)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const valid = validate(raw, { catalog, channels: [{ id: 'c', name: 'c', capabilities: cloud }] }).errors.length === 0
  const menu = compileMenu(parsed.document, { menuId: 'M', version: 1 })
  let now = 1_700_000_000_000
  const session = newSession({ now })
  const channel = dice.of([plain, cloud, messenger, bare])
  const environment = (): Environment => ({
    now, seed: String(dice.random()), channel, locale: 'es', timezone: 'America/Bogota', country: 'CO', library: libraryOf([menu]), catalog, snapshot: session.snapshot,
    variables: { conversation: {}, chat: {} }, consent: dice.chance(0.5) ? { account: 'granted' } : {},
  })
  let run = newRun('R', menu, now)
  let steps = 0
  for (let next: Input = { kind: 'start' }; steps < 40; next = input(dice, run, now)) {
    const frozen = JSON.stringify(run)
    const stepped = step(run, next, environment())
    expect(JSON.stringify(run), 'the run given is not changed').to.equal(frozen)
    checkStep(run, stepped.run, stepped.effects, valid, wild)
    run = stepped.run
    steps++
    now += dice.of([1, 1000, 60_000, 2_000_000])
    if (isOver(run)) break
  }
  return { steps, valid }
}

describe('The menu engine under random documents and inputs', () => {
  for (const wild of [false, true]) {
    it(wild ? 'stands what validation would refuse' : 'never gets stuck in a document that validates', function () {
      this.timeout(120_000)
      let steps = 0
      let valid = 0
      for (let round = 0; steps < inputsInAll / 2; round++) {
        const seed = `${wild}-${round}`
        try {
          const played = playRandom(new Dice(seed), wild)
          steps += played.steps
          if (played.valid) valid++
        } catch (error) {
          throw new Error(`seed ${seed}: ${String(error)}`, { cause: error })
        }
      }
      if (!wild) expect(valid, 'documents that validate').to.be.greaterThan(0)
    })
  }

  it('answers to nonsense with the fallback queue or not at all, and never throws', () => {
    const dice = new Dice('nonsense')
    const values: unknown[] = [null, undefined, 0, '', 'x', [], {}, { kind: 'message' }, { kind: 'message', message: { parts: null } }, { kind: 'start', message: 3 }, { state: 'waiting', wait: { kind: 'answer' }, nodeId: 'start' }, newRun('R', { menuId: 'M', version: 1 }, 0), Symbol('x'), () => 1]
    for (let round = 0; round < 2000; round++) {
      const stepped = step(dice.of(values) as Run, dice.of(values) as Input, dice.of(values) as Environment)
      expect(stepped).to.have.keys(['run', 'effects'])
    }
  })

  it('validates anything without throwing', () => {
    const dice = new Dice('validate')
    const values: unknown[] = [null, undefined, 3, 'x', [], {}, { nodes: 'x' }, { nodes: [null, 3, { id: 5 }] }, { format: 'turno.menu/1', name: 'a', nodes: [{ id: 'start', type: 'message' }] }]
    for (const value of values) expect(validate(value, { catalog }).errors).to.not.have.length(0)
    for (let round = 0; round < 300; round++) validate(randomDocument(dice, true), { catalog, channels: [{ id: 'c', name: 'c', capabilities: bare }] })
  })
})
