/** Subscribing the app, so that Meta delivers webhooks at all. Repeating it changes nothing. */
import { BridgeError } from '../../sdk/bridge.ts'
import type { Graph } from './graph.ts'
import type { CheckResult } from './status.ts'

/** Null when it worked; a token that is refused is thrown, as it says more than the subscription. */
export async function subscribe(graph: Graph, path: string, fields: readonly string[], signal: AbortSignal): Promise<CheckResult | null> {
  const problem = (detail: object): CheckResult => ({ problem: 'webhook_not_subscribed', action: 'fix_settings', detail })
  try {
    const query = fields.length > 0 ? { subscribed_fields: fields.join(',') } : {}
    const answer = await graph.post(path, {}, { query, signal })
    return answer.success === true ? null : problem({})
  } catch (error) {
    const refused = error instanceof BridgeError && error.kind === 'permanent' && !(error.code === 'auth_failed' && /^190/.test(error.detail.remoteCode ?? ''))
    if (!refused) throw error
    return problem({ remoteCode: error.detail.remoteCode, reason: error.message })
  }
}
