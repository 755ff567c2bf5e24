import { Args, Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { PauseReasonEditView } from '../../../server/actions/pauseReasons.ts'

export default class PauseReasonsUpdate extends TurnoCommand {
  static override summary = 'Change a pause reason: what is not named stays.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> almuerzo --max-minutes 45',
    '<%= config.bin %> <%= command.id %> almuerzo --no-active',
  ]
  static override args = { reason: Args.string({ required: true, description: 'Code or id.' }) }
  static override flags = {
    name: Flags.string({ description: 'What agents see.' }),
    active: Flags.boolean({ description: 'Agents can pick it.', allowNo: true }),
    productive: Flags.boolean({ description: 'Counts as work in reports.', allowNo: true }),
    'max-minutes': Flags.integer({ description: 'Supervisors are told when a pause is longer; 0 for never.', helpValue: 'N' }),
  }

  async run(): Promise<PauseReasonEditView> {
    const { args, flags } = await this.parse(PauseReasonsUpdate)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findPauseReason } = await import('../../../server/actions/queries/staff.ts')
    const { updatePauseReason } = await import('../../../server/actions/pauseReasons.ts')
    const reason = await updatePauseReason(core, actor, {
      reasonId: (await findPauseReason(core, actor, args.reason)).id,
      name: flags.name,
      active: flags.active,
      productive: flags.productive,
      ...(flags['max-minutes'] === undefined ? {} : { maxMinutes: flags['max-minutes'] || null }),
    })
    this.done('pause_reasons.updated', { name: reason.name, code: reason.code })
    return reason
  }
}
