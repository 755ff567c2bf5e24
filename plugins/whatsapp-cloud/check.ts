/** The set-up check: does the token work, is the number there and of this account, does the app get its webhooks? */
import { BridgeError } from '../sdk/bridge.ts'
import type { RemoteProfile } from '../sdk/bridge.ts'
import type { Graph } from '../shared/meta/graph.ts'
import { objOr, str } from '../shared/meta/json.ts'
import type { CheckResult } from '../shared/meta/status.ts'
import { subscribe } from '../shared/meta/subscription.ts'
import { person, phoneOf } from './identity.ts'
import type { CloudSettings } from './settings.ts'

/** Meta answers 100 both for what does not exist and for what this token may not see. */
const notThere = (error: unknown): boolean => error instanceof BridgeError && error.kind === 'permanent' && /^(100|803)(\/|$)/.test(error.detail.remoteCode ?? '')

export async function checkNumber(graph: Graph, settings: CloudSettings, signal: AbortSignal): Promise<CheckResult> {
  const number = await graph.get(settings.phoneNumberId, { fields: 'id,display_phone_number,verified_name' }, signal).catch(orNull)
  if (!number) return { problem: 'number_not_found', action: 'fix_settings' }
  const belongs = await numberBelongs(graph, settings, signal).catch(orNull)
  if (belongs === null) return { problem: 'business_account_not_found', action: 'fix_settings' }
  if (!belongs) return { problem: 'number_of_another_account', action: 'fix_settings' }
  return await subscribed(graph, settings, signal) ?? { account: account(settings, str(number.display_phone_number), str(number.verified_name)) }
}

function orNull(error: unknown): null {
  if (notThere(error)) return null
  throw error
}

async function numberBelongs(graph: Graph, settings: CloudSettings, signal: AbortSignal): Promise<boolean> {
  for await (const page of graph.pages(`${settings.wabaId}/phone_numbers`, { fields: 'id', limit: 100 }, signal)) {
    if (page.some(entry => str(entry.id) === settings.phoneNumberId)) return true
  }
  return false
}

/** Subscribes the app to the account when it is not. Null when all is well. */
async function subscribed(graph: Graph, settings: CloudSettings, signal: AbortSignal): Promise<CheckResult | null> {
  const path = `${settings.wabaId}/subscribed_apps`
  const apps = await graph.get(path, {}, signal)
  const listed = Array.isArray(apps.data) ? apps.data.map(entry => str(objOr(objOr(entry).whatsapp_business_api_data).id)) : []
  return listed.includes(settings.appId) ? null : subscribe(graph, path, [], signal)
}

/** The line as its customers know it. */
function account(settings: CloudSettings, displayNumber: string | undefined, name: string | undefined): RemoteProfile {
  const phone = phoneOf(displayNumber?.replace(/[^0-9]/g, ''))
  const profile = person({ phone }, settings.wabaId, { profile: { name } })
  return profile ?? { user: settings.phoneNumberId, identifiers: [{ kind: 'phone', scope: '', value: settings.phoneNumberId }], ...(name && { name }) }
}
