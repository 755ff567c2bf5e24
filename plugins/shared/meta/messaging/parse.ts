/**
 * From one webhook body of Messenger or Instagram to events. Pure and total:
 * every entry and every event of it is read, in the ordinary list, in `standby`
 * and in the `changes` form that some login modes and the dashboard's test send.
 */
import type { InboundEvent, MessageContext, Part, Referral, RemoteProfile } from '../../../sdk/bridge.ts'
import { httpUrl, instant, num, obj, objOr, objects, optional, parseJson, str } from '../json.ts'
import type { Obj } from '../json.ts'
import { bodyDigest, eventKey, once } from '../keys.ts'
import { refuse } from '../limits.ts'
import { attached, storyMedia } from './attachments.ts'
import { receiptEvents } from './receipts.ts'

export interface MessagingNetwork {
  readonly object: 'page' | 'instagram'
  readonly kind: 'psid' | 'igsid'
}

/** One event of an entry with what all of its readers need. */
export interface Happening {
  readonly network: MessagingNetwork
  /** Page or professional account (`entry[].id`). */
  readonly account: string
  readonly source: Obj
  readonly at: Date
  /** Makes keys for what has no id: same body, same keys. */
  readonly place: string
  readonly standby: boolean
  /** The person, whichever side of the event they are on. */
  readonly partner: RemoteProfile
  /** Written by the account itself. */
  readonly own: boolean
}

/** @throws {BridgeError} bad_request for a body that is not this network's. */
export function parseMessaging(network: MessagingNetwork, rawBody: Uint8Array): InboundEvent[] {
  const body = obj(parseJson(rawBody))
  if (body?.object !== network.object || !Array.isArray(body.entry)) throw refuse(`Not a webhook of object ${network.object}`)
  const digest = bodyDigest(rawBody)
  return once(objects(body.entry).flatMap((entry, e) => {
    const account = str(entry.id) ?? 'unknown'
    const read = (list: unknown, name: string, standby: boolean) => objects(list).flatMap((source, index) =>
      happening(network, account, source, instant(source.timestamp, entry.time), `${digest}:${e}:${name}:${index}`, standby))
    const changes = objects(entry.changes).flatMap((change, index) => {
      const value = obj(change.value)
      const at = instant(value?.timestamp, entry.time)
      const place = `${digest}:${e}:changes:${index}`
      if (value && (obj(value.sender) || obj(value.recipient))) return happening(network, account, value, at, place, false)
      return [note(account, at, place, `webhook_field:${str(change.field) ?? 'unknown'}`, 'A field that is not part of the chat')]
    })
    return [...read(entry.messaging, 'messaging', false), ...read(entry.standby, 'standby', true), ...changes]
  }))
}

/** A note for the administrators: nothing disappears in silence. */
const note = (account: string, at: Date, place: string, code: string, message: string, severity: 'info' | 'warning' | 'error' = 'info'): InboundEvent =>
  ({ kind: 'account', key: eventKey('n', code, place), at, account, code, message, severity })

/** The id of a person at this account. */
export function personOf(network: MessagingNetwork, account: string, id: string): RemoteProfile {
  return { user: id, identifiers: [{ kind: network.kind, scope: account, value: id }] }
}

function happening(network: MessagingNetwork, account: string, source: Obj, at: Date, place: string, standby: boolean): InboundEvent[] {
  const sender = str(objOr(source.sender).id)
  const recipient = str(objOr(source.recipient).id)
  const own = objOr(source.message).is_echo === true || (sender === account && recipient !== account)
  const partnerId = own ? recipient : sender
  const control = controlEvent(account, source, at, place)
  if (control) return [control]
  if (!partnerId) return [note(account, at, place, 'event_without_person', `An event of kind ${kindOf(source)} names no person`, 'warning')]
  const one: Happening = { network, account, source, at, place, standby, own, partner: personOf(network, account, partnerId) }
  const events = Object.entries(readers).flatMap(([name, reader]) => {
    const content = obj(source[name])
    return content ? reader(one, content) : []
  })
  return events.length > 0 ? events : [note(account, at, place, `unknown_event:${kindOf(source)}`, 'An event of a kind that is not known')]
}

