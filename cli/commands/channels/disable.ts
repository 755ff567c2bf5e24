import { Args } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../command.ts'
import type { ChannelEditView } from '../../../server/actions/channelViews.ts'

export default class ChannelsDisable extends TurnoCommand {
  static override summary = 'Stop a channel: nothing is sent and nothing starts; what arrives is still stored.'
  static override examples = ['<%= config.bin %> <%= command.id %> sitio-web --yes']
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = { yes: yesFlag }

  async run(): Promise<ChannelEditView> {
    const { args, flags } = await this.parse(ChannelsDisable)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { switchChannel } = await import('../../../server/actions/channels.ts')
    const before = await findChannel(core, actor, args.channel)
    await this.confirm(flags.yes, 'channels.confirm_disable', { name: before.name })
    const channel = await switchChannel(core, actor, { channelId: before.id, enabled: false })
    this.done('channels.disabled', { name: channel.name })
    return channel
  }
}
