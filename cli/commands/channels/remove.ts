import { Args } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../command.ts'

export default class ChannelsRemove extends TurnoCommand {
  static override summary = 'Remove a channel: its chats stay readable, its credentials are erased.'
  static override examples = ['<%= config.bin %> <%= command.id %> sitio-web --yes']
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = { yes: yesFlag }

  async run(): Promise<{ removed: string }> {
    const { args, flags } = await this.parse(ChannelsRemove)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { removeChannel } = await import('../../../server/actions/channels.ts')
    const channel = await findChannel(core, actor, args.channel)
    await this.confirm(flags.yes, 'channels.confirm_remove', { name: channel.name })
    await removeChannel(core, actor, { channelId: channel.id })
    this.done('channels.removed', { name: channel.name })
    return { removed: channel.id }
  }
}
