import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { AgentEditView } from '../../../server/actions/queries/staff.ts'

export default class AgentsUnpause extends TurnoCommand {
  static override summary = "End an agent's pause."
  static override examples = ['<%= config.bin %> <%= command.id %> laura.gomez']
  static override args = { agent: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }

  async run(): Promise<AgentEditView> {
    const { args } = await this.parse(AgentsUnpause)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findAgent } = await import('../../../server/actions/queries/staff.ts')
    const { id, username } = await findAgent(core, actor, args.agent)
    const { unpauseAgent } = await import('../../../server/actions/presence.ts')
    await unpauseAgent(core, actor, id)
    this.done('agents.unpause', { username })
    return findAgent(core, actor, id)
  }
}
