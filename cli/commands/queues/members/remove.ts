import { Args, Flags } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../../command.ts'
import type { MembershipChange } from '../../../../server/actions/memberships.ts'

export default class QueuesMembersRemove extends TurnoCommand {
  static override summary = 'Take agents out of a queue; their chats stay with them.'
  static override examples = ['<%= config.bin %> <%= command.id %> recepcion --agent laura.gomez --yes']
  static override args = { queue: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = {
    agent: Flags.string({
      description: 'User name, e-mail address or id (repeat for more).',
      required: true,
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'AGENT',
    }),
    yes: yesFlag,
  }

  async run(): Promise<MembershipChange> {
    const { args, flags } = await this.parse(QueuesMembersRemove)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findQueue } = await import('../../../../server/actions/queries/queues.ts')
    const { findAgent } = await import('../../../../server/actions/queries/staff.ts')
    const { removeMembers } = await import('../../../../server/actions/memberships.ts')
    const queue = await findQueue(core, actor, args.queue)
    const agentIds: string[] = []
    for (const ref of flags.agent) agentIds.push((await findAgent(core, actor, ref)).id)
    await this.confirm(flags.yes, 'members.confirm_remove', { queue: queue.name })
    const change = await removeMembers(core, actor, { queueId: queue.id, agentIds })
    this.done('members.changed', { queue: queue.name, added: change.added, removed: change.removed })
    return change
  }
}
