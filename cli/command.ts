/**
 * What every command shares: the flags that name the installation, the core without workers (opened when first asked for,
 * closed at the end), texts in the reader's language, `--json`, and errors with a message, a help line and an exit code.
 * Nothing of the server is imported until a command asks for it: commands without a database must start at once.
 */
import { userInfo } from 'node:os'
import { Command, Errors, Flags } from '@oclif/core'
import type { Loaded } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { Core } from '../server/actions/core.ts'
import type { Actor } from '../server/domain/permissions.ts'
import { exitCodeOf, exitCodes } from './exit.ts'
import { agree, ask, isInteractive, type Question } from './prompts/ask.ts'
import { carriesPassword, secretFromFile, secretFromStdin } from './secretInput.ts'
import { sheetOf, tableOf, type Column } from './table.ts'
import { localeOf, wordsOf, type Locale, type Words } from './words.ts'

/** A refusal by the CLI itself. `key` has a text in the locales, `key.help` its help. */
export class CliError extends Error {
  readonly key: string
  readonly exitCode: number
  readonly values: Readonly<Record<string, unknown>>
  constructor(key: string, exitCode: number, values: Readonly<Record<string, unknown>> = {}) {
    super(key)
    this.key = key
    this.exitCode = exitCode
    this.values = values
  }
}

interface Told {
  readonly code: string
  readonly message: string
  readonly help: string
  readonly details: unknown
  readonly exitCode: number
}

export const yesFlag = Flags.boolean({ char: 'y', description: 'Do not ask for confirmation.', default: false })

