import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { distributionOf, messagesOf, queueFlags } from '../../queueFlags.ts'
import type { QueueEditView } from '../../../server/actions/queues.ts'

export default class QueuesUpdate extends TurnoCommand {
  static override summary = 'Change a queue: what is not named stays.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ventas --name "Ventas Norte"',
    '<%= config.bin %> <%= command.id %> ventas --mode invite --invite-timeout 20 --max-waiting 30 --overflow queue:recepcion',
    '<%= config.bin %> <%= command.id %> ventas --join-message "es=Hola, soy {{ agent.name }}."',
  ]
  static override args = { queue: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = queueFlags

  async run(): Promise<QueueEditView> {
    const { args, flags } = await this.parse(QueuesUpdate)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findQueue } = await import('../../../server/actions/queries/queues.ts')
    const { updateQueue } = await import('../../../server/actions/queues.ts')
    const before = await findQueue(core, actor, args.queue)
    const messages = messagesOf(flags, before.messages)
    const queue = await updateQueue(core, actor, {
      queueId: before.id,
      name: flags.name,
      description: flags.description,
      ...(await distributionOf(core, actor, flags)),
      ...(messages ? { messages } : {}),
    })
    this.done('queues.updated', { name: queue.name, slug: queue.slug })
    return queue
  }
}
