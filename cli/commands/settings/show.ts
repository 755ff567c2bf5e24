import { Args, Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { scopeOf } from '../../scopes.ts'
import type { SettingEntry } from '../../../server/actions/settings.ts'

export default class SettingsShow extends TurnoCommand {
  static override summary = 'Show one setting.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> presence.grace',
    '<%= config.bin %> <%= command.id %> transfer.enqueue --queue ventas',
  ]
  static override args = { setting: Args.string({ required: true, description: 'Its name, as `settings` lists it.' }) }
  static override flags = {
    queue: Flags.string({ description: 'As it holds for this queue.', exclusive: ['channel'], helpValue: 'QUEUE' }),
    channel: Flags.string({ description: 'As it holds for this channel.', helpValue: 'CHANNEL' }),
  }

  async run(): Promise<SettingEntry> {
    const { args, flags } = await this.parse(SettingsShow)
    const [core, actor] = [await this.core(), await this.actor()]
    const { listSettings } = await import('../../../server/actions/settings.ts')
    const { DomainError } = await import('../../../server/domain/errors.ts')
    const entry = (await listSettings(core, actor, await scopeOf(core, actor, flags))).find((one) => one.name === args.setting)
    if (!entry) throw new DomainError('not_found', { setting: args.setting })
    this.sheet([
      ['column.setting', entry.name],
      ['column.value', JSON.stringify(entry.value)],
      ['column.default', JSON.stringify(entry.byDefault)],
      ['column.set', this.yesNo(entry.set)],
    ])
    return entry
  }
}
