import { Flags } from '@oclif/core'
import { TurnoCommand } from '../../command.ts'

export default class ConfigShow extends TurnoCommand {
  static override summary = 'Show the configuration in force, and where each value comes from.'
  static override description = 'File < environment < flags. Secrets are masked.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --key http.port',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = { key: Flags.string({ description: 'Only this key, or those below it.', helpValue: 'KEY' }) }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ConfigShow)
    const { config, origins, file } = await this.loaded()
    const { masked } = await import('../../../config/redact.ts')
    const { leaves } = await import('../../../config/schema.ts')
    const wanted = flags.key
    const values = leaves
      .filter(({ path }) => wanted === undefined || path === wanted || path.startsWith(`${wanted}.`))
      .map(({ path, environment }) => ({
        key: path,
        value: masked(path, valueAt(config, path)),
        origin: origins[path] ?? 'default',
        environment,
      }))
    this.sheet([['config.file', `${file.path}${file.exists ? '' : ` (${this.words('config.absent')})`}`]])
    this.log('')
    this.table(
      [
        { title: 'column.key', value: (row) => row.key },
        { title: 'column.value', value: (row) => JSON.stringify(row.value) },
        { title: 'column.origin', value: (row) => row.origin },
      ],
      values,
      'config.no_key',
    )
    return { file, values }
  }
}

const valueAt = (tree: object, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], tree)
