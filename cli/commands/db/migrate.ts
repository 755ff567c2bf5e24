import { TurnoCommand } from '../../command.ts'

export default class DbMigrate extends TurnoCommand {
  static override summary = 'Bring the database up to this version of the program.'
  static override description = 'Safe to run twice and from several machines: one does the work, the others find nothing to do.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<{ applied: string[] }> {
    await this.parse(DbMigrate)
    const { migrateSchema } = await import('../../../server/actions/migrateSchema.ts')
    const applied = await migrateSchema(await this.openCore(), await this.actor())
    this.done(applied.length ? 'db.migrated' : 'db.nothing', { applied: applied.join(', ') })
    return { applied }
  }
}
