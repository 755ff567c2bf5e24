import { TurnoCommand } from '../../command.ts'
import { shownDestination } from '../../channelWords.ts'
import type { ChannelEditView } from '../../../server/actions/channelViews.ts'

export default class Channels extends TurnoCommand {
  static override summary = 'List the channels, with their link and destination.'
  static override aliases = ['channels:list', 'channels:status']
  static override examples = ['<%= config.bin %> channels', '<%= config.bin %> channels status --json']

  async run(): Promise<{ channels: ChannelEditView[] }> {
    await this.parse(Channels)
    const core = await this.core()
    const { listChannels } = await import('../../../server/actions/queries/channels.ts')
    const channels = await listChannels(core, await this.actor())
    const view = await core.catalog.read()
    this.table(
      [
        { title: 'column.slug', value: (channel) => channel.slug },
        { title: 'column.name', value: (channel) => channel.name },
        { title: 'column.bridge', value: (channel) => channel.bridge },
        { title: 'column.address', value: (channel) => channel.address ?? channel.identity },
        {
          title: 'column.status',
          value: (channel) => `${this.words(`link.${channel.status}`)}${channel.statusCode ? ` (${channel.statusCode})` : ''}`,
        },
        { title: 'column.destination', value: (channel) => shownDestination(view, channel.destination, this.words) },
        { title: 'column.last_inbound', value: (channel) => this.instant(channel.lastInboundAt) },
      ],
      channels,
      'channels.none',
    )
    return { channels }
  }
}
