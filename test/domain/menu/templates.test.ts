import { expect } from 'chai'
import { test as decide, type When } from '../../../server/domain/menu/expression.ts'
import { comparisons, conditionProblem, NamedValues, render, templateProblem, templateVariables } from '../../../server/domain/menu/liquid.ts'
import { regex } from '../../../server/domain/menu/regex.ts'
import { convert, pathParts, readPath, type VariableType } from '../../../server/domain/menu/variables.ts'
import { randomFrom } from '../../../server/domain/menu/random.ts'
import { tuesday } from './world.ts'

const setting = { now: tuesday, timezone: 'America/Bogota', locale: 'es', country: 'CO', random: randomFrom('seed') }
const scope = {
  doc: '007', edad: 18, alta: true, nada: null, vacia: '', lista: ['a', 'b'], objeto: { a: [{ b: 'hondo' }] }, ataque: '{{ doc }}{% if true %}x{% endif %}',
  contact: { name: 'Ana', email: null }, fecha: '2026-12-01T10:05:00-05:00', precio: 1500000.5, tel: '300 111 2233',
}
const text = (template: string) => {
  const written = render(template, scope, setting)
  return written.ok ? written.text : `!${written.code}`
}

describe('Templates', () => {
  const cases: [string, string][] = [
    ['Hola {{ contact.name }}', 'Hola Ana'], ['{{ doc }}', '007'], ['{{ nada }}|{{ falta }}|{{ contact.email }}|{{ falta.mas.aun }}', '|||'],
    ['{{ objeto.a[0].b }}', 'hondo'], ['{{ objeto }}', '{"a":[{"b":"hondo"}]}'], ['{{ alta }}', 'true'], ['{{ ataque }}', '{{ doc }}{% if true %}x{% endif %}'],
    ['{{ fecha | date_tz: "%d/%m/%Y %H:%M" }}', '01/12/2026 10:05'], ['{{ fecha | date_tz: "%H:%M", "Europe/Madrid" }}', '16:05'], ['{{ fecha | date_tz: "%A %-d de %B" }}', 'martes 1 de diciembre'],
    ['{{ "now" | date: "%Y-%m-%d %H" }}', '2026-11-24 10'], ['{{ "no es fecha" | date_tz: "%d" }}', ''], ['{{ precio | money }}', '1.500.000,5'], ['{{ doc | money: "COP" }}', '7 COP'], ['{{ "x" | money }}', 'x'],
    ['{{ tel | phone }}', '+573001112233'], ['{{ "hola" | phone }}', 'hola'], ['{{ tel | digits }}', '3001112233'], ['{{ "Añejo y Cía." | slug }}', 'anejo_y_cia'],
    ['{{ lista | json }}', '["a","b"]'], ['{% assign x = \'{"a":1}\' | parse_json %}{{ x.a }}', '1'], ['{{ "rota" | parse_json }}', ''], ['{{ "citaz" | similarity: "citas" }}', '0.8'],
    ['{{ doc | matches: "^0" }}', 'true'], ['{{ doc | matches: "[" }}', 'false'], ['{{ edad | plus: 1 }}', '19'], ['{% for x in lista %}{{ x }}-{% endfor %}', 'a-b-'],
    ['{{ objeto.constructor }}{{ objeto.__proto__ }}{{ lista.map }}', ''], ['{{ falta | default: "nadie" }}', 'nadie'], ['sin plantilla { } % }', 'sin plantilla { } % }'],
  ]
  for (const [template, expected] of cases) it(template, () => expect(text(template)).to.equal(expected))

  it('makes the same ids from the same seed', () => {
    const id = render('{{ "" | uuid }}', {}, { ...setting, random: randomFrom('a') })
    expect(id).to.deep.equal(render('{{ "" | uuid }}', {}, { ...setting, random: randomFrom('a') }))
    expect(id.ok && id.text).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(id).to.not.deep.equal(render('{{ "" | uuid }}', {}, { ...setting, random: randomFrom('b') }))
  })
  const broken = ['{{ x | nofilter }}', '{{ x', '{% if x %}', '{% include "a" %}', '{% render "a" %}', '{% layout "a" %}', '{{ x | where_exp: "a", "b" }}', '{{ x | date_to_string }}', '{{ x | raw }}', '{{ x | sample }}']
  for (const template of broken) it(`finds the error in ${template}`, () => {
    expect(templateProblem(template)).to.be.a('string')
    expect(text(template)).to.equal('!template')
  })
  for (const template of ['{% for i in (1..99999999) %}a{% endfor %}', '{{ "a" | append: "b" }}{% for i in (1..400) %}{{ largo }}{% endfor %}']) {
    it(`stops ${template.slice(0, 40)}…`, () => {
      const written = render(template, { largo: 'x'.repeat(1000) }, setting)
      expect(written.ok ? '' : written.code).to.equal('template_limit')
    })
  }
  it('says which variables it reads, not those it makes', () => {
    expect(templateVariables('{{ a.b }}{% assign c = d %}{{ c }}{% for e in f %}{{ e }}{% endfor %}{{ "x" }}').map((path) => path.join('.'))).to.have.members(['a.b', 'd', 'f'])
  })
  it('notices an output that wrote nothing', () => {
    expect(render('a-{{ vacia }}', scope, setting)).to.deep.include({ ok: true, blank: true })
    expect(render('a-{{ doc }}', scope, setting)).to.deep.include({ ok: true, blank: false })
    expect(render('{% if doc %}{{ nada }}{% endif %}', scope, setting)).to.deep.include({ ok: true, blank: true })
  })
  it('gives secrets only by a place, wherever the template asks for them', () => {
    expect(render('Bearer {{ secrets.llave }}', { secrets: new NamedValues((name) => `<${name}>`) }, setting)).to.deep.include({ text: 'Bearer <llave>' })
  })
})

