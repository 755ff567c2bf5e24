/** Requests to outside services and what may come of them. A worker carries them out; its result is the input `result`. */
import type { FileRef, Json } from './environment.ts'
import type { MediaKind } from './effects.ts'

/** Where a file comes from: stored, or to be fetched (with the address guard of §5.8). */
export type FileSource = { readonly fileId: string } | { readonly url: string }

/**
 * Secrets are not in the request: wherever `secrets.name` stood in a template there is {@link secretPlace} with the
 * request's own mark, and `fillSecrets` puts the value in at the last moment. A customer cannot guess the mark.
 */
export interface HttpRequest {
  readonly type: 'http'
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly query: readonly (readonly [string, string])[]
  readonly headers: readonly (readonly [string, string])[]
  readonly body:
    | { readonly kind: 'json'; readonly value: Json }
    | { readonly kind: 'form'; readonly fields: readonly (readonly [string, string])[] }
    | { readonly kind: 'text'; readonly text: string }
    | null
  readonly auth: HttpAuth
  /** Seconds, per attempt. */
  readonly timeout: number
  /** Further attempts; only GET and PUT have any. */
  readonly retries: number
  readonly mark: string
}
export type HttpAuth =
  | { readonly type: 'none' }
  | {
      readonly type: 'basic'; readonly user: string
      /** Name of the secret with the password; with `user` empty the secret is `user:password`. */ readonly secret: string
    }
  | { readonly type: 'bearer'; readonly secret: string }
  /** Client credentials: a token is asked of `tokenUrl` first; the secret is `id:secret`. Without `tokenUrl` the secret goes into `header`. */
  | {
      readonly type: 'token'; readonly secret: string; readonly tokenUrl: string | null; readonly header: string
      readonly scope: string | null
    }

export interface EmailRequest {
  readonly type: 'email'; readonly server: string; readonly to: readonly string[]; readonly cc: readonly string[]; readonly subject: string
  readonly text: string; readonly html: string | null; readonly attachments: readonly FileSource[]; readonly replyTo: string | null
  readonly timeout: number; readonly mark: string
}
/** Fetch, check by content, convert where possible, store. */
export interface MediaRequest {
  readonly type: 'media'; readonly source: FileSource; readonly as: MediaKind; readonly fileName: string | null
  readonly maxBytes: number | null; readonly mimeTypes: readonly string[] | null
}
export interface TalkTurn { readonly role: 'user' | 'assistant'; readonly text: string }
export interface AssistantRequest {
  readonly type: 'assistant'; readonly provider: string; readonly model: string | null; readonly instructions: string
  readonly turns: readonly TalkTurn[]; readonly maxTokens: number; readonly schema: Json | null; readonly timeout: number
}
export type ProcessStep =
  | { readonly type: 'transcribe'; readonly provider: string | null; readonly language: string | null }
  | { readonly type: 'describe'; readonly provider: string | null; readonly instructions: string | null }
  | { readonly type: 'translate'; readonly provider: string | null; readonly to: string }
  | { readonly type: 'extract'; readonly provider: string | null; readonly schema: Json }
/** The steps are in the order in which they apply; each takes the text of the one before. */
export interface ProcessRequest {
  readonly type: 'process'; readonly steps: readonly ProcessStep[]; readonly text: string; readonly file: FileSource | null
  readonly timeout: number
}

export type CallRequest = HttpRequest | EmailRequest | MediaRequest | AssistantRequest | ProcessRequest

/** `interrupted`: the process died during a call that may not be repeated (§5.9). */
export type CallFailure =
  | 'timeout' | 'network' | 'tls' | 'blocked_address' | 'too_many_redirects' | 'too_large' | 'interrupted' | 'refused'
  | 'not_supported' | 'media_type' | 'media_too_large' | 'media_unavailable' | 'unknown_secret' | 'provider_error' | 'unknown'
export type CallResult =
  | {
      readonly ok: true; readonly type: 'http'; readonly status: number
      /** As text, at most 1 MiB; empty for none. */ readonly body: string; readonly note?: Json
    }
  | { readonly ok: true; readonly type: 'email' }
  | { readonly ok: true; readonly type: 'media'; readonly file: FileRef }
  | {
      readonly ok: true; readonly type: 'assistant'; readonly text: string
      /** The model called the tool `handover`. */ readonly handover?: boolean
    }
  | { readonly ok: true; readonly type: 'process'; readonly text: string; /** Of the step `extract`. */ readonly data?: Json }
  | { readonly ok: false; readonly code: CallFailure; readonly message?: string }

/** What stands in a request in place of a secret. */
export const secretPlace = (mark: string, name: string): string => `\u2983${mark}:${name}\u2984`

const places = (mark: string) => new RegExp(`\u2983${mark.replace(/[^A-Za-z0-9]/g, '')}:([A-Za-z0-9_.-]{1,64})\u2984`, 'g')

/**
 * The request with the secrets in their places (those of `auth` the worker adds itself). For the worker, right before
 * sending; the result must not be logged or stored.
 */
export function withSecrets<R extends HttpRequest | EmailRequest>(request: R, secret: (name: string) => string): R {
  const place = places(request.mark)
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(place, (_, name: string) => secret(name))
    if (Array.isArray(value)) return value.map(fill)
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one)])) : value
  }
  return { ...(fill(request) as R), mark: request.mark }
}
/** For traces and logs. */
export function maskSecrets(text: string, mark: string): string {
  return text.replace(places(mark), '•••')
}
/** The secrets a request names, its `auth` included. */
export function secretsOf(request: CallRequest): string[] {
  if (request.type !== 'http' && request.type !== 'email') return []
  const named = [...JSON.stringify(request).matchAll(places(request.mark))].map((found) => found[1] ?? '')
  if (request.type === 'http' && request.auth.type !== 'none') named.push(request.auth.secret)
  return [...new Set(named)]
}
