/** The set-up check, for both logins: is the token this account's, and does the app get its webhooks? */
import type { Graph } from '../shared/meta/graph.ts'
import { objOr, objects, optional, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import { personOf } from '../shared/meta/messaging/parse.ts'
import type { CheckResult } from '../shared/meta/status.ts'
import { subscribe } from '../shared/meta/subscription.ts'
import { network } from './convert.ts'
import { loginOf } from './settings.ts'
import type { InstagramSettings } from './settings.ts'

export const subscribedFields = [
  'messages', 'messaging_postbacks', 'messaging_seen', 'message_reactions', 'message_edit', 'messaging_referral', 'messaging_handover', 'standby',
] as const

export const checkAccount = (graph: Graph, settings: InstagramSettings, signal: AbortSignal): Promise<CheckResult> =>
  (loginOf(settings) === 'facebook' ? throughPage(graph, settings, signal) : direct(graph, settings, signal))

async function direct(graph: Graph, settings: InstagramSettings, signal: AbortSignal): Promise<CheckResult> {
  const me = await graph.get('me', { fields: 'id,user_id,username,name' }, signal)
  const id = str(me.id)
  // Webhooks name the professional account, which may differ from the id that belongs to this app.
  const inWebhooks = str(me.user_id) ?? id
  const configured = [settings.accountId, settings.appScopedId]
  if (!configured.includes(inWebhooks)) {
    return { problem: configured.includes(id) ? 'second_account_id_missing' : 'token_of_another_account', action: 'fix_settings', detail: { tokenOf: inWebhooks } }
  }
  return await subscribe(graph, `${settings.accountId}/subscribed_apps`, subscribedFields, signal) ?? account(settings, me)
}

async function throughPage(graph: Graph, settings: InstagramSettings, signal: AbortSignal): Promise<CheckResult> {
  const page = await graph.get('me', { fields: 'id,name,instagram_business_account{id,username,name}' }, signal)
  if (str(page.id) !== settings.pageId) return { problem: 'token_of_another_page', action: 'fix_settings', detail: { tokenOf: str(page.id) } }
  const linked = objOr(page.instagram_business_account)
  if (str(linked.id) !== settings.accountId) return { problem: 'account_not_linked_to_page', action: 'fix_settings', detail: { linked: str(linked.id) } }
  // Which of Instagram's fields arrive is chosen in the app; the page must have the app at all.
  const path = `${settings.pageId}/subscribed_apps`
  const apps = objects((await graph.get(path, {}, signal)).data)
  const there = apps.some(app => str(app.id) === settings.appId)
  const problem = there ? null : await subscribe(graph, path, ['messages'], signal)
  return problem ?? account(settings, linked)
}

const account = (settings: InstagramSettings, found: Obj): CheckResult => ({
  account: { ...personOf(network, settings.accountId, settings.accountId), ...optional('name', str(found.name)), ...optional('username', str(found.username)) },
})
