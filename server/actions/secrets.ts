/** Secret values in the database: one sealed JSON object, as base64. The key lives outside (config, `security.keyFile`). */
import { DomainError } from '../domain/errors.ts'
import type { Sealer } from '../domain/ports.ts'

export type Secrets = Readonly<Record<string, unknown>>

export function sealSecrets(sealer: Sealer, secrets: Secrets): string | null {
  if (Object.keys(secrets).length === 0) return null
  return Buffer.from(sealer.seal(new TextEncoder().encode(JSON.stringify(secrets)))).toString('base64')
}

/** @throws DomainError `secret_key_wrong` */
export function openSecrets(sealer: Sealer, sealed: string | null | undefined): Secrets {
  if (!sealed) return {}
  try {
    return JSON.parse(new TextDecoder().decode(sealer.open(Buffer.from(sealed, 'base64')))) as Secrets
  } catch (error) {
    throw new DomainError('secret_key_wrong', {}, { cause: error })
  }
}
