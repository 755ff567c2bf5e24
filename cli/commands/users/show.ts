import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { UserView } from '../../../server/actions/users.ts'

export default class UsersShow extends TurnoCommand {
  static override summary = 'Show one user.'
  static override examples = ['<%= config.bin %> <%= command.id %> laura.gomez']
  static override args = { user: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }

  async run(): Promise<UserView> {
    const { args } = await this.parse(UsersShow)
    const { findUser } = await import('../../../server/actions/queries/staff.ts')
    const user = await findUser(await this.core(), await this.actor(), args.user)
    this.sheet([
      ['column.id', user.id],
      ['column.username', user.username],
      ['column.name', user.name],
      ['column.role', this.words(`role.${user.role}`)],
      ['column.attends', this.yesNo(user.role === 'agent' || user.alsoAgent)],
      ['column.email', user.email],
      ['column.enabled', this.yesNo(user.enabled)],
      ['column.max_chats', user.maxChats],
      ['column.must_change_password', this.yesNo(user.mustChangePassword)],
      ['column.created', this.instant(user.createdAt)],
    ])
    return user
  }
}
