/** Failures of the client and of the network in the host's words. */
import { BridgeError, isBridgeError } from '../sdk/index.ts'

interface Failure { readonly message: string; readonly statusCode?: number }

/** The client throws Boom errors: the code is inside of `output`. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) }
  const output: unknown = 'output' in error ? error.output : undefined
  const statusCode = typeof output === 'object' && output !== null && 'statusCode' in output ? output.statusCode : undefined
  return { message: error.message, ...(typeof statusCode === 'number' ? { statusCode } : {}) }
}

/** The network's refusal of a message (`<ack error=…>`). It was not delivered. */
export function refusedMessage(code: string): BridgeError {
  const detail = { remoteCode: code }
  switch (code) {
    case '463':
      // WhatsApp lets this account begin no new chats for a while. A second attempt would make it longer.
      return new BridgeError('permanent', 'recipient_limited', 'WhatsApp does not let this number begin new chats for now', detail)
    case '404':
      return new BridgeError('permanent', 'not_on_network', 'The recipient is not on WhatsApp', detail)
    case '401':
    case '403':
      return new BridgeError('permanent', 'recipient_blocked', 'WhatsApp does not let this number write there', detail)
    case '429':
      return new BridgeError('transient', 'rate_limited', 'WhatsApp asks to send more slowly', { ...detail, retryAfterMs: 60_000 })
    case '500':
    case '503':
      return new BridgeError('transient', 'provider_error', `WhatsApp refused the message: ${code}`, detail)
    default:
      return new BridgeError('permanent', 'provider_error', `WhatsApp refused the message: ${code}`, detail)
  }
}

/** A failed send. `mayHaveLeft`: something of it was encrypted, so it may have reached the network. */
export function failedSend(error: unknown, mayHaveLeft: boolean): BridgeError {
  if (isBridgeError(error)) return error
  const { message, statusCode } = failureOf(error)
  const detail = { cause: error, ...(statusCode === undefined ? {} : { remoteCode: String(statusCode) }) }
  if (mayHaveLeft) return new BridgeError('uncertain', 'network', `The line failed while sending: ${message}`, detail)
  if (/pre-key signature invalid/.test(message)) {
    return new BridgeError('permanent', 'provider_error', 'The recipient\'s keys are not signed by their phone', { ...detail, remoteCode: 'signature_invalid' })
  }
  if (statusCode === 404 || /item-not-found/.test(message)) return new BridgeError('permanent', 'not_on_network', 'The recipient is not on WhatsApp', detail)
  if (statusCode === 403 || statusCode === 401) return new BridgeError('permanent', 'recipient_blocked', `WhatsApp refused: ${message}`, detail)
  return new BridgeError('transient', 'network', `Nothing was sent: ${message}`, detail)
}

/** A failed question (group, profile): it changed nothing that matters, and may be asked again. */
export function failedQuery(error: unknown): BridgeError {
  if (isBridgeError(error)) return error
  const { message, statusCode } = failureOf(error)
  const detail = { cause: error, ...(statusCode === undefined ? {} : { remoteCode: String(statusCode) }) }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 428 && statusCode !== 429) {
    return new BridgeError('permanent', 'bad_request', `WhatsApp refused: ${message}`, detail)
  }
  return new BridgeError('transient', 'network', message, detail)
}

export const notConnected = (): BridgeError => new BridgeError('transient', 'network', 'The number is not connected')
