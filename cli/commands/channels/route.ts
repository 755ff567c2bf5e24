import { Args, Flags } from '@oclif/core'
import { shownDestination } from '../../channelWords.ts'
import { TurnoCommand } from '../../command.ts'
import { destinationOf } from '../../targets.ts'
import type { ChannelEditView } from '../../../server/actions/channelViews.ts'

export default class ChannelsRoute extends TurnoCommand {
  static override summary = 'Say where the new conversations of a channel go.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> sitio-web --to queue:recepcion',
    '<%= config.bin %> <%= command.id %> sitio-web --to agent:laura.gomez',
  ]
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }
  static override flags = { to: Flags.string({ description: 'queue:NAME, agent:NAME or none.', helpValue: 'TARGET' }) }

  async run(): Promise<ChannelEditView> {
    const { args, flags } = await this.parse(ChannelsRoute)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { routeChannel } = await import('../../../server/actions/channels.ts')
    const { id } = await findChannel(core, actor, args.channel)
    const queues = (await core.catalog.read()).queues()
    const to = await this.need('to', flags.to, {
      text: 'ask.destination',
      choices: [
        ...queues.map((queue) => ({ value: `queue:${queue.id}`, name: queue.name })),
        { value: 'none', name: this.words('destination.none') },
      ],
    })
    const channel = await routeChannel(core, actor, { channelId: id, destination: await destinationOf(core, actor, to) })
    this.done('channels.routed', {
      name: channel.name,
      destination: shownDestination(await core.catalog.read(), channel.destination, this.words),
    })
    return channel
  }
}
