/**
 * Everything a step knows beside its run and its input. The caller reads it before the step, in the chat's transaction:
 * the step itself asks nobody, and the same run, input and environment always give the same result.
 */
import type { Capabilities } from '../../../plugins/sdk/capabilities.ts'
import type { Instant } from '../ports.ts'
import type { Menu } from './flow.ts'
import type { Json, Values } from './variables.ts'

export type { Instant }

/** A file in Turno's storage. */
export interface FileRef { readonly fileId: string; readonly mimeType: string; readonly size: number; readonly fileName: string }

export interface QueueRef {
  readonly id: string; readonly name: string; /** By its own calendar or an inherited one, now. */ readonly open: boolean
}
export interface AgentRef { readonly id: string; readonly name: string; readonly enabled: boolean }
export interface FormField { readonly code: string; readonly title?: string; readonly type: FormFieldType; readonly required: boolean }
export type FormFieldType = 'text' | 'integer' | 'decimal' | 'boolean' | 'date' | 'datetime' | 'json' | 'media' | 'location'
export interface FormRef { readonly id: string; readonly code: string; readonly title: string; readonly fields: readonly FormField[] }
export interface Named { readonly id: string; readonly name: string }

/**
 * What exists in the install, by the references a document uses: an id, or the name people gave (queue and menu: slug
 * of the name; agent: user name; the rest: code). Answers from memory; null when there is no such thing.
 */
export interface Catalog {
  queue(reference: string): QueueRef | null
  agent(reference: string): AgentRef | null
  /** A menu that has a published version. */
  menu(reference: string): { readonly menuId: string; readonly version: number; readonly name: string } | null
  campaign(code: string): Named | null
  subcampaign(campaign: string, code: string): Named | null
  disposition(code: string): Named | null
  form(code: string): FormRef | null
  mailServer(id: string): boolean
  provider(id: string): boolean
  secret(name: string): boolean
  /** A named calendar, decided for now. */
  calendar(id: string): { readonly open: boolean } | null
  file(id: string): FileRef | null
  /** Public holidays of a year as ISO dates; null for an unknown country or subdivision (holidays.ts answers this). */
  holidays(country: string, subdivision: string | null, year: number): readonly string[] | null
}

/** Published documents. A version never changes, so the caller may keep them compiled. */
export interface Library {
  version(menuId: string, version: number): Menu | null
}

export interface AccountView {
  readonly id: string; readonly channelType: string; readonly address: string | null; readonly phone: string | null
  readonly name: string | null
}
/** Read-only objects of §5.4, as templates see them. */
export interface Snapshot {
  readonly contact: {
    readonly id: string; readonly name: string; readonly firstName: string; readonly phone: string | null; readonly email: string | null
    readonly documentId: string | null; readonly custom: Values; readonly business: string | null; readonly boundAgent: string | null
  }
  readonly account: AccountView
  readonly channel: { readonly id: string; readonly name: string; readonly type: string; readonly identity: string | null }
  readonly chat: { readonly id: string; readonly title: string; readonly tags: readonly string[]; readonly priority: number }
  readonly conversation: { readonly id: string; readonly openedAt: Instant; readonly origin: string; readonly isFirst: boolean }
  readonly queue: { readonly id: string; readonly name: string } | null
  readonly hours: {
    readonly open: boolean; /** ISO text in the zone of the calendar; null when it never opens. */ readonly nextOpening: string | null
  }
}

export type ConsentStatus = 'granted' | 'denied'
export type ConsentLevel = 'global' | 'channel' | 'account'

export interface Environment {
  readonly now: Instant
  /** Fresh and unguessable for each step (a ULID, a UUID): ids, marks and `uuid` come from it. */
  readonly seed: string
  readonly channel: Capabilities
  /** The install's; a document may name its own. */
  readonly locale: string
  readonly timezone: string
  /** Two letters: country of phone numbers without prefix. */
  readonly country: string
  readonly library: Library
  readonly catalog: Catalog
  readonly snapshot: Snapshot
  /** Stored variables; those of scope `contact` are `snapshot.contact.custom`. */
  readonly variables: { readonly conversation: Values; readonly chat: Values }
  /** The records that exist for this account (§6.4). */
  readonly consent: Readonly<Partial<Record<ConsentLevel, ConsentStatus>>>
}

export type { Json, Values }
