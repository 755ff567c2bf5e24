import { TurnoCommand } from '../../command.ts'
import { exitCodes } from '../../exit.ts'

export default class ConfigValidate extends TurnoCommand {
  static override summary = 'Check the configuration without touching anything.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --config ./turno.yaml --json']

  async run(): Promise<{ valid: boolean; file: string; problems: unknown[] }> {
    await this.parse(ConfigValidate)
    try {
      const { file } = await this.loaded()
      this.done('config.valid', { file: file.path })
      return { valid: true, file: file.path, problems: [] }
    } catch (error) {
      const { ConfigError } = await import('../../../config/load.ts')
      if (!(error instanceof ConfigError)) throw error
      for (const { path, origin, message, hint } of error.problems) this.log(`✗ ${path} (${origin}): ${message}\n  → ${hint}`)
      process.exitCode = exitCodes.checkFailed
      return { valid: false, file: '', problems: [...error.problems] }
    }
  }
}
