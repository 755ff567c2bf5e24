/**
 * Who is who. A person has two addresses, a phone number and a LID, and each message shows one or both. Chats and
 * message ids need one name that never changes: the LID, or the number of someone who wrote before the LID was known
 * (`canon/<phone>` remembers those few).
 */
import type { BridgeStore, RemoteIdentifier, RemoteProfile } from '../sdk/index.ts'
import type { PhoneLid } from './baileys/authState.ts'
import { isLid, isPhone, lidJid, parseJid, person, phoneJid } from './ids.ts'

/** At least one of the two. */
export interface Known { readonly phone?: string; readonly lid?: string }

export interface Own { readonly jid: string; readonly lid: string; readonly name?: string }

/** Reads what the client's own key rows know: `lid-mapping` in both directions. */
export interface PairSource {
  lidsOf(phones: readonly string[]): Promise<Readonly<Record<string, string>>>
  phonesOf(lids: readonly string[]): Promise<Readonly<Record<string, string>>>
}

export class Identities {
  readonly #store: BridgeStore
  readonly #pairs: PairSource
  readonly #own: () => Own
  readonly #byPhone = new Map<string, boolean>()

  constructor(store: BridgeStore, pairs: PairSource, own: () => Own) {
    this.#store = store
    this.#pairs = pairs
    this.#own = own
  }

  isOwn(jid: string | null | undefined): boolean {
    const one = person(jid)
    const { jid: ownJid, lid } = this.#own()
    return one !== '' && (one === person(ownJid) || one === person(lid))
  }

  /** Both addresses of someone, as far as they are known; `others` are addresses that came beside. */
  async known(jid: string, ...others: (string | null | undefined)[]): Promise<Known> {
    const seen = [jid, ...others].filter((one): one is string => Boolean(one))
    let phone = seen.filter(isPhone).map((one) => parseJid(one)?.user)[0]
    let lid = seen.filter(isLid).map((one) => parseJid(one)?.user)[0]
    if (phone && !lid) lid = (await this.#pairs.lidsOf([phone]))[phone]
    if (lid && !phone) phone = (await this.#pairs.phonesOf([lid]))[lid]
    return { ...(phone ? { phone } : {}), ...(lid ? { lid } : {}) }
  }

  /** The name of a person's chat, the same for ever. `remember` false: for what is shown and forgotten. */
  async canonical(known: Known, remember = true): Promise<string> {
    const { phone, lid } = known
    if (!phone) return lid ? lidJid(lid) : ''
    if (!lid) {
      if (remember && !await this.#wroteWithoutLid(phone)) {
        this.#byPhone.set(phone, true)
        await this.#store.write(new Map([[`canon/${phone}`, Buffer.from('phone')]]))
      }
      return phoneJid(phone)
    }
    return await this.#wroteWithoutLid(phone) ? phoneJid(phone) : lidJid(lid)
  }

  async #wroteWithoutLid(phone: string): Promise<boolean> {
    const cached = this.#byPhone.get(phone)
    if (cached !== undefined) return cached
    const found = await this.#store.get(`canon/${phone}`) !== null
    if (this.#byPhone.size > 5000) this.#byPhone.clear()
    this.#byPhone.set(phone, found)
    return found
  }

  /** The chat of any address: a group's is its own. */
  async chat(jid: string, ...others: (string | null | undefined)[]): Promise<string> {
    return jid.endsWith('@g.us') ? jid : this.canonical(await this.known(jid, ...others))
  }

  async profile(known: Known, names: Pick<RemoteProfile, 'name' | 'bookName' | 'avatar'> = {}): Promise<RemoteProfile> {
    const user = await this.canonical(known)
    const [first, ...rest] = identifiersOf(known)
    return { user, identifiers: [first ?? { kind: 'lid', scope: '', value: user }, ...rest], ...present(names) }
  }

  ownProfile(): RemoteProfile {
    const { jid, lid, name } = this.#own()
    const known = { phone: parseJid(jid)?.user ?? '', lid: parseJid(lid)?.user ?? '' }
    const [first, ...rest] = identifiersOf(known)
    return { user: person(jid), identifiers: [first ?? { kind: 'phone', scope: '', value: known.phone }, ...rest], ...(name && name !== '~' ? { name } : {}) }
  }

  /** Provider identity of the line. */
  get account(): string {
    return person(this.#own().jid)
  }
}

const present = <T extends object>(fields: T): T => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== '')) as T

export function identifiersOf({ phone, lid }: Known): RemoteIdentifier[] {
  return [...(phone ? [{ kind: 'phone', scope: '', value: phone } as const] : []), ...(lid ? [{ kind: 'lid', scope: '', value: lid } as const] : [])]
}

export const pairKnown = ({ phone, lid }: PhoneLid): Known => ({ phone, lid })

/** The address to send to: the number where it is known, for the client looks up the rest from it. */
export function wireJid(identifiers: readonly RemoteIdentifier[], chat: string, known: Known): string {
  if (chat.endsWith('@g.us')) return chat
  const phone = known.phone ?? identifiers.find(({ kind }) => kind === 'phone')?.value.replace(/\D/g, '')
  if (phone) return phoneJid(phone)
  const lid = known.lid ?? identifiers.find(({ kind }) => kind === 'lid')?.value
  return lid ? lidJid(lid) : chat
}
