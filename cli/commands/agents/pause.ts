import { Args, Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { AgentEditView } from '../../../server/actions/queries/staff.ts'

export default class AgentsPause extends TurnoCommand {
  static override summary = 'Pause an agent, in all queues.'
  static override examples = ['<%= config.bin %> <%= command.id %> laura.gomez --reason almuerzo']
  static override args = { agent: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }
  static override flags = {
    reason: Flags.string({ description: 'Code of the pause reason.', helpValue: 'CODE' }),
  }

  async run(): Promise<AgentEditView> {
    const { args, flags } = await this.parse(AgentsPause)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findAgent } = await import('../../../server/actions/queries/staff.ts')
    const { id, username } = await findAgent(core, actor, args.agent)
    const { findPauseReason } = await import('../../../server/actions/queries/staff.ts')
    const { pauseAgent } = await import('../../../server/actions/presence.ts')
    const reason = await this.need('reason', flags.reason, { text: 'ask.pause_reason' })
    await pauseAgent(core, actor, id, (await findPauseReason(core, actor, reason)).id)
    this.done('agents.pause', { username })
    return findAgent(core, actor, id)
  }
}
