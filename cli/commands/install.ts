import { Flags } from '@oclif/core'
import type { Demo } from '../../server/actions/demo.ts'
import type { Installation, Installed } from '../../server/actions/install.ts'
import { TurnoCommand, CliError } from '../command.ts'
import { exitCodes } from '../exit.ts'
import { carriesPassword, withPassword } from '../secretInput.ts'
import type { Config } from '../../config/schema.ts'

interface Result extends Installed {
  readonly configFile: string
  readonly dataDir: string
  readonly database: string
  readonly address: string
  readonly demo: Demo | null
}

export default class Install extends TurnoCommand {
  static override summary = 'Install Turno: database, encryption key, first administrator, first queue.'
  static override description =
    "Asks for what is missing on a terminal; with flags it runs unattended. Without an administrator's password Turno makes one up and shows it once. " +
    "Refuses a database that is not empty and not Turno's. Addresses are kept in the configuration file; secrets come by prompt, file or standard input."
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --company "Clínica Andina" --admin-username admin --admin-name "Ana Ruiz" --queue Recepción --base-url https://chat.example.com',
    '<%= config.bin %> <%= command.id %> --database mysql://turno@db.example.com:3306/turno --database-password-file /run/secrets/db --redis redis://cache:6379/0 …',
    '<%= config.bin %> <%= command.id %> --demo',
  ]
  static override flags = {
    company: Flags.string({ description: 'Name of the company, as customers know it.' }),
    country: Flags.string({ description: 'Country of its phone numbers, two letters.', helpValue: 'CO' }),
    timezone: Flags.string({ description: 'Time zone of its hours and reports (default: of this machine).', helpValue: 'ZONE' }),
    language: Flags.string({ description: 'Language of the installation.', options: ['es', 'en'] }),
    'max-chats': Flags.integer({ description: 'Open chats that an agent may hold at a time; 0 for no limit.', helpValue: 'N', min: 0 }),
    queue: Flags.string({ description: 'Name of the first queue, which also takes what nobody else can.' }),
    'admin-username': Flags.string({ description: 'User name of the first administrator.' }),
    'admin-name': Flags.string({ description: 'Name of the first administrator.' }),
    'admin-email': Flags.string({ description: 'E-mail address of the first administrator.' }),
    'admin-password-file': Flags.string({
      description: 'File with their password.',
      helpValue: 'PATH',
      exclusive: ['admin-password-stdin'],
    }),
    'admin-password-stdin': Flags.boolean({ description: 'Read their password from standard input.', default: false }),
    'base-url': Flags.string({ description: 'How the world reaches this server (http.publicUrl).', helpValue: 'URL' }),
    host: Flags.string({ description: 'Address to listen on (http.host).', helpValue: 'ADDRESS' }),
    port: Flags.string({ description: 'Port to listen on (http.port).', helpValue: 'PORT' }),
    database: Flags.string({ description: 'Address of the database, without its password (database.url).', helpValue: 'URL' }),
    'database-password-file': Flags.string({ description: 'File with the password of the database.', helpValue: 'PATH' }),
    redis: Flags.string({ description: 'Address of Redis, for several processes (redis.url).', helpValue: 'URL' }),
    'redis-password-file': Flags.string({ description: 'File with the password of Redis.', helpValue: 'PATH' }),
    demo: Flags.boolean({ description: 'Fill it with a small company in Spanish to look at.', default: false }),
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(Install)
    const keep = await this.addresses(flags)
    const { config, file } = await this.loaded(Object.fromEntries(Object.entries(keep).map(([key, value]) => [key, String(value)])))
    const core = await this.openCore({ create: true, config })
    const { checkInstallable, install } = await import('../../server/actions/install.ts')
    await checkInstallable(core)
    const input = flags.demo ? await this.demoInput(flags) : await this.questions(flags)
    const actor = await this.actor()
    const installed = await install(core, actor, input)
    if (Object.keys(keep).length) {
      const { writeConfigFile } = await import('../configFile.ts')
      writeConfigFile(file.path, keep)
    }
    const demo = flags.demo ? await (await import('../../server/actions/demo.ts')).fillDemo(core, actor, installed.queue.id) : null
    const { maskUrl } = await import('../../config/redact.ts')
    const result: Result = {
      ...installed,
      configFile: file.path,
      dataDir: config.dataDir,
      database: maskUrl(config.database.url),
      address: core.publicUrl,
      demo,
    }
    this.report(result, config)
    return result
  }

  /** What is kept in the configuration file, by key. */
  private async addresses(flags: Readonly<Record<string, unknown>>): Promise<Record<string, string | number>> {
    const text = (name: string): string | undefined => flags[name] as string | undefined
    const kept: Record<string, string | number> = {}
    for (const [name, key] of [
      ['database', 'database.url'],
      ['redis', 'redis.url'],
    ] as const) {
      const url = text(name)
      if (url === undefined) continue
      if (carriesPassword(url)) throw new CliError('error.secret_argument', exitCodes.usage, { name: `--${name}` })
      const password = await this.secretInput({ file: text(`${name}-password-file`) })
      kept[key] = password === undefined ? url : withPassword(url, password)
    }
    const [base, host, port] = [text('base-url'), text('host'), text('port')]
    if (base !== undefined) kept['http.publicUrl'] = base
    if (host !== undefined) kept['http.host'] = host
    if (port !== undefined) kept['http.port'] = Number(port)
    return kept
  }

  private async questions(flags: Readonly<Record<string, unknown>>): Promise<Installation> {
    const text = (name: string): string | undefined => flags[name] as string | undefined
    const companyName = await this.need('company', text('company'), { text: 'ask.company' })
    const queue = await this.need('queue', text('queue'), { text: 'ask.first_queue', byDefault: this.words('install.first_queue') })
    const username = await this.need('admin-username', text('admin-username'), { text: 'ask.admin_username', byDefault: 'admin' })
    const name = await this.need('admin-name', text('admin-name'), { text: 'ask.admin_name' })
    const maxChats = await this.prefer(flags['max-chats'] === undefined ? undefined : String(flags['max-chats']), '8', {
      text: 'ask.max_chats',
    })
    const country = await this.prefer(text('country'), 'CO', { text: 'ask.country' })
    const given = await this.secretInput({ stdin: flags['admin-password-stdin'] === true, file: text('admin-password-file') })
    const password = given ?? (await this.askSecret('ask.admin_password'))
    return {
      companyName,
      country: country.toUpperCase(),
      defaultMaxChats: Number(maxChats),
      timezone: text('timezone') ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      locale: (text('language') ?? this.locale) as 'es' | 'en',
      admin: {
        username,
        name,
        ...(text('admin-email') === undefined ? {} : { email: text('admin-email') as string }),
        ...(password === undefined ? {} : { password }),
      },
      queue: { name: queue },
    }
  }

  private async demoInput(flags: Readonly<Record<string, unknown>>): Promise<Installation> {
    const { demoInstallation } = await import('../../server/actions/demo.ts')
    const company = flags.company as string | undefined
    return { ...demoInstallation, ...(company === undefined ? {} : { companyName: company }) }
  }

  private report(result: Result, config: Config): void {
    this.done('install.done')
    this.sheet([
      ['install.data', result.dataDir],
      ['install.config', result.configFile],
      ['install.key', config.secrets.keyFile],
      ['install.database', result.database],
      ['install.queue', result.queue.name],
    ])
    this.log('')
    const users = [
      { name: result.admin.name, username: result.admin.username, role: 'admin', password: result.generatedPassword },
      ...(result.demo?.users ?? []),
    ]
    this.table(
      [
        { title: 'column.name', value: (user) => user.name },
        { title: 'column.role', value: (user) => this.words(`role.${user.role}`) },
        { title: 'column.username', value: (user) => user.username },
        { title: 'column.password', value: (user) => user.password ?? this.words('install.given') },
      ],
      users,
      'users.none',
    )
    this.log('')
    this.done(users.some((user) => user.password) ? 'install.once' : 'install.next')
    this.sheet([
      ['install.agents_at', `${result.address}/agent/`],
      ['install.supervisors_at', `${result.address}/supervisor/`],
      ...(result.demo ? [['install.demo_at', `${result.address}/demo/?key=${result.demo.channel.identity}`] as const] : []),
    ])
  }
}
