import { expect } from 'chai'
import type { Validation } from '../../../server/domain/menu/fields.ts'
import type { Reading } from '../../../server/domain/menu/input.ts'
import { checkAnswer, readTypedDate } from '../../../server/domain/menu/validateInput.ts'
import { tuesday } from './world.ts'

const setting = { now: tuesday, timezone: 'America/Bogota', locale: 'es', country: 'CO', random: () => 0 }
const typed = (text: string): Reading => ({ id: 'm', receivedAt: 0, kind: 'text', text, choice: null, media: null, location: null })
const file = (kind: string, mime: string, size = 1000): Reading => ({ ...typed(''), kind, media: { id: 'f', url: '/f', mime, name: 'f', size } })
const place: Reading = { ...typed(''), kind: 'location', location: { lat: 3.4, lng: -76, name: '' } }

/** Rule, answers that pass with their canonical values, answers that do not. */
const cases: [Validation, [string, unknown][], string[]][] = [
  [{ type: 'any' }, [['x', 'x'], [' 007 ', '007']], []],
  [{ type: 'text', min: 3, max: 5 }, [['abc', 'abc'], ['ñandú', 'ñandú'], ['🙂🙂🙂', '🙂🙂🙂']], ['ab', 'abcdef', '']],
  [{ type: 'integer', min: 1, max: 120 }, [['007', 7], ['120', 120], [' +5 ', 5]], ['0', '121', '1.5', '1.000', 'x', '']],
  [{ type: 'decimal', min: 0, max: 10 }, [['1,5', 1.5], ['1.5', 1.5], ['10', 10]], ['10,1', '-1', '1.000', '1,2,3']],
  [{ type: 'phone' }, [['300 123 4567', '+573001234567'], ['+34 612 34 56 78', '+34612345678'], ['0057 300 123 4567', '+573001234567']], ['12', 'hola', '+57 1']],
  [{ type: 'phone', country: 'mx' }, [['55 1234 5678', '+525512345678']], ['300']],
  [{ type: 'email' }, [['Ana.P+x@correo.com.co', 'Ana.P+x@correo.com.co']], ['ana@', '@b.co', 'a b@c.co', 'a@b', 'a@b.co,c@d.co', 'a@b..co']],
  [{ type: 'date' }, [['1/12/2026', '2026-12-01'], ['01-12-2026', '2026-12-01'], ['2026-12-01', '2026-12-01'], ['29.2.2028', '2028-02-29']], ['31/02/2026', '12/31/2026', '1/12/26', 'mañana', '2026-13-01']],
  [{ type: 'date', format: 'MM/DD/YYYY' }, [['12/31/2026', '2026-12-31']], ['31/12/2026', '2026-12-31']],
  [{ type: 'date', min: 'today', max: 'today+30' }, [['24/11/2026', '2026-11-24'], ['24/12/2026', '2026-12-24']], ['23/11/2026', '25/12/2026']],
  [{ type: 'date', max: '2008-11-24' }, [['24/11/2008', '2008-11-24']], ['25/11/2008']],
  [{ type: 'time' }, [['15:30', '15:30'], ['3:05 pm', '15:05'], ['3 p. m.', '15:00'], ['12 am', '00:00'], ['9.15', '09:15'], ['7 AM', '07:00']], ['25:00', '3', '15:60', '13 pm', 'tres']],
  [{ type: 'yesno' }, [['Sí', true], ['si!', true], ['NO', false], ['claro', true]], ['tal vez', 'nosotros']],
  [{ type: 'regex', pattern: '^[a-z]{3}$', flags: 'i' }, [['ABC', 'ABC']], ['abcd']],
  [{ type: 'in', values: ['Bogotá', 'Cali'], insensitive: true }, [['bogota', 'Bogotá'], ['CALI', 'Cali']], ['Pasto']],
  [{ type: 'in', values: ['A'], insensitive: false }, [['A', 'A']], ['a']],
  [{ type: 'document', min: 5, max: 12 }, [['00123', '00123'], ['AB12345', 'AB12345']], ['1234', '12.345.678', '1234567890123', '12 345']],
]

describe('What an answer must be', () => {
  for (const [rule, good, bad] of cases) {
    for (const [text, value] of good) it(`${JSON.stringify(rule)} takes ${JSON.stringify(text)}`, () => expect(checkAnswer(rule, typed(text), setting)).to.deep.equal({ ok: true, value }))
    for (const text of bad) it(`${JSON.stringify(rule)} refuses ${JSON.stringify(text)}`, () => expect(checkAnswer(rule, typed(text), setting)).to.deep.equal({ ok: false }))
  }
  it('looks at kind, size and type of a file', () => {
    const rule: Validation = { type: 'media', kinds: ['image', 'document'], maxMb: 1, mimes: ['image/*', 'application/pdf'] }
    const passes = (reading: Reading) => checkAnswer(rule, reading, setting).ok
    expect([file('image', 'image/png'), file('document', 'application/pdf'), file('voice', 'audio/ogg'), file('image', 'image/png', 2_000_000), file('document', 'text/csv'), typed('x')].map(passes))
      .to.deep.equal([true, true, false, false, false, false])
  })
  it('wants a location where it asks for one', () => {
    expect(checkAnswer({ type: 'location' }, place, setting)).to.deep.equal({ ok: true, value: { lat: 3.4, lng: -76, name: '' } })
    expect(checkAnswer({ type: 'location' }, typed('calle 1'), setting).ok).to.equal(false)
  })
  it('reads month first in English, and the year first everywhere', () => {
    expect(checkAnswer({ type: 'date' }, typed('12/31/2026'), { ...setting, locale: 'en' })).to.deep.equal({ ok: true, value: '2026-12-31' })
    expect(readTypedDate('2026/1/2', 'YYYY/M/D')).to.equal('2026-01-02')
    expect(readTypedDate('1/2/2026', 'nothing')).to.equal(null)
  })
})
