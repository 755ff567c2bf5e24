import { TurnoCommand } from '../../command.ts'
import type { DatabaseFacts } from '../../../server/actions/queries/installation.ts'

export default class DbStatus extends TurnoCommand {
  static override summary = 'Show the database: where it is, its version and which migrations it has.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<DatabaseFacts & { url: string; state: string; applied: string[]; pending: string[]; unknown: string[] }> {
    await this.parse(DbStatus)
    const config = await this.configuration()
    const { maskUrl } = await import('../../../config/redact.ts')
    const { databaseFacts, schemaReport } = await import('../../../server/actions/queries/installation.ts')
    const core = await this.openCore()
    const report = await schemaReport(core)
    const facts = await databaseFacts(core)
    const url = maskUrl(config.database.url)
    this.sheet([
      ['db.url', url],
      ['db.version', `${facts.dialect} ${facts.version}`],
      ['db.charset', facts.charset],
      ['db.state', this.words(`db.state.${report.state}`)],
      ['db.applied', report.applied.join(', ')],
      ['db.pending', report.pending.join(', ')],
    ])
    return { ...facts, url, ...report }
  }
}
