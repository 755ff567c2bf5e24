/**
 * A conversation written down, with what it must lead to: `turno menus simulate FILE` and a company's own tests of its
 * menus. YAML or JSON; read it with `fromText`, check it with `scriptSchema`, run it with `runScript`.
 */
import { z } from 'zod'
import { json } from './fields.ts'
import { asText, newSession, play, type Played, type Session, type SimStep, type SimulatedWorld } from './simulate.ts'

const expectation = {
  /** All messages shown, in order, as `asText` writes them. */
  shows: z.array(z.string()).optional(),
  /** Some message holds this text. */
  contains: z.union([z.string(), z.array(z.string())]).optional(),
  state: z.enum(['IDLE', 'MENU', 'QUEUED', 'PENDING', 'UNROUTED', 'RESOLVED']).optional(),
  /** The node the run is at. */
  at: z.string().optional(),
  /** Variables of the run, the conversation or the chat. */
  variables: z.record(z.string(), json).optional(),
}
const failure = z.enum([
  'timeout', 'network', 'tls', 'blocked_address', 'too_many_redirects', 'too_large', 'interrupted', 'refused', 'not_supported', 'media_type',
  'media_too_large', 'media_unavailable', 'unknown_secret', 'provider_error', 'unknown',
])
const result = z.union([
  z.strictObject({ error: failure }),
  z.strictObject({ status: z.number().int(), body: json.optional() }),
  z.strictObject({ reply: z.string(), handover: z.boolean().optional() }),
  z.strictObject({ file: z.strictObject({ fileName: z.string(), mimeType: z.string(), size: z.number() }) }),
  z.strictObject({ text: z.string(), data: json.optional() }),
  z.strictObject({ done: z.literal(true) }),
])
export const mockSchema = z.strictObject({
  node: z.string().optional(), type: z.enum(['http', 'email', 'media', 'assistant', 'process']).optional(), url: z.string().optional(),
  results: z.array(result).min(1),
})
export const stepSchema = z.union([
  z.strictObject({ text: z.string(), ...expectation }),
  z.strictObject({ press: z.string(), ...expectation }),
  z.strictObject({ media: z.enum(['image', 'video', 'audio', 'voice', 'document', 'sticker']), caption: z.string().optional(), ...expectation }),
  z.strictObject({ location: z.strictObject({ lat: z.number(), lng: z.number() }), ...expectation }),
  z.strictObject({ advance: z.number().min(0), ...expectation }),
  z.strictObject({ event: z.strictObject({ key: z.string(), data: json.optional(), ttl: z.number().optional() }), ...expectation }),
  z.strictObject({ agent: z.enum(['joins', 'declines', 'expires', 'unavailable']), name: z.string().optional(), ...expectation }),
  z.strictObject({ resolve: z.literal(true), ...expectation }),
  z.strictObject({ start: z.literal(true), node: z.string().optional(), ...expectation }),
])
export const scriptSchema = z.strictObject({
  /** ISO instant at which it begins. */
  now: z.iso.datetime({ offset: true }).optional(),
  contact: z.record(z.string(), json).optional(),
  consent: z.partialRecord(z.enum(['global', 'channel', 'account']), z.enum(['granted', 'denied'])).optional(),
  /** Stored variables at the beginning. */
  variables: z.strictObject({ conversation: z.record(z.string(), json).optional(), chat: z.record(z.string(), json).optional() }).optional(),
  mocks: z.array(mockSchema).default([]),
  steps: z.array(stepSchema).max(2000),
})
export type Script = z.infer<typeof scriptSchema>
type ScriptStep = Script['steps'][number]

export interface ScriptTurn {
  readonly does: SimStep
  readonly played: Played
  /** What was expected and did not come; empty when all is well. */
  readonly failures: readonly string[]
}

function failuresOf(step: ScriptStep, played: Played): string[] {
  const shown = played.messages.map((message) => asText(message.content))
  const { session } = played
  const failures: string[] = []
  const [said, wanted] = [JSON.stringify(shown), JSON.stringify(step.shows)]
  if (step.shows && said !== wanted) failures.push(`shows ${said}, not ${wanted}`)
  for (const text of [step.contains ?? []].flat()) {
    if (!shown.some((one) => one.includes(text))) failures.push(`nothing contains ${JSON.stringify(text)}: ${JSON.stringify(shown)}`)
  }
  if (step.state !== undefined && step.state !== session.state) failures.push(`state ${session.state}, not ${step.state}`)
  const node = session.run?.nodeId ?? 'none'
  if (step.at !== undefined && step.at !== node) failures.push(`at ${node}, not ${step.at}`)
  const variables = { ...session.variables.chat, ...session.variables.conversation, ...session.run?.variables }
  for (const [name, value] of Object.entries(step.variables ?? {})) {
    const found = JSON.stringify(variables[name] ?? null)
    if (found !== JSON.stringify(value)) failures.push(`variable ${name} is ${found}, not ${JSON.stringify(value)}`)
  }
  return failures
}

/** Steps go on after a failure: one run shows all of them. `now` is used where the script names no instant. */
export function runScript(
  script: Script, world: SimulatedWorld, now: number,
): { readonly turns: readonly ScriptTurn[]; readonly session: Session } {
  let session = newSession({
    now: script.now === undefined ? now : Date.parse(script.now), ...(script.consent ? { consent: script.consent } : {}),
    ...(script.contact ? { snapshot: { contact: script.contact } } : {}),
    ...(script.variables ? { variables: { conversation: script.variables.conversation ?? {}, chat: script.variables.chat ?? {} } } : {}),
  })
  const turns: ScriptTurn[] = []
  for (const does of script.steps) {
    const played = play(session, does, { ...world, mocks: [...script.mocks, ...world.mocks ?? []] })
    turns.push({ does, played, failures: failuresOf(does, played) })
    session = played.session
  }
  return { turns, session }
}
