/** From the cookie to the session, and what a write must bring besides it. */
import type { Middleware } from 'koa'
import { DomainError } from '../../domain/errors.ts'
import { findSession, touchSession, type Session } from '../../actions/sessions.ts'
import type { HttpDeps, State } from '../deps.ts'
import { localeFor } from '../locale.ts'
import { appOf, apps, isCsrfToken, originAllowed, sessionTokenFrom } from '../session.ts'

const reads = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Finds the session and keeps it alive; leaves null where there is none. */
export function loadSession({ core, config }: HttpDeps): Middleware<State> {
  return async (ctx, next) => {
    const app = appOf(ctx.get('x-turno-app') || undefined, ctx.get('referer') || undefined)
    const csrf = ctx.get('x-csrf-token') || undefined
    for (const candidate of app ? [app] : apps) {
      const token = sessionTokenFrom(config, ctx.get('cookie') || undefined, candidate)
      const session = token === null ? null : await findSession(core, token, ctx.state.address)
      if (!session || (ctx.state.session && csrf !== undefined && !isCsrfToken(session, csrf))) continue
      // A page that does not say which it is (an old browser's) is known by its token.
      if (!ctx.state.session || csrf !== undefined) ctx.state.session = session
    }
    if (ctx.state.session) {
      ctx.state.locale = localeFor(ctx.state.session.user.preferences.locale, ctx.get('accept-language'), ctx.state.locale)
      await touchSession(core, ctx.state.session)
    }
    await next()
  }
}

/** Throws `csrf` for a write that our own page did not make. */
export function checkWrites({ core }: HttpDeps): Middleware<State> {
  return async (ctx, next) => {
    if (!reads.has(ctx.method)) {
      if (!originAllowed(core.publicUrl, { origin: ctx.get('origin') || undefined, host: ctx.get('host') })) throw new DomainError('csrf')
      if (ctx.state.session && !isSignIn(ctx) && !isCsrfToken(ctx.state.session, ctx.get('x-csrf-token') || undefined)) throw new DomainError('csrf')
    }
    await next()
  }
}

const isSignIn = (ctx: { method: string; path: string }): boolean => ctx.method === 'POST' && ctx.path === '/app/session'

/** Throws `unauthorized`, and `password_change_required` for all but what leads to a new password. */
export function sessionOf(ctx: { state: State }, { evenWithOldPassword = false } = {}): Session {
  const { session } = ctx.state
  if (!session) throw new DomainError('unauthorized')
  if (session.user.mustChangePassword && !evenWithOldPassword) throw new DomainError('password_change_required')
  return session
}
