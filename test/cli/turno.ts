/** Runs the CLI from its source in this process, as bin/dev.js does, and says what came out of it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Config, run, settings } from '@oclif/core'
import { captureOutput } from '@oclif/test'

export const project = fileURLToPath(new URL('../../', import.meta.url))
settings.enableAutoTranspile = false

let loading: Promise<Config> | undefined
export function cliConfig(): Promise<Config> {
  const pjson = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { oclif: { commands: string } }
  pjson.oclif.commands = './commands'
  loading ??= Config.load({ root: join(project, 'cli'), pjson: pjson as never })
  return loading
}

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What --json printed. */
  json<T = Record<string, unknown>>(): T
}

/** An installation that commands are pointed at by the environment, as a service would be. */
export interface Place {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** In Spanish with `es: true`. */
  turno(...args: string[]): Promise<Outcome>
  inSpanish(...args: string[]): Promise<Outcome>
  /** Writes a file beside the data, for secrets. */
  remove(): void
}

export function place(databaseUrl?: string): Place {
  const folder = mkdtempSync(join(tmpdir(), 'turno-cli-'))
  const env = { TURNO_DATA: join(folder, 'data'), TURNO_HTTP_PORT: '0', ...(databaseUrl ? { TURNO_DATABASE_URL: databaseUrl } : {}) }
  const here =
    (locale: string) =>
    (...args: string[]): Promise<Outcome> =>
      turno(args, { ...env, LANG: locale, LC_ALL: locale })
  return { folder, env, turno: here('C'), inSpanish: here('es_CO.UTF-8'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

async function turno(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  const config = await cliConfig()
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]))
  Object.assign(process.env, env)
  try {
    const { stdout, stderr, error } = await captureOutput(() => run([...args], config))
    const code = error ? (((error as { oclif?: { exit?: number } }).oclif?.exit ?? 1) as number) : Number(process.exitCode ?? 0)
    const shown = error && !/EEXIT/.test(error.message) ? `${stderr}${error.message}` : stderr
    return { code, stdout, stderr: shown, json: <T>() => JSON.parse(stdout) as T }
  } finally {
    process.exitCode = 0
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

/** A process of its own, for what needs one: standard input, a terminal, two at a time. */
export function turnoProcess(
  at: Place,
  args: readonly string[],
  input?: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', join(project, 'bin', 'dev.js'), ...args],
      { env: { ...process.env, ...at.env, LANG: 'C', LC_ALL: 'C' }, cwd: project },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    )
    child.stdin?.end(input ?? '')
  })
}

/** The same on a terminal: `answer` is typed when `question` shows. */
export function turnoOnTerminal(
  at: Place,
  args: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
): Promise<{ code: number; output: string }> {
  const command = [process.execPath, '--import', 'tsx', join(project, 'bin', 'dev.js'), ...args].map((word) => `'${word}'`).join(' ')
  const child: ChildProcess = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...process.env, ...at.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TERM: 'xterm' },
    cwd: project,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const open = [...answers]
  let output = ''
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
      if (open[0] && output.includes(open[0][0])) child.stdin?.write(`${(open.shift() as readonly [string, string])[1]}\r`)
    })
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
