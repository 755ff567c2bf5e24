/** What the doctor asks the installation itself: database, clock, public address, requests that nobody could place. */
import { randomBytes } from 'node:crypto'
import type { Config } from '../../config/schema.ts'
import type { Core } from '../../server/actions/core.ts'
import type { Actor } from '../../server/domain/permissions.ts'
import { fail, ok, warn, type Finding } from './check.ts'

/** Leases are kept in the database's time (domain §14). */
const mostSkewMs = 2000
const oldest = { mariadb: [10, 6], mysql: [8, 0], sqlite: [3, 31] } as const

export async function database(core: Core): Promise<Finding> {
  const { databaseFacts } = await import('../../server/actions/queries/installation.ts')
  const facts = await databaseFacts(core)
  const kind = facts.dialect === 'sqlite' ? 'sqlite' : /mariadb/i.test(facts.version) ? 'mariadb' : 'mysql'
  const values = { kind, version: facts.version, oldest: oldest[kind].join('.'), charset: facts.charset }
  const [major = 0, minor = 0] = facts.version.split('.').map((part) => parseInt(part, 10))
  const [needMajor, needMinor] = oldest[kind]
  if (major < needMajor || (major === needMajor && minor < needMinor)) return fail('database', 'old', values)
  if (facts.charset !== null && facts.charset !== 'utf8mb4') return warn('database', 'charset', values)
  return ok('database', values)
}

export async function clock(core: Core): Promise<Finding> {
  const { databaseFacts } = await import('../../server/actions/queries/installation.ts')
  const { skewMs } = await databaseFacts(core)
  return Math.abs(skewMs) > mostSkewMs ? fail('clock', 'skew', { skewMs }) : ok('clock', { skewMs })
}

export async function migrations(core: Core): Promise<Finding> {
  const { schemaReport } = await import('../../server/actions/queries/installation.ts')
  const report = await schemaReport(core)
  const values = { applied: report.applied.length, pending: report.pending.join(', '), unknown: report.unknown.join(', ') }
  return report.state === 'current' ? ok('migrations', values) : fail('migrations', report.state, values)
}

export async function installation(core: Core): Promise<Finding> {
  const { requireInstallation } = await import('../../server/actions/install.ts')
  const { DomainError } = await import('../../server/domain/errors.ts')
  try {
    const { installId } = await requireInstallation(core)
    return ok('installation', { installId })
  } catch (error) {
    if (error instanceof DomainError) return fail('installation', error.code, {})
    throw error
  }
}

export async function requests(core: Core, actor: Actor): Promise<Finding[]> {
  const { unknownAccounts, unparsedRequests } = await import('../../server/actions/queries/channels.ts')
  const unparsed = await unparsedRequests(core, actor)
  const unknown = await unknownAccounts(core, actor)
  return [
    unparsed.length ? warn('unparsed', 'some', { n: unparsed.length }) : ok('unparsed'),
    unknown.length
      ? warn('unknown_accounts', 'some', { n: unknown.length, accounts: unknown.map((one) => `${one.bridge} ${one.account}`).join(', ') })
      : ok('unknown_accounts'),
  ]
}

/** A line that was never linked is no news while no server runs. */
export async function bridges(core: Core, actor: Actor, running: boolean): Promise<Finding> {
  const { listChannels } = await import('../../server/actions/queries/channels.ts')
  const channels = await listChannels(core, actor)
  const orphans = channels.filter((channel) => !core.bridges.definition(channel.bridge))
  const down = channels.filter(
    (channel) => channel.enabled && (channel.status === 'disconnected' || (running && channel.status === 'unlinked')),
  )
  if (orphans.length)
    return fail('channels', 'bridge_missing', { channels: orphans.map((channel) => `${channel.name} (${channel.bridge})`).join(', ') })
  if (down.length) return warn('channels', 'down', { channels: down.map((channel) => channel.name).join(', ') })
  return ok('channels', { n: channels.length })
}

/** Through the address that the world uses, as a webhook and an agent's browser come in. */
export async function publicAddress(config: Config, running: boolean): Promise<Finding[]> {
  const url = config.http.publicUrl
  if (url === null) return [warn('public_url', 'unset')]
  if (!running) return [ok('public_url', { url }, 'not_running')]
  const values = { url }
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) })
    if (!response.ok) return [fail('public_url', 'status', { ...values, status: response.status })]
  } catch (error) {
    return [fail('public_url', 'unreachable', { ...values, reason: reasonOf(error) })]
  }
  const secure = url.startsWith('https:') ? ok('public_url', values) : warn('public_url', 'insecure', values)
  return [secure, (await upgrades(url)) ? ok('websocket', values) : fail('websocket', 'refused', values)]
}

/** Engine.io's opening handshake: 101 when everything between here and the server lets WebSockets through. */
async function upgrades(url: string): Promise<boolean> {
  const { request } = await (url.startsWith('https:') ? import('node:https') : import('node:http'))
  return new Promise((resolve) => {
    const opening = request(`${url}/socket/?EIO=4&transport=websocket`, {
      timeout: 10_000,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    })
    opening.once('upgrade', (_, socket) => {
      socket.destroy()
      resolve(true)
    })
    opening.once('response', (response) => {
      response.resume()
      resolve(false)
    })
    opening.once('error', () => resolve(false))
    opening.once('timeout', () => opening.destroy())
    opening.end()
  })
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string }; message?: string }
  return cause?.code ?? message ?? ''
}
