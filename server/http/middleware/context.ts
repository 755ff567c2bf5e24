/** The first middleware: who calls, in which language, what became of it. */
import type { Middleware } from 'koa'
import type { HttpDeps, State } from '../deps.ts'
import { callerReader } from '../caller.ts'
import { errorAnswer } from '../errorAnswer.ts'
import { acceptedLocale } from '../locale.ts'
import type { Metrics } from '../metrics.ts'
import { DomainError } from '../../domain/errors.ts'

export function requestContext({ core, config }: HttpDeps, metrics: Metrics): Middleware<State> {
  const callerOf = callerReader(config.http.trustedProxies)
  const installLocale = async (): Promise<'es' | 'en'> => {
    try {
      return (await core.catalog.read()).setting('general.locale')
    } catch {
      // Without its database the install cannot say; the answer is an error anyway.
      return 'es'
    }
  }
  return async (ctx, next) => {
    const started = performance.now()
    const caller = callerOf(ctx.req)
    ctx.state.requestId = core.ids.next()
    ctx.state.address = caller.address
    ctx.state.secure = caller.secure
    ctx.state.session = null
    ctx.state.locale = acceptedLocale(ctx.get('accept-language')) ?? (await installLocale())
    ctx.set('X-Request-Id', ctx.state.requestId)
    try {
      await next()
      if (ctx.status === 404 && ctx.body == null) throw new DomainError('not_found')
    } catch (error) {
      const answer = errorAnswer(error, ctx.state.locale, ctx.state.requestId)
      if (answer.unexpected) {
        core.log.error('request failed', { requestId: ctx.state.requestId, method: ctx.method, path: ctx.path, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
      }
      ctx.status = answer.status
      ctx.body = answer.body
      ctx.remove('Content-Disposition')
      ctx.set('Cache-Control', 'no-store')
      ctx.set({ ...answer.headers })
    } finally {
      const route = String((ctx as { _matchedRoute?: unknown })._matchedRoute ?? 'none')
      metrics.requests.observe({ method: ctx.method, route, status: String(ctx.status) }, (performance.now() - started) / 1000)
    }
  }
}
