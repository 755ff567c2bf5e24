import { Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { distributionOf, messagesOf, queueFlags } from '../../queueFlags.ts'
import type { QueueEditView } from '../../../server/actions/queues.ts'

export default class QueuesCreate extends TurnoCommand {
  static override summary = 'Create a queue.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --name "Citas médicas" --member laura.gomez --member andres.pardo',
    '<%= config.bin %> <%= command.id %> --name Ventas --waiting-message "es=Ya le atendemos." --waiting-message "en=One moment, please."',
  ]
  static override flags = {
    ...queueFlags,
    member: Flags.string({
      description: 'An agent who attends it (repeat for more); the order is that of turns.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'AGENT',
    }),
  }

  async run(): Promise<QueueEditView> {
    const { flags } = await this.parse(QueuesCreate)
    const name = await this.need('name', flags.name, { text: 'ask.queue_name' })
    const [core, actor] = [await this.core(), await this.actor()]
    const { findAgent } = await import('../../../server/actions/queries/staff.ts')
    const { createQueue } = await import('../../../server/actions/queues.ts')
    const agentIds: string[] = []
    for (const ref of flags.member ?? []) agentIds.push((await findAgent(core, actor, ref)).id)
    const messages = messagesOf(flags)
    const queue = await createQueue(core, actor, { description: flags.description ?? '', ...(await distributionOf(core, actor, flags)), name, ...(messages ? { messages } : {}) })
    if (agentIds.length) {
      const { addMembers } = await import('../../../server/actions/memberships.ts')
      await addMembers(core, actor, { queueId: queue.id, agentIds })
    }
    this.done('queues.created', { name: queue.name, slug: queue.slug })
    return queue
  }
}