export abstract class TurnoCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    'data-dir': Flags.string({ helpGroup: 'GLOBAL', description: 'Data folder of the installation (TURNO_DATA).', helpValue: 'PATH' }),
    config: Flags.string({ helpGroup: 'GLOBAL', description: 'Configuration file (TURNO_CONFIG).', helpValue: 'PATH' }),
    set: Flags.string({
      helpGroup: 'GLOBAL',
      description: 'Override one configuration key.',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    locale: Flags.string({
      helpGroup: 'GLOBAL',
      description: 'Language of the output; by default that of the environment.',
      options: ['es', 'en'],
    }),
  }

  private opened: { core: Core; close(): Promise<void> } | undefined
  protected readonly locale: Locale = localeOf(this.argv)
  protected readonly words: Words = wordsOf(this.locale)

  // ------------------------------------------------------------------ the installation

  /** `more` goes over what --set says. */
  protected async loaded(more: Readonly<Record<string, string>> = {}): Promise<Loaded> {
    const { flags } = await this.parse(this.ctor)
    const { loadConfig } = await import('../config/load.ts')
    const { 'data-dir': dataDir, config: file } = flags as { 'data-dir'?: string; config?: string }
    const set = this.overrides((flags as { set?: string[] }).set ?? [])
    return loadConfig({ flags: { ...(dataDir ? { dataDir } : {}), ...set, ...more }, ...(file ? { file } : {}) })
  }

  protected async configuration(more: Readonly<Record<string, string>> = {}): Promise<Config> {
    return (await this.loaded(more)).config
  }

  /** @throws CliError for what is no assignment, and for secrets, which would stay in the shell's history */
  private overrides(assignments: readonly string[]): Record<string, string> {
    return Object.fromEntries(
      assignments.map((text) => {
        const [key, value] = this.assignment(text)
        if (carriesPassword(value) || key === 'metrics.token')
          throw new CliError('error.secret_argument', exitCodes.usage, { name: `--set ${key}` })
        return [key, value]
      }),
    )
  }

  protected assignment(text: string): [key: string, value: string] {
    const at = text.indexOf('=')
    if (at < 1) throw new CliError('error.assignment', exitCodes.usage, { text: text.slice(0, 40) })
    return [text.slice(0, at), text.slice(at + 1)]
  }

  /** The core of an installation that is complete. @throws DomainError not_installed, schema_older, secret_key_wrong … */
  protected async core(): Promise<Core> {
    const core = await this.openCore()
    const { requireInstallation } = await import('../server/actions/install.ts')
    await requireInstallation(core)
    return core
  }

  /** The core whatever the database holds: for the commands that install, migrate and examine. */
  protected async openCore(options: { create?: boolean; config?: Config } = {}): Promise<Core> {
    if (!this.opened) {
      const { openCore } = await import('../server/appCore.ts')
      const config = options.config ?? (await this.configuration())
      // What a command does it says itself: of the log only what went wrong.
      this.opened = await openCore({ ...config, log: { ...config.log, level: 'error' } }, { create: options.create ?? false })
    }
    return this.opened.core
  }

  /** The CLI acts with every right: whoever runs it has the machine. */
  protected async actor(): Promise<Actor> {
    const { cliActor } = await import('../server/domain/permissions.ts')
    return cliActor(process.env.SUDO_USER ?? userInfo().username)
  }

  // ------------------------------------------------------------------ asking

  /** The flag's value, or the answer to a question; where nobody can be asked, a usage error. */
  protected async need(flag: string, value: string | undefined, question: Question): Promise<string> {
    if (value !== undefined) return value
    if (this.jsonEnabled() || !isInteractive()) throw new CliError('error.flag_required', exitCodes.usage, { flag: `--${flag}` })
    return ask(this.words, question)
  }

  /** A secret typed unseen; undefined where nobody can be asked, or nothing is typed. */
  protected async askSecret(key: string): Promise<string | undefined> {
    if (this.jsonEnabled() || !isInteractive()) return undefined
    return (await ask(this.words, { text: key, secret: true, optional: true })) || undefined
  }

  /** As `need`, for what has a default: asked for only on a terminal. */
  protected async prefer(value: string | undefined, byDefault: string, question: Question): Promise<string> {
    if (value !== undefined) return value
    if (this.jsonEnabled() || !isInteractive()) return byDefault
    return (await ask(this.words, { ...question, byDefault })) || byDefault
  }

  /** @throws CliError where nobody can be asked, or says no */
  protected async confirm(yes: boolean, key: string, values: Readonly<Record<string, unknown>> = {}): Promise<void> {
    if (yes) return
    if (this.jsonEnabled() || !isInteractive()) throw new CliError('error.yes_required', exitCodes.usage)
    if (!(await agree(this.words(key, values)))) throw new CliError('error.not_confirmed', exitCodes.failed)
  }

  protected async secretInput(from: { stdin?: boolean; file?: string | undefined }): Promise<string | undefined> {
    if (from.stdin) return secretFromStdin()
    if (from.file === undefined) return undefined
    try {
      return secretFromFile(from.file)
    } catch (error) {
      throw new CliError('error.file', exitCodes.usage, { path: from.file, reason: (error as NodeJS.ErrnoException).code ?? 'unreadable' })
    }
  }

  // ------------------------------------------------------------------ saying

  /** One line about what was done. Silent with --json, as are the tables. */
  protected done(key: string, values: Readonly<Record<string, unknown>> = {}): void {
    this.log(this.words(key, values))
  }

  protected table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], none: string): void {
    this.log(
      rows.length
        ? tableOf(
            columns.map((column) => ({ ...column, title: this.words(column.title) })),
            rows,
          )
        : this.words(none),
    )
  }

  protected sheet(pairs: readonly (readonly [key: string, value: string | number | null | undefined])[]): void {
    this.log(sheetOf(pairs.map(([key, value]) => [this.words(key), value])))
  }

  protected yesNo(value: boolean): string {
    return this.words(value ? 'yes' : 'no')
  }

  /** In the machine's time zone, as its user reads clocks. */
  protected instant(at: number | null | undefined): string | null {
    if (at == null) return null
    const date = new Date(at)
    const two = (n: number): string => String(n).padStart(2, '0')
    const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
    return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
  }

  // ------------------------------------------------------------------ ending

  protected override async catch(error: Error & { exitCode?: number }): Promise<unknown> {
    const told = await this.tell(error)
    if (!told) return super.catch(error)
    const { exitCode, ...body } = told
    if (this.jsonEnabled()) this.logJson({ error: body })
    else {
      // What a refusal of the CLI itself is about is in its text.
      const details = error instanceof CliError ? [] : this.detailLines(body.details)
      this.logToStderr([`${this.words('error')}: ${body.message}`, ...details, ...(body.help ? [`  → ${body.help}`] : [])].join('\n'))
    }
    return this.exit(exitCode)
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await this.opened?.close()
    this.opened = undefined
    await super.finally(error)
  }

  /** Null for what oclif tells by itself: usage errors of its own, and exits. */
  private async tell(error: Error): Promise<Told | null> {
    if (error instanceof CliError) {
      const { key, values, exitCode } = error
      return {
        code: key.replace(/^error\./, ''),
        message: this.words(key, values),
        help: this.words(`${key}.help`, values),
        details: values,
        exitCode,
      }
    }
    if (error.name === 'DomainError' || error.name === 'ConfigError') {
      const [{ errorTexts }, { DomainError }] = await Promise.all([
        import('../server/domain/errorTexts.ts'),
        import('../server/domain/errors.ts'),
      ])
      if (error instanceof DomainError) {
        const { [this.locale]: text, status } = errorTexts[error.code]
        return { code: error.code, message: text.message, help: text.help, details: error.details, exitCode: exitCodeOf(status) }
      }
      const { problems } = error as Error & { problems: readonly { path: string; origin: string; message: string; hint: string }[] }
      const text = errorTexts.config_invalid[this.locale]
      const fields = problems.map((problem) => ({ path: problem.path, message: `${problem.message} (${problem.origin}). ${problem.hint}` }))
      return { code: 'config_invalid', message: text.message, help: text.help, details: { fields }, exitCode: exitCodes.usage }
    }
    if (error.name === 'ExitPromptError')
      return { code: 'interrupted', message: this.words('error.interrupted'), help: '', details: {}, exitCode: 130 }
    if (error instanceof Errors.CLIError)
      return this.jsonEnabled()
        ? { code: 'usage', message: error.message, help: '', details: {}, exitCode: error.oclif.exit ?? exitCodes.usage }
        : null
    this.debug(error)
    return { code: 'failed', message: error.message, help: this.words('error.unexpected.help'), details: {}, exitCode: exitCodes.failed }
  }

  private detailLines(details: unknown): string[] {
    const { fields, ...rest } = (details ?? {}) as { fields?: readonly { path: string; message: string }[] }
    const lines = (fields ?? []).map((field) => `  ${field.path}: ${field.message}`)
    const others = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined && value !== '')
    return [...lines, ...others.map(([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)]
  }
}
