/** The inside of one inbound message: its part and its context (provider page "Inbound messages"). */
import type { ContactCard, Json, MediaRef, MessageContext, Part, Referral } from '../sdk/bridge.ts'
import { httpUrl, num, obj, objOr, objects, optional, parseJson, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'

const day = 24 * 3_600_000
/** A media id that came in a webhook is good for seven days. */
const mediaLife = 7 * day

type MediaKind = Extract<Part, { media: MediaRef }>['kind']
const mediaKinds: Readonly<Record<string, MediaKind>> = {
  image: 'image', video: 'video', document: 'document', sticker: 'sticker', audio: 'audio', voice: 'voice',
}

/** Never throws; what it does not know becomes `unsupported`, with whatever words the provider has for it. */
export function partOf(message: Obj, at: Date): Part {
  const type = str(message.type) ?? 'unknown'
  const body = objOr(message[type])
  const mediaKind = Object.hasOwn(mediaKinds, type) ? mediaKinds[type] : undefined
  if (mediaKind) return mediaPart(type, body.voice === true ? 'voice' : mediaKind, body, message, at)
  const known = Object.hasOwn(readers, type) ? readers[type]?.(body, message) : undefined
  return known ?? unsupportedPart(type, message)
}

const readers: Readonly<Record<string, (body: Obj, message: Obj) => Part | undefined>> = {
  text: body => {
    const text = typeof body.body === 'string' ? body.body : undefined
    return text === undefined ? undefined : { kind: 'text', text }
  },
  location: body => {
    const latitude = num(body.latitude)
    const longitude = num(body.longitude)
    if (latitude === undefined || longitude === undefined) return undefined
    return { kind: 'location', latitude, longitude, ...optional('name', str(body.name)), ...optional('address', str(body.address)) }
  },
  contacts: (_body, message) => {
    const cards = objects(message.contacts)
    if (cards.length === 0) return undefined
    return { kind: 'contacts', contacts: cards.map(card), ...(isOwnCard(message) && { requested: true as const }) }
  },
  interactive: interactivePart,
  button: body => {
    const title = str(body.text)
    const id = str(body.payload) ?? title
    return id === undefined ? undefined : { kind: 'choice', via: 'template', id, title: title ?? id }
  },
  order: body => ({
    kind: 'order',
    catalogId: str(body.catalog_id) ?? '',
    ...optional('text', str(body.text)),
    items: objects(body.product_items).map(item => ({
      productId: str(item.product_retailer_id) ?? '',
      quantity: num(item.quantity) ?? 1,
      ...optional('price', str(item.item_price)),
      ...optional('currency', str(item.currency)),
    })),
  }),
}

function mediaPart(type: string, kind: MediaKind, body: Obj, message: Obj, at: Date): Part {
  const caption = str(body.caption)
  return {
    kind,
    media: mediaRef(body, message, at),
    ...optional('caption', caption),
    ...(type === 'sticker' && typeof body.animated === 'boolean' && { animated: body.animated }),
  }
}

function mediaRef(body: Obj, message: Obj, at: Date): MediaRef {
  const id = str(body.id)
  // 131052 and its like: the customer's file never reached the provider's storage.
  if (!id) return { at: 'lost', reason: firstError(message) ?? 'the provider gave no file' }
  return {
    at: 'remote',
    id,
    ...optional('mimeType', str(body.mime_type)),
    ...optional('fileName', str(body.filename)),
    ...optional('sha256', hexDigest(str(body.sha256))),
    expiresAt: new Date(at.getTime() + mediaLife),
  }
}

/** Meta writes digests in base64; the contract has them in lower-case hexadecimal. */
function hexDigest(base64: string | undefined): string | undefined {
  const bytes = Buffer.from(base64 ?? '', 'base64')
  return bytes.length === 32 ? bytes.toString('hex') : undefined
}

function interactivePart(body: Obj): Part | undefined {
  const type = str(body.type)
  if (type === 'button_reply' || type === 'list_reply') {
    const reply = objOr(body[type])
    const id = str(reply.id)
    const title = str(reply.title)
    if (id === undefined && title === undefined) return undefined
    return { kind: 'choice', via: type === 'list_reply' ? 'list' : 'button', id: id ?? title ?? '', title: title ?? id ?? '' }
  }
  if (type === 'nfm_reply') {
    const reply = objOr(body.nfm_reply)
    const raw = str(reply.response_json) ?? ''
    // The string may be no JSON, or JSON that is no object; some stacks send the object itself.
    const values = obj(parseJson(raw)) ?? obj(reply.response_json)
    return { kind: 'form', name: str(reply.name) ?? 'form', values: values ? (values as Record<string, Json>) : null, raw }
  }
  if (type === 'call_permission_reply') {
    return { kind: 'unsupported', remoteType: type, ...optional('text', str(objOr(body.call_permission_reply).response)) }
  }
  return type ? { kind: 'unsupported', remoteType: `interactive:${type}` } : undefined
}

function card(source: Obj): ContactCard {
  const name = objOr(source.name)
  const phones = objects(source.phones).flatMap(phone => {
    const value = str(phone.phone) ?? str(phone.wa_id)
    return value === undefined ? [] : [{ value, ...optional('type', str(phone.type)), onNetwork: str(phone.wa_id) !== undefined }]
  })
  const emails = objects(source.emails).flatMap(email => str(email.email) ?? [])
  const composed = [str(name.first_name), str(name.last_name)].filter(Boolean).join(' ')
  return {
    name: str(name.formatted_name) ?? (composed || (phones[0]?.value ?? '')),
    phones,
    ...(emails.length > 0 && { emails }),
    ...optional('organization', str(objOr(source.org).company)),
  }
}

/** The answer to our request for the person's own number. */
export const isOwnCard = (message: Obj): boolean => objects(message.contacts).some(contact => contact.origin === 'contact_request')

function unsupportedPart(type: string, message: Obj): Part {
  const remoteType = type === 'unsupported' ? str(objOr(message.unsupported).type) ?? type : type
  return { kind: 'unsupported', remoteType, ...optional('text', firstError(message)) }
}

function firstError(message: Obj): string | undefined {
  const error = objects(message.errors)[0]
  return error && (str(objOr(error.error_data).details) ?? str(error.message) ?? str(error.title))
}

export function contextOf(message: Obj): MessageContext {
  const context = objOr(message.context)
  const forwarded = context.forwarded === true || context.frequently_forwarded === true
  // A forwarded message has a context too, without an id: no quote.
  return {
    ...optional('replyTo', str(context.id)),
    ...(forwarded && { forwarded }),
    ...optional('referral', advert(obj(message.referral)) ?? product(obj(context.referred_product))),
  }
}

function advert(source: Obj | undefined): Referral | undefined {
  if (!source) return undefined
  const picture = httpUrl(source.image_url) ?? httpUrl(source.video_url) ?? httpUrl(source.thumbnail_url)
  return {
    kind: source.source_type === 'post' ? 'post' : 'ad',
    ...optional('title', str(source.headline)),
    ...optional('body', str(source.body)),
    ...optional('url', str(source.source_url)),
    ...(picture && { media: { at: 'remote' as const, id: picture } }),
    ...optional('sourceId', str(source.source_id)),
    ...optional('clickId', str(source.ctwa_clid)),
    ...optional('ref', str(source.ref)),
  }
}

const product = (source: Obj | undefined): Referral | undefined =>
  source && { kind: 'product', ...optional('sourceId', str(source.product_retailer_id)), ...optional('ref', str(source.catalog_id)) }
