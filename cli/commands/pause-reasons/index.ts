import { TurnoCommand } from '../../command.ts'
import type { PauseReasonEditView } from '../../../server/actions/pauseReasons.ts'

export default class PauseReasons extends TurnoCommand {
  static override summary = 'List the reasons that agents pick from when they pause.'
  static override aliases = ['pause-reasons:list']
  static override examples = ['<%= config.bin %> pause-reasons', '<%= config.bin %> pause-reasons --json']

  async run(): Promise<{ pauseReasons: PauseReasonEditView[] }> {
    await this.parse(PauseReasons)
    const { listPauseReasons } = await import('../../../server/actions/queries/staff.ts')
    const pauseReasons = await listPauseReasons(await this.core(), await this.actor())
    this.table(
      [
        { title: 'column.code', value: (reason) => reason.code },
        { title: 'column.name', value: (reason) => reason.name },
        { title: 'column.active', value: (reason) => this.yesNo(reason.active) },
        { title: 'column.productive', value: (reason) => this.yesNo(reason.productive) },
        { title: 'column.max_minutes', value: (reason) => reason.maxMinutes },
      ],
      pauseReasons,
      'pause_reasons.none',
    )
    return { pauseReasons }
  }
}
