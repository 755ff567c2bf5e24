import { Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { UserView } from '../../../server/actions/users.ts'

export default class Users extends TurnoCommand {
  static override summary = 'List the people who sign in.'
  static override aliases = ['users:list']
  static override examples = ['<%= config.bin %> users', '<%= config.bin %> users --role supervisor --json']
  static override flags = {
    role: Flags.string({ description: 'Only this role.', options: ['agent', 'supervisor', 'admin'] as const }),
    enabled: Flags.boolean({ description: 'Only the enabled, or with --no-enabled only the disabled.', allowNo: true }),
  }

  async run(): Promise<{ users: UserView[] }> {
    const { flags } = await this.parse(Users)
    const { listUsers } = await import('../../../server/actions/queries/staff.ts')
    const users = await listUsers(await this.core(), await this.actor(), {
      ...(flags.role ? { role: flags.role as UserView['role'] } : {}),
      ...(flags.enabled === undefined ? {} : { enabled: flags.enabled }),
    })
    this.table(
      [
        { title: 'column.username', value: (user) => user.username },
        { title: 'column.name', value: (user) => user.name },
        { title: 'column.role', value: (user) => this.words(`role.${user.role}`) },
        { title: 'column.attends', value: (user) => this.yesNo(user.role === 'agent' || user.alsoAgent) },
        { title: 'column.enabled', value: (user) => this.yesNo(user.enabled) },
        { title: 'column.email', value: (user) => user.email },
      ],
      users,
      'users.none',
    )
    return { users }
  }
}
