/** What a customer attached, on Messenger and on Instagram: the same list, whichever of the two a type was seen on. */
import type { MediaRef, Part, Referral } from '../../../sdk/bridge.ts'
import { httpUrl, num, obj, objOr, optional, str } from '../json.ts'
import type { Obj } from '../json.ts'

export interface Attached { readonly part: Part; readonly referral?: Referral }

type MediaKind = Extract<Part, { media: MediaRef }>['kind']
const files: Readonly<Record<string, MediaKind>> = { image: 'image', video: 'video', audio: 'audio', file: 'document', media: 'document', sticker: 'sticker' }
/** Shares of something public, and what their file is when they bring one. */
const shares: Readonly<Record<string, { readonly kind: Referral['kind']; readonly file: MediaKind }>> = {
  share: { kind: 'post', file: 'image' }, post: { kind: 'post', file: 'image' }, ig_post: { kind: 'post', file: 'image' },
  reel: { kind: 'post', file: 'video' }, ig_reel: { kind: 'post', file: 'video' },
  story: { kind: 'story', file: 'image' }, ig_story: { kind: 'story', file: 'image' }, story_mention: { kind: 'story', file: 'image' },
}

const own = <V>(table: Readonly<Record<string, V>>, key: string): V | undefined => (Object.hasOwn(table, key) ? table[key] : undefined)

/**
 * One attachment. `text` is what the message says besides: a link that stands in
 * it is not shown twice (undefined is returned then).
 */
export function attached(source: Obj, text: string | undefined, at: Date): Attached | undefined {
  const type = str(source.type) ?? 'unknown'
  const payload = objOr(source.payload)
  const share = own(shares, type)
  if (share) return shared(share, payload, at)
  const file = own(files, type)
  if (file) return { part: filePart(type, file, payload) }
  switch (type) {
    case 'location': return { part: location(payload) ?? unsupported(type, payload, source) }
    case 'like_heart': return { part: { kind: 'text', text: '❤️' } }
    case 'fallback': return link(payload, source, text)
    default: return { part: unsupported(type, payload, source) }
  }
}

function filePart(type: string, kind: MediaKind, payload: Obj): Part {
  // Before September 2026, and in history, a sticker is an image with an id.
  const really = type === 'image' && str(payload.sticker_id) ? 'sticker' : kind
  return { kind: really, media: remote(payload.url) }
}

function remote(url: unknown, expiresAt?: Date): MediaRef {
  const address = httpUrl(url)
  return address ? { at: 'remote', id: address, ...optional('expiresAt', expiresAt) } : { at: 'lost', reason: 'the provider gave no address to fetch' }
}

const storyLife = 24 * 3_600_000
export const storyMedia = (url: unknown, at: Date): MediaRef => remote(url, new Date(at.getTime() + storyLife))

/** Hosts that serve files; a share on any other host is a page to look at. */
const fileHosts = /(^|\.)(fbcdn\.net|fbsbx\.com|cdninstagram\.com)$/

function shared(share: { readonly kind: Referral['kind']; readonly file: MediaKind }, payload: Obj, at: Date): Attached {
  const url = httpUrl(payload.url)
  const title = str(payload.title)
  const referral: Referral = {
    kind: share.kind,
    ...optional('title', title),
    ...optional('url', url),
    ...optional('sourceId', str(payload.ig_post_media_id) ?? str(payload.reel_video_id) ?? str(payload.id)),
  }
  if (url && fileHosts.test(new URL(url).hostname)) {
    return { referral, part: { kind: share.file, media: share.kind === 'story' ? storyMedia(url, at) : remote(url), ...optional('caption', title) } }
  }
  // A story that is gone leaves an address that is none.
  if (share.kind === 'story') return { referral, part: { kind: share.file, media: remote(undefined) } }
  const text = [title, url].filter(Boolean).join('\n')
  return { referral, part: text ? { kind: 'text', text } : { kind: 'unsupported', remoteType: 'share' } }
}

function location(payload: Obj): Part | undefined {
  const coordinates = objOr(payload.coordinates)
  const latitude = num(coordinates.lat)
  const longitude = num(coordinates.long)
  return latitude === undefined || longitude === undefined ? undefined : { kind: 'location', latitude, longitude, ...optional('name', str(payload.title)) }
}

/** A preview of a link. The address may be missing or be none; then only its title is told. */
function link(payload: Obj, source: Obj, text: string | undefined): Attached | undefined {
  const url = httpUrl(payload.url) ?? httpUrl(source.url)
  if (text !== undefined && (!url || text.includes(url))) return undefined
  const words = [text === undefined ? str(payload.title) ?? str(source.title) : undefined, url].filter(Boolean).join('\n')
  return { part: words ? { kind: 'text', text: words } : { kind: 'unsupported', remoteType: 'fallback' } }
}

/** Our own templates come back in echoes, appointments come from customers: their words are kept. */
function unsupported(type: string, payload: Obj, source: Obj): Part {
  const words = str(payload.text) ?? str(payload.title) ?? str(source.title) ?? str(obj(payload.elements)?.title)
  return { kind: 'unsupported', remoteType: type, ...optional('text', words) }
}
