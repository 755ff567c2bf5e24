/** The built pages: what has a hash in its name is kept for ever, everything else is asked for again. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Middleware } from 'koa'
import send from 'koa-send'
import type { HttpDeps, State } from '../deps.ts'

const year = 'public, max-age=31536000, immutable'
const isHashed = (path: string): boolean => /^\/((widget|demo)\/)?assets\//.test(path)
/** Applications with addresses of their own: every one of them is answered with the page. */
const application = /^\/(agent|supervisor)(\/|$)/

/** From source and from dist alike. */
function builtUi(): string {
  const [fromSource, fromDist] = ['../../../dist/ui', '../../../ui'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  return import.meta.url.endsWith('.ts') || !existsSync(fromDist as string) ? (fromSource as string) : (fromDist as string)
}

export function pages({ uiRoot = builtUi() }: Pick<HttpDeps, 'uiRoot'>): Middleware<State> {
  return async (ctx, next) => {
    if ((ctx.method !== 'GET' && ctx.method !== 'HEAD') || ctx._matchedRoute !== undefined) return next()
    if (ctx.path === '/') {
      ctx.redirect('/agent/')
      return
    }
    const app = application.exec(ctx.path)?.[1]
    const asked = app ? `/${app}/index.html` : ctx.path.endsWith('/') ? `${ctx.path}index.html` : ctx.path
    // What belongs to the programs' own addresses, and the build's list of files, is no page.
    if (/^\/(app|b|hooks|socket)(\/|$)|^\/manifest\.json$/.test(ctx.path)) return next()
    try {
      await send(ctx, asked, {
        root: uiRoot,
        setHeaders: (response) => { response.setHeader('Cache-Control', isHashed(asked) ? year : asked === '/widget.js' ? 'public, max-age=300' : 'no-cache') },
      })
    } catch (error) {
      const status = (error as { status?: number }).status
      if (status !== 404 && status !== 403 && status !== 400) throw error
      return next()
    }
  }
}
