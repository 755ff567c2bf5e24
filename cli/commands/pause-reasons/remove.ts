import { Args } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../command.ts'

export default class PauseReasonsRemove extends TurnoCommand {
  static override summary = 'Remove a pause reason: old pauses keep their name.'
  static override examples = ['<%= config.bin %> <%= command.id %> almuerzo --yes']
  static override args = { reason: Args.string({ required: true, description: 'Code or id.' }) }
  static override flags = { yes: yesFlag }

  async run(): Promise<{ removed: string }> {
    const { args, flags } = await this.parse(PauseReasonsRemove)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findPauseReason } = await import('../../../server/actions/queries/staff.ts')
    const { removePauseReason } = await import('../../../server/actions/pauseReasons.ts')
    const reason = await findPauseReason(core, actor, args.reason)
    await this.confirm(flags.yes, 'pause_reasons.confirm_remove', { name: reason.name })
    await removePauseReason(core, actor, { reasonId: reason.id })
    this.done('pause_reasons.removed', { name: reason.name })
    return { removed: reason.id }
  }
}
