import { Args, Flags } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../command.ts'

export default class UsersRemove extends TurnoCommand {
  static override summary = 'Remove a user: their history keeps the name, the user name is free again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> laura.gomez --yes',
    '<%= config.bin %> <%= command.id %> laura.gomez --release-to fallback --yes',
  ]
  static override args = { user: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }
  static override flags = {
    'release-to': Flags.string({
      description: 'Who takes the chats: queue:NAME, agent:NAME, or "fallback" for the fallback queue.',
      helpValue: 'TARGET',
    }),
    yes: yesFlag,
  }

  async run(): Promise<{ removed: string; released: number }> {
    const { args, flags } = await this.parse(UsersRemove)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findUser } = await import('../../../server/actions/queries/staff.ts')
    const { removeUser } = await import('../../../server/actions/users.ts')
    const { releaseTarget } = await import('../../targets.ts')
    const user = await findUser(core, actor, args.user)
    const releaseTo = flags['release-to'] === undefined ? undefined : await releaseTarget(core, actor, flags['release-to'])
    await this.confirm(flags.yes, 'users.confirm_remove', { username: user.username })
    const { released } = await removeUser(core, actor, { userId: user.id, ...(releaseTo ? { releaseTo } : {}) })
    this.done('users.removed', { username: user.username })
    if (released) this.done('users.released', { n: released })
    return { removed: user.id, released }
  }
}
