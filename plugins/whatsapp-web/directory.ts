/** Numbers, names and pictures. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { DirectoryFacet, RemoteProfile } from '../sdk/index.ts'
import { BridgeError } from '../sdk/index.ts'
import { failedQuery } from './errors.ts'
import { isLid, isPhone, parseJid, person, phoneJid } from './ids.ts'
import { addressOf } from './outgoing.ts'
import type { Session } from './session.ts'

const PICTURE_MS = 10_000

/** Digits in international form; what has no country code is read as a number of the line's own country. */
export function phoneDigits(typed: string, ownNumber: string): string | null {
  const trimmed = typed.trim()
  const country = parsePhoneNumberFromString(`+${ownNumber}`)?.country
  const number = parsePhoneNumberFromString(trimmed, country) ?? parsePhoneNumberFromString(`+${trimmed.replace(/\D/g, '')}`)
  if (number?.isPossible()) return number.number.slice(1)
  const digits = trimmed.replace(/\D/g, '')
  return /^[\d\s()+./-]+$/.test(trimmed) && digits.length >= 8 && digits.length <= 15 ? digits : null
}

export function directoryFacet(session: () => Session): DirectoryFacet {
  return {
    async resolve(identifier, signal) {
      const open = session()
      signal.throwIfAborted()
      const typed = identifier.trim()
      const address = isPhone(typed) || isLid(typed) ? person(typed) : phoneJid(phoneDigits(typed, parseJid(open.who.account)?.user ?? '') ?? '')
      if (!parseJid(address)?.user) throw new BridgeError('permanent', 'bad_request', 'This is no phone number')
      try {
        const found = isPhone(address) ? await open.socket.onWhatsApp(address) : undefined
        const [one] = found ?? []
        const reachable = found ? one?.exists === true : 'unknown' as const
        // The chat is named by the LID, which a first question does not give.
        const mended = one?.exists ? person(one.jid) : address
        if (reachable === true) await open.socket.signalRepository.lidMapping.getLIDForPN(mended)
        const user = await open.who.canonical(await open.who.known(mended), reachable === true)
        return { user, chat: user, reachable }
      } catch (error) {
        throw failedQuery(error)
      }
    },
    async *contacts(signal) {
      const open = session()
      for (const entry of await open.book.entries()) {
        if (signal.aborted) return
        yield await open.who.profile(entry, { bookName: entry.name })
      }
    },
    async profile(user, signal): Promise<RemoteProfile | null> {
      const open = session()
      signal.throwIfAborted()
      const known = await open.who.known(user)
      if (!known.phone && !known.lid) return null
      const bookName = await open.book.nameOf(known)
      // Many hide their picture from strangers: the network then answers with an error.
      const url = await open.socket.profilePictureUrl(await addressOf(open, user), 'image', PICTURE_MS).catch(() => undefined)
      if (!bookName && !url) return null
      return open.who.profile(known, { ...(bookName ? { bookName } : {}), ...(url ? { avatar: open.seal.remote({ kind: 'plain', url }) } : {}) })
    },
  }
}
