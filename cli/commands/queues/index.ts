import { TurnoCommand } from '../../command.ts'
import type { QueueListView } from '../../../server/actions/queries/queues.ts'

export default class Queues extends TurnoCommand {
  static override summary = 'List the queues, with their members and who waits.'
  static override aliases = ['queues:list']
  static override examples = ['<%= config.bin %> queues', '<%= config.bin %> queues --json']

  async run(): Promise<{ queues: QueueListView[] }> {
    await this.parse(Queues)
    const { listQueues } = await import('../../../server/actions/queries/queues.ts')
    const queues = await listQueues(await this.core(), await this.actor())
    this.table(
      [
        { title: 'column.slug', value: (queue) => queue.slug },
        { title: 'column.name', value: (queue) => queue.name },
        { title: 'column.members', value: (queue) => queue.members },
        { title: 'column.waiting', value: (queue) => queue.waiting },
        { title: 'column.assigned', value: (queue) => queue.assigned },
        { title: 'column.description', value: (queue) => queue.description },
      ],
      queues,
      'queues.none',
    )
    return { queues }
  }
}
