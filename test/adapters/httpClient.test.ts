/** Requests on a menu's behalf: nothing of the company's own network, nothing without end (domain §5.8, S34). */
import { expect } from 'chai'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { addressGuard } from '../../server/adapters/addressGuard.ts'
import { guardedRequest, HttpFailure } from '../../server/adapters/httpClient.ts'
import { failure } from '../support/failure.ts'

describe('Requests of menus', () => {
  let server: Server
  let base = ''
  let reached = 0
  let seen: Record<string, string | string[] | undefined> = {}
  before(async () => {
    server = createServer((request, response) => {
      reached++
      seen = request.headers
      const url = new URL(request.url ?? '/', 'http://x')
      if (url.pathname === '/to') response.writeHead(302, { location: url.searchParams.get('url') ?? '/' }).end()
      else if (url.pathname === '/loop') response.writeHead(302, { location: '/loop' }).end()
      else if (url.pathname === '/big') response.end(Buffer.alloc(2_000_000))
      else if (url.pathname === '/slow') setTimeout(() => response.end('late'), 5000).unref()
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ method: request.method }))
    })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => { reached = 0 })

  const names: Record<string, { address: string; family: number }[]> = {
    'inner.example': [{ address: '127.0.0.1', family: 4 }], 'half.example': [{ address: '203.0.113.9', family: 4 }, { address: '10.0.0.5', family: 4 }], 'open.example': [{ address: '127.0.0.1', family: 4 }],
  }
  const resolve = async (host: string): Promise<{ address: string; family: number }[]> => names[host] ?? []
  const ask = (url: string, allow: readonly string[] = [], more: { method?: string; maxBytes?: number; timeoutMs?: number; headers?: Record<string, string> } = {}) =>
    guardedRequest(addressGuard(allow, resolve), { method: 'GET', url, maxBytes: 1_000_000, timeoutMs: 3000, ...more })
  const refusal = async (url: string, allow: readonly string[] = []): Promise<string> => {
    const error = await failure(ask(url, allow))
    expect(error).to.be.instanceOf(HttpFailure)
    return (error as unknown as HttpFailure).code
  }
  const port = (): string => new URL(base).port

  for (const [what, url] of [
    ['the metadata address', 'http://169.254.169.254/latest/meta-data'], ['loopback', 'http://127.0.0.1/'], ['a private network', 'http://10.0.0.5/'], ['another', 'http://192.168.1.1/'], ['a third', 'http://172.16.0.1/'],
    ['carrier NAT', 'http://100.64.0.1/'], ['nothing at all', 'http://0.0.0.0/'], ['loopback in IPv6', 'http://[::1]/'], ['a mapped address', 'http://[::ffff:127.0.0.1]/'], ['a local IPv6 network', 'http://[fd00::1]/'],
    ['link-local IPv6', 'http://[fe80::1]/'], ['an address in one number', 'http://2130706433/'], ['an address in octal', 'http://0177.0.0.1/'], ['6to4', 'http://[2002:7f00:1::]/'], ['NAT64', 'http://[64:ff9b::7f00:1]/'],
    ['a name that leads inside', 'http://inner.example/'], ['a name of which one address leads inside', 'http://half.example/'], ['a file', 'file:///etc/passwd'], ['a name that leads nowhere', 'http://nowhere.example/'],
  ] as const) {
    it(`do not go to ${what} (S34)`, async () => {
      expect(await refusal(url)).to.equal('blocked_address')
      expect(reached).to.equal(0)
    })
  }

  it('go where an administrator allows, and only on that port', async () => {
    expect((await ask(`${base}/`, [`127.0.0.1:${port()}`])).status).to.equal(200)
    expect((await ask(`${base}/`, ['127.0.0.0/8'])).status).to.equal(200)
    expect((await ask(`http://open.example:${port()}/`, ['open.example'])).status).to.equal(200)
    expect(await refusal(`${base}/`, ['127.0.0.1:1'])).to.equal('blocked_address')
    expect(await refusal(`http://inner.example:${port()}/`, ['open.example'])).to.equal('blocked_address')
  })

  it('check every redirect, and make no connection to a forbidden one (S34)', async () => {
    expect(await refusal(`${base}/to?url=${encodeURIComponent('http://10.0.0.5/')}`, [`127.0.0.1:${port()}`])).to.equal('blocked_address')
    expect(reached).to.equal(1)
  })

  it('follow three redirects and no more', async () => {
    expect(await refusal(`${base}/loop`, ['127.0.0.1'])).to.equal('too_many_redirects')
    expect(reached).to.equal(4)
  })

  it('show credentials to the host they are for, and to no other', async () => {
    await ask(`${base}/`, ['127.0.0.1'], { headers: { authorization: 'Bearer x' } })
    expect(seen.authorization).to.equal('Bearer x')
    await ask(`http://open.example:${port()}/to?url=${encodeURIComponent(`${base}/`)}`, ['127.0.0.1', 'open.example'], { headers: { authorization: 'Bearer x', 'x-other': 'y' } })
    expect(seen).to.include({ 'x-other': 'y' })
    expect(seen).not.to.have.property('authorization')
  })

  it('end when the answer is too large or too late, or nobody is there', async () => {
    const allow = ['127.0.0.1']
    expect(await refusal(`${base}/big`, allow)).to.equal('too_large')
    const late = await failure(ask(`${base}/slow`, allow, { timeoutMs: 100 }))
    expect(late).to.include({ code: 'timeout' })
    expect(await refusal('http://127.0.0.1:1/', allow)).to.equal('network')
  })
})
