/**
 * What every bridge owes the host, as named checks for any test runner:
 *
 *   for (const check of bridgeConformance(definition, samples)) it(check.name, check.run)
 */
import assert from 'node:assert/strict'
import type { Bridge, BridgeDefinition, InboundEvent, JsonSchema, OutboundMessage, PartKind, WebhookRequest } from './bridge.ts'
import { isBridgeError } from './bridge.ts'
import { canReceive, canSend, sends } from './capabilities.ts'
import { fakeHost, type FakeHost } from './testkit/fakeHost.ts'
import { garbageBodies } from './testkit/garbage.ts'
import { hostedRequest, outbound, sampleParts } from './testkit/messages.ts'
import type { NamedCheck } from './testkit/tables.ts'

export interface ConformanceSamples<Settings, Secrets> {
  readonly settings: Settings
  /** The channel's over the endpoint's. */
  readonly secrets: Secrets
  /** Well signed requests, at least one with a message. Webhook bridges. */
  readonly webhooks?: readonly WebhookRequest[]
  /** Well signed, with content of a type that does not exist. Webhook bridges. */
  readonly unknown?: WebhookRequest
  /** Checks that do not apply, by name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>
}

const mediaKinds: readonly PartKind[] = ['image', 'video', 'audio', 'voice', 'document', 'sticker']
const never = new AbortController().signal

function checkSchema(schema: JsonSchema, what: string): void {
  assert.equal(schema.type, 'object', `${what} is not the schema of an object`)
  const properties: unknown = schema.properties ?? {}
  assert.ok(typeof properties === 'object' && properties !== null)
  for (const [name, property] of Object.entries(properties as Record<string, Record<string, unknown> | undefined>)) {
    assert.equal(typeof property?.title, 'string', `${what}.${name} has no title`)
    const spanish = property?.['x-es'] as { title?: unknown } | undefined
    assert.equal(typeof spanish?.title, 'string', `${what}.${name} has no Spanish title (x-es)`)
  }
}

const endpointSecrets = (schema: JsonSchema, secrets: object): Record<string, unknown> => {
  const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown> | undefined>
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => properties[name]?.['x-endpoint'] === true))
}

function checkEvent(event: InboundEvent): void {
  assert.ok(typeof event.key === 'string' && event.key !== '', 'an event without key')
  assert.ok(event.key.length <= 255, `a key longer than 255: ${event.key.slice(0, 40)}…`)
  assert.ok(event.at instanceof Date && !Number.isNaN(event.at.getTime()), `an event without a valid instant: ${event.key}`)
  assert.equal(typeof event.account, 'string', `an event without account: ${event.key}`)
  if ('chat' in event) assert.ok(typeof event.chat === 'string' && event.chat !== '', `an event without chat: ${event.key}`)
  if (event.kind !== 'message') return
  assert.ok(typeof event.id === 'string' && event.id !== '', `a message without id: ${event.key}`)
  assert.ok(event.parts.length > 0, `a message without parts: ${event.key}`)
  assert.ok(event.sender.identifiers.length > 0 && event.sender.identifiers.every((one) => one.value !== ''), `a sender without identifier: ${event.key}`)
}

const withBody = (request: WebhookRequest, rawBody: Uint8Array): WebhookRequest => ({ ...request, rawBody })

export function bridgeConformance<Settings extends object, Secrets extends object>(
  definition: BridgeDefinition<Settings, Secrets>,
  samples: ConformanceSamples<Settings, Secrets>,
): NamedCheck[] {
  const open = (fake: FakeHost, secrets: object = samples.secrets, settings: object = samples.settings): Bridge =>
    definition.open({ id: '01JHCHANNEL0000000000000000'.slice(0, 26), settings: settings as Settings, secrets: secrets as Secrets, webhookUrl: 'https://turno.example/wh/endpoint' }, fake.host)
  const capabilities = open(fakeHost()).capabilities()
  const checks: NamedCheck[] = []
  const check = (name: string, run: () => void | Promise<void>): void => {
    if (samples.skip?.[name] === undefined) checks.push({ name, run: async () => { await run() } })
  }

  check('the definition names itself, its SDK range and its settings in both languages', () => {
    assert.match(definition.type, /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    assert.match(definition.channelType, /^[a-z][a-z0-9-]*$/)
    assert.match(definition.sdk, /^[\^~]?\d+\.\d+\.\d+/)
    assert.ok(definition.displayName.trim() !== '')
    checkSchema(definition.settingsSchema, 'settingsSchema')
    checkSchema(definition.secretsSchema, 'secretsSchema')
  })

  check('opening, capabilities and status do no I/O', () => {
    const fake = fakeHost()
    const bridge = open(fake)
    bridge.capabilities()
    const status: unknown = bridge.status()
    assert.ok(typeof status === 'object' && status !== null && 'state' in status, 'status() gives no status')
    assert.equal(fake.asked(), 0, 'the host was asked for something')
  })

  check('opens for its endpoint, without settings and with the secrets of the endpoint only', () => {
    const secrets = endpointSecrets(definition.secretsSchema, samples.secrets)
    const bridge = open(fakeHost(), secrets, {})
    bridge.status()
    if (samples.webhooks?.[0]) {
      assert.equal(bridge.webhook?.verify(samples.webhooks[0]), true, 'the endpoint cannot verify')
      assert.ok(bridge.webhook.parse(samples.webhooks[0]).length > 0, 'the endpoint cannot parse')
    }
    open(fakeHost(), {}, {}).status()
  })

  check('facets are there exactly when the capabilities say so', () => {
    const bridge = open(fakeHost())
    const agree: readonly (readonly [string, boolean, boolean])[] = [
      ['webhook and link', bridge.webhook !== undefined, capabilities.link === 'webhook'],
      ['hosted and link', bridge.hosted !== undefined, capabilities.link === 'hosted'],
      ['templates', bridge.templates !== undefined, capabilities.templates !== null && capabilities.templates.needsApproval],
      ['optIn', bridge.optIn !== undefined, capabilities.optIn],
      ['groups', bridge.groups !== undefined, capabilities.groups],
      ['directory.resolve and checkNumber', bridge.directory?.resolve !== undefined, capabilities.checkNumber],
      ['directory.contacts and phoneBook', bridge.directory?.contacts !== undefined, capabilities.phoneBook],
      ['presence.setTyping and typing', bridge.presence?.setTyping !== undefined, sends(capabilities.typing)],
      ['login and loginFlows', bridge.login !== undefined, definition.loginFlows.length > 0],
    ]
    for (const [what, present, declared] of agree) assert.equal(present, declared, `${what}: facet ${present}, declared ${declared}`)
    if (bridge.calls) assert.equal(capabilities.calls, 'notified', 'calls: a facet without the capability')
    if (capabilities.link !== 'hosted' && mediaKinds.some((kind) => canReceive(capabilities, kind))) assert.ok(bridge.media, 'files arrive, but nothing fetches them')
  })

  check('connect and disconnect may be repeated, and survive a dead network', async () => {
    const fake = fakeHost()
    fake.network.answerAlways(new TypeError('fetch failed'))
    const bridge = open(fake)
    const stop = new AbortController()
    await bridge.disconnect()
    await bridge.connect(stop.signal)
    await bridge.connect(stop.signal)
    const last = fake.statuses.at(-1)
    if (last) assert.deepEqual(bridge.status(), last, 'status() is not what was reported last')
    await bridge.disconnect()
    await bridge.disconnect()
    stop.abort()
  })

  const refused = async (message: OutboundMessage, what: string): Promise<void> => {
    const fake = fakeHost()
    fake.network.answerAlways({ status: 200, json: {} })
    const error: unknown = await open(fake).send(message, never).then(() => null, (reason: unknown) => reason)
    assert.ok(error !== null, `${what} was sent`)
    assert.ok(isBridgeError(error), `${what}: not a BridgeError but ${String(error)}`)
    assert.deepEqual({ kind: error.kind, code: error.code }, { kind: 'permanent', code: 'not_supported' }, what)
    assert.equal(fake.network.requests.length + fake.pushes.length, 0, `${what}: the network was asked`)
  }
  check('what cannot be sent is refused as not_supported, before any request', async () => {
    for (const part of Object.values(sampleParts)) if (!canSend(capabilities, part.kind)) await refused(outbound(part), part.kind)
    const base = { idempotencyKey: '01JHKEYKEYKEYKEYKEYKEYKEYK', chat: 'chat-1', author: 'human', target: 'message-1' } as const
    if (!sends(capabilities.reactions)) await refused({ ...base, op: 'react', emoji: '👍' }, 'react')
    if (!sends(capabilities.deletes)) await refused({ ...base, op: 'delete' }, 'delete')
    if (!sends(capabilities.edits)) await refused({ ...base, op: 'edit', part: sampleParts.text }, 'edit')
  })

  check('a broken connection while sending is a BridgeError', async () => {
    for (const part of Object.values(sampleParts)) {
      if (!canSend(capabilities, part.kind)) continue
      const fake = fakeHost()
      fake.network.answerAlways(new TypeError('fetch failed'))
      const error: unknown = await open(fake).send(outbound(part), never).then(() => null, (reason: unknown) => reason)
      assert.ok(error === null || isBridgeError(error), `${part.kind}: ${String(error)}`)
    }
  })

  if (capabilities.link === 'webhook') webhookChecks(check, open, samples)
  if (capabilities.link === 'hosted') hostedChecks(check, open)
  return checks
}

type AddCheck = (name: string, run: () => void | Promise<void>) => void
type Open = (fake: FakeHost, secrets?: object, settings?: object) => Bridge

function webhookChecks(check: AddCheck, open: Open, samples: Pick<ConformanceSamples<object, object>, 'webhooks' | 'unknown'>): void {
  const requests = samples.webhooks ?? []
  const facet = (fake: FakeHost = fakeHost(), secrets?: object) => {
    const { webhook } = open(fake, secrets)
    assert.ok(webhook, 'no webhook facet')
    return webhook
  }

  check('verify takes what is signed and refuses what was touched', () => {
    assert.ok(requests.length > 0, 'the samples hold no request')
    const webhook = facet()
    for (const request of requests) {
      assert.equal(webhook.verify(request), true, 'a well signed request is refused')
      const touched = Buffer.from(request.rawBody)
      for (const at of [0, Math.floor(touched.length / 2), touched.length - 1]) {
        const body = Buffer.from(touched)
        body[at] = (body[at] ?? 0) ^ 1
        assert.equal(webhook.verify(withBody(request, body)), false, `byte ${at} changed, and it is taken`)
      }
      assert.equal(webhook.verify(withBody(request, Buffer.concat([touched, Buffer.from(' ')]))), false, 'a longer body is taken')
      assert.equal(webhook.verify({ ...request, headers: {} }), false, 'an unsigned request is taken')
      for (const [name, value] of Object.entries(request.headers)) {
        if (!/sign|hmac|auth|token/.test(name)) continue
        for (const wrong of ['', 'x', value.slice(0, -1), `${value}0`, value.replace(/.$/, (last) => (last === '0' ? '1' : '0'))]) {
          assert.equal(webhook.verify({ ...request, headers: { ...request.headers, [name]: wrong } }), false, `header ${name} = ${JSON.stringify(wrong)} is taken`)
        }
      }
      assert.equal(facet(fakeHost(), {}).verify(request), false, 'without a secret everything is taken')
    }
  })

  check('parse gives the same events each time, without I/O, each with a key of its own', () => {
    const fake = fakeHost()
    const webhook = facet(fake)
    for (const request of requests) {
      const events = webhook.parse(request)
      events.forEach(checkEvent)
      fake.advance(3_600_000)
      assert.deepEqual(webhook.parse(request), events, 'the second time is different')
      assert.deepEqual(facet().parse(request), events, 'another instance is different')
      const keys = events.map((event) => `${event.account}\n${event.key}`)
      assert.equal(new Set(keys).size, keys.length, 'two events share a key')
      webhook.signals?.(request)
    }
    assert.ok(requests.some((request) => webhook.parse(request).some((event) => event.kind === 'message')), 'no sample holds a message')
    assert.equal(fake.asked(), 0, 'the host was asked for something')
  })

  check('parse takes any body: it gives valid events or refuses with bad_request', () => {
    const webhook = facet()
    const attempt = (run: () => unknown, body: Uint8Array): void => {
      try {
        run()
      } catch (error) {
        const shown = Buffer.from(body).toString().slice(0, 300)
        assert.ok(isBridgeError(error) && error.kind === 'permanent' && error.code === 'bad_request', `${String(error)} on ${shown}`)
      }
    }
    for (const request of requests) {
      for (const body of garbageBodies(request.rawBody)) {
        const broken = withBody(request, body)
        attempt(() => webhook.parse(broken).forEach(checkEvent), body)
        attempt(() => webhook.signals?.(broken), body)
      }
    }
  })

  check('content of a new type becomes unsupported', () => {
    assert.ok(samples.unknown, 'the samples hold no request of an unknown type')
    const events = facet().parse(samples.unknown)
    events.forEach(checkEvent)
    assert.ok(events.some((event) => event.kind === 'message' && event.parts.some((part) => part.kind === 'unsupported')), 'no unsupported part')
  })
}

function hostedChecks(check: AddCheck, open: Open): void {
  check('a token that the bridge did not sign opens nothing', () => {
    const fake = fakeHost()
    const { hosted } = open(fake)
    assert.ok(hosted)
    for (const token of ['', 'x', '.', '..', 'a.b', 'a.b.c', 'v1..', `v1.${Buffer.from('{}').toString('base64url')}.`, '\u0000', 'é'.repeat(5000)]) {
      assert.equal(hosted.authenticate({ token, key: 'key', origin: 'https://a.example', self: 'https://turno.example' }), null, JSON.stringify(token.slice(0, 40)))
    }
    assert.equal(fake.asked(), 0, 'the host was asked for something')
  })

  check('origins are exact: scheme, host and port, or *', () => {
    const { hosted } = open(fakeHost())
    for (const origin of hosted?.origins() ?? []) if (origin !== '*') assert.equal(new URL(origin).origin, origin)
  })

  check('routes answer garbage with less than 500 and never throw', async () => {
    const { hosted } = open(fakeHost())
    assert.ok(hosted)
    const names = hosted.routes.map((route) => `${route.method} ${route.path}`)
    assert.equal(new Set(names).size, names.length, 'two routes are the same')
    for (const route of hosted.routes) {
      assert.ok(route.path.startsWith('/') && route.maxBodyBytes >= 0)
      for (const body of garbageBodies(Buffer.from('{"clientId":"abcdefgh","text":"x"}'), 200)) {
        const params = Object.fromEntries([...route.path.matchAll(/:(\w+)/g)].map((found) => [found[1] ?? '', 'x']))
        const url = `https://turno.example/b/x/key${route.path}?after=x`
        const reply = await route.handle(hostedRequest({ method: route.method, url, body, params, headers: { authorization: 'Bearer x', origin: 'https://turno.example' } }), never)
        assert.ok(reply.status < 500, `${route.method} ${route.path}: ${reply.status} on ${Buffer.from(body).toString().slice(0, 80)}`)
      }
    }
  })
}
