/** From a Graph error to the closed list of the core. The tables are each plugin's own; the reading of them is shared. */
import { BridgeError } from '../../sdk/bridge.ts'
import type { BridgeErrorCode } from '../../sdk/bridge.ts'
import { num, obj, objOr, str } from './json.ts'
import type { Obj } from './json.ts'

export interface ErrorRule {
  readonly kind: BridgeError['kind']
  readonly code: BridgeErrorCode
  /** Where the provider names a wait; otherwise the core's own back-off decides. */
  readonly retryAfterMs?: number
}
export interface ErrorTable {
  /** Keys, tried in this order: `code/subcode`, then the subcode under any code (written with a star), then `code`. */
  readonly rules: Readonly<Record<string, ErrorRule>>
  /** For ranges (200 to 299 are permissions). */
  range?(code: number): ErrorRule | undefined
}

export const transient = (code: BridgeErrorCode, retryAfterMs?: number): ErrorRule => ({ kind: 'transient', code, ...(retryAfterMs && { retryAfterMs }) })
export const permanent = (code: BridgeErrorCode, retryAfterMs?: number): ErrorRule => ({ kind: 'permanent', code, ...(retryAfterMs && { retryAfterMs }) })
/** One rule for many codes, so that a table reads as the provider's page does. */
export const rules = (rule: ErrorRule, ...codes: readonly (number | string)[]): Record<string, ErrorRule> =>
  Object.fromEntries(codes.map(code => [String(code), rule]))

export interface GraphFault {
  readonly code?: number
  readonly subcode?: number
  /** As shown to people and kept with the message: `131047` or `10/2018278`. */
  readonly remoteCode?: string
  readonly message: string
}

/** Both forms: the `error` of an HTTP answer and the `errors[]` of a webhook. Titles are never used to decide, only to tell. */
export function readFault(error: Obj): GraphFault {
  const code = num(error.code)
  const subcode = num(error.error_subcode)
  const details = str(objOr(error.error_data).details)
  const message = details ?? str(error.error_user_msg) ?? str(error.message) ?? str(error.title) ?? 'no explanation given'
  const remoteCode = code === undefined ? undefined : subcode ? `${code}/${subcode}` : String(code)
  return { code, subcode, remoteCode, message }
}

/** Unknown codes do not repeat: permanent, with the provider's own words shown. */
export function classify(table: ErrorTable, fault: GraphFault, httpStatus?: number): ErrorRule {
  const { code, subcode } = fault
  const named = (subcode !== undefined && (table.rules[`${code}/${subcode}`] ?? table.rules[`*/${subcode}`]))
    || (code !== undefined && (table.rules[String(code)] ?? table.range?.(code)))
  if (named) return named
  if (httpStatus === 429) return transient('rate_limited')
  if (httpStatus !== undefined && httpStatus >= 500) return transient('provider_error')
  return permanent('unknown')
}

/** The failure of a whole HTTP answer. */
export function faultOfAnswer(table: ErrorTable, status: number, headers: Headers, body: unknown, sending: boolean): BridgeError {
  const error = obj(objOr(body).error)
  if (!error) return bareFailure(status, headers, sending)
  const fault = readFault(error)
  const rule = classify(table, fault, status)
  return new BridgeError(rule.kind, rule.code, fault.message, {
    remoteCode: fault.remoteCode ?? String(status),
    retryAfterMs: waitFromHeaders(headers) ?? rule.retryAfterMs,
  })
}

/** No Graph error inside: a gateway spoke. Only 503 and 4xx say that the request went nowhere. */
function bareFailure(status: number, headers: Headers, sending: boolean): BridgeError {
  const detail = { remoteCode: `http_${status}`, retryAfterMs: waitFromHeaders(headers) }
  const message = `HTTP ${status} without an explanation`
  if (status === 429) return new BridgeError('transient', 'rate_limited', message, detail)
  if (status === 401) return new BridgeError('permanent', 'auth_failed', message, detail)
  if (status >= 500) return new BridgeError(sending && status !== 503 ? 'uncertain' : 'transient', 'provider_error', message, detail)
  return new BridgeError('permanent', 'provider_error', message, detail)
}

const minute = 60_000

/** `Retry-After` in seconds, or Meta's business usage header, in minutes; the longest of several limits counts. */
function waitFromHeaders(headers: Headers): number | undefined {
  const seconds = num(headers.get('retry-after'))
  if (seconds !== undefined && seconds > 0) return seconds * 1000
  const usage = headers.get('x-business-use-case-usage')
  if (!usage) return undefined
  const waits = [...usage.matchAll(/"estimated_time_to_regain_access"\s*:\s*(\d+)/g)].map(found => Number(found[1]))
  const longest = Math.max(0, ...waits)
  return longest > 0 ? longest * minute : undefined
}

/** Node's names for "nothing left this machine". */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED'])

/** Aborted calls carry a number there, which says nothing. */
const word = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** What a rejected fetch means: for a send, everything after the connection stood is uncertain. */
export function faultOfTransport(error: unknown, sending: boolean): BridgeError {
  if (error instanceof BridgeError) return error
  const cause = objOr(objOr(error).cause)
  const name = word(cause.code) ?? word(objOr(error).code) ?? (error instanceof Error ? error.name : 'Error')
  const kind = sending && !neverSent.has(name) ? 'uncertain' : 'transient'
  return new BridgeError(kind, 'network', `The network failed (${name})`, { remoteCode: name, cause: error })
}
