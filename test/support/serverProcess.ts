/**
 * A server as a process of its own, with the loopback bridge: what tests kill and what the bench measures.
 * Configured by the environment (TURNO_…) alone; says {"port"} on its standard output when it listens.
 */
import { loadConfig } from '../../config/load.ts'
import type { BridgeDefinition } from '../../plugins/sdk/bridge.ts'
import { loopback } from '../../plugins/sdk/testkit/loopback.ts'
import { startServer } from '../../server/app.ts'

const { config } = loadConfig()
const server = await startServer(config, { bridges: [loopback as BridgeDefinition] })
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`)
process.on('SIGTERM', () => {
  void server.stop().then(() => process.exit(0))
})
