import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { MemberView, QueueListView } from '../../../server/actions/queries/queues.ts'

export default class QueuesShow extends TurnoCommand {
  static override summary = 'Show one queue and its members in the order of turns.'
  static override examples = ['<%= config.bin %> <%= command.id %> recepcion']
  static override args = { queue: Args.string({ required: true, description: 'Name, slug or id.' }) }

  async run(): Promise<QueueListView & { list: MemberView[] }> {
    const { args } = await this.parse(QueuesShow)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findQueue, listMembers } = await import('../../../server/actions/queries/queues.ts')
    const queue = await findQueue(core, actor, args.queue)
    const list = await listMembers(core, actor, queue.id)
    this.sheet([
      ['column.id', queue.id],
      ['column.slug', queue.slug],
      ['column.name', queue.name],
      ['column.description', queue.description],
      ['column.waiting', queue.waiting],
      ['column.assigned', queue.assigned],
      ['column.members', list.map((member) => member.username).join(', ')],
      ...Object.entries(queue.messages).flatMap(([kind, texts]) =>
        Object.entries(texts ?? {}).map(([language, text]) => [`message.${kind}`, `${language}: ${text}`] as const),
      ),
      ['column.created', this.instant(queue.createdAt)],
    ])
    return { ...queue, list }
  }
}
