/**
 * Texts that are rendered after the run has ended, when the agent or the place in the list is known: join and waiting
 * messages (F035). What only the run knows is kept with the template; everything else is read when it is sent.
 */
import type { DeferredText } from './effects.ts'
import type { Instant, Json, Snapshot } from './environment.ts'
import { render, templateVariables, type Scope } from './liquid.ts'
import { randomFrom } from './random.ts'
import { plainJson } from './variables.ts'

/** Known only, or better, later. */
const later = new Set(['agent', 'position', 'estimatedWait', 'contact', 'account', 'channel', 'chat', 'conversation', 'queue', 'hours', 'now'])

export function defer(template: string, scope: Scope, locale: string, timezone: string): DeferredText {
  const values: Record<string, Json> = {}
  for (const [name] of templateVariables(template)) {
    if (typeof name === 'string' && !later.has(name) && Object.hasOwn(scope, name)) values[name] = plainJson(scope[name])
  }
  return { template, values, locale, timezone }
}

export interface Arrival extends Partial<Snapshot> {
  readonly agent?: { readonly id: string; readonly name: string }
  readonly position?: number
  /** Minutes; absent when it is not known. */
  readonly estimatedWait?: number
}

/** Empty when there is nothing to send, a template error included. */
export function renderDeferred(text: DeferredText, arrival: Arrival, at: { readonly now: Instant; readonly country: string }): string {
  const setting = { now: at.now, timezone: text.timezone, locale: text.locale, country: at.country, random: randomFrom(String(at.now)) }
  const written = render(text.template, { ...text.values, ...arrival, now: at.now }, setting)
  return written.ok ? written.text.trim() : ''
}
