import { Flags } from '@oclif/core'
import { CliError, TurnoCommand } from '../command.ts'
import { exitCodes } from '../exit.ts'

export default class Start extends TurnoCommand {
  static override summary = 'Start the server, and serve until it is told to stop (SIGTERM, Ctrl-C).'
  static override description = 'Stops by draining: no new work, what is under way ends, then the process.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --host 0.0.0.0 --port 8080',
    '<%= config.bin %> <%= command.id %> --set log.level=debug',
  ]
  static override enableJsonFlag = false
  static override flags = {
    host: Flags.string({ description: 'Address to listen on (http.host).', helpValue: 'ADDRESS' }),
    port: Flags.string({ description: 'Port to listen on (http.port).', helpValue: 'PORT' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Start)
    const config = await this.configuration({
      ...(flags.host ? { 'http.host': flags.host } : {}),
      ...(flags.port ? { 'http.port': flags.port } : {}),
    })
    const { startServer } = await import('../../server/app.ts')
    const server = await startServer(config).catch((error: NodeJS.ErrnoException) => {
      if (error.syscall !== 'listen') throw error
      const { host, port } = config.http
      throw new CliError('error.port_taken', exitCodes.unavailable, { host, port, reason: error.code ?? '' })
    })
    this.done('start.ready', { url: server.url })
    const told = new Promise<string>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
    })
    await told
    this.done('start.stopping')
    // A second Ctrl-C is for whoever does not want to wait.
    process.once('SIGINT', () => process.exit(130))
    await server.stop()
  }
}
