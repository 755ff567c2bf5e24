import { errorTexts, type ErrorCode } from './errorTexts.ts'

/**
 * A refusal or failure that a person can be told about. Every edge turns it into
 * `{"error":{"code","message","help","details"}}` with texts in the reader's language (domain page, top).
 */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(`${code}: ${errorTexts[code].en.message}`, options)
    this.code = code
    this.details = details
  }
  get status(): number {
    return errorTexts[this.code].status
  }
}

export type { ErrorCode }
