/** Far ends that Turno itself serves (the widget): the routes of a bridge at /b/<type>/<channel>, where channel is its id or its provider identity. */
import { pipeline, Transform } from 'node:stream'
import { BridgeError, type HostedRequest, type HostedRoute } from '../../../plugins/sdk/bridge.ts'
import { storedFile } from '../../actions/media.ts'
import { DomainError } from '../../domain/errors.ts'
import { readBody } from '../body.ts'
import type { Context, HttpDeps, Routes } from '../deps.ts'
import { serveFile } from '../serveFile.ts'
import { webhookRequest } from '../webhookRequest.ts'

export function hostedRoutes(router: Routes, { core, bridges }: HttpDeps): void {
  router.all('/b/:type/:channel{/*rest}', async (ctx) => {
    const { type = '', channel = '' } = ctx.params
    const hosted = bridges.hosted(type, channel)?.bridge.hosted
    if (!hosted) throw new DomainError('not_found')
    const path = ctx.path.slice(ctx.path.indexOf('/', `/b/${type}/`.length)) || '/'
    shareWith(ctx, hosted.origins())
    if (ctx.method === 'OPTIONS') {
      ctx.status = 204
      return
    }
    const matches = hosted.routes.map((route) => ({ route, params: paramsOf(route, path) })).filter((match) => match.params !== null)
    const match = matches.find(({ route }) => route.method === (ctx.method === 'HEAD' ? 'GET' : ctx.method))
    if (!match) throw new DomainError(matches.length > 0 ? 'method_not_allowed' : 'not_found')
    await handle(ctx, match.route, match.params ?? {}, path)
  })

  const handle = async (ctx: Context, route: HostedRoute, params: Record<string, string>, path: string): Promise<void> => {
    const rawBody = route.streamed ? new Uint8Array() : await readBody(ctx.req, route.maxBodyBytes)
    const stream = route.streamed ? limited(ctx, route.maxBodyBytes) : undefined
    const request: HostedRequest = { ...webhookRequest(core.publicUrl, ctx, path, rawBody), params, ...(stream ? { stream } : {}) }
    const left = new AbortController()
    ctx.res.once('close', () => left.abort())
    const reply = await route.handle(request, left.signal).catch((error: unknown) => {
      // What went wrong with the stream itself says more than what became of it further on.
      throw stream?.errored instanceof DomainError ? stream.errored : refusal(error)
    })
    for (const [name, value] of Object.entries(reply.headers ?? {})) ctx.set(name, value)
    if ('media' in reply) {
      const file = await storedFile(core.db, reply.media.fileId)
      if (!file) throw new DomainError('media_unavailable')
      await serveFile(ctx, core.storage, file)
      return
    }
    ctx.status = reply.status
    if (!ctx.response.get('Cache-Control')) ctx.set('Cache-Control', 'no-store')
    if (reply.contentType === '') return
    ctx.body = reply.body
    ctx.type = reply.contentType
  }
}

/** Pages of the sites that may embed the far end may also read from it; credentials are never shared, as none are in cookies. */
function shareWith(ctx: Context, origins: readonly string[]): void {
  ctx.vary('Origin')
  const origin = ctx.get('origin')
  if (!origin || !(origins.includes('*') || origins.includes(origin))) return
  ctx.set('Access-Control-Allow-Origin', origin)
  if (ctx.method !== 'OPTIONS') return
  ctx.set('Access-Control-Allow-Methods', 'GET, POST')
  ctx.set('Access-Control-Allow-Headers', 'authorization, content-type')
  ctx.set('Access-Control-Max-Age', '600')
}

function paramsOf(route: HostedRoute, path: string): Record<string, string> | null {
  const wanted = route.path.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  const params: Record<string, string> = {}
  for (const [n, segment] of wanted.entries()) {
    const value = given[n] ?? ''
    if (segment.startsWith(':') && value !== '') params[segment.slice(1)] = decoded(value)
    else if (segment !== value) return null
  }
  return params
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new DomainError('not_found')
  }
}

/** The body as it comes; fails past the limit, and at once when its length already says so. */
function limited(ctx: Context, maxBytes: number): Transform {
  if (Number(ctx.get('content-length') || 0) > maxBytes) throw new DomainError('payload_too_large', { maxBytes })
  let size = 0
  const measured = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > maxBytes) done(new DomainError('payload_too_large', { maxBytes }))
      else done(null, chunk)
    },
  })
  // Its reader hears of the failure; without a reader nobody needs to.
  pipeline(ctx.req, measured, () => undefined)
  return measured
}

function refusal(error: unknown): unknown {
  if (!(error instanceof BridgeError)) return error
  if (error.code === 'rate_limited') return new DomainError('rate_limited', { retryAfter: (error.detail.retryAfterMs ?? 1000) / 1000 }, { cause: error })
  return new DomainError('provider_error', { code: error.code }, { cause: error })
}
