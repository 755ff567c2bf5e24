/**
 * What the client library may write to the log: its messages of level warn and error, with a few harmless fields. It
 * logs whole stanzas, creds and key bundles beside them, so nothing of its objects is passed on unless it is named here.
 */
import type { Logger } from '../../sdk/index.ts'

/** The shape the library asks for (its own `ILogger`). */
export interface LibraryLogger {
  level: string
  child(fields: Record<string, unknown>): LibraryLogger
  trace(fields: unknown, message?: string): void
  debug(fields: unknown, message?: string): void
  info(fields: unknown, message?: string): void
  warn(fields: unknown, message?: string): void
  error(fields: unknown, message?: string): void
}

const PLAIN_FIELDS = ['msgId', 'id', 'retryCount', 'count', 'type', 'from', 'reason', 'code', 'statusCode'] as const
const ERROR_FIELDS = ['err', 'error', 'e', 'ackErr', 'uploadError'] as const

/** Long runs of letters and digits are keys and tokens as often as not. */
const shorten = (text: string): string => text.replace(/[A-Za-z0-9+/=_-]{40,}/g, '[…]').slice(0, 300)

function errorFields(value: unknown): object {
  if (typeof value === 'string') return { error: shorten(value) }
  if (!(value instanceof Error)) return {}
  const output = 'output' in value && typeof value.output === 'object' && value.output !== null ? value.output : {}
  const statusCode = 'statusCode' in output && typeof output.statusCode === 'number' ? output.statusCode : undefined
  return { error: shorten(value.message), ...(statusCode === undefined ? {} : { statusCode }) }
}

export function harmlessFields(fields: unknown): object {
  if (typeof fields !== 'object' || fields === null) return {}
  if (fields instanceof Error) return errorFields(fields)
  const found: Record<string, unknown> = {}
  for (const name of PLAIN_FIELDS) {
    const value = (fields as Record<string, unknown>)[name]
    if (typeof value === 'number') found[name] = value
    if (typeof value === 'string') found[name] = shorten(value)
  }
  for (const name of ERROR_FIELDS) {
    const value = (fields as Record<string, unknown>)[name]
    if (value !== undefined) Object.assign(found, errorFields(value))
  }
  const trace = (fields as Record<string, unknown>)['trace']
  if (typeof trace === 'string') Object.assign(found, { error: shorten(trace.split('\n')[0] ?? '') })
  return found
}

/** Ordinary: the link reports how a line ended, and a line that nobody marked online has no name to show. */
const ORDINARY = /^(stream errored out|no name present|Invalid LID-PN mapping|error in sending keep alive)/

export function libraryLogger(log: Logger): LibraryLogger {
  const nothing = (): void => undefined
  const write = (level: 'warn' | 'error') => (fields: unknown, message?: string): void => {
    const text = typeof fields === 'string' ? fields : message ?? ''
    if (ORDINARY.test(text)) return
    log[level]('whatsapp-web client', { said: shorten(text), ...harmlessFields(fields) })
  }
  const logger: LibraryLogger = {
    level: 'warn', child: () => logger, trace: nothing, debug: nothing, info: nothing, warn: write('warn'), error: write('error'),
  }
  return logger
}
