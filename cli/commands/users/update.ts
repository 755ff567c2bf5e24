import { Args, Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { changeOf, profileFlags } from '../../userFlags.ts'
import type { UserView } from '../../../server/actions/users.ts'

export default class UsersUpdate extends TurnoCommand {
  static override summary = 'Change a user: what is not named stays.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> rosa --name "Rosa María Molina" --also-agent',
    '<%= config.bin %> <%= command.id %> rosa --role admin',
  ]
  static override args = { user: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }
  static override flags = {
    ...profileFlags,
    role: Flags.string({ description: 'What they may do.', options: ['agent', 'supervisor', 'admin'] as const }),
    'also-agent': Flags.boolean({ description: 'A supervisor or admin who also attends chats.', allowNo: true }),
  }

  async run(): Promise<UserView> {
    const { args, flags } = await this.parse(UsersUpdate)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findUser } = await import('../../../server/actions/queries/staff.ts')
    const { updateUser } = await import('../../../server/actions/users.ts')
    const user = await updateUser(core, actor, {
      userId: (await findUser(core, actor, args.user)).id,
      ...changeOf(flags),
      ...(flags.role === undefined ? {} : { role: flags.role as UserView['role'] }),
      ...(flags['also-agent'] === undefined ? {} : { alsoAgent: flags['also-agent'] }),
    })
    this.done('users.updated', { username: user.username })
    return user
  }
}
