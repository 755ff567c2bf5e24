/**
 * What a step wants done, as data. The caller carries the effects out in their order, in the transaction of the chat;
 * nothing here needs the network, and whatever does is a `call`, a row for a worker.
 *
 * A step that ends its run has exactly one of distribute (final), resolve, open, fallback or goMenu; a run ended from
 * outside (joined, end) has none of them.
 */
import type { Choice } from '../../../plugins/sdk/bridge.ts'
import type { ConsentLevel, ConsentStatus, FileRef, Instant, Json } from './environment.ts'
import type { CallRequest } from './calls.ts'

/** The `Part` of the bridge contract with stored files in place of open ones. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: MediaKind; readonly file: FileRef; readonly caption?: string }
  | { readonly kind: 'location'; readonly latitude: number; readonly longitude: number; readonly name?: string; readonly address?: string }
  | {
      readonly kind: 'buttons'; readonly body: string; readonly header?: FileRef; readonly footer?: string
      readonly choices: readonly Choice[]
    }
  | {
      readonly kind: 'list'; readonly body: string; readonly footer?: string; readonly button: string
      readonly sections: readonly { readonly title: string; readonly choices: readonly Choice[] }[]
    }

export const mediaKinds = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const
export type MediaKind = (typeof mediaKinds)[number]

/** A text that is rendered later, with the agent who joins or the place in the list: see deferred.ts. */
export interface DeferredText {
  readonly template: string; readonly values: Readonly<Record<string, Json>>; readonly locale: string; readonly timezone: string
}

export interface MenuOption {
  readonly menuId: string; readonly nodeId: string; readonly nodeName: string; readonly optionId: string; readonly label: string
}

export type Purpose = 'message' | 'prompt' | 'invalid' | 'reminder' | 'farewell' | 'error' | 'answer'

/** Why somebody of the staff is told. `custom` carries the text of a notify node. */
export type NoticeCode =
  | 'custom' | 'menu_error' | 'step_limit' | 'unknown_campaign' | 'unknown_disposition' | 'email_failed' | 'media_failed' | 'unknown_queue'

export type Effect =
  /** `prompt`: serial of the prompt this message completes; the caller answers with the input `promptHanded` when it goes to the bridge. */
  | { readonly kind: 'send'; readonly content: Content; readonly nodeId: string; readonly purpose: Purpose; readonly prompt: number | null }
  /**
   * Finds an agent. `final`: the run has ended, the chat becomes QUEUED or PENDING (force: T23). Otherwise the run waits for
   * the inputs `joined` or `distributionFailed`. Absent texts mean the queue's and the install's; null means none.
   */
  | {
      readonly kind: 'distribute'; readonly nodeId: string; readonly final: boolean
      readonly target: { readonly type: 'queue' | 'agent'; readonly id: string }
      readonly enqueue: boolean; readonly force: boolean; readonly priority: number | null
      readonly joinMessage?: DeferredText | null; readonly waitingMessage?: DeferredText | null
      readonly option: MenuOption | null
    }
  /** Offers the chat to these agents in order, or to a queue's; answered by `joined`, `declined`, `offerExpired` or `distributionFailed`. */
  | {
      readonly kind: 'invite'; readonly nodeId: string; readonly agents: readonly string[]; readonly queue: string | null
      /** Seconds. */
      readonly timeout: number; readonly message: string | null; readonly joinMessage?: DeferredText | null
    }
  /** The run goes on without the agent: close the offers and the distribution of this run. */
  | { readonly kind: 'withdraw' }
  | { readonly kind: 'resolve'; readonly closeKind: 'menu' | 'inactivity' | 'consent_declined'; readonly dispositionId: string | null }
  /** MENU → UNROUTED (T9). */
  | { readonly kind: 'open' }
  /** Run error without a handler: fallback queue, without one UNROUTED (T9). */
  | { readonly kind: 'fallback'; readonly code: string }
  /** A new run of this version in the same conversation. Pass `carried` on to its start, so that menus cannot call each other for ever. */
  | { readonly kind: 'goMenu'; readonly menuId: string; readonly version: number; readonly node: string | null; readonly carried: number }
  /** Look for a kept event with this key, not older than its own `ttl` or, without one, `ttl` seconds; hand it in as input `event`. */
  | { readonly kind: 'waitEvent'; readonly key: string; readonly ttl: number }
  | { readonly kind: 'call'; readonly key: string; readonly nodeId: string; readonly request: CallRequest }
  /** The one alarm of the run: wake it at `at` with input `timer` and this version, or (null) not at all. Replaces the one before. */
  | { readonly kind: 'timer'; readonly at: Instant | null; readonly version: number }
  | {
      readonly kind: 'variables'; readonly scope: 'conversation' | 'chat' | 'contact'; readonly set: Readonly<Record<string, Json>>
      readonly unset: readonly string[]
    }
  /** name, email, documentId. Custom fields come as `variables` of scope `contact`. */
  | { readonly kind: 'contact'; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'tags'; readonly add: readonly string[]; readonly remove: readonly string[] }
  | { readonly kind: 'campaign'; readonly campaignId: string; readonly subcampaignId: string | null }
  | { readonly kind: 'disposition'; readonly dispositionId: string; readonly note: string }
  /** The option the customer chose, kept on the conversation. */
  | { readonly kind: 'option'; readonly option: MenuOption }
  /** `sync`: tell the bridge's own register too, where it has one; its failure never blocks. */
  | {
      readonly kind: 'consent'; readonly level: ConsentLevel; readonly status: ConsentStatus; readonly sync: boolean
      readonly messageId: string | null
    }
  | { readonly kind: 'record'; readonly formId: string; readonly formCode: string; readonly values: Readonly<Record<string, Json>> }
  | {
      readonly kind: 'notice'; readonly to: { readonly type: 'supervisors' } | { readonly type: 'queue'; readonly id: string }
      readonly code: NoticeCode; readonly text: { readonly es: string; readonly en: string }
    }
  /** A domain event of §2.9. */
  | { readonly kind: 'event'; readonly type: MenuEvent; readonly data: Readonly<Record<string, Json>> }
  | {
      readonly kind: 'trace'; readonly nodeId: string; readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string
      readonly data: Readonly<Record<string, Json>>
    }

export type MenuEvent =
  | 'menu.started' | 'menu.node_entered' | 'menu.input' | 'menu.option_selected' | 'menu.invalid' | 'menu.reminder'
  | 'menu.timeout' | 'menu.error' | 'menu.ended'

/** The effects that end the menu's hold on the chat. */
export const finalEffects: ReadonlySet<Effect['kind']> = new Set(['resolve', 'open', 'fallback', 'goMenu'])
export const isFinal = (effect: Effect): boolean => finalEffects.has(effect.kind) || (effect.kind === 'distribute' && effect.final)
