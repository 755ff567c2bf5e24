/** Sample payloads and signed requests for the tests of the three Meta bridges. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Json, WebhookRequest } from '../../../plugins/sdk/index.ts'
import { webhookRequest } from '../../../plugins/sdk/testkit/index.ts'
import { sign } from '../../../plugins/shared/meta/signature.ts'

export type Provider = 'whatsapp-cloud' | 'messenger' | 'instagram'
export const appSecret = 'app-secret'

const folder = (provider: Provider) => new URL(`../../fixtures/${provider}/`, import.meta.url)
export const inboundNames = (provider: Provider): string[] => readdirSync(folder(provider)).filter(name => name.startsWith('in-')).map(name => name.slice(0, -'.json'.length))
export const fixtureText = (provider: Provider, name: string): string => readFileSync(new URL(`${name}.json`, folder(provider)), 'utf8')
export const fixture = <T = Json>(provider: Provider, name: string): T => JSON.parse(fixtureText(provider, name)) as T

/** A request as Meta would send it. */
export function signed(body: string | Json, secret = appSecret): WebhookRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return webhookRequest({ body: text, headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': sign(secret, text) } })
}

interface OutboundSample { readonly name: string; readonly method: string; readonly path: string; readonly host?: string; readonly body: Json; readonly status?: number }
/** The body of one of the recorded outbound requests, by its name. */
export function outboundBody(provider: Provider, file: string, name: string): Json {
  const found = fixture<OutboundSample[]>(provider, file).find(sample => sample.name === name)
  if (!found) throw new Error(`No sample ${name} in ${provider}/${file}`)
  return found.body
}
