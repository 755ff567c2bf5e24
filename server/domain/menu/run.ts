/** A run: one execution of a menu version in a conversation, as it is stored between steps (§5.9). Plain JSON. */
import type { Instant, Json } from './environment.ts'
import type { FileRef } from './environment.ts'
import type { MediaKind, MenuOption } from './effects.ts'
import type { TalkTurn } from './calls.ts'

export type RunState = 'running' | 'waiting' | 'ended' | 'error'

/** One option as the customer saw it. */
export interface ShownChoice { readonly id: string; readonly label: string; readonly title: string; readonly keywords: readonly string[] }

/** Deadlines of the inactivity block, from the instant the prompt was handed to the bridge (§5.7). */
export interface Deadlines {
  /** Handed at. */
  readonly t0: Instant
  /** Absolute; those already sent or skipped are gone. */
  readonly reminders: readonly Instant[]
  /** How many were sent or skipped before the first of `reminders`. */
  readonly done: number
  readonly timeoutAt: Instant
}

/** The prompt the run waits below. */
export interface Prompt {
  readonly serial: number
  readonly nodeId: string
  /** Null until the bridge has it: messages received before are not answers (§5.6). */
  readonly handedAt: Instant | null
  /** When the first prompt of this stay in the node was handed over; an assistant listens from then on. */
  readonly openedAt: Instant | null
  readonly choices: readonly ShownChoice[]
  readonly back: { readonly key: string; readonly label: string } | null
  readonly deadlines: Deadlines | null
}

export type Wait =
  | { readonly kind: 'answer' }
  | { readonly kind: 'event'; readonly key: string; readonly ttl: number }
  | { readonly kind: 'delay'; readonly until: Instant }
  /** Groups a burst for an assistant. */
  | { readonly kind: 'silence'; readonly until: Instant }
  | { readonly kind: 'call'; readonly key: string; readonly purpose: string }
  | { readonly kind: 'distribution' }
  | { readonly kind: 'invite' }

/** One subroutine call: where it returns to, and the variables its `with` covered. */
export interface Frame {
  readonly menuId: string
  readonly version: number
  /** The `call` node, in the menu below this frame. */
  readonly callNode: string
  readonly covered: Readonly<Record<string, Json | undefined>>
  /** Names that did not exist before and go at the end. */
  readonly fresh: readonly string[]
}

/** The last input, as templates see it. */
export interface LastMessage {
  readonly id: string; readonly text: string; readonly original: string; readonly kind: string
  readonly media: StoredMedia | null; readonly location: Json; readonly buttonId: string | null
}
export interface StoredMedia {
  readonly id: string; readonly url: string; readonly mime: string; readonly name: string; readonly size: number; readonly kind?: MediaKind
}

export interface FormProgress {
  readonly index: number; readonly stage: 'question' | 'summary'; readonly answers: Readonly<Record<string, Json>>
}
/** `pending`: what the customer wrote and the model has not been given yet. */
export interface Talk { readonly turns: readonly TalkTurn[]; readonly answered: number; readonly pending: readonly string[] }
/** A valid answer that waits for its confirmation, or for its processors. */
export interface HeldAnswer { readonly value: Json; readonly shown: string; readonly stage: 'processing' | 'confirm' }

export interface Run {
  readonly id: string
  readonly menuId: string
  readonly version: number
  readonly startedAt: Instant
  readonly state: RunState
  /** The current node, in the menu of the top frame. */
  readonly nodeId: string
  readonly wait: Wait | null
  readonly prompt: Prompt | null
  /** Scope `run`. */
  readonly variables: Readonly<Record<string, Json>>
  /** Interactive nodes shown, oldest first, with the number of frames they were shown in; for `@back`. */
  readonly history: readonly { readonly nodeId: string; readonly depth: number }[]
  readonly frames: readonly Frame[]
  /** Wrong answers per node (§5.5). */
  readonly attempts: Readonly<Record<string, number>>
  readonly counts: {
    /** Nodes since the last wait for somebody or for time to pass. */ readonly burst: number; readonly total: number
    readonly calls: number; readonly prompts: number
  }
  /** Set once runStepLimit was passed: how many nodes the error branch has left. */
  readonly grace: number | null
  readonly alarm: { readonly at: Instant | null; readonly version: number }
  readonly choice: { readonly id: string; readonly label: string; readonly number: number } | null
  readonly option: MenuOption | null
  readonly message: LastMessage | null
  readonly http: { readonly status: number; readonly body: Json } | null
  readonly event: Json
  readonly error: { readonly code: string; readonly nodeId: string } | null
  readonly errorSent: boolean
  /** settings.onError was taken and nothing has been waited for since: another error ends the run. */
  readonly handling: boolean
  /** Fetched header files per node. Null: it could not be had. */
  readonly headers: Readonly<Record<string, FileRef | null>>
  readonly forms: Readonly<Record<string, FormProgress>>
  readonly talks: Readonly<Record<string, Talk>>
  readonly held: HeldAnswer | null
  /** Consent nodes answered yes in this run: they are not asked twice. */
  readonly consented: readonly string[]
}

/** A run that has not started; give it to `step` with the input `start`. */
export function newRun(id: string, menu: { readonly menuId: string; readonly version: number }, at: Instant): Run {
  return {
    id, menuId: menu.menuId, version: menu.version, startedAt: at, state: 'running', nodeId: '', wait: null, prompt: null, variables: {},
    history: [], frames: [], attempts: {}, counts: { burst: 0, total: 0, calls: 0, prompts: 0 }, grace: null, alarm: { at: null, version: 0 },
    choice: null, option: null, message: null, http: null, event: null, error: null, errorSent: false, handling: false,
    headers: {}, forms: {}, talks: {}, held: null, consented: [],
  }
}

/** The documents a step of this run stands on; those it may go to besides are named by the documents (references.ts). */
export function versionsOf(run: Run): { readonly menuId: string; readonly version: number }[] {
  return [{ menuId: run.menuId, version: run.version }, ...run.frames.map(({ menuId, version }) => ({ menuId, version }))]
}

export const isOver = (run: Run): boolean => run.state === 'ended' || run.state === 'error'
