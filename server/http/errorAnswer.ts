/** Every refusal, as `{error: {code, message, help, details}}` in the reader's language. */
import { z } from 'zod'
import { DomainError } from '../domain/errors.ts'
import { errorTexts } from '../domain/errorTexts.ts'
import type { ErrorBody, Locale } from './contract/common.ts'

export interface ErrorAnswer {
  readonly status: number
  readonly body: ErrorBody
  readonly headers: Readonly<Record<string, string>>
  /** Nobody's mistake but ours: to be logged. */
  readonly unexpected: boolean
}

export function errorAnswer(error: unknown, locale: Locale, requestId: string): ErrorAnswer {
  const known = knownError(error)
  const unexpected = known === null
  const { code, details } = known ?? new DomainError('internal', { requestId })
  const { status, [locale]: said } = errorTexts[code]
  const { retryAfter } = details
  return {
    status, unexpected, body: { error: { code, ...said, details: { ...details } } },
    headers: typeof retryAfter === 'number' ? { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter))) } : {},
  }
}

function knownError(error: unknown): DomainError | null {
  if (error instanceof DomainError) return error
  if (error instanceof z.ZodError) return invalid(error)
  return null
}

/** `details.fields`: by the path of the value, what is wrong with it (zod's code). */
function invalid(error: z.ZodError): DomainError {
  const fields: Record<string, string> = {}
  for (const issue of error.issues) {
    const path = issue.path.map(String).join('.')
    const names = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => (path ? `${path}.${key}` : key)) : [path || 'body']
    for (const name of names) fields[name] ??= issue.code
  }
  return new DomainError('validation', { fields })
}
