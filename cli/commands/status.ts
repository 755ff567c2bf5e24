import { TurnoCommand } from '../command.ts'
import type { InstallationStatus } from '../../server/actions/queries/installation.ts'

export default class Status extends TurnoCommand {
  static override summary = 'Say in one look how the installation is doing.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<InstallationStatus & { running: boolean; version: string; edition: string; address: string }> {
    await this.parse(Status)
    const config = await this.configuration()
    const core = await this.core()
    const { installationStatus } = await import('../../server/actions/queries/installation.ts')
    const status = await installationStatus(core)
    const running = status.processes.length > 0
    const edition = config.redis.url ? 'cluster' : 'embedded'
    const { agents, chats, pending } = status
    this.sheet([
      [
        'status.server',
        running
          ? status.processes.map((one) => `${one.host} ${one.pid} (${this.instant(one.since)})`).join(', ')
          : this.words('status.stopped'),
      ],
      ['status.address', core.publicUrl],
      ['status.version', `${this.config.version} (${edition}, ${core.db.dialect})`],
      ['status.agents', this.words('status.agents_value', agents)],
      ['status.chats', this.words('status.chats_value', chats)],
      [
        'status.channels',
        Object.entries(status.channels)
          .map(([state, n]) => `${n} ${this.words(`link.${state}`)}`)
          .join(', '),
      ],
      ['status.pending', this.words('status.pending_value', pending)],
    ])
    return { running, version: this.config.version, edition, address: core.publicUrl, ...status }
  }
}