describe('Conditions', () => {
  const cases: [When, boolean][] = [
    ['edad >= 18', true], ['edad > 18', false], ['edad < 18', false], ['doc > 5', false], ['doc == "007"', true], ['doc == 7', false], ['edad == "18"', false],
    ['alta', true], ['nada', false], ['falta', false], ['vacia', true], ['not alta', false], ['edad >= 18 and contact.name == "Ana"', true], ['nada or alta', true],
    ['lista contains "b"', true], ['contact.name contains "n"', true], ['falta < 18', false], ['fecha > "2026-01-01"', true], ['vacia == empty', true], ['nada == nil', true],
    [{ var: 'edad', op: 'eq', value: 18 }, true], [{ var: 'edad', op: 'eq', value: '18' }, false], [{ var: 'doc', op: 'ne', value: '7' }, true], [{ var: 'contact.name', op: 'eqi', value: 'ÁNA' }, true],
    [{ var: 'falta', op: 'eqi', value: '' }, false], [{ var: 'edad', op: 'gt', value: 17 }, true], [{ var: 'edad', op: 'gte', value: 18 }, true], [{ var: 'edad', op: 'lt', value: 19 }, true], [{ var: 'doc', op: 'lte', value: 9 }, false],
    [{ var: 'lista', op: 'contains', value: 'a' }, true], [{ var: 'doc', op: 'contains', value: '07' }, true], [{ var: 'doc', op: 'starts', value: '00' }, true], [{ var: 'doc', op: 'ends', value: '7' }, true], [{ var: 'edad', op: 'starts', value: '1' }, false],
    [{ var: 'doc', op: 'matches', value: '^\\d+$' }, true], [{ var: 'falta', op: 'matches', value: '.*' }, false], [{ var: 'doc', op: 'in', value: ['007', '008'] }, true], [{ var: 'edad', op: 'in', value: ['18'] }, false],
    [{ var: 'vacia', op: 'empty' }, true], [{ var: 'nada', op: 'empty' }, true], [{ var: 'doc', op: 'empty' }, false], [{ var: 'doc', op: 'empty', value: false }, true], [{ var: 'nada', op: 'exists' }, false], [{ var: 'vacia', op: 'exists' }, true], [{ var: 'falta', op: 'exists', value: false }, true],
    [{ var: 'objeto.a[0].b', op: 'eq', value: 'hondo' }, true], [{ var: 'doc', op: 'type', value: 'text' }, true], [{ var: 'edad', op: 'type', value: 'number' }, true], [{ var: 'lista', op: 'type', value: 'list' }, true],
    [{ all: ['alta', { var: 'edad', op: 'gt', value: 1 }] }, true], [{ all: ['alta', 'nada'] }, false], [{ all: [] }, true], [{ any: ['nada', 'alta'] }, true], [{ any: [] }, false], [{ not: 'nada' }, true], [{ not: { any: ['alta'] } }, false],
  ]
  for (const [when, expected] of cases) it(typeof when === 'string' ? when : JSON.stringify(when), () => expect(decide(when, scope, setting)).to.deep.equal({ ok: true, value: expected }))

  for (const when of ['edad >=', '>= 2', 'a b', 'a and', 'a && b', 'a = 1', '', 'x | nofilter', '(a']) it(`finds the error in ${JSON.stringify(when)}`, () => {
    expect(conditionProblem(when)).to.be.a('string')
    expect(decide(when, scope, setting).ok).to.equal(false)
  })
  it('fails on a pattern that is none, and on one nested without end', () => {
    expect(decide({ var: 'doc', op: 'matches', value: '(' }, scope, setting).ok).to.equal(false)
    let deep: When = 'alta'
    for (let level = 0; level < 100; level++) deep = { not: deep }
    expect(decide(deep, scope, setting).ok).to.equal(false)
  })
  it('finds comparisons of a variable with a literal', () => {
    expect(comparisons('a.b >= 18 and "x" == c or d')).to.deep.equal([{ path: ['a', 'b'], op: '>=', literal: 18 }, { path: ['c'], op: '==', literal: 'x' }])
  })
})

