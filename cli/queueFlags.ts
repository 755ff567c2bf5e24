/** Flags that creating and changing a queue share. */
import { Flags, type Interfaces } from '@oclif/core'
import type { Core } from '../server/actions/core.ts'
import type { Actor } from '../server/domain/permissions.ts'
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
  mode: Flags.option({ options: ['join', 'invite', 'default'] as const, description: 'Agents are given chats at once (join), or are asked first (invite).' })(),
  strategy: Flags.option({ options: ['turns', 'longest-idle', 'fewest', 'linear', 'all', 'default'] as const, description: 'Who is next: in turns, longest without a chat, fewest chats, always from the first, or offered to all.' })(),
  'widen-after': Flags.integer({ description: 'Seconds until members of the next tier take part.' }),
  'invite-timeout': Flags.integer({ description: 'Seconds an agent has to accept.' }),
  'total-timeout': Flags.integer({ description: 'Seconds until the search for somebody rests; 0 is never.' }),
  weight: Flags.integer({ description: 'How much waiting here counts for agents of several queues (1 to 100).' }),
  'max-waiting': Flags.integer({ description: 'Chats that may wait; more overflow. 0 is no limit.' }),
  'max-wait': Flags.integer({ description: 'Seconds a chat may wait before it overflows. 0 is no limit.' }),
  overflow: Flags.string({ description: 'Where chats overflow to.', helpValue: 'queue:NAME|menu:NAME|none' }),
  'wrap-up': Flags.integer({ description: 'Seconds an agent has after resolving before the next chat comes.' }),
  'waiting-message': message('Sent when a chat is left waiting'),
  'join-message': message('Sent when an agent joins'),
  'transfer-message': message('Sent when a chat is transferred here'),
  'resolve-message': message('Sent when a chat is resolved'),
}

export type QueueFlagValues = { [K in `${'waiting' | 'join' | 'transfer' | 'resolve'}-message`]?: string[] | undefined }

type DistributionFlags = Pick<Interfaces.InferredFlags<typeof queueFlags>, 'mode' | 'strategy' | 'widen-after' | 'invite-timeout' | 'total-timeout' | 'weight' | 'max-waiting' | 'max-wait' | 'overflow' | 'wrap-up'>

/** How the queue gives its chats away, as far as it is named; “default” goes back to the install's. */
export async function distributionOf(core: Core, actor: Actor, flags: DistributionFlags): Promise<Omit<Partial<QueueChange>, 'queueId'>> {
  const own = <T extends string>(value: T | undefined): Exclude<T, 'default'> | null | undefined => (value === 'default' ? null : (value as Exclude<T, 'default'> | undefined))
  return {
    mode: own(flags.mode), strategy: own(flags.strategy), widenAfter: flags['widen-after'], inviteTimeout: flags['invite-timeout'], totalTimeout: flags['total-timeout'], weight: flags.weight,
    maxWaiting: flags['max-waiting'], maxWait: flags['max-wait'], wrapUp: flags['wrap-up'], overflow: await overflowOf(core, actor, flags.overflow),
  }
}

async function overflowOf(core: Core, actor: Actor, text: string | undefined): Promise<QueueChange['overflow']> {
  if (text === undefined) return undefined
  if (text === 'none') return null
  const [, type, ref] = /^(queue|menu):(.+)$/.exec(text) ?? []
  if (!type || !ref) throw new CliError('error.overflow', exitCodes.usage, { text: text.slice(0, 60) })
  if (type === 'queue') {
    const { findQueue } = await import('../server/actions/queries/queues.ts')
    return { type: 'queue', id: (await findQueue(core, actor, ref)).id }
  }
  const { findMenu } = await import('../server/actions/menus/documents.ts')
  return { type: 'menu', id: (await findMenu(core, actor, ref)).id }
}

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
