import { Flags } from '@oclif/core'
import { completeForm, formFlags, formOf } from '../../channelForm.ts'
import { channelSheet } from '../../channelWords.ts'
import { TurnoCommand } from '../../command.ts'
import { destinationOf } from '../../targets.ts'
import type { ChannelEditView } from '../../../server/actions/channelViews.ts'

export default class ChannelsCreate extends TurnoCommand {
  static override summary = 'Create a channel: a line, page or widget of a bridge.'
  static override description =
    'Secrets come by prompt, file or standard input, never as an argument. What the provider has to call is shown at the end.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --bridge widget --name "Sitio web" --setting allowedOrigins=https://www.example.com --to queue:recepcion',
    '<%= config.bin %> <%= command.id %> --bridge whatsapp-cloud --name Ventas --settings-file ventas.json --secret-file accessToken=./token --to queue:ventas',
    '<%= config.bin %> <%= command.id %> --bridge whatsapp-cloud --name "Ventas 2" --settings-file ventas2.json --share ventas',
  ]
  static override flags = {
    bridge: Flags.string({ description: 'Which network, and how.', helpValue: 'BRIDGE' }),
    name: Flags.string({ description: 'Name that people see; its slug must be unique.' }),
    to: Flags.string({ description: 'Where new conversations go: queue:NAME, agent:NAME or none.', helpValue: 'TARGET' }),
    share: Flags.string({ description: 'Use the webhook address and its secrets of this channel.', helpValue: 'CHANNEL' }),
    ...formFlags,
  }

  async run(): Promise<ChannelEditView> {
    const { flags } = await this.parse(ChannelsCreate)
    const [core, actor] = [await this.core(), await this.actor()]
    const { createChannel } = await import('../../../server/actions/channels.ts')
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { DomainError } = await import('../../../server/domain/errors.ts')
    const types = core.bridges.types()
    const bridge = await this.need('bridge', flags.bridge, {
      text: 'ask.bridge',
      choices: types.map((value) => ({ value, name: core.bridges.definition(value)?.displayName ?? value })),
    })
    const definition = core.bridges.definition(bridge)
    if (!definition) throw new DomainError('not_found', { bridge, known: types })
    const name = await this.need('name', flags.name, { text: 'ask.channel_name' })
    const sharing = flags.share === undefined ? null : await findChannel(core, actor, flags.share)
    if (sharing && !sharing.endpoint) throw new DomainError('not_supported', { channel: sharing.name })
    const form = await completeForm(await formOf(definition, flags, (text) => this.assignment(text)), definition, this.locale, {
      endpoint: sharing !== null,
    })
    const destination = flags.to === undefined ? { type: 'none' as const } : await destinationOf(core, actor, flags.to)
    const channel = await createChannel(core, actor, {
      name,
      bridge,
      ...form,
      destination,
      ...(sharing?.endpoint ? { endpointId: sharing.endpoint.id } : {}),
    })
    this.done('channels.created', { name: channel.name })
    this.sheet(channelSheet(channel, await core.catalog.read(), this.words, (at) => this.instant(at)))
    return channel
  }
}
