import { Args, Flags } from '@oclif/core'
import { formFlags, formOf } from '../../channelForm.ts'
import { TurnoCommand } from '../../command.ts'
import type { ChannelEditView } from '../../../server/actions/channelViews.ts'

export default class ChannelsUpdate extends TurnoCommand {
  static override summary = 'Change a channel: what is not named stays.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> sitio-web --setting allowedOrigins=https://www.example.com,https://example.com',
    '<%= config.bin %> <%= command.id %> ventas --secret-file accessToken=./new-token',
  ]
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = { name: Flags.string({ description: 'Name that people see; its slug must be unique.' }), ...formFlags }

  async run(): Promise<ChannelEditView> {
    const { args, flags } = await this.parse(ChannelsUpdate)
    const [core, actor] = [await this.core(), await this.actor()]
    const { updateChannel } = await import('../../../server/actions/channels.ts')
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { DomainError } = await import('../../../server/domain/errors.ts')
    const before = await findChannel(core, actor, args.channel)
    const definition = core.bridges.definition(before.bridge)
    if (!definition) throw new DomainError('not_found', { bridge: before.bridge, known: core.bridges.types() })
    const form = await formOf(definition, flags, (text) => this.assignment(text))
    const channel = await updateChannel(core, actor, {
      channelId: before.id,
      ...form,
      ...(flags.name === undefined ? {} : { name: flags.name }),
    })
    this.done('channels.updated', { name: channel.name })
    return channel
  }
}
