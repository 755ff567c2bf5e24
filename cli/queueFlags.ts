/** Flags that creating and changing a queue share. */
import { Flags } from '@oclif/core'
import type { QueueChange } from '../server/actions/queues.ts'
import { CliError } from './command.ts'
import { exitCodes } from './exit.ts'

const message = (what: string) =>
  Flags.string({
    description: `${what}, as es=Text (repeat for more languages; es= sends none).`,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'LANG=TEXT',
  })

export const queueFlags = {
  name: Flags.string({ description: 'Name that people see; its slug must be unique.' }),
  description: Flags.string({ description: 'What the queue is for.' }),
  'waiting-message': message('Sent when a chat is left waiting'),
  'join-message': message('Sent when an agent joins'),
  'transfer-message': message('Sent when a chat is transferred here'),
  'resolve-message': message('Sent when a chat is resolved'),
}

export type QueueFlagValues = { [K in keyof typeof queueFlags]?: K extends `${string}-message` ? string[] | undefined : string | undefined }

/** The texts named, over those that are there. */
export function messagesOf(
  flags: QueueFlagValues,
  before: NonNullable<QueueChange['messages']> = {},
): NonNullable<QueueChange['messages']> | undefined {
  const kinds = (['waiting', 'join', 'transfer', 'resolve'] as const).filter((kind) => flags[`${kind}-message`])
  if (kinds.length === 0) return undefined
  return {
    ...before,
    ...Object.fromEntries(kinds.map((kind) => [kind, { ...before[kind], ...textsOf(flags[`${kind}-message`] as string[]) }])),
  }
}

function textsOf(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new CliError('error.assignment', exitCodes.usage, { text: text.slice(0, 40) })
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
