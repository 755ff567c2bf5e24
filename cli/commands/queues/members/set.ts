import { Args, Flags } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../../command.ts'
import type { MembershipChange } from '../../../../server/actions/memberships.ts'

export default class QueuesMembersSet extends TurnoCommand {
  static override summary = 'Make these agents the only members of a queue; whoever stays keeps their turn.'
  static override examples = ['<%= config.bin %> <%= command.id %> recepcion --agent laura.gomez --agent andres.pardo --yes']
  static override args = { queue: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = {
    agent: Flags.string({
      description: 'User name, e-mail address or id (repeat for more).',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'AGENT',
    }),
    priority: Flags.integer({ description: 'Tier, from 1 (first) to 9.', min: 1, max: 9 }),
    yes: yesFlag,
  }

  async run(): Promise<MembershipChange> {
    const { args, flags } = await this.parse(QueuesMembersSet)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findQueue } = await import('../../../../server/actions/queries/queues.ts')
    const { findAgent } = await import('../../../../server/actions/queries/staff.ts')
    const { replaceMembers } = await import('../../../../server/actions/memberships.ts')
    const queue = await findQueue(core, actor, args.queue)
    const agentIds: string[] = []
    for (const ref of flags.agent ?? []) agentIds.push((await findAgent(core, actor, ref)).id)
    await this.confirm(flags.yes, 'members.confirm_set', { queue: queue.name })
    const change = await replaceMembers(core, actor, {
      queueId: queue.id,
      agentIds,
      ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    })
    this.done('members.changed', { queue: queue.name, added: change.added, removed: change.removed })
    return change
  }
}
