import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { exitCodes } from '../../exit.ts'
import type { Replayed } from '../../../server/actions/replay.ts'

export default class ChannelsReplay extends TurnoCommand {
  static override summary = 'Read again the requests that could not be read, or that were for an identity that nobody had.'
  static override description =
    'After an upgrade of a bridge, or once the missing channel exists. Safe to repeat: what was applied is not applied twice.'
  static override examples = ['<%= config.bin %> <%= command.id %> ventas', '<%= config.bin %> <%= command.id %> ventas --json']
  static override args = { channel: Args.string({ required: true, description: 'Name, slug or id.' }) }

  async run(): Promise<Replayed> {
    const { args } = await this.parse(ChannelsReplay)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findChannel } = await import('../../../server/actions/queries/channels.ts')
    const { replayRequests } = await import('../../../server/actions/replay.ts')
    const channel = await findChannel(core, actor, args.channel)
    const result = await replayRequests(core, actor, { channelId: channel.id })
    this.done('channels.replayed', { read: result.read, unknown: result.unknown, failed: result.failed.length })
    for (const failure of result.failed) this.log(`  ${failure.requestId}: ${failure.error}`)
    if (result.failed.length) process.exitCode = result.read ? exitCodes.partly : exitCodes.failed
    return result
  }
}