/** The first field that is not an address. */
const kindOf = (source: Obj): string => Object.keys(source).find(name => !['sender', 'recipient', 'timestamp'].includes(name)) ?? 'nothing'

const readers: Readonly<Record<string, (one: Happening, content: Obj) => InboundEvent[]>> = {
  message: messageEvents,
  message_edit: editEvents,
  postback: postbackEvents,
  reaction: reactionEvents,
  delivery: receiptEvents,
  read: receiptEvents,
  referral: referralEvents,
  optin: optinEvents,
}

const common = (one: Happening) => ({
  at: one.at, account: one.account, chat: one.partner.user, chatKind: 'direct' as const, ...(one.own && { partner: one.partner }),
})
const senderOf = (one: Happening): RemoteProfile => (one.own ? personOf(one.network, one.account, one.account) : one.partner)

/** The Page inbox of Meta itself; another application of the company has another id, and an absent one is Meta's too. */
const pageInboxApp = '26390203743090'
function origin(one: Happening, message: Obj): 'provider_inbox' | 'api' | false {
  if (!one.own) return false
  const app = str(message.app_id)
  return app === undefined || app === pageInboxApp ? 'provider_inbox' : 'api'
}

function messageEvents(one: Happening, message: Obj): InboundEvent[] {
  const mid = str(message.mid)
  const id = mid ?? eventKey('x', one.place)
  if (message.is_deleted === true) {
    if (!mid) return [note(one.account, one.at, one.place, 'event_without_message', 'A deletion names no message', 'warning')]
    return [{ ...common(one), kind: 'delete', key: eventKey('d', mid), target: mid }]
  }
  const { parts, referral } = contentOf(message, one.at)
  return [{
    ...common(one),
    kind: 'message',
    key: eventKey('m', id),
    id,
    sender: senderOf(one),
    fromAccount: origin(one, message),
    parts,
    context: contextOf(message, referral, one.at),
    // What we set when sending comes back in the echo.
    ...optional('correlation', one.own ? str(message.metadata) : undefined),
    ...(one.standby && { standby: true as const }),
  }]
}

function contentOf(message: Obj, at: Date): { readonly parts: [Part, ...Part[]]; readonly referral?: Referral } {
  const text = str(message.text)
  const payload = str(objOr(message.quick_reply).payload)
  const sources = objects(message.attachments)
  const modern = sources.some(source => ['ig_post', 'post', 'ig_reel', 'reel'].includes(str(source.type) ?? ''))
  // While Meta changes over, one share comes as two attachments.
  const found = sources.filter(source => !(modern && source.type === 'share')).flatMap(source => attached(source, text, at) ?? [])
  const words: Part[] = payload !== undefined
    ? [{ kind: 'choice', via: 'button', id: payload, title: text ?? payload }]
    : text !== undefined ? [{ kind: 'text', text }] : []
  const [first, ...rest] = [...words, ...found.map(item => item.part)]
  const referral = found.find(item => item.referral)?.referral
  // `is_unsupported`: view-once, polls and what else the API does not show.
  return { parts: first ? [first, ...rest] : [{ kind: 'unsupported', remoteType: message.is_unsupported === true ? 'unsupported' : 'empty' }], ...optional('referral', referral) }
}

function contextOf(message: Obj, shared: Referral | undefined, at: Date): MessageContext {
  const reply = objOr(message.reply_to)
  const story = obj(reply.story)
  const answered: Referral | undefined = story && { kind: 'story', media: storyMedia(story.url, at), ...optional('sourceId', str(story.id)), ...optional('url', httpUrl(story.url)) }
  return { ...optional('replyTo', str(reply.mid)), ...optional('referral', answered ?? referralOf(obj(message.referral)) ?? shared) }
}

function referralOf(source: Obj | undefined): Referral | undefined {
  if (!source) return undefined
  const ad = objOr(source.ads_context_data)
  const picture = httpUrl(ad.photo_url) ?? httpUrl(ad.video_url)
  const product = str(objOr(source.product).id)
  const isAd = source.source === 'ADS' || str(source.ad_id) !== undefined
  return {
    kind: product ? 'product' : isAd ? 'ad' : 'link',
    ...optional('title', str(ad.ad_title)),
    ...(picture && { media: { at: 'remote' as const, id: picture } }),
    ...optional('url', httpUrl(source.referer_uri)),
    ...optional('sourceId', product ?? str(source.ad_id)),
    ...optional('ref', str(source.ref)),
  }
}

