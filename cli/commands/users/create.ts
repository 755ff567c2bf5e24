import { Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { changeOf, passwordFlags, profileFlags, type Made } from '../../userFlags.ts'
import type { UserView } from '../../../server/actions/users.ts'

export default class UsersCreate extends TurnoCommand {
  static override summary = 'Create a user.'
  static override description = 'Without a password Turno makes one up and shows it once; it must be changed at the first sign-in.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --username rosa --name "Rosa Molina" --role supervisor',
    'pass show turno/rosa | <%= config.bin %> <%= command.id %> --username rosa --name "Rosa Molina" --role supervisor --password-stdin',
  ]
  static override flags = {
    ...profileFlags,
    role: Flags.string({ description: 'What they may do.', options: ['agent', 'supervisor', 'admin'] as const }),
    'also-agent': Flags.boolean({ description: 'A supervisor or admin who also attends chats.', default: false }),
    ...passwordFlags,
  }

  async run(): Promise<Made> {
    const { flags } = await this.parse(UsersCreate)
    const username = await this.need('username', flags.username, { text: 'ask.username' })
    const name = await this.need('name', flags.name, { text: 'ask.name' })
    const role = await this.need('role', flags.role, {
      text: 'ask.role',
      choices: (['agent', 'supervisor', 'admin'] as const).map((value) => ({ value, name: this.words(`role.${value}`) })),
    })
    const password = await this.secretInput({ stdin: flags['password-stdin'], file: flags['password-file'] })
    const { createUser } = await import('../../../server/actions/users.ts')
    const made = await createUser(await this.core(), await this.actor(), {
      ...changeOf(flags),
      username,
      name,
      role: role as UserView['role'],
      alsoAgent: flags['also-agent'],
      ...(password === undefined ? {} : { password }),
      ...(flags['must-change-password'] === undefined ? {} : { mustChangePassword: flags['must-change-password'] }),
    })
    this.done('users.created', { username: made.user.username, role: this.words(`role.${made.user.role}`) })
    if (made.generatedPassword)
      this.done(made.user.mustChangePassword ? 'users.password' : 'users.password_kept', { password: made.generatedPassword })
    return made
  }
}
