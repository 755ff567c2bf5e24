import { Args, Flags } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../command.ts'

export default class QueuesRemove extends TurnoCommand {
  static override summary = 'Remove a queue: reports keep its name.'
  static override description =
    'Refused while channels, contacts or the fallback setting name it, or chats wait or are assigned through it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ventas --yes',
    '<%= config.bin %> <%= command.id %> ventas --force --move-to recepcion --yes',
  ]
  static override args = { queue: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = {
    force: Flags.boolean({ description: 'Remove its members first.', default: false }),
    'move-to': Flags.string({ description: 'With --force: the queue that takes its chats.', helpValue: 'QUEUE' }),
    yes: yesFlag,
  }

  async run(): Promise<{ removed: string; moved: number }> {
    const { args, flags } = await this.parse(QueuesRemove)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findQueue } = await import('../../../server/actions/queries/queues.ts')
    const { removeQueue } = await import('../../../server/actions/queues.ts')
    const queue = await findQueue(core, actor, args.queue)
    const moveTo = flags['move-to'] === undefined ? undefined : (await findQueue(core, actor, flags['move-to'])).id
    await this.confirm(flags.yes, 'queues.confirm_remove', { name: queue.name })
    const { moved } = await removeQueue(core, actor, { queueId: queue.id, force: flags.force, ...(moveTo ? { moveTo } : {}) })
    this.done('queues.removed', { name: queue.name })
    if (moved) this.done('queues.moved', { n: moved })
    return { removed: queue.id, moved }
  }
}
