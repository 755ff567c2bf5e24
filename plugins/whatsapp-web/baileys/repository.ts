/**
 * The library's Signal sessions with four things it lacks.
 *
 * - Each operation is a transaction of its own. The library runs a send inside one long transaction that holds the
 *   sessions it read at its start: what arrives meanwhile would be overwritten at its end, and the ratchet would be
 *   stored only after the message has left, so a process that dies in between would use a message key twice.
 * - An address is used by one operation at a time, under either of its names (`locks.ts`).
 * - A decrypted message is stored in the commit that uses up its key (`journal.ts`), a message to be sent before the
 *   first of its copies is encrypted (`sentLog.ts`).
 * - The signature of a signed pre-key is checked before a session is built on it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { BinaryNode, SignalAuthState, SignalDataSet, SignalKeyStore, SignalRepositoryWithLIDStore, UserFacingSocketConfig } from '@whiskeysockets/baileys'
import type { Journal } from '../journal.ts'
import { OWN_ROWS } from './authState.ts'
import type { Baileys } from './load.ts'
import { exclusively } from './locks.ts'
import type { Verifier } from './signatures.ts'
import type { Changes } from './writer.ts'

type MakeRepository = NonNullable<UserFacingSocketConfig['makeSignalRepository']>
type TransactionalKeys = ReturnType<Baileys['addTransactionCapability']>

/** A message on its way out. Its rows are stored before anything of it is encrypted; until then it cannot have left. */
export interface Outgoing { rows: Changes; stored?: Promise<void>; encrypted: boolean }

const outgoing = new AsyncLocalStorage<Outgoing>()

/** Runs a send, and tells by `message.encrypted` afterwards whether it may have left. */
export const sending = <T>(message: Outgoing, work: () => Promise<T>): Promise<T> => outgoing.run(message, work)

export interface RepositoryParts {
  readonly library: Baileys
  readonly keys: SignalKeyStore
  readonly journal: Journal
  /** The stanza that a piece of cipher text came in; undefined for what is not to be kept. */
  readonly stanzaOf: (ciphertext: Uint8Array) => BinaryNode | undefined
  /** Absent: wrong signatures pass, as the library lets them. */
  readonly verify?: Verifier
}

const ownRows = (rows: Changes): SignalDataSet => ({ [OWN_ROWS]: Object.fromEntries(rows) }) as SignalDataSet

/** One lock name for both addresses of a device: that of the LID where the pair is known. */
async function addressOf(library: Baileys, keys: SignalKeyStore, key: string): Promise<string> {
  const decoded = library.jidDecode(key)
  if (!decoded?.user || !library.isPnUser(key)) return key
  const { [decoded.user]: lid } = await keys.get('lid-mapping', [decoded.user])
  return lid ? library.jidEncode(lid, 'lid', decoded.device) : key
}

function lockingKeys(library: Baileys, keys: SignalKeyStore, inner: TransactionalKeys): TransactionalKeys {
  return {
    ...inner,
    // A transaction inside of one belongs to it, and its owner has the lock already.
    transaction: async (work, key) =>
      inner.isInTransaction() ? inner.transaction(work, key) : exclusively(await addressOf(library, keys, key), () => inner.transaction(work, key)),
  }
}

/** One attempt: with the first refusal of the store the line is closed, before the network hears of the message. */
export const COMMIT_RETRIES = { maxCommitRetries: 1, delayBetweenTriesMs: 0 }

export function repositoryMaker(parts: RepositoryParts): MakeRepository {
  const { library, keys, journal, verify } = parts
  return (auth: SignalAuthState, logger, phoneToLid) => {
    const locked = lockingKeys(library, keys, library.addTransactionCapability(keys, logger, COMMIT_RETRIES))
    const inner = library.DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: auth.creds, keys: locked }, logger, phoneToLid)

    const decrypted = (ciphertext: Uint8Array, key: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> => {
      const known = journal.known(ciphertext)
      if (known) return Promise.resolve(known)
      return locked.transaction(async () => {
        const plaintext = await work()
        const stanza = parts.stanzaOf(ciphertext)
        if (stanza) await locked.set(ownRows(journal.record(ciphertext, { attrs: stanza.attrs, plaintext })))
        return plaintext
      }, key)
    }
    const encrypting = async <T>(work: () => Promise<T>): Promise<T> => {
      const message = outgoing.getStore()
      if (message) {
        message.stored ??= Promise.resolve(keys.set(ownRows(message.rows)))
        await message.stored
        message.encrypted = true
      }
      return work()
    }

    const repository: SignalRepositoryWithLIDStore = {
      ...inner,
      decryptMessage: (options) => decrypted(options.ciphertext, options.jid, () => inner.decryptMessage(options)),
      decryptGroupMessage: (options) => decrypted(options.msg, options.group, () => inner.decryptGroupMessage(options)),
      encryptMessage: (options) => encrypting(() => inner.encryptMessage(options)),
      encryptGroupMessage: (options) => encrypting(() => inner.encryptGroupMessage(options)),
      injectE2ESession: async (options) => {
        const { identityKey, signedPreKey } = options.session
        if (verify && !verify(identityKey, signedPreKey.publicKey, signedPreKey.signature)) {
          throw new Error('signed pre-key signature invalid')
        }
        return inner.injectE2ESession(options)
      },
    }
    return repository
  }
}