describe('Regular expressions', () => {
  it('take time in proportion to the text', () => {
    const started = performance.now()
    for (const pattern of ['(a+)+$', '(a|a)*b', '(\\w+\\s?)*$']) {
      const compiled = regex(pattern)
      expect(compiled.ok).to.equal(true)
      if (compiled.ok) compiled.test(`${'a'.repeat(50_000)}!`)
    }
    expect(performance.now() - started).to.be.below(3000)
  })
  it('refuse what needs backtracking, bad flags and long patterns', () => {
    for (const [pattern, flags] of [['(?=a)b', ''], ['(a)\\1', ''], ['[', ''], ['a', 'g'], ['a'.repeat(2000), '']] as const) expect(regex(pattern, flags).ok, pattern.slice(0, 10)).to.equal(false)
  })
  it('know flags', () => {
    const compiled = regex('^ÑU', 'i')
    expect(compiled.ok && compiled.test('ñu')).to.equal(true)
  })
})

describe('Conversion to a type', () => {
  const no = Symbol('no')
  const cases: [unknown, VariableType, unknown][] = [
    ['007', 'text', '007'], [7, 'text', '7'], [true, 'text', 'true'], [null, 'text', null], [undefined, 'integer', null], [{ a: 1 }, 'text', { a: 1 }],
    ['007', 'integer', 7], ['-5', 'integer', -5], ['+5', 'integer', 5], ['1.000', 'integer', no], ['1,000', 'integer', no], ['1e5', 'integer', no], ['1234567890123456', 'integer', no], [1.5, 'integer', no], [18, 'integer', 18], ['', 'integer', no],
    ['1,5', 'decimal', 1.5], ['1.5', 'decimal', 1.5], ['1.500', 'decimal', no], ['1,500', 'decimal', 1.5], ['1.000,5', 'decimal', no], ['abc', 'decimal', no], [2.25, 'decimal', 2.25],
    ['sí', 'boolean', true], ['No', 'boolean', false], ['1', 'boolean', true], ['false', 'boolean', false], ['quizás', 'boolean', no], [true, 'boolean', true],
    ['2026-12-01', 'date', '2026-12-01'], ['2026-02-30', 'date', no], ['mañana', 'date', no], ['2026-12-01T23:30:00Z', 'date', '2026-12-01'], ['2026-12-01T10:00:00', 'datetime', '2026-12-01T10:00:00-05:00'],
    ['{"a":[1]}', 'json', { a: [1] }], ['{a', 'json', no], [[1, null], 'json', [1, null]], ['x', 'media', no], [{ id: 'f' }, 'media', { id: 'f' }], [{ lat: 1, lng: 2 }, 'location', { lat: 1, lng: 2 }], [{ lat: '1' }, 'location', no],
  ]
  for (const [value, type, expected] of cases) it(`${JSON.stringify(value)} as ${type}`, () => {
    const converted = convert(value, type, setting)
    expect(converted.ok ? converted.value : no).to.deep.equal(expected)
  })
  it('reads a point as the decimal mark where the locale has one', () => {
    expect(convert('1.500', 'decimal', { ...setting, locale: 'en' })).to.deep.equal({ ok: true, value: 1.5 })
    expect(convert('1,500', 'decimal', { ...setting, locale: 'en' })).to.deep.equal({ ok: false })
  })
})

describe('Paths into data', () => {
  const data = { a: { b: [{ c: 1 }, { 'd e': null }] }, '0': 'cero' }
  const cases: [string, unknown][] = [
    ['$.a.b[0].c', 1], ['a.b[0].c', 1], ['$', data], ['$.a.b[1]["d e"]', null], ["$['0']", 'cero'], ['$.a.b[9].c', undefined], ['$.a.b.c', undefined], ['$.x.y.z', undefined], ['$.a.constructor', undefined], ['$.a.b.length', undefined], ['$[0]', undefined],
  ]
  for (const [path, expected] of cases) it(path, () => expect(readPath(data, path)).to.deep.equal(expected))
  for (const path of ['', '$.', 'a..b', 'a[', 'a[x]', 'a b']) it(`${JSON.stringify(path)} is no path`, () => expect(pathParts(path)).to.equal(null))
})
