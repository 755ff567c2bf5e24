import { ApiError } from '../api/http.ts'
import { t } from '../i18n/index.ts'

/** What to tell a person about a failure: the server's own words, or ours when nothing of the server's arrived. */
export function describe(error: unknown): { code: string; message: string; help: string } {
  if (error instanceof ApiError && error.message) return { code: error.code, message: error.message, help: error.help }
  const code = error instanceof ApiError && ['network', 'timeout', 'aborted'].includes(error.code) ? error.code : 'server'
  return { code, message: t(`errors.${code}.message`), help: t(`errors.${code}.help`) }
}
