import { Args } from '@oclif/core'
import { channelSheet } from '../../channelWords.ts'
import { TurnoCommand } from '../../command.ts'
import type { ChannelEditView } from '../../../server/actions/channelViews.ts'

export default class ChannelsShow extends TurnoCommand {
  static override summary = 'Show one channel: link, settings, webhook address; of secrets the names alone.'
  static override examples = ['<%= config.bin %> <%= command.id %> sitio-web']
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }

  async run(): Promise<ChannelEditView> {
    const { args } = await this.parse(ChannelsShow)
    const core = await this.core()
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const channel = await findChannel(core, await this.actor(), args.channel)
    this.sheet(channelSheet(channel, await core.catalog.read(), this.words, (at) => this.instant(at)))
    return channel
  }
}
