import { expect } from 'chai'
import { fill } from '../../server/domain/fill.ts'
import { snippet } from '../../server/domain/snippet.ts'

describe('a snippet', () => {
  it('is the whole of a short text, in one line', () => {
    expect(snippet('Hola,\n  ¿cómo está?', ['como'])).to.equal('Hola, ¿cómo está?')
  })
  it('shows the place of the first word that was found, whatever its accents, and says where it was cut', () => {
    const text = `${'palabra '.repeat(40)}odontología ${'resto '.repeat(60)}`
    const shown = snippet(text, ['odontologia'])
    expect(shown).to.match(/^….*odontología.*…$/)
    expect([...shown].length).to.be.at.most(162)
    expect(snippet(text, ['nada'])).to.match(/^palabra/)
  })
})

describe('a text to be used again', () => {
  const data = { contact: { firstName: 'Marta', email: '', custom: { eps: 'Sura' } }, agent: { name: 'Ana' } }
  for (const [text, filled, missing] of [
    ['Hola {{ contact.firstName }}', 'Hola Marta', []],
    ['{{contact.custom.eps}} {{- agent.name }}', 'SuraAna', []],
    ['A {{ contact.email }} y {{ contact.email }}', 'A {{ contact.email }} y {{ contact.email }}', ['contact.email']],
    ['{{ contact.email | default: "su correo" }}', 'su correo', []],
    ['{{ contact.constructor }}', '{{ contact.constructor }}', ['contact.constructor']],
    ['sin cerrar {{ contact', 'sin cerrar {{ contact', []],
  ] as const) it(text, () => expect(fill(text, data)).to.deep.equal({ text: filled, missing }))
})
