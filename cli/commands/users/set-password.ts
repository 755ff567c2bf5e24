import { Args } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { passwordFlags, type Made } from '../../userFlags.ts'

export default class UsersSetPassword extends TurnoCommand {
  static override summary = 'Give a user a new password, and close their sessions.'
  static override description = 'Without a password Turno makes one up and shows it once.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> laura.gomez',
    '<%= config.bin %> <%= command.id %> admin --password-file ./new-password',
  ]
  static override args = { user: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }
  static override flags = passwordFlags

  async run(): Promise<Made> {
    const { args, flags } = await this.parse(UsersSetPassword)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findUser } = await import('../../../server/actions/queries/staff.ts')
    const { setPassword } = await import('../../../server/actions/users.ts')
    const { id } = await findUser(core, actor, args.user)
    const password = await this.secretInput({ stdin: flags['password-stdin'], file: flags['password-file'] })
    const made = await setPassword(core, actor, {
      userId: id,
      ...(password === undefined ? {} : { password }),
      ...(flags['must-change-password'] === undefined ? {} : { mustChangePassword: flags['must-change-password'] }),
    })
    this.done('users.password_set', { username: made.user.username })
    if (made.generatedPassword)
      this.done(made.user.mustChangePassword ? 'users.password' : 'users.password_kept', { password: made.generatedPassword })
    return made
  }
}
