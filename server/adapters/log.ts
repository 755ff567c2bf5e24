/** The log: one JSON object a line, or a line for people. What is named like a secret is masked at any depth. */
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino'
import type { Log } from '../domain/ports.ts'
import { isSecretName, maskUrl } from '../../config/redact.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error' | 'silent'
export interface LogOptions {
  level: Level
  /** `auto`: for people when standard error is a terminal. */
  pretty: boolean | 'auto'
  /** Standard error unless given. */
  to?: DestinationStream
}

const mask = '•••'
const headerName = /^(authorization|cookie|set-cookie|proxy-authorization)$/i
const longest = 4000
const deepest = 6

export function createLog({ level, pretty, to }: LogOptions): Log {
  const out = to ?? destination({ fd: 2, sync: true })
  const forPeople = pretty === 'auto' ? to === undefined && process.stderr.isTTY : pretty
  const logger = pino({
    level, base: forPeople ? null : { pid: process.pid }, timestamp: stdTimeFunctions.isoTime, messageKey: 'message',
    formatters: { level: (label) => ({ level: label }) },
  }, forPeople ? { write: (line: string) => { out.write(spoken(line)) } } : out)
  const write = (method: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: object): void => {
    if (logger.isLevelEnabled(method)) logger[method](fields ? clean(fields, 0) as object : {}, message)
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** The same log with fields in every line, such as a channel's id. */
export function withFields(log: Log, fields: object): Log {
  const write = (method: keyof Log) => (message: string, more?: object): void => log[method](message, { ...fields, ...more })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value.includes('://') ? maskUrl(value) : value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return errorFields(value, depth)
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (value instanceof Date) return value
  if (depth >= deepest) return Array.isArray(value) ? `${value.length} items` : '…'
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => clean(item, depth + 1))
  const entries = value instanceof Map ? [...value] as [string, unknown][] : Object.entries(value)
  return Object.fromEntries(entries.map(([key, item]) => [key, hides(key, item) ? mask : clean(item, depth + 1)]))
}

const hides = (key: string, value: unknown): boolean => value != null && typeof value !== 'boolean' && (isSecretName(key) || headerName.test(key))

function errorFields(error: Error & { code?: unknown; details?: unknown }, depth: number): object {
  const { name, code, message, details, stack, cause } = error
  return {
    name, code, message: clean(message, depth), details: clean(details, depth + 1), stack: clean(stack, depth),
    cause: depth < deepest ? clean(cause, depth + 1) : undefined,
  }
}

const cut = (text: string): string => text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text

/** `10:05:03.120 WARN  message  key=value`, and an error's stack on the lines below. */
function spoken(line: string): string {
  const { level, time, message, ...fields } = JSON.parse(line) as Record<string, unknown>
  const stacks: unknown[] = []
  const words = Object.entries(fields).map(([key, value]) => {
    if (typeof value === 'object' && value !== null && 'stack' in value) {
      stacks.push(value.stack)
      return `${key}=${JSON.stringify((value as { message?: unknown }).message)}`
    }
    return `${key}=${typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value)}`
  })
  const first = [String(time).slice(11, 23), String(level).toUpperCase().padEnd(5), message, '', ...words].join(' ').trimEnd()
  return `${[first, ...stacks].join('\n')}\n`
}
