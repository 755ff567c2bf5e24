import { Args, Flags } from '@oclif/core'
import { TurnoCommand, yesFlag } from '../../command.ts'
import type { UserView } from '../../../server/actions/users.ts'

export default class UsersDisable extends TurnoCommand {
  static override summary = 'Keep a user from signing in, and close their sessions.'
  static override description = 'An agent who holds chats is refused unless --release-to says who takes them.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> laura.gomez --yes',
    '<%= config.bin %> <%= command.id %> laura.gomez --release-to queue:recepcion --yes',
  ]
  static override args = { user: Args.string({ required: true, description: 'User name, e-mail address or id.' }) }
  static override flags = {
    'release-to': Flags.string({
      description: 'Who takes the chats: queue:NAME, agent:NAME, or "fallback" for the fallback queue.',
      helpValue: 'TARGET',
    }),
    yes: yesFlag,
  }

  async run(): Promise<UserView & { released: number }> {
    const { args, flags } = await this.parse(UsersDisable)
    const [core, actor] = [await this.core(), await this.actor()]
    const { findUser } = await import('../../../server/actions/queries/staff.ts')
    const { disableUser } = await import('../../../server/actions/users.ts')
    const { releaseTarget } = await import('../../targets.ts')
    const user = await findUser(core, actor, args.user)
    const releaseTo = flags['release-to'] === undefined ? undefined : await releaseTarget(core, actor, flags['release-to'])
    await this.confirm(flags.yes, 'users.confirm_disable', { username: user.username })
    const done = await disableUser(core, actor, { userId: user.id, ...(releaseTo ? { releaseTo } : {}) })
    this.done('users.disabled', { username: user.username })
    if (done.released) this.done('users.released', { n: done.released })
    return done
  }
}
