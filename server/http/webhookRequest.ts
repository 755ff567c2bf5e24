/** A request as bridges are given it: nothing of the HTTP library, the address as the caller wrote it. */
import type { ParameterizedContext } from 'koa'
import type { WebhookRequest } from '../../plugins/sdk/bridge.ts'
import type { State } from './deps.ts'

export function webhookRequest(publicUrl: string, ctx: ParameterizedContext<State>, path: string, rawBody: Uint8Array): WebhookRequest {
  const first = (value: string | string[] | undefined): string => (Array.isArray(value) ? (value[0] ?? '') : (value ?? ''))
  return {
    method: ctx.method === 'POST' ? 'POST' : 'GET', url: publicUrl + ctx.originalUrl, remoteAddress: ctx.state.address, path, rawBody,
    query: Object.fromEntries(Object.entries(ctx.query).map(([name, value]) => [name, first(value)])),
    headers: Object.fromEntries(Object.entries(ctx.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')])),
  }
}
