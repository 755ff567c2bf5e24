/** Destinations as people type them: `queue:ventas`, `agent:laura.gomez`, `none`. */
import type { Core } from '../server/actions/core.ts'
import type { Actor } from '../server/domain/permissions.ts'
import type { Destination } from '../server/domain/routing.ts'
import { CliError } from './command.ts'
import { exitCodes } from './exit.ts'

/** @throws DomainError not_found; CliError for another form */
export async function destinationOf(core: Core, actor: Actor, text: string): Promise<Destination> {
  if (text === 'none') return { type: 'none' }
  const [kind, ...rest] = text.split(':')
  const ref = rest.join(':')
  if (kind === 'queue' && ref) {
    const { findQueue } = await import('../server/actions/queries/queues.ts')
    return { type: 'queue', id: (await findQueue(core, actor, ref)).id }
  }
  if (kind === 'agent' && ref) {
    const { findAgent } = await import('../server/actions/queries/staff.ts')
    return { type: 'agent', id: (await findAgent(core, actor, ref)).id }
  }
  throw new CliError('error.target', exitCodes.usage, { text })
}

/** Who takes over the chats of somebody who leaves. */
export async function releaseTarget(core: Core, actor: Actor, text: string): Promise<{ type: 'queue' | 'agent'; id: string }> {
  const { DomainError } = await import('../server/domain/errors.ts')
  if (text === 'fallback') {
    const id = (await core.catalog.read()).setting('routing.fallbackQueue')
    if (!id) throw new DomainError('invalid_destination', { setting: 'routing.fallbackQueue' })
    return { type: 'queue', id }
  }
  const target = await destinationOf(core, actor, text)
  if (target.type !== 'queue' && target.type !== 'agent') throw new CliError('error.target', exitCodes.usage, { text })
  return target
}
