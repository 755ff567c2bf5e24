import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { PermissionEntry } from '../../../server/actions/permissions.ts'
import type { AgentEditView } from '../../../server/actions/queries/staff.ts'

export default class AgentsShow extends TurnoCommand {
  static override summary = 'Show one agent: presence, load, queues and permissions.'
  static override examples = ['<%= config.bin %> <%= command.id %> laura.gomez']
  static override args = { agent: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }

  async run(): Promise<AgentEditView & { permissions: PermissionEntry[] }> {
    const { args } = await this.parse(AgentsShow)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findAgent } = await import('../../../server/actions/queries/staff.ts')
    const { listPermissions } = await import('../../../server/actions/permissions.ts')
    const agent = await findAgent(core, actor, args.agent)
    const permissions = await listPermissions(core, actor, agent.id)
    this.sheet([
      ['column.id', agent.id],
      ['column.username', agent.username],
      ['column.name', agent.name],
      ['column.state', this.words(agent.enabled ? `state.${agent.presence}` : 'state.disabled')],
      ['column.since', this.instant(agent.presenceSince)],
      ['column.pause', agent.pause ? `${agent.pause.reason} (${this.instant(agent.pause.since)})` : null],
      ['column.load', `${agent.load}/${agent.capacity || '∞'}`],
      ['column.queues', agent.queues.map((queue) => queue.name).join(', ')],
      [
        'column.permissions',
        permissions
          .filter((one) => one.allowed)
          .map((one) => one.name)
          .join(', '),
      ],
    ])
    return { ...agent, permissions }
  }
}
