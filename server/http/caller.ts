/** Who is calling, through the reverse proxies that are trusted and no others. */
import { BlockList, isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'

export interface Caller {
  readonly address: string
  readonly secure: boolean
}

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')
const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Reads X-Forwarded-For from its right end: the first address that is no trusted proxy's is the caller's. */
export function callerReader(trustedProxies: readonly string[]): (request: IncomingMessage) => Caller {
  const trusted = new BlockList()
  for (const network of trustedProxies) {
    const [address = '', bits] = network.split('/')
    if (bits === undefined) trusted.addAddress(address, family(address))
    else trusted.addSubnet(address, Number(bits), family(address))
  }
  const isTrusted = (address: string): boolean => isIP(address) !== 0 && trusted.check(address, family(address))
  return (request) => {
    const direct = plain(request.socket.remoteAddress ?? '')
    const encrypted = 'encrypted' in request.socket && request.socket.encrypted === true
    if (!isTrusted(direct)) return { address: direct, secure: encrypted }
    const chain = listOf(request.headers['x-forwarded-for']).map(plain)
    const caller = chain.findLast((address) => !isTrusted(address))
    return { address: caller !== undefined && isIP(caller) !== 0 ? caller : direct, secure: encrypted || listOf(request.headers['x-forwarded-proto']).at(-1) === 'https' }
  }
}

const listOf = (header: string | string[] | undefined): string[] => (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((part) => part.trim()).filter(Boolean)
