import { expect } from 'chai'
import type { DomainError } from '../../server/domain/errors.ts'
import { checkPassword, generatedPasswordBytes, passwordFrom } from '../../server/domain/passwords.ts'

const owner = { username: 'laura.gomez', name: 'Laura Gómez', email: 'laura@andina.example' }

function reasonFor(password: string): unknown {
  try {
    checkPassword(password, owner)
    return null
  } catch (error) {
    expect((error as DomainError).code).to.equal('weak_password')
    return (error as DomainError).details.reason
  }
}

describe('A password', () => {
  const table: [password: string, reason: string | null][] = [
    ['corto', 'too_short'],
    ['ñandúes9', 'too_short'],
    ['x'.repeat(401), 'too_long'],
    ['aaaaaaaaaaaa', 'too_plain'],
    ['abababababab', 'too_plain'],
    ['1234567890', 'too_plain'],
    ['987654321098', 'too_plain'],
    ['Contraseña123', 'common'],
    ['password1234', 'common'],
    ['laura.gomez1', 'about_you'],
    ['LauraGómez22', 'about_you'],
    ['laura@andina.example', 'about_you'],
    ['correct horse', null],
    ['Tres tristes tigres', null],
    ['Laura y el mar azul', null],
  ]
  for (const [password, reason] of table) {
    it(`${reason ? `is refused (${reason})` : 'is taken'}: ${password.slice(0, 24)}`, () => expect(reasonFor(password)).to.equal(reason))
  }

  it('of Turno’s own making is five groups of four, and strong by its own rules', () => {
    const password = passwordFrom(Uint8Array.from({ length: generatedPasswordBytes }, (_, at) => at * 37))
    expect(password).to.match(/^([2-9a-hjkmnp-tv-z]{4}-){4}[2-9a-hjkmnp-tv-z]{4}$/)
    expect(reasonFor(password)).to.equal(null)
  })
})
