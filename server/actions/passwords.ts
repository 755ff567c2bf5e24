/** Hashing is slow on purpose: outside of every transaction. */
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { checkPassword, generatedPasswordBytes, passwordFrom, type PasswordOwner } from '../domain/passwords.ts'
import type { Passwords } from '../domain/ports.ts'

/** argon2id, 19 MiB, two passes (the first choice of OWASP's password storage cheat sheet). */
const options = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const hashPassword = (clear: string): Promise<string> => hash(clear, options)

/** False for a hash that cannot be read, too. */
export const verifyPassword = (stored: string, clear: string): Promise<boolean> => verify(stored, clear).catch(() => false)

let decoy: Promise<string> | undefined

/** What sign-in is given; tests bring faster ones. */
export const argonPasswords: Passwords = {
  hash: hashPassword,
  async verify(stored, clear) {
    if (stored !== null) return verifyPassword(stored, clear)
    decoy ??= hashPassword('nobody has this password')
    await verifyPassword(await decoy, clear)
    return false
  },
}

export interface NewPassword {
  readonly hash: string
  /** Only when Turno made it up: shown once, kept nowhere. */ readonly generated: string | null
}

/** @throws DomainError `weak_password` */
export async function newPassword(owner: PasswordOwner, clear: string | undefined): Promise<NewPassword> {
  if (clear !== undefined) checkPassword(clear, owner)
  const generated = clear === undefined ? passwordFrom(randomBytes(generatedPasswordBytes)) : null
  return { hash: await hashPassword(generated ?? (clear as string)), generated }
}
