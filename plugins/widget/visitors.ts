/** Who is asking, and from which page: everything a request must prove before a route looks at it. */
import type { HostedCredentials, HostedRequest, InboundEvent, RemoteProfile } from '../sdk/index.ts'
import { Refused } from './errors.ts'
import type { SessionReply } from './frames.ts'
import type { WidgetSettings } from './settings.ts'
import { readVisitor, type VisitorProfile, type VisitorToken } from './token.ts'

/** Exact scheme, host and port. The host's own pages always may: the visitor's page is one of them. */
export const originAllowed = (settings: WidgetSettings, origin: string, self: string): boolean =>
  origin === self || settings.origins.includes('*') || settings.origins.includes(origin)

const selfOf = (request: HostedRequest): string => new URL(request.url).origin

/**
 * A browser always names the origin of a POST. `Sec-Fetch-Site` cannot be set by a page, so `same-origin` is the host's
 * own page even where it was reached by another name than the configured one.
 * @throws {Refused} origin_not_allowed
 */
export function checkOrigin(settings: WidgetSettings, request: HostedRequest): void {
  const { origin } = request.headers
  if (request.headers['sec-fetch-site'] === 'same-origin') return
  if (origin === undefined && request.method === 'GET') return
  if (origin === undefined || !originAllowed(settings, origin, selfOf(request))) throw new Refused('origin_not_allowed', { origin: origin ?? null })
}

/** The page around the iframe, as the iframe saw it; the browser itself enforces it through `frame-ancestors`. */
export function checkPage(settings: WidgetSettings, request: HostedRequest, page: string | undefined): void {
  if (page === undefined || page === request.headers.origin) return
  if (!originAllowed(settings, page, selfOf(request))) throw new Refused('origin_not_allowed', { origin: page })
}

export function bearer(request: HostedRequest): string {
  return /^Bearer ([\x21-\x7e]+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
}

export function visitorOf(credentials: HostedCredentials, settings: WidgetSettings, tokenKey: string, now: number): VisitorToken | null {
  if (credentials.key !== settings.key) return null
  if (credentials.origin === null || !originAllowed(settings, credentials.origin, credentials.self)) return null
  return readVisitor(tokenKey, settings.key, credentials.token, now)
}

export function profileOf(settings: WidgetSettings, token: VisitorToken): RemoteProfile {
  const { name, email, phone } = token.profile
  return {
    user: token.visitor,
    identifiers: [{ kind: 'visitor', scope: settings.key, value: token.visitor }],
    ...(name ? { name } : {}),
    ...(email || phone ? { stated: { ...(email ? { email } : {}), ...(phone ? { phone } : {}) } } : {}),
  }
}

/** What the channel still wants to know before the first message. */
export function missing(settings: WidgetSettings, token: VisitorToken): SessionReply['missing'] {
  const { prechat, texts } = settings
  const fields = (['name', 'email', 'phone'] as const).filter((field) => prechat[field] === 'required' && !token.profile[field])
  return texts.consent.es + texts.consent.en !== '' && token.consentAt === 0 ? [...fields, 'consent'] : fields
}

/** The later statement wins, field by field. */
export const mergeProfiles = (...profiles: readonly (VisitorProfile | undefined)[]): VisitorProfile => {
  const merged: { name?: string; email?: string; phone?: string } = {}
  for (const profile of profiles) {
    if (profile?.name) merged.name = profile.name
    if (profile?.email) merged.email = profile.email
    if (profile?.phone) merged.phone = profile.phone
  }
  return merged
}

/** What every event of this visitor has in common. */
export const eventBase = (settings: WidgetSettings, visitor: string, key: string, at: Date): Pick<Extract<InboundEvent, { kind: 'delete' }>, 'key' | 'at' | 'account' | 'chat' | 'chatKind'> =>
  ({ key, at, account: settings.key, chat: visitor, chatKind: 'direct' })
