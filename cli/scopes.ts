/** Where a setting holds, as flags say it. */
import type { Core } from '../server/actions/core.ts'
import type { Actor } from '../server/domain/permissions.ts'

/** @throws DomainError `not_found` */
export async function scopeOf(
  core: Core,
  actor: Actor,
  flags: { queue?: string | undefined; channel?: string | undefined },
): Promise<string> {
  if (flags.queue !== undefined) {
    const { findQueue } = await import('../server/actions/queries/queues.ts')
    return `queue:${(await findQueue(core, actor, flags.queue)).id}`
  }
  if (flags.channel !== undefined) {
    const { findChannel } = await import('../server/actions/queries/channels.ts')
    return `channel:${(await findChannel(core, actor, flags.channel)).id}`
  }
  return 'global'
}
