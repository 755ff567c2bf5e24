import { Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { scopeOf } from '../../scopes.ts'
import type { SettingEntry } from '../../../server/actions/settings.ts'

export default class Settings extends TurnoCommand {
  static override summary = 'List the settings of the company, or those that a queue or channel may have of its own.'
  static override aliases = ['settings:list']
  static override examples = [
    '<%= config.bin %> settings',
    '<%= config.bin %> settings --changed',
    '<%= config.bin %> settings --queue ventas --json',
  ]
  static override flags = {
    queue: Flags.string({ description: 'As they hold for this queue.', exclusive: ['channel'], helpValue: 'QUEUE' }),
    channel: Flags.string({ description: 'As they hold for this channel.', helpValue: 'CHANNEL' }),
    changed: Flags.boolean({ description: 'Only those that were set.', default: false }),
  }

  async run(): Promise<{ scope: string; settings: SettingEntry[] }> {
    const { flags } = await this.parse(Settings)
    const [core, actor] = [await this.core(), await this.actor()]
    const { listSettings } = await import('../../../server/actions/settings.ts')
    const scope = await scopeOf(core, actor, flags)
    const settings = (await listSettings(core, actor, scope)).filter((entry) => entry.set || !flags.changed)
    this.table(
      [
        { title: 'column.setting', value: (entry) => entry.name },
        { title: 'column.value', value: (entry) => JSON.stringify(entry.value) },
        { title: 'column.default', value: (entry) => (entry.set ? JSON.stringify(entry.byDefault) : '=') },
      ],
      settings,
      'settings.none',
    )
    return { scope, settings }
  }
}
