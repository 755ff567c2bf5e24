/**
 * What the visitor's page and the widget's server half tell each other. Shared with the browser: imports nothing.
 *
 * Routes, below `/b/widget/<key>`; all but `config` and `media` take `Authorization: Bearer <token>`:
 *
 *   GET  /config                         → PageConfig (also for pages of the allowed origins)
 *   POST /session   SessionRequest       → SessionReply (token optional: none, or an expired one, makes a new visitor)
 *   POST /open      {}                   → 204 (the menu speaks first where the channel says so)
 *   POST /messages  SendRequest          → 201 SendReply (same clientId again: the same message)
 *   POST /upload?clientId&name&caption&replyTo&voice&durationMs   the file as it is → 201 SendReply
 *   GET  /history?after&limit            → HistoryReply (after: the id of a message)
 *   GET  /media/<id>?t=<signature>       → the file (addresses come in messages)
 *   POST /read      {upTo, state}        → 204
 *   POST /typing    {typing}             → 204
 *
 * Refusals are `{"error":{code,message,help,details}}`; 429 comes with `Retry-After` in seconds.
 * Instants are milliseconds since the epoch, UTC.
 */

/**
 * socket.io, WebSocket only: `io('/visitor', {path: '/socket', auth: {token, key}})`; the server emits `frame` with a
 * {@link Frame}. It refuses with `connect_error` whose `data.code` is `unauthorized` or `origin_not_allowed`.
 */
export const visitorSocket = { path: '/socket', namespace: '/visitor', event: 'frame' } as const

export type PageFile = 'image' | 'video' | 'audio' | 'voice' | 'document'
export interface PageChoice { readonly id: string; readonly title: string; readonly description?: string }
/** `url` is relative to the channel's mount and expires. */
export interface PageMedia { readonly url: string; readonly mimeType: string; readonly size: number; readonly fileName: string }

export type PagePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: PageFile; readonly media: PageMedia; readonly caption?: string; readonly durationMs?: number }
  | { readonly kind: 'location'; readonly latitude: number; readonly longitude: number; readonly name?: string; readonly address?: string }
  | { readonly kind: 'choice'; readonly title: string }
  | { readonly kind: 'buttons'; readonly body: string; readonly header?: string | PageMedia; readonly footer?: string; readonly choices: readonly PageChoice[] }
  | { readonly kind: 'list'; readonly body: string; readonly header?: string; readonly footer?: string; readonly button: string; readonly sections: readonly { readonly title: string; readonly choices: readonly PageChoice[] }[] }
  /** Something that cannot be shown here, or whose file is gone. */
  | { readonly kind: 'unavailable'; readonly text?: string }

/** `avatar` is an address like that of a file. `place`: the queue they speak for. */
export interface PageSpeaker { readonly name: string; readonly avatar?: string; readonly place?: string }
export interface PageQuote { readonly id: string; readonly from: 'visitor' | 'account'; readonly kind: PagePart['kind']; readonly text: string }

export interface PageMessage {
  readonly id: string
  /** Of the visitor's own messages: by it the page recognises what it sent. */
  readonly clientId?: string
  readonly at: number
  readonly from: 'visitor' | 'agent' | 'menu'
  readonly speaker?: PageSpeaker
  readonly parts: readonly PagePart[]
  readonly replyTo?: PageQuote
  /** Of the visitor's own messages: an agent has read it. */
  readonly read?: boolean
}

export type Frame =
  /** New, or known by its id already (another tab's, or a repeated send): the page keeps one. */
  | { readonly type: 'message'; readonly message: PageMessage }
  /** The visitor's messages up to this one have been read. */
  | { readonly type: 'status'; readonly upTo: string; readonly status: 'read' }
  | { readonly type: 'typing'; readonly typing: boolean }
  /** Who attends now; null for nobody. */
  | { readonly type: 'agent'; readonly agent: PageSpeaker | null }

export type Language = 'es' | 'en'
export type Texts = Readonly<Record<Language, string>>
export type Wanted = 'off' | 'optional' | 'required'

export interface PageConfig {
  readonly key: string
  readonly name: string
  readonly colour: string
  readonly theme: 'auto' | 'light' | 'dark'
  readonly position: 'right' | 'left'
  readonly language: 'auto' | Language
  /** Empty for none. */
  readonly avatar: string
  readonly texts: { readonly subtitle: Texts; readonly teaser: Texts; readonly welcome: Texts; readonly consent: Texts }
  readonly prechat: { readonly name: Wanted; readonly email: Wanted; readonly phone: Wanted }
  readonly attachments: { readonly enabled: boolean; readonly maxBytes: number; readonly accept: readonly string[] }
  readonly textMax: number
  readonly greetOnOpen: boolean
  readonly branding: boolean
}

export interface Identify { readonly userId: string; /** Lower-case hex of HMAC-SHA256(identifySecret, userId), made by the site's server. */ readonly hash: string; readonly name?: string; readonly email?: string; readonly phone?: string }
export interface Prechat { readonly name?: string; readonly email?: string; readonly phone?: string; readonly consent?: boolean }

/** `page`: origin of the page around the iframe. */
export interface SessionRequest { readonly page?: string; readonly identify?: Identify; readonly prechat?: Prechat }
/** `fresh`: a visitor nobody knew, without history. `missing`: what must be filled in before the first message. */
export interface SessionReply {
  readonly token: string
  readonly expiresAt: number
  readonly fresh: boolean
  readonly missing: readonly ('name' | 'email' | 'phone' | 'consent')[]
}

export type SendRequest = { readonly clientId: string; readonly replyTo?: string } & (
  | { readonly text: string }
  | { readonly choice: { readonly via: 'button' | 'list'; readonly id: string; readonly title: string } }
  | { readonly location: { readonly latitude: number; readonly longitude: number; readonly name?: string; readonly address?: string } }
)
/** `token`: a renewed one, to be kept in place of the old. */
export interface SendReply { readonly message: PageMessage; readonly token?: string }
export interface HistoryReply { readonly messages: readonly PageMessage[]; /** There is more after the last one. */ readonly more: boolean; readonly agent: PageSpeaker | null }

export interface ErrorReply { readonly error: { readonly code: string; readonly message: string; readonly help: string; readonly details: Readonly<Record<string, unknown>> } }
