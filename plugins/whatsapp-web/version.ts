/** The client version that is shown to WhatsApp: the setting, a newer one that was looked up, or the library's own. */
import type { BridgeHost, BridgeStore } from '../sdk/index.ts'
import type { CompleteSettings } from './settings.ts'

export type Version = [number, number, number]

const SOURCE = 'https://web.whatsapp.com/sw.js'
const TIMEOUT_MS = 10_000

const parse = (text: string): Version | undefined => {
  const [major, minor, patch, ...rest] = text.split('.').map(Number)
  const whole = [major, minor, patch].every((part) => part !== undefined && Number.isSafeInteger(part))
  return whole && rest.length === 0 ? [major ?? 0, minor ?? 0, patch ?? 0] : undefined
}

/** `shipped` is the library's own: one that was looked up before an update of the library may be older. */
export async function versionToShow(store: BridgeStore, settings: Pick<CompleteSettings, 'clientVersion'>, shipped: Version): Promise<Version> {
  const set = settings.clientVersion ? parse(settings.clientVersion) : undefined
  if (set) return set
  const stored = await store.get('version')
  const lookedUp = stored ? parse(Buffer.from(stored).toString('utf8')) : undefined
  return lookedUp && lookedUp[2] > shipped[2] ? lookedUp : shipped
}

/** Asks WhatsApp's own site for the version of today and keeps it; null when that cannot be known. */
export async function lookUpVersion(host: Pick<BridgeHost, 'fetch' | 'store' | 'log'>): Promise<Version | null> {
  try {
    const response = await host.fetch(SOURCE, { signal: AbortSignal.timeout(TIMEOUT_MS), headers: { 'sec-fetch-site': 'none' } })
    const revision = /\\?"client_revision\\?":\s*(\d+)/.exec(await response.text())?.[1]
    if (!response.ok || !revision) return null
    const version: Version = [2, 3000, Number(revision)]
    await host.store.write(new Map([['version', Buffer.from(version.join('.'))]]))
    return version
  } catch (error) {
    host.log.warn('whatsapp-web: the client version could not be looked up', { error: error instanceof Error ? error.message : String(error) })
    return null
  }
}