function editEvents(one: Happening, edit: Obj): InboundEvent[] {
  const target = str(edit.mid)
  if (!target) return [note(one.account, one.at, one.place, 'event_without_message', 'An edit names no message', 'warning')]
  const text = typeof edit.text === 'string' ? edit.text : undefined
  const part: Part = text === undefined ? { kind: 'unsupported', remoteType: 'edit' } : { kind: 'text', text }
  const version = num(edit.num_edit) ?? one.at.getTime()
  return [{ ...common(one), kind: 'edit', key: eventKey('e', target, version), target, sender: senderOf(one), part }]
}

/** Menu, ice breaker, button, "Get started". Old ones have no message id. */
function postbackEvents(one: Happening, postback: Obj): InboundEvent[] {
  const title = str(postback.title)
  const payload = str(postback.payload) ?? title
  const id = str(postback.mid) ?? eventKey('p', one.partner.user, one.at.getTime(), payload ?? '')
  const part: Part = payload === undefined ? { kind: 'unsupported', remoteType: 'postback' } : { kind: 'choice', via: 'postback', id: payload, title: title ?? payload }
  return [{
    ...common(one), kind: 'message', key: eventKey('m', id), id, sender: senderOf(one), fromAccount: origin(one, postback), parts: [part],
    context: optional('referral', referralOf(obj(postback.referral))),
    ...(one.standby && { standby: true as const }),
  }]
}

const emojis: Readonly<Record<string, string>> = { smile: '😆', angry: '😠', sad: '😢', wow: '😮', love: '❤️', like: '👍', dislike: '👎' }

function reactionEvents(one: Happening, reaction: Obj): InboundEvent[] {
  const target = str(reaction.mid)
  if (!target) return [note(one.account, one.at, one.place, 'event_without_message', 'A reaction names no message', 'warning')]
  const taken = reaction.action === 'unreact'
  const name = str(reaction.reaction) ?? ''
  const emoji = taken ? null : str(reaction.emoji) ?? (Object.hasOwn(emojis, name) ? emojis[name] ?? null : '❔')
  const key = eventKey('r', target, one.own ? 'own' : one.partner.user, one.at.getTime(), taken ? 'un' : 're')
  return [{ ...common(one), kind: 'reaction', key, target, sender: senderOf(one), emoji }]
}

/** Came by a link or an advert into a thread that exists, without writing. */
function referralEvents(one: Happening, source: Obj): InboundEvent[] {
  const referral = referralOf(source)
  return referral ? [{ ...common(one), kind: 'referral', key: eventKey('f', one.partner.user, one.at.getTime()), sender: one.partner, referral }] : []
}

/** Marketing notifications are an opt-in; a plugin's opt-in is only a way in. */
function optinEvents(one: Happening, optin: Obj): InboundEvent[] {
  const key = eventKey('o', one.partner.user, one.at.getTime())
  if (optin.type === 'notification_messages') {
    const state = optin.notification_messages_status === 'STOP_NOTIFICATIONS' ? 'out' : 'in'
    return [{ ...common(one), kind: 'opt', key, user: one.partner, state, scope: 'marketing' }]
  }
  const ref = str(optin.ref) ?? str(optin.payload)
  return [{ ...common(one), kind: 'referral', key, sender: one.partner, referral: { kind: 'link', ...optional('ref', ref) } }]
}

/** About the thread or the page, not about a message. */
function controlEvent(account: string, source: Obj, at: Date, place: string): InboundEvent | undefined {
  const policy = obj(source.policy_enforcement)
  if (policy) {
    const action = str(policy.action) ?? 'unknown'
    return note(account, at, place, `policy_enforcement:${action}`, str(policy.reason) ?? action, action === 'block' ? 'error' : 'info')
  }
  const name = ['pass_thread_control', 'take_thread_control', 'request_thread_control', 'app_roles', 'account_linking'].find(field => source[field] !== undefined)
  return name === undefined ? undefined : note(account, at, place, name, `Thread of ${str(objOr(source.sender).id) ?? 'unknown'}`)
}
