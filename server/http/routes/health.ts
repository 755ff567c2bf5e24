/** For whoever watches the process: alive, ready, and how it is doing. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { checkDatabase } from '../../actions/queries/health.ts'
import { DomainError } from '../../domain/errors.ts'
import type { Context, HttpDeps, Routes } from '../deps.ts'
import type { Metrics } from '../metrics.ts'

const patienceMs = 3000

export interface Readiness {
  /** The process is about to end: balancers are to send nothing more. */
  draining: boolean
}

export function healthRoutes(router: Routes, { core, config, version, checks = {} }: HttpDeps, metrics: Metrics, readiness: Readiness): void {
  const all: Readonly<Record<string, () => Promise<void>>> = { database: () => checkDatabase(core), ...checks }

  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { status: 'ok', version }
  })

  router.get('/readyz', async (ctx) => {
    const results = await Promise.all(Object.entries(all).map(async ([name, check]) => [name, await outcome(check)] as const))
    const ready = !readiness.draining && results.every(([, result]) => result === 'ok')
    ctx.set('Cache-Control', 'no-store')
    ctx.status = ready ? 200 : 503
    ctx.body = { status: readiness.draining ? 'draining' : ready ? 'ready' : 'not_ready', checks: Object.fromEntries(results) }
  })

  router.get('/metrics', async (ctx) => {
    if (!mayRead(ctx, config.metrics.token)) throw new DomainError('not_found')
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await metrics.registry.metrics()
    ctx.type = metrics.registry.contentType
  })
}

/** `ok`, or the code of what is wrong: nothing that an outsider should not read. */
async function outcome(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => { timer = setTimeout(() => resolve('timeout'), patienceMs) })
  const result = check().then(() => 'ok', (error: unknown) => (error instanceof DomainError ? error.code : 'failed'))
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

/** With a token configured, whoever brings it; without, only this machine itself. */
function mayRead(ctx: Context, token: string | null): boolean {
  if (token === null) return /^(127\.|::1$)/.test(ctx.state.address)
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(ctx.get('authorization')), digest(`Bearer ${token}`))
}
