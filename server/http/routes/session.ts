/** Signing in and out, the own account, and what a page starts with (contract/session.ts). */
import { changePassword as setOwnPassword, savePreferences, signIn as openSession, signOut } from '../../actions/signIn.ts'
import { appearance, bootstrap, sessionView } from '../../actions/queries/sessionViews.ts'
import { DomainError } from '../../domain/errors.ts'
import { readJson } from '../body.ts'
import { changePassword, preferences, signIn } from '../contract/session.ts'
import { maxUploadBytes, type Context, type HttpDeps, type Routes } from '../deps.ts'
import { localeFor } from '../locale.ts'
import type { Metrics } from '../metrics.ts'
import { sessionCookie } from '../session.ts'
import { sessionOf } from '../middleware/session.ts'

const maxSmallBody = 16 * 1024

export function sessionRoutes(router: Routes, { core, config, passwords }: HttpDeps, metrics: Metrics): void {
  const setCookie = (ctx: Context, app: 'agent' | 'supervisor', token: string): void => {
    ctx.append('Set-Cookie', sessionCookie(config, app, token, ctx.state.secure))
  }

  router.get('/app/appearance', async (ctx) => {
    ctx.body = await appearance(core)
  })

  router.post('/app/session', async (ctx) => {
    const request = signIn.parse(await readJson(ctx.req, maxSmallBody))
    try {
      const { token, session } = await openSession(core, passwords, { ...request, address: ctx.state.address, userAgent: ctx.get('user-agent') })
      metrics.signIns.inc({ outcome: 'ok' })
      setCookie(ctx, session.app, token)
      ctx.status = 201
      ctx.body = sessionView(session, localeFor(session.user.preferences.locale, ctx.get('accept-language'), ctx.state.locale))
    } catch (error) {
      metrics.signIns.inc({ outcome: error instanceof DomainError ? error.code : 'internal' })
      throw error
    }
  })

  router.get('/app/session', async (ctx) => {
    ctx.body = sessionView(sessionOf(ctx, { evenWithOldPassword: true }), ctx.state.locale)
  })

  router.delete('/app/session', async (ctx) => {
    const session = sessionOf(ctx, { evenWithOldPassword: true })
    await signOut(core, session)
    setCookie(ctx, session.app, '')
    ctx.status = 204
  })

  router.post('/app/session/password', async (ctx) => {
    const session = sessionOf(ctx, { evenWithOldPassword: true })
    await setOwnPassword(core, passwords, session, changePassword.parse(await readJson(ctx.req, maxSmallBody)))
    ctx.status = 204
  })

  router.patch('/app/session/preferences', async (ctx) => {
    await savePreferences(core, sessionOf(ctx), preferences.parse(await readJson(ctx.req, maxSmallBody)))
    ctx.status = 204
  })

  router.get('/app/bootstrap', async (ctx) => {
    ctx.body = await bootstrap(core, sessionOf(ctx), ctx.state.locale, maxUploadBytes)
  })
}

