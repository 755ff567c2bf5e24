import { Args } from '@oclif/core'
import { TurnoCommand } from '../../../command.ts'
import type { MemberView } from '../../../../server/actions/queries/queues.ts'

export default class QueuesMembers extends TurnoCommand {
  static override summary = 'List the members of a queue, in the order of turns.'
  static override aliases = ['queues:members:list']
  static override examples = ['<%= config.bin %> queues members recepcion']
  static override args = { queue: Args.string({ required: true, description: 'Name, slug or id.' }) }

  async run(): Promise<{ members: MemberView[] }> {
    const { args } = await this.parse(QueuesMembers)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findQueue, listMembers } = await import('../../../../server/actions/queries/queues.ts')
    const members = await listMembers(core, actor, (await findQueue(core, actor, args.queue)).id)
    this.table(
      [
        { title: 'column.username', value: (member) => member.username },
        { title: 'column.name', value: (member) => member.name },
        {
          title: 'column.state',
          value: (member) => this.words(member.enabled ? (member.paused ? 'state.paused' : `state.${member.presence}`) : 'state.disabled'),
        },
        { title: 'column.load', value: (member) => member.load },
        { title: 'column.priority', value: (member) => member.priority },
        { title: 'column.since', value: (member) => this.instant(member.since) },
      ],
      members,
      'members.none',
    )
    return { members }
  }
}
