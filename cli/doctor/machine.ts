/** What the doctor can see without the database: Node, the key, the disk, the port, ffmpeg, Redis. */
import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../../config/schema.ts'
import { fail, ok, warn, type Finding } from './check.ts'

const oldest = [20, 19]
const [little, veryLittle] = [1024 ** 3, 100 * 1024 ** 2]

export function node(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const enough = major > (oldest[0] as number) || (major === oldest[0] && minor >= (oldest[1] as number))
  return enough ? ok('node', { version }) : fail('node', 'old', { version, oldest: oldest.join('.') })
}

/** Others than the owner must not read it. */
export function keyFile(config: Config): Finding {
  const path = config.secrets.keyFile
  if (!existsSync(path)) return fail('key', 'missing', { path })
  const open = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
  return open ? warn('key', 'readable', { path }) : ok('key', { path })
}

export async function disk(config: Config): Promise<Finding> {
  let folder = config.storage.path
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const values = { path: folder, free: `${(free / 1024 ** 3).toFixed(1)} GB` }
  if (free < veryLittle) return fail('disk', 'full', values)
  return free < little ? warn('disk', 'little', values) : ok('disk', values)
}

/** Free, or ours: whoever answers there must be Turno. */
export async function port(config: Config): Promise<Finding> {
  const { host, port } = config.http
  const values = { host, port }
  if (port === 0) return ok('port', values, 'any')
  const taken = await new Promise<boolean>((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(true))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(false)))
  })
  if (!taken) return ok('port', values, 'free')
  const ours = await answers(`http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}/healthz`)
  return ours ? ok('port', values, 'ours') : fail('port', 'taken', values)
}

export async function ffmpeg(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('ffmpeg', ['-version'], { timeout: 5000 })
    return ok('ffmpeg', { version: /version (\S+)/.exec(stdout)?.[1] ?? '' })
  } catch {
    return warn('ffmpeg', 'missing')
  }
}

export async function redis(config: Config): Promise<Finding> {
  if (!config.redis.url) return ok('redis', {}, 'unused')
  const { Redis } = await import('ioredis')
  const client = new Redis(config.redis.url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: 5000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const info = await client.info()
    const version = /redis_version:(\S+)/.exec(info)?.[1] ?? ''
    const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? 'noeviction'
    return policy === 'noeviction' ? ok('redis', { version }) : warn('redis', 'eviction', { version, policy })
  } catch {
    return fail('redis', 'down')
  } finally {
    client.disconnect()
  }
}

/** A 2xx from Turno, and not from whatever else may listen there. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3000) })
    return response.ok && typeof ((await response.json()) as { version?: unknown }).version === 'string'
  } catch {
    return false
  }
}
