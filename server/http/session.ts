/** The session cookies. The two applications have one each, so that both can be open in one browser. */
import { timingSafeEqual } from 'node:crypto'
import type { Config } from '../../config/schema.ts'
import type { App, Session } from '../actions/sessions.ts'

type CookieConfig = Pick<Config, 'http'>
export const apps = ['agent', 'supervisor'] as const satisfies readonly App[]

const cookieName = (config: CookieConfig, app: App): string => `${config.http.cookie.name}_${app}`

/** The token of an application's session in a `Cookie` header; null when there is none. */
export function sessionTokenFrom(config: CookieConfig, cookies: string | undefined, app: App): string | null {
  const name = cookieName(config, app)
  for (const pair of cookies?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null
  }
  return null
}

/** A `Set-Cookie` value: for as long as the browser is open, out of reach of scripts, only to this site. An empty token removes it. */
export function sessionCookie(config: CookieConfig, app: App, token: string, secure: boolean): string {
  const { cookie, publicUrl } = config.http
  const onlySecure = cookie.secure === 'auto' ? secure || (publicUrl?.startsWith('https:') ?? false) : cookie.secure
  return [
    `${cookieName(config, app)}=${token}`, 'Path=/', 'HttpOnly', `SameSite=${cookie.sameSite === 'strict' ? 'Strict' : 'Lax'}`,
    ...(onlySecure ? ['Secure'] : []), ...(token === '' ? ['Max-Age=0'] : []),
  ].join('; ')
}

/**
 * Browsers name the page a request comes from: only our own may write or open a socket. Reached by another name than
 * the configured one (localhost, an address), our own page still has the name that the request itself went to.
 */
export function originAllowed(publicUrl: string, headers: { origin?: string | undefined; host?: string | undefined }): boolean {
  if (headers.origin === undefined) return true
  if (headers.origin === new URL(publicUrl).origin) return true
  return URL.canParse(headers.origin) && headers.host !== undefined && new URL(headers.origin).host === headers.host.toLowerCase()
}

/** The application a request speaks for: what it says, else the page it comes from; null when it does not matter or cannot be known. */
export function appOf(header: string | undefined, referer: string | undefined): App | null {
  const said = header ?? (referer && URL.canParse(referer) ? new URL(referer).pathname.split('/')[1] : undefined)
  return apps.find((app) => app === said) ?? null
}

export function isCsrfToken(session: Session, given: string | undefined): boolean {
  const wanted = Buffer.from(session.csrf)
  const bytes = Buffer.from(given ?? '')
  return bytes.length === wanted.length && timingSafeEqual(bytes, wanted)
}
