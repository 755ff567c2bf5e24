import { TurnoCommand } from '../command.ts'
import type { Finding } from '../doctor/check.ts'
import { exitCodes } from '../exit.ts'

const marks = { ok: '✓', warn: '!', fail: '✗' } as const

export default class Doctor extends TurnoCommand {
  static override summary = 'Examine the machine and the installation, and say what to do about what is wrong.'
  static override description = 'Changes nothing. Exit code 7 when a check fails; warnings alone are 0.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run(): Promise<{ healthy: boolean; checks: (Finding & { message: string; hint: string | null })[] }> {
    await this.parse(Doctor)
    const checks: (Finding & { message: string; hint: string | null })[] = []
    for await (const finding of this.examine()) {
      const { message, hint } = await this.told(finding)
      checks.push({ ...finding, message, hint })
      this.log(`${marks[finding.verdict]} ${message}`)
      if (hint) this.log(`    → ${hint}`)
    }
    const healthy = checks.every((finding) => finding.verdict !== 'fail')
    const count = (verdict: Finding['verdict']): number => checks.filter((finding) => finding.verdict === verdict).length
    this.log('')
    this.done(healthy ? 'doctor.healthy' : 'doctor.ill', { fail: count('fail'), warn: count('warn') })
    if (!healthy) process.exitCode = exitCodes.checkFailed
    return { healthy, checks }
  }

  /** What is wrong with the installation itself has its text among the errors. */
  private async told(finding: Finding): Promise<{ message: string; hint: string | null }> {
    const { errorTexts } = await import('../../server/domain/errorTexts.ts')
    const refusal =
      finding.check === 'installation' ? Object.entries(errorTexts).find(([code]) => code === finding.outcome)?.[1] : undefined
    if (refusal) return { message: refusal[this.locale].message, hint: refusal[this.locale].help }
    const key = `doctor.${finding.check}.${finding.outcome}`
    return { message: this.words(key, finding.values), hint: finding.verdict === 'ok' ? null : this.words(`${key}.hint`, finding.values) }
  }

  private async *examine(): AsyncGenerator<Finding> {
    const machine = await import('../doctor/machine.ts')
    const { fail } = await import('../doctor/check.ts')
    const config = await this.configuration()
    yield machine.node()
    yield machine.keyFile(config)
    yield await machine.disk(config)
    yield await machine.redis(config)
    yield await machine.port(config)
    yield await machine.ffmpeg()
    const { DomainError } = await import('../../server/domain/errors.ts')
    let core
    try {
      core = await this.openCore()
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      yield fail('installation', error.code)
      return
    }
    const inside = await import('../doctor/installation.ts')
    yield await inside.database(core)
    yield await inside.clock(core)
    const schema = await inside.migrations(core)
    yield schema
    if (schema.verdict === 'fail') return
    const installed = await inside.installation(core)
    yield installed
    if (installed.verdict === 'fail') return
    const actor = await this.actor()
    const { installationStatus } = await import('../../server/actions/queries/installation.ts')
    const running = (await installationStatus(core)).processes.length > 0
    yield await inside.bridges(core, actor, running)
    yield* await inside.requests(core, actor)
    yield* await inside.publicAddress(config, running)
  }
}
