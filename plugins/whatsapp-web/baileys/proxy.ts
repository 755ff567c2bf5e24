/** An agent for TLS connections through an HTTP proxy (CONNECT), as the socket and the uploads need one. */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'

interface Target { readonly host?: string | null; readonly hostname?: string | null; readonly port?: number | string | null; readonly servername?: string }

export class ConnectAgent extends https.Agent {
  readonly #proxy: URL
  readonly #tls: ConnectionOptions

  /** `proxy`: `http://user:password@host:port`, or https. */
  constructor(proxy: string, tlsOptions: ConnectionOptions = {}) {
    super({ keepAlive: false })
    this.#proxy = new URL(proxy)
    this.#tls = tlsOptions
  }

  override createConnection(target: Target, callback: (error: Error | null, stream: Duplex) => void): undefined {
    const host = target.host ?? target.hostname ?? 'localhost'
    const address = `${host}:${target.port ?? 443}`
    const { username, password } = this.#proxy
    const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
    const fail = (error: Error): void => (callback as (error: Error) => void)(error)
    const request = (this.#proxy.protocol === 'https:' ? https : http).request({
      host: this.#proxy.hostname,
      port: this.#proxy.port || (this.#proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: address,
      headers: { host: address, ...(username ? { 'proxy-authorization': `Basic ${credentials}` } : {}) },
      timeout: 20_000,
    })
    request.once('connect', (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy()
        return fail(new Error(`the proxy answered ${response.statusCode ?? 0}`))
      }
      const servername = target.servername ?? host
      callback(null, tls.connect({ ...this.#tls, socket, ...(net.isIP(servername) ? {} : { servername }) }))
    })
    request.once('timeout', () => request.destroy(new Error('the proxy timed out')))
    request.once('error', fail)
    request.end()
    return undefined
  }
}
