import { Args } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../command.ts'
import type { AgentEditView } from '../../../server/actions/queries/staff.ts'

export default class AgentsSignOut extends TurnoCommand {
  static override summary = 'Close every session of an agent: they go offline and keep their chats.'
  static override examples = ['<%= config.bin %> <%= command.id %> laura.gomez --yes']
  static override args = { agent: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }
  static override flags = {
    yes: yesFlag,
  }

  async run(): Promise<AgentEditView> {
    const { args, flags } = await this.parse(AgentsSignOut)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findAgent } = await import('../../../server/actions/queries/staff.ts')
    const { id, username } = await findAgent(core, actor, args.agent)
    const { signOutAgent } = await import('../../../server/actions/presence.ts')
    await this.confirm(flags.yes, 'agents.confirm_sign_out', { username })
    await signOutAgent(core, actor, id)
    this.done('agents.sign_out', { username })
    return findAgent(core, actor, id)
  }
}
