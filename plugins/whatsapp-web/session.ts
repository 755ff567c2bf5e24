/** Everything that lives as long as one connection, and what the facets of the bridge use of it. */
import type { GroupMetadata, WAMessageKey, WASocket, proto } from '@whiskeysockets/baileys'
import type { BridgeHost } from '../sdk/index.ts'
import { AddressBook } from './addressBook.ts'
import { openAuthState, type AuthListener, type AuthState } from './baileys/authState.ts'
import { loadBaileys, type Baileys } from './baileys/load.ts'
import { openLine, type Line, type LineOptions } from './baileys/socket.ts'
import { Converter } from './convert.ts'
import { Identities, type PairSource } from './identities.ts'
import { Journal, type JournalEntry } from './journal.ts'
import { MediaSeal } from './mediaRef.ts'
import { SentLog } from './sentLog.ts'
import { Unread } from './unread.ts'

/** Groups change rarely, and the network tells when they do; the rest is for changes that were missed. */
const GROUP_CACHE_MS = 5 * 60_000

export interface Session {
  readonly library: Baileys
  readonly auth: AuthState
  readonly line: Line
  readonly socket: WASocket
  readonly who: Identities
  readonly converter: Converter
  readonly journal: Journal
  readonly sent: SentLog
  readonly seal: MediaSeal
  readonly book: AddressBook
  readonly groups: GroupCache
  readonly unread: Unread
  /** Calls that are ringing: the address that rejects them. */
  readonly calls: Map<string, string>
  /** Sends that wait for the network's acknowledgement, by the message's own id; called with its error code, if any. */
  readonly acks: Map<string, (error: string | undefined) => void>
  /** What an earlier process, or connection, decrypted and did not hand over. */
  readonly leftOver: readonly JournalEntry[]
}

export class GroupCache {
  readonly #entries = new Map<string, { readonly metadata: GroupMetadata; readonly until: number }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  get(jid: string): GroupMetadata | undefined {
    const entry = this.#entries.get(jid)
    return entry && entry.until > this.#now() ? entry.metadata : undefined
  }

  set(metadata: GroupMetadata): void {
    if (this.#entries.size > 500) this.#entries.clear()
    this.#entries.set(metadata.id, { metadata, until: this.#now() + GROUP_CACHE_MS })
  }

  forget(jid: string): void {
    this.#entries.delete(jid)
  }
}

/** Phone ↔ LID pairs from the client's own key rows. */
export function pairSource(auth: Pick<AuthState, 'keys'>): PairSource {
  const read = async (ids: readonly string[]): Promise<Record<string, string>> => auth.keys.get('lid-mapping', [...ids])
  return {
    lidsOf: (phones) => read(phones),
    phonesOf: async (lids) => {
      const found = await read(lids.map((lid) => `${lid}_reverse`))
      return Object.fromEntries(lids.flatMap((lid) => { const phone = found[`${lid}_reverse`]; return phone ? [[lid, phone]] : [] }))
    },
  }
}

/** The library keeps reactions, polls and retries apart by this; the sent log has what it asks for. */
const messageReader = (library: Baileys, sent: SentLog) => async (key: WAMessageKey): Promise<proto.IMessage | undefined> => {
  const entry = await sent.get(key.id ?? '')
  return entry ? library.proto.Message.decode(entry.message) : undefined
}

/** Null when no number is linked. Opens the socket; what becomes of it is told by its events. */
export async function openSession(host: BridgeHost, options: LineOptions, listener: AuthListener): Promise<Session | null> {
  const library = await loadBaileys()
  const auth = await openAuthState(library, host.store, listener)
  if (!auth.creds.me?.id || !auth.creds.account) return null
  const journal = new Journal()
  const leftOver = await journal.load(host.store)
  const sent = new SentLog(host.store)
  const seal = await MediaSeal.open(host.store)
  const groups = new GroupCache(() => host.clock.now().getTime())
  const who = new Identities(host.store, pairSource(auth), () => {
    const { me } = auth.creds
    return { jid: me?.id ?? '', lid: me?.lid ?? '', ...(me?.name ? { name: me.name } : {}) }
  })
  const line = await openLine({
    library, auth, journal, options, log: host.log,
    getMessage: messageReader(library, sent),
    cachedGroup: (jid) => Promise.resolve(groups.get(jid)),
  })
  return {
    library, auth, line, socket: line.socket, who, converter: new Converter(who, seal), journal, sent, seal, groups,
    unread: new Unread(), book: new AddressBook(host.store), calls: new Map(), acks: new Map(), leftOver,
  }
}
