import { Args, Flags } from '@oclif/core'
import { CliError, TurnoCommand } from '../../command.ts'
import { exitCodes } from '../../exit.ts'
import { scopeOf } from '../../scopes.ts'
import type { Core } from '../../../server/actions/core.ts'
import type { Actor } from '../../../server/domain/permissions.ts'

export default class SettingsSet extends TurnoCommand {
  static override summary = 'Set one setting, for the company, a queue or a channel.'
  static override description =
    'The value is JSON; a plain word or sentence needs no quotes of its own. Texts that customers read are set by language.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> presence.grace --value 90',
    '<%= config.bin %> <%= command.id %> routing.fallbackQueue --value recepcion',
    '<%= config.bin %> <%= command.id %> join.message --value \'{"es":"Hola, soy {{ agent.name }}."}\'',
    '<%= config.bin %> <%= command.id %> presence.grace --default',
  ]
  static override args = { setting: Args.string({ required: true, description: 'Its name, as `settings` lists it.' }) }
  static override flags = {
    value: Flags.string({ description: 'The new value.', exclusive: ['default'] }),
    default: Flags.boolean({ description: 'Back to the default.', default: false }),
    queue: Flags.string({ description: 'For this queue alone.', exclusive: ['channel'], helpValue: 'QUEUE' }),
    channel: Flags.string({ description: 'For this channel alone.', helpValue: 'CHANNEL' }),
  }

  async run(): Promise<{ setting: string; scope: string; value: unknown }> {
    const { args, flags } = await this.parse(SettingsSet)
    if (flags.value === undefined && !flags.default) throw new CliError('error.flag_required', exitCodes.usage, { flag: '--value' })
    const [core, actor] = [await this.core(), await this.actor()]
    const { setSetting } = await import('../../../server/actions/settings.ts')
    const scope = await scopeOf(core, actor, flags)
    const value = flags.default ? null : await this.understood(core, actor, args.setting, flags.value as string)
    await setSetting(core, actor, { name: args.setting, value, scope })
    this.done(flags.default ? 'settings.reset' : 'settings.set', { setting: args.setting, value: JSON.stringify(value) })
    return { setting: args.setting, scope, value }
  }

  /** A queue is named as everywhere else; a word that is no JSON is a text. */
  private async understood(core: Core, actor: Actor, setting: string, text: string): Promise<unknown> {
    if (setting === 'routing.fallbackQueue' && text !== 'null') {
      const { findQueue } = await import('../../../server/actions/queries/queues.ts')
      return (await findQueue(core, actor, text)).id
    }
    const { settingSchemas } = await import('../../../server/domain/settings.ts')
    const schema = Object.entries(settingSchemas).find(([name]) => name === setting)?.[1].schema
    // The country Norway is NO, and a company may be called 42.
    if (schema?.safeParse(text).success) return text
    try {
      return JSON.parse(text) as unknown
    } catch {
      return text
    }
  }
}
