/**
 * Headers that keep a browser from doing what our pages never ask for: no script or style written into a page, nothing
 * from elsewhere, no frame around us. The widget's page alone may be framed, by the sites its channel names.
 */
import type { IncomingMessage } from 'node:http'
import type { Middleware } from 'koa'
import helmet from 'koa-helmet'
import type { HttpDeps } from '../deps.ts'

const isWidgetPage = (url: string): boolean => /^\/widget\/?(\?|$|index\.html)/.test(url)
/** Nothing that could end the directive and begin another. */
const isSource = /^(\*|https?:\/\/[\w.:[\]-]+)$/
/** What other sites' pages load: the loader script, its icons, and what a bridge serves. */
const isForOtherSites = (url: string): boolean => /^\/(widget\.js|b\/)/.test(url)

export function securityHeaders({ core, config, bridges }: HttpDeps): Middleware {
  const publicUrl = new URL(core.publicUrl)
  const sockets = `${publicUrl.protocol === 'https:' ? 'wss:' : 'ws:'}//${publicUrl.host}`
  const framesOf = (request: IncomingMessage): string => {
    const url = request.url ?? ''
    if (!isWidgetPage(url)) return "'none'"
    const key = new URL(url, core.publicUrl).searchParams.get('key')
    const channel = bridges.all().find((one) => one.bridge.hosted && (one.channel.identity === key || one.channel.id === key))
    return ["'self'", ...(channel?.bridge.hosted?.origins().filter((origin) => isSource.test(origin)) ?? [])].join(' ')
  }
  const headers = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"], scriptSrc: ["'self'"], scriptSrcAttr: ["'none'"], styleSrc: ["'self'"], imgSrc: ["'self'", 'data:', 'blob:'], mediaSrc: ["'self'", 'blob:'],
        fontSrc: ["'self'"], connectSrc: ["'self'", sockets], frameSrc: ["'self'"], workerSrc: ["'self'"], manifestSrc: ["'self'"],
        objectSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'self'"], frameAncestors: [framesOf],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: config.http.publicUrl?.startsWith('https:') ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    // Said by frame-ancestors, which knows the sites of a widget.
    xFrameOptions: false,
  })
  return async (ctx, next) => {
    await headers(ctx as Parameters<typeof headers>[0], async () => undefined)
    if (!isWidgetPage(ctx.url)) ctx.set('X-Frame-Options', 'DENY')
    if (isForOtherSites(ctx.url)) ctx.set('Cross-Origin-Resource-Policy', 'cross-origin')
    ctx.set('Permissions-Policy', 'camera=(), geolocation=(self), microphone=(self), payment=(), usb=()')
    await next()
  }
}

/** Of answers that are data and never a page. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'"
