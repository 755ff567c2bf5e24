/** What providers call (domain §8.12): unknown endpoint 404, wrong signature 401 and nothing stored, everything else 2xx once it is stored. */
import type { Bridge, InboundEvent, WebhookReply } from '../../../plugins/sdk/bridge.ts'
import { recordInbound } from '../../actions/inbound/record.ts'
import { DomainError } from '../../domain/errors.ts'
import { ulid } from '../contract/common.ts'
import { readBody } from '../body.ts'
import type { Context, HttpDeps, Routes } from '../deps.ts'
import type { Metrics } from '../metrics.ts'
import { webhookRequest } from '../webhookRequest.ts'

/** Providers gather many events into one call: Meta's go up to 3 MB. */
const fewestBodyBytes = 4 * 1024 * 1024
/** A flood of wrong signatures fills no log. */
const complainEveryMs = 1000

export function webhookRoutes(router: Routes, { core, config, bridges }: HttpDeps, metrics: Metrics): void {
  const maxBody = Math.max(fewestBodyBytes, config.http.maxBody)
  const complained = new Map<string, number>()

  const complain = (endpointId: string, message: string, fields: object): void => {
    const now = core.clock.now()
    if (now - (complained.get(endpointId) ?? -Infinity) < complainEveryMs) return
    complained.set(endpointId, now)
    core.log.warn(message, { endpointId, ...fields })
  }

  const called = async (ctx: Context): Promise<void> => {
    const { bridge: type = '', endpointId = '' } = ctx.params
    const bridge = ulid.safeParse(endpointId).success ? await bridges.endpoint(type, endpointId) : null
    const webhook = bridge?.webhook
    if (!webhook) throw new DomainError('not_found')
    const count = (outcome: string): void => metrics.webhooks.inc({ bridge: type, outcome })
    const request = webhookRequest(core.publicUrl, ctx, ctx.path, await readBody(ctx.req, maxBody))
    const handshake = webhook.handshake?.(request)
    if (handshake) {
      count('handshake')
      answer(ctx, handshake)
      return
    }
    if (!isSigned(webhook, request)) {
      count('bad_signature')
      complain(endpointId, 'webhook with a wrong signature', { bridge: type, address: ctx.state.address })
      throw new DomainError('bad_signature')
    }
    const parsed = parse(webhook, request)
    if ('error' in parsed) complain(endpointId, 'webhook not understood, kept', { bridge: type, error: parsed.error })
    await recordInbound(core, { endpointId, request, ...('error' in parsed ? { parseError: parsed.error } : { events: parsed.events }) })
    count('error' in parsed ? 'unparsed' : 'stored')
    answer(ctx, webhook.acknowledgement ?? { status: 200, contentType: 'text/plain', body: '' })
  }
  router.get('/hooks/:bridge/:endpointId', called)
  router.post('/hooks/:bridge/:endpointId', called)
}

type Webhook = NonNullable<Bridge['webhook']>
type Request = Parameters<Webhook['verify']>[0]

/** Whatever makes the check itself fail came from the caller. */
function isSigned(webhook: Webhook, request: Request): boolean {
  try {
    return webhook.verify(request)
  } catch {
    return false
  }
}

function parse(webhook: Webhook, request: Request): { events: InboundEvent[] } | { error: string } {
  try {
    return { events: webhook.parse(request) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function answer(ctx: Context, reply: WebhookReply): void {
  ctx.status = reply.status
  ctx.set('Cache-Control', 'no-store')
  ctx.body = reply.body
  ctx.type = reply.contentType
}
