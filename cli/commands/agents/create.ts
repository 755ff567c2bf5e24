import { Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'
import { changeOf, passwordFlags, profileFlags, type Made } from '../../userFlags.ts'

export default class AgentsCreate extends TurnoCommand {
  static override summary = 'Create an agent, and put them in queues.'
  static override description = 'Without a password Turno makes one up and shows it once; it must be changed at the first sign-in.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --username laura.gomez --name "Laura Gómez" --queue recepcion --queue ventas',
  ]
  static override flags = {
    ...profileFlags,
    queue: Flags.string({
      description: 'A queue to attend (repeat for more).',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'QUEUE',
    }),
    ...passwordFlags,
  }

  async run(): Promise<Made> {
    const { flags } = await this.parse(AgentsCreate)
    const username = await this.need('username', flags.username, { text: 'ask.username' })
    const name = await this.need('name', flags.name, { text: 'ask.name' })
    const password = await this.secretInput({ stdin: flags['password-stdin'], file: flags['password-file'] })
    const [core, actor] = [await this.core(), await this.actor()]
    const { findQueue } = await import('../../../server/actions/queries/queues.ts')
    const { replaceQueues } = await import('../../../server/actions/memberships.ts')
    const { createUser } = await import('../../../server/actions/users.ts')
    // Before anybody is made: an unknown queue must leave nothing behind.
    const queueIds: string[] = []
    for (const ref of flags.queue ?? []) queueIds.push((await findQueue(core, actor, ref)).id)
    const made = await createUser(core, actor, {
      ...changeOf(flags),
      username,
      name,
      role: 'agent',
      ...(password === undefined ? {} : { password }),
      ...(flags['must-change-password'] === undefined ? {} : { mustChangePassword: flags['must-change-password'] }),
    })
    if (queueIds.length) await replaceQueues(core, actor, { agentId: made.user.id, queueIds })
    this.done('users.created', { username: made.user.username, role: this.words('role.agent') })
    if (made.generatedPassword)
      this.done(made.user.mustChangePassword ? 'users.password' : 'users.password_kept', { password: made.generatedPassword })
    return made
  }
}
