/** The members that all three networks fill in alike. */
import { BridgeError } from '../../sdk/bridge.ts'
import type { Bridge, BridgeHost, Capabilities, InboundEvent, OutboundMessage, SendResult } from '../../sdk/bridge.ts'
import { hubHandshake, verifySignature } from './signature.ts'
import { LinkStatus } from './status.ts'
import type { CheckResult } from './status.ts'

export interface MetaBridgeOptions {
  readonly host: BridgeHost
  readonly capabilities: Capabilities
  /** An endpoint's runtime has no settings: it verifies and parses, and sends nothing. */
  readonly configured: boolean
  readonly secrets: { readonly appSecret?: string; readonly verifyToken?: string }
  check(signal: AbortSignal): Promise<CheckResult>
  send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult>
  parse(rawBody: Uint8Array): InboundEvent[]
}

export type MetaBridge = Pick<Bridge, 'capabilities' | 'status' | 'connect' | 'disconnect' | 'send' | 'webhook'>

export function metaBridge(options: MetaBridgeOptions): MetaBridge {
  const { host, capabilities, configured, secrets } = options
  const link = new LinkStatus(host)
  return {
    capabilities: () => capabilities,
    status: () => link.current,
    async connect(signal) {
      if (configured) await link.check(options.check, signal)
      else link.unconfigured()
    },
    async disconnect() {
      link.close()
    },
    async send(message, signal) {
      if (!configured) throw new BridgeError('permanent', 'auth_failed', 'The channel is not configured')
      try {
        return await options.send(message, signal)
      } catch (error) {
        link.noticeSendFailure(error)
        throw error
      }
    },
    webhook: {
      handshake: request => hubHandshake(secrets.verifyToken, request),
      verify: request => verifySignature(secrets.appSecret, request),
      parse: request => options.parse(request.rawBody),
    },
  }
}
