/**
 * Which addresses Turno may connect to on somebody's behalf (domain §5.8): none of its own network, unless an administrator
 * allowed it. The name is resolved once, every address is checked, and the connection goes to a checked one.
 */
import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress'
}

/** Entries of `http.allow`: `host`, `host:port`, `address`, `network/bits`, each with an optional `:port`. */
interface Allowed { readonly host: string | null; readonly network: readonly [ipaddr.IPv4 | ipaddr.IPv6, number] | null; readonly port: number | null }

export function parseAllowed(entries: readonly string[]): Allowed[] {
  return entries.flatMap((entry): Allowed[] => {
    const cidr = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})(?::(\d{1,5}))?$/i.exec(entry)
    if (cidr?.[1] && ipaddr.isValid(cidr[1])) return [{ host: null, network: [ipaddr.process(cidr[1]), Number(cidr[2])], port: cidr[3] ? Number(cidr[3]) : null }]
    const named = /^\[?([^\]/]+?)\]?(?::(\d{1,5}))?$/.exec(entry)
    if (!named?.[1]) return []
    const host = named[1].toLowerCase()
    const whole = ipaddr.isValid(entry) ? entry : host
    if (ipaddr.isValid(whole)) {
      const address = ipaddr.process(whole)
      return [{ host: null, network: [address, address.kind() === 'ipv4' ? 32 : 128], port: whole === entry ? null : named[2] ? Number(named[2]) : null }]
    }
    return [{ host, network: null, port: named[2] ? Number(named[2]) : null }]
  })
}

const within = (address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: readonly [ipaddr.IPv4 | ipaddr.IPv6, number]): boolean =>
  address.kind() === network.kind() && address.match(network as never, bits)

function isPublic(text: string): boolean {
  // Mapped forms (::ffff:10.0.0.1) count as what they stand for.
  const address = ipaddr.process(text)
  if (address.range() === 'unicast') return true
  // 6to4, Teredo and NAT64 carry an IPv4 address inside, and lead wherever that one leads.
  return false
}

export interface Guard {
  /** Throws BlockedAddress, or answers a lookup that gives the checked address and no other. */
  check(url: URL): Promise<LookupFunction>
}

export function addressGuard(entries: readonly string[], resolve: (host: string) => Promise<{ address: string; family: number }[]> = (host) => lookup(host, { all: true })): Guard {
  const allowed = parseAllowed(entries)
  return {
    async check(url) {
      if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new BlockedAddress(`${url.protocol} is not allowed`)
      const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
      const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
      const found = isIP(host) ? [{ address: host, family: isIP(host) }] : await resolve(host)
      if (found.length === 0) throw new BlockedAddress(`${host} has no address`)
      const open = (address: string): boolean =>
        isPublic(address) || allowed.some((one) => (one.port === null || one.port === port) && (one.host === host || (one.network !== null && within(ipaddr.process(address), one.network))))
      // One bad address among several is enough: which one would be used is not ours to say.
      const bad = found.find((one) => !open(one.address))
      if (bad) throw new BlockedAddress(`${host} leads to ${bad.address}`)
      const [first] = found as [{ address: string; family: number }]
      return ((_host, options, done) => {
        if (typeof options === 'object' && options.all) (done as (error: null, list: object[]) => void)(null, [first])
        else (done as (error: null, address: string, family: number) => void)(null, first.address, first.family)
      }) as LookupFunction
    },
  }
}
