/**
 * The HTTP side of a process: our own pages and their API, what providers call, far ends that we serve, and what
 * watches the process. server/app.ts puts it on a port and the sockets beside it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import compress from 'koa-compress'
import { DomainError } from '../domain/errors.ts'
import type { HttpDeps, State } from './deps.ts'
import { Metrics } from './metrics.ts'
import { requestContext } from './middleware/context.ts'
import { dataPolicy, securityHeaders } from './middleware/security.ts'
import { checkWrites, loadSession } from './middleware/session.ts'
import { agentRoutes } from './routes/agents.ts'
import { chatRoutes } from './routes/chats.ts'
import { deskRoutes } from './routes/desk.ts'
import { healthRoutes, type Readiness } from './routes/health.ts'
import { hostedRoutes } from './routes/hosted.ts'
import { internalRoutes } from './routes/internal.ts'
import { mediaRoutes } from './routes/media.ts'
import { menuRoutes } from './routes/menus.ts'
import { pages } from './routes/pages.ts'
import { offerRoutes } from './routes/offers.ts'
import { searchRoutes } from './routes/search.ts'
import { sessionRoutes } from './routes/session.ts'
import { webhookRoutes } from './routes/webhooks.ts'

export interface Http {
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly metrics: Metrics
  /** From now on /readyz says no and connections are not kept: the server's `close` follows. */
  drain(): void
}

export function createHttp(deps: HttpDeps): Http {
  const app = new Koa<State>()
  const metrics = deps.metrics ?? new Metrics(deps.version)
  const readiness: Readiness = { draining: false }
  // Errors are answered and logged by the context middleware; what comes here happened while an answer was being sent.
  app.on('error', (error: Error) => deps.core.log.debug('answer not delivered', { error: error.message }))
  app.use(requestContext(deps, metrics))
  app.use(securityHeaders(deps))
  app.use(async (ctx, next) => {
    if (readiness.draining) ctx.set('Connection', 'close')
    await next()
  })
  app.use(compress({ threshold: 1024, br: false }))
  const open = new Router<State>()
  healthRoutes(open, deps, metrics, readiness)
  webhookRoutes(open, deps, metrics)
  hostedRoutes(open, deps)
  app.use(dataHeaders(/^\/(healthz|readyz|metrics|hooks\/|b\/)/))
  app.use(open.routes())
  app.use(appRoutes(deps, metrics))
  app.use(pages(deps))
  const answer = app.callback()
  const callback = () => async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Addresses of other hosts are for proxies, and some cannot even be read.
    if (request.url?.startsWith('/')) await answer(request, response)
    else response.writeHead(400, { Connection: 'close', 'Content-Length': 0 }).end()
  }
  return { callback, metrics, drain: () => { readiness.draining = true } }
}

/** Everything below /app: nothing is kept by browsers or proxies, every write is checked. */
function appRoutes(deps: HttpDeps, metrics: Metrics): Middleware<State> {
  const router = new Router<State>()
  sessionRoutes(router, deps, metrics)
  chatRoutes(router, deps)
  offerRoutes(router, deps)
  searchRoutes(router, deps)
  deskRoutes(router, deps)
  internalRoutes(router, deps)
  agentRoutes(router, deps)
  mediaRoutes(router, deps)
  menuRoutes(router, deps)
  const steps = [
    dataHeaders(/^\/app\//), loadSession(deps), checkWrites(deps), router.routes() as unknown as Middleware<State>,
    router.allowedMethods({ throw: true, methodNotAllowed: () => new DomainError('method_not_allowed'), notImplemented: () => new DomainError('method_not_allowed') }) as unknown as Middleware<State>,
  ]
  return (ctx, next) => {
    if (!ctx.path.startsWith('/app/')) return next()
    const step = (n: number): Promise<unknown> => Promise.resolve(steps[n]?.(ctx, () => step(n + 1)))
    return step(0)
  }
}

function dataHeaders(paths: RegExp): Middleware<State> {
  return async (ctx, next) => {
    if (paths.test(ctx.path)) {
      ctx.set('Content-Security-Policy', dataPolicy)
      if (ctx.path.startsWith('/app/')) ctx.set('Cache-Control', 'no-store')
    }
    await next()
  }
}

