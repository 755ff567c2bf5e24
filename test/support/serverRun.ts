/** Starts, kills and starts again a server process on a given database, as an operator's machine would. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface ServerEnvironment {
  readonly dataDir: string
  readonly databaseUrl: string
  readonly redisUrl?: string | undefined
  readonly redisPrefix?: string
  readonly port?: number
  readonly more?: Readonly<Record<string, string>>
}

export class ServerRun {
  private readonly environment: ServerEnvironment
  private child: ChildProcess | null = null
  port = 0
  /** What it wrote to standard error, for a test that fails. */
  errors = ''
  constructor(environment: ServerEnvironment) {
    this.environment = environment
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }
  get pid(): number {
    return this.child?.pid ?? 0
  }

  async start(): Promise<void> {
    const { dataDir, databaseUrl, redisUrl, redisPrefix, more } = this.environment
    const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./serverProcess.ts', import.meta.url))], {
      env: {
        PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', TURNO_DATA: dataDir, TURNO_DATABASE_URL: databaseUrl, TURNO_HTTP_HOST: '127.0.0.1',
        // The same port again after a kill, so that whoever was connected comes back.
        TURNO_HTTP_PORT: String(this.port || (this.environment.port ?? 0)), TURNO_LOG_LEVEL: 'warn',
        ...(redisUrl ? { TURNO_REDIS_URL: redisUrl, TURNO_REDIS_PREFIX: redisPrefix ?? 'turno-test' } : {}), ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-20_000)
    })
    this.port = await new Promise<number>((resolve, reject) => {
      let said = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const line = /\{"port":(\d+)\}/.exec(said)
        if (line) resolve(Number(line[1]))
      })
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${this.errors}`)))
    })
  }

  /** Ends it at once, wherever it is. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
}
