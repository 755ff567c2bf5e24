import { Args, Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { changeOf, profileFlags } from '../../userFlags.ts'
import type { AgentPermission } from '../../../server/domain/permissions.ts'
import type { AgentEditView } from '../../../server/actions/queries/staff.ts'

export default class AgentsUpdate extends TurnoCommand {
  static override summary = 'Change an agent: what is not named stays.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> laura.gomez --max-chats 5',
    '<%= config.bin %> <%= command.id %> laura.gomez --queue ventas --queue recepcion',
    '<%= config.bin %> <%= command.id %> laura.gomez --grant chat.take --deny chat.transfer --reset chat.rename',
  ]
  static override args = { agent: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }
  static override flags = {
    ...profileFlags,
    queue: Flags.string({
      description: 'The queues they attend from now on, and no other (repeat for more).',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'QUEUE',
    }),
    grant: Flags.string({ description: 'Allow a permission.', multiple: true, multipleNonGreedy: true, helpValue: 'PERMISSION' }),
    deny: Flags.string({ description: 'Take a permission away.', multiple: true, multipleNonGreedy: true, helpValue: 'PERMISSION' }),
    reset: Flags.string({
      description: 'Back to the default of a permission.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PERMISSION',
    }),
  }

  async run(): Promise<AgentEditView> {
    const { args, flags } = await this.parse(AgentsUpdate)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findAgent } = await import('../../../server/actions/queries/staff.ts')
    const { findQueue } = await import('../../../server/actions/queries/queues.ts')
    const { id } = await findAgent(core, actor, args.agent)
    const queueIds: string[] = []
    for (const ref of flags.queue ?? []) queueIds.push((await findQueue(core, actor, ref)).id)
    const change = changeOf(flags)
    if (Object.keys(change).length) {
      const { updateUser } = await import('../../../server/actions/users.ts')
      await updateUser(core, actor, { userId: id, ...change })
    }
    if (flags.queue) {
      const { replaceQueues } = await import('../../../server/actions/memberships.ts')
      await replaceQueues(core, actor, { agentId: id, queueIds })
    }
    const permissions = Object.fromEntries([
      ...(flags.grant ?? []).map((name) => [name, true]),
      ...(flags.deny ?? []).map((name) => [name, false]),
      ...(flags.reset ?? []).map((name) => [name, null]),
    ]) as Partial<Record<AgentPermission, boolean | null>>
    if (Object.keys(permissions).length) {
      const { setPermissions } = await import('../../../server/actions/permissions.ts')
      await setPermissions(core, actor, { userId: id, permissions })
    }
    const agent = await findAgent(core, actor, id)
    this.done('users.updated', { username: agent.username })
    return agent
  }
}
