/**
 * Encrypts what must not lie in clear in the database, by AES-256-GCM with a key from a file outside of it.
 * The file has a key a line in base64, the newest first: that one seals, all of them open. Lines with # are notes.
 * Sealed: version (1 byte), key id (4: the start of the key's sha256), nonce (12), tag (16), ciphertext.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DomainError } from '../domain/errors.ts'
import type { Sealer } from '../domain/ports.ts'

const version = 1
const [idLength, nonceLength, tagLength, keyLength] = [4, 12, 16, 32]
const headLength = 1 + idLength + nonceLength + tagLength

/** For `turno install`. Readable by its owner alone; never replaces a file that exists (EEXIST). */
export function createKeyFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const text = `# Turno's key: what is sealed in the database cannot be read without it. Keep a copy apart from the backups.\n${randomBytes(keyLength).toString('base64')}\n`
  writeFileSync(path, text, { flag: 'wx', mode: 0o600, flush: true })
}

/** Throws `secret_key_wrong` if the file is missing or holds no key. */
export function openSealer(path: string): Sealer {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new DomainError('secret_key_wrong', { path, reason: (error as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause: error })
  }
  const keys = text.split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#')).map((line) => Buffer.from(line, 'base64'))
  const [newest] = keys
  if (!newest || keys.some((key) => key.length !== keyLength)) throw new DomainError('secret_key_wrong', { path, reason: 'malformed' })
  const byId = new Map(keys.map((key) => [keyId(key).toString('hex'), key]))

  return {
    seal(clear) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', newest, nonce)
      const head = Buffer.concat([Buffer.from([version]), keyId(newest)])
      cipher.setAAD(head)
      const body = Buffer.concat([cipher.update(clear), cipher.final()])
      return Buffer.concat([head, nonce, cipher.getAuthTag(), body])
    },
    open(sealed) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      const id = bytes.subarray(1, 1 + idLength)
      const key = byId.get(id.toString('hex'))
      if (bytes.length < headLength || bytes[0] !== version || !key) throw new DomainError('secret_key_wrong', { keyId: id.toString('hex') })
      const nonceEnd = 1 + idLength + nonceLength
      try {
        const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1 + idLength, nonceEnd))
        cipher.setAAD(bytes.subarray(0, 1 + idLength))
        cipher.setAuthTag(bytes.subarray(nonceEnd, headLength))
        return Buffer.concat([cipher.update(bytes.subarray(headLength)), cipher.final()])
      } catch (error) {
        throw new DomainError('secret_key_wrong', { keyId: id.toString('hex'), reason: 'damaged' }, { cause: error })
      }
    },
  }
}

const keyId = (key: Uint8Array): Buffer => createHash('sha256').update(key).digest().subarray(0, idLength)
