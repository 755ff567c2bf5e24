import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { ChannelEditView } from '../../../server/actions/channelViews.ts'

export default class ChannelsEnable extends TurnoCommand {
  static override summary = 'Let a channel work again: what waits to be sent goes out.'
  static override examples = ['<%= config.bin %> <%= command.id %> sitio-web']
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }

  async run(): Promise<ChannelEditView> {
    const { args } = await this.parse(ChannelsEnable)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { switchChannel } = await import('../../../server/actions/channels.ts')
    const before = await findChannel(core, actor, args.channel)

    const channel = await switchChannel(core, actor, { channelId: before.id, enabled: true })
    this.done('channels.enabled', { name: channel.name })
    return channel
  }
}
