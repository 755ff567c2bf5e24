import { Args, Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { ChannelExchange } from '../../../server/actions/queries/channels.ts'

export default class ChannelsLog extends TurnoCommand {
  static override summary = 'Show what a channel and its provider said to each other, newest first. Secrets are masked.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> ventas --limit 20',
    '<%= config.bin %> <%= command.id %> ventas --json --before 01J…',
  ]
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = {
    limit: Flags.integer({ description: 'How many lines.', default: 50, min: 1, max: 1000, helpValue: 'N' }),
    before: Flags.string({ description: 'Go on from the id of a line.', helpValue: 'ID' }),
  }

  async run(): Promise<{ exchanges: ChannelExchange[] }> {
    const { args, flags } = await this.parse(ChannelsLog)
    const [core, actor] = [await this.core(), await this.actor()]
    const { channelLog, findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { id } = await findChannel(core, actor, args.channel)
    const exchanges = await channelLog(core, actor, {
      channelId: id,
      limit: flags.limit,
      ...(flags.before === undefined ? {} : { before: flags.before }),
    })
    this.table(
      [
        { title: 'column.at', value: (one) => this.instant(one.at) },
        { title: 'column.direction', value: (one) => (one.direction === 'in' ? '←' : '→') },
        { title: 'column.http', value: (one) => one.status },
        { title: 'column.ms', value: (one) => one.durationMs },
        { title: 'column.summary', value: (one) => one.summary },
      ],
      exchanges,
      'channels.no_log',
    )
    return { exchanges }
  }
}
