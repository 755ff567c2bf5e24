/** The suite is only worth something if it fails for a bridge that breaks a rule: each rule broken once. */
import { expect } from 'chai'
import { bridgeConformance } from '../../../plugins/sdk/conformance.ts'
import type { Bridge, BridgeDefinition, Capabilities, WebhookRequest } from '../../../plugins/sdk/index.ts'
import { BridgeError } from '../../../plugins/sdk/index.ts'
import { loopback, signLoopback, type LoopbackSecrets, type LoopbackSettings } from '../../../plugins/sdk/testkit/loopback.ts'
import { webhookRequest } from '../../../plugins/sdk/testkit/index.ts'

type Definition = BridgeDefinition<LoopbackSettings, LoopbackSecrets>
const samples = {
  settings: { account: 'line-1' },
  secrets: { appSecret: 'a secret' },
  webhooks: [webhookRequest(signLoopback('a secret', [{ account: 'line-1', id: 'm1', from: '57300', text: 'Hola' }]))],
  unknown: webhookRequest(signLoopback('a secret', [{ account: 'line-1', id: 'm2', from: '57300', kind: 'hologram' as 'message' }])),
}

/** Loopback with something changed. */
function changed(change: (bridge: Bridge, calls: { opened: number }) => Partial<Bridge>, over: Partial<Definition> = {}): Definition {
  const calls = { opened: 0 }
  return {
    ...loopback,
    ...over,
    open: (channel, host) => {
      calls.opened++
      const bridge = loopback.open(channel, host)
      const bound: Bridge = {
        capabilities: () => bridge.capabilities(), status: () => bridge.status(), connect: (signal) => bridge.connect(signal),
        disconnect: () => bridge.disconnect(), send: (message, signal) => bridge.send(message, signal),
        webhook: bridge.webhook, media: bridge.media, presence: bridge.presence,
      }
      return { ...bound, ...change(bound, calls) }
    },
  }
}

async function failing(definition: Definition): Promise<string[]> {
  const names: string[] = []
  for (const check of bridgeConformance(definition, samples)) await check.run().catch(() => names.push(check.name))
  return names
}

const capabilities = (bridge: Bridge, over: Partial<Capabilities>): Partial<Bridge> => ({ capabilities: () => ({ ...bridge.capabilities(), ...over }) })
const parsing = (bridge: Bridge, parse: NonNullable<Bridge['webhook']>['parse']): Partial<Bridge> => ({ webhook: { ...bridge.webhook!, parse } })

describe('the conformance suite', () => {
  it('passes a bridge that keeps the rules', async () => {
    expect(await failing(changed(() => ({})))).to.deep.equal([])
  })

  it('leaves out what the samples skip', () => {
    const name = 'facets are there exactly when the capabilities say so'
    const names = bridgeConformance(loopback, { ...samples, skip: { [name]: 'for a reason' } }).map((check) => check.name)
    expect(names).not.to.include(name)
    expect(names.length).to.be.greaterThan(5)
  })

  const broken: readonly (readonly [string, Definition, string])[] = [
    ['has a type with a blank', changed(() => ({}), { type: 'loop back' }), 'the definition names itself'],
    ['has a setting without a Spanish title', changed(() => ({}), { settingsSchema: { type: 'object', properties: { a: { title: 'A' } } } }), 'the definition names itself'],
    ['asks the host in status()', { ...loopback, open: (channel, host) => ({ ...changed(() => ({})).open(channel, host), status: () => { void host.store.get('x'); return { state: 'unconfigured' } } }) }, 'opening, capabilities and status'],
    ['insists on settings', { ...loopback, open: (channel, host) => { if (!channel.settings.account) throw new Error('no account'); return loopback.open(channel, host) } }, 'opens for its endpoint'],
    ['declares groups without the facet', changed((bridge) => capabilities(bridge, { groups: true })), 'facets are there'],
    ['has no webhook for its link', changed(() => ({ webhook: undefined })), 'facets are there'],
    ['fetches no files', changed(() => ({ media: undefined })), 'facets are there'],
    ['fails the second connect', changed((bridge) => { let times = 0; return { connect: async (signal) => { if (times++ > 0) throw new Error('twice'); await bridge.connect(signal) } } }), 'connect and disconnect'],
    ['sends what it does not declare', changed((bridge) => capabilities(bridge, { parts: { text: { direction: 'both' } } })), 'what cannot be sent'],
    ['lets a raw error out of send', changed(() => ({ send: async () => { throw new TypeError('fetch failed') } })), 'a broken connection'],
    ['takes a touched body', changed((bridge) => ({ webhook: { ...bridge.webhook!, verify: () => true } })), 'verify takes what is signed'],
    ['refuses what is well signed', changed((bridge) => ({ webhook: { ...bridge.webhook!, verify: () => false } })), 'verify takes what is signed'],
    ['parses differently each time', changed((bridge) => parsing(bridge, (request) => bridge.webhook!.parse(request).map((event) => ({ ...event, key: String(Math.random()) })))), 'parse gives the same events'],
    ['gives two events one key', changed((bridge) => parsing(bridge, (request) => [...bridge.webhook!.parse(request), ...bridge.webhook!.parse(request)])), 'parse gives the same events'],
    ['breaks on garbage', changed((bridge) => parsing(bridge, (request: WebhookRequest) => { try { return bridge.webhook!.parse(request) } catch { throw new TypeError('x of undefined') } })), 'parse takes any body'],
    ['calls garbage a network fault', changed((bridge) => parsing(bridge, (request: WebhookRequest) => { try { return bridge.webhook!.parse(request) } catch { throw new BridgeError('transient', 'network', 'x') } })), 'parse takes any body'],
    ['drops unknown content', changed((bridge) => parsing(bridge, (request) => bridge.webhook!.parse(request).filter((event) => event.kind !== 'message' || event.parts[0].kind !== 'unsupported'))), 'content of a new type'],
  ]
  for (const [name, definition, rule] of broken) {
    it(`fails a bridge that ${name}`, async () => {
      expect((await failing(definition)).some((one) => one.startsWith(rule)), rule).to.equal(true)
    })
  }
})
