import { Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { PauseReasonEditView } from '../../../server/actions/pauseReasons.ts'

export default class PauseReasonsCreate extends TurnoCommand {
  static override summary = 'Create a pause reason.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --name Almuerzo --max-minutes 60',
    '<%= config.bin %> <%= command.id %> --name Capacitación --productive',
  ]
  static override flags = {
    name: Flags.string({ description: 'What agents see.' }),
    code: Flags.string({ description: 'What reports group by; by default made of the name. It never changes.' }),
    productive: Flags.boolean({ description: 'Counts as work in reports.', default: false }),
    'max-minutes': Flags.integer({ description: 'Supervisors are told when a pause is longer.', helpValue: 'N' }),
  }

  async run(): Promise<PauseReasonEditView> {
    const { flags } = await this.parse(PauseReasonsCreate)
    const name = await this.need('name', flags.name, { text: 'ask.name' })
    const { createPauseReason } = await import('../../../server/actions/pauseReasons.ts')
    const reason = await createPauseReason(await this.core(), await this.actor(), {
      name,
      productive: flags.productive,
      maxMinutes: flags['max-minutes'] ?? null,
      ...(flags.code === undefined ? {} : { code: flags.code }),
    })
    this.done('pause_reasons.created', { name: reason.name, code: reason.code })
    return reason
  }
}
