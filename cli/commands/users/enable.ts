import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import type { UserView } from '../../../server/actions/users.ts'

export default class UsersEnable extends TurnoCommand {
  static override summary = 'Let a user sign in again.'
  static override examples = ['<%= config.bin %> <%= command.id %> laura.gomez']
  static override args = { user: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }

  async run(): Promise<UserView> {
    const { args } = await this.parse(UsersEnable)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findUser } = await import('../../../server/actions/queries/staff.ts')
    const { enableUser } = await import('../../../server/actions/users.ts')
    const user = await enableUser(core, actor, { userId: (await findUser(core, actor, args.user)).id })
    this.done('users.enabled', { username: user.username })
    return user
  }
}
