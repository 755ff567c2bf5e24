import { TurnoCommand } from '../../command.ts'
import type { AgentEditView } from '../../../server/actions/queries/staff.ts'

export default class Agents extends TurnoCommand {
  static override summary = 'List whoever attends chats, with presence and load.'
  static override aliases = ['agents:list']
  static override examples = ['<%= config.bin %> agents', '<%= config.bin %> agents --json']

  async run(): Promise<{ agents: AgentEditView[] }> {
    await this.parse(Agents)
    const { listAgents } = await import('../../../server/actions/queries/staff.ts')
    const agents = await listAgents(await this.core(), await this.actor())
    this.table(
      [
        { title: 'column.username', value: (agent) => agent.username },
        { title: 'column.name', value: (agent) => agent.name },
        {
          title: 'column.state',
          value: (agent) => this.words(agent.enabled ? (agent.pause ? 'state.paused' : `state.${agent.presence}`) : 'state.disabled'),
        },
        { title: 'column.load', value: (agent) => `${agent.load}/${agent.capacity || '∞'}` },
        { title: 'column.queues', value: (agent) => agent.queues.map((queue) => queue.name).join(', ') },
      ],
      agents,
      'agents.none',
    )
    return { agents }
  }
}
