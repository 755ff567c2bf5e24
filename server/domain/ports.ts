/**
 * What the core needs from the outside, as interfaces: adapters implement them,
 * app.ts puts them together, tests bring their own.
 */

/** Milliseconds since the epoch, UTC. Every stored instant is one of these. */
export type Instant = number

export interface Clock {
  now(): Instant
}

/** Time-ordered public ids (ULID): ascending within a process, so that rows inserted together keep their order. */
export interface Ids {
  next(): string
}

/**
 * An alarm clock. Losing an alarm costs time, never work: whatever is pending is a row,
 * and a sweep looks for rows that no alarm rang for.
 */
export interface Wake {
  /** Something of this topic waits. `keys` are hints (lane, queue, chat ids), not the work itself. */
  nudge(topic: WakeTopic, keys?: readonly string[]): void
  /** Rings every process once at `at`, or soon after. */
  alarm(topic: WakeTopic, at: Instant, key?: string): void
}

/**
 * inbox: inbound lanes; outbox: chats with something to send; drain: queues with waiting chats;
 * feed: new rows in event_log; timers: due timers; media: files to fetch; jobs: background jobs;
 * control: channels and settings changed, sessions closed.
 */
export type WakeTopic = 'inbox' | 'outbox' | 'drain' | 'feed' | 'timers' | 'media' | 'jobs' | 'control'

/** Structured log: constant message, values in fields. Same shape as the SDK's Logger. */
export interface Log {
  debug(message: string, fields?: object): void
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

/** Encrypts what must not lie in clear in the database; the key lives outside of it. */
export interface Sealer {
  seal(clear: Uint8Array): Uint8Array
  open(sealed: Uint8Array): Uint8Array
}

/** Where files live, keyed by the sha256 of their content. */
export interface Storage {
  /** Stores a stream; resolves with what it turned out to be. Throws DomainError `media_too_large` past `maxBytes`, keeping nothing. */
  put(stream: NodeJS.ReadableStream, maxBytes: number): Promise<{ sha256: string; size: number }>
  open(sha256: string, range?: { start: number; end: number }): NodeJS.ReadableStream
  stat(sha256: string): Promise<{ size: number } | null>
  remove(sha256: string): Promise<void>
}

/** Slow, salted password hashes. */
export interface Passwords {
  hash(clear: string): Promise<string>
  /** Without a stored hash it takes as long and answers false, so that nobody learns which user names exist. */
  verify(stored: string | null, clear: string): Promise<boolean>
}
