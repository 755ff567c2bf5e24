/** The set-up check: is the token this page's, and does the app get its webhooks? Meta ends a subscription after an hour of failures. */
import type { Graph } from '../shared/meta/graph.ts'
import { objects, optional, str } from '../shared/meta/json.ts'
import { personOf } from '../shared/meta/messaging/parse.ts'
import type { CheckResult } from '../shared/meta/status.ts'
import { subscribe } from '../shared/meta/subscription.ts'
import { network } from './convert.ts'
import type { MessengerSettings } from './settings.ts'

export const subscribedFields = [
  'messages', 'messaging_postbacks', 'message_deliveries', 'message_reads', 'message_echoes', 'message_edits', 'message_reactions',
  'messaging_referrals', 'messaging_optins', 'messaging_handovers', 'messaging_policy_enforcement', 'standby',
] as const

export async function checkPage(graph: Graph, settings: MessengerSettings, signal: AbortSignal): Promise<CheckResult> {
  // With a page's token, "me" is the page.
  const page = await graph.get('me', { fields: 'id,name' }, signal)
  if (str(page.id) !== settings.pageId) return { problem: 'token_of_another_page', action: 'fix_settings', detail: { tokenOf: str(page.id) } }
  return await subscribed(graph, settings, signal) ?? { account: { ...personOf(network, settings.pageId, settings.pageId), ...optional('name', str(page.name)) } }
}

/** Subscribes what is missing. Null when all is well. */
async function subscribed(graph: Graph, settings: MessengerSettings, signal: AbortSignal): Promise<CheckResult | null> {
  const path = `${settings.pageId}/subscribed_apps`
  const apps = objects((await graph.get(path, {}, signal)).data)
  const fields = apps.find(app => str(app.id) === settings.appId)?.subscribed_fields
  if (Array.isArray(fields) && subscribedFields.every(name => fields.includes(name))) return null
  return subscribe(graph, path, subscribedFields, signal)
}
