/** What a password must be, and how Turno writes one of its own. Hashing is an action's business. */
import { DomainError } from './errors.ts'

export interface PasswordOwner {
  readonly username: string
  readonly name: string
  readonly email?: string | null
}

const shortest = 10
const longest = 400
/** Of the lists of leaked passwords, those that the other rules let through. */
const common = new Set([
  'contrasena',
  'contraseña',
  'contraseña1',
  'contrasena1',
  'contraseña123',
  'contrasena123',
  'password1',
  'password12',
  'password123',
  'password1234',
  'passw0rd123',
  'qwertyuiop',
  'qwerty1234',
  'qwerty12345',
  '1q2w3e4r5t',
  'administrador',
  'administrator',
  'bienvenido',
  'bienvenido1',
  'bienvenido123',
  'welcome123',
  'iloveyou123',
])

/** @throws DomainError `weak_password`; `details.reason` says why: too_short, too_long, too_plain, common, about_you. */
export function checkPassword(clear: string, owner: PasswordOwner): void {
  const reason = weakness(clear, owner)
  if (reason) throw new DomainError('weak_password', { reason, min: shortest, max: longest })
}

function weakness(clear: string, owner: PasswordOwner): string | null {
  const length = [...clear].length
  if (length < shortest) return 'too_short'
  if (length > longest) return 'too_long'
  if (new Set(clear).size < 4 || isRun(clear)) return 'too_plain'
  const folded = clear.toLowerCase()
  if (common.has(folded)) return 'common'
  const own = [owner.username, ...(owner.email?.split('@') ?? []), ...owner.name.split(/\s+/)]
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 2)
  const rest = own.reduce((text, word) => text.replaceAll(word, ''), folded)
  return [...rest].length < shortest / 2 ? 'about_you' : null
}

/** 1234567890, abcdefghij, 0987654321 and the like. */
function isRun(clear: string): boolean {
  const codes = [...clear].map((character) => character.codePointAt(0) as number)
  const steps = new Set(codes.slice(1).map((code, at) => code - (codes[at] as number)))
  steps.delete(-9)
  steps.delete(9)
  return steps.size === 1 && Math.abs([...steps][0] as number) === 1
}

/** Easily read aloud and typed: no 0, 1, i, l, o, u. */
const letters = '23456789abcdefghjkmnpqrstvwxyz'
export const generatedPasswordBytes = 20

/** Five groups of four, about 98 bits from {@link generatedPasswordBytes} random bytes. */
export function passwordFrom(bytes: Uint8Array): string {
  const characters = [...bytes.subarray(0, generatedPasswordBytes)].map((byte) => letters[byte % letters.length] as string)
  return characters.map((character, at) => (at > 0 && at % 4 === 0 ? `-${character}` : character)).join('')
}
