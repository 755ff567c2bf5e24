/** A fake WhatsApp, and bridges linked to its phones. */
import type { Bridge, BridgeStatus, InboundEvent, LoginStep, OutboundMessage, Part, SendResult } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { fakeHost, type FakeHost } from '../../../plugins/sdk/testkit/index.ts'
import { whatsappWeb } from '../../../plugins/whatsapp-web/index.ts'
import type { Timings } from '../../../plugins/whatsapp-web/link.ts'
import type { Secrets, Settings } from '../../../plugins/whatsapp-web/settings.ts'
import type { FakeWhatsApp } from '../../fakes/whatsapp-web/fake.ts'
import type { Phone } from '../../fakes/whatsapp-web/phone.ts'
import { MemoryStore } from './memoryStore.ts'

/** Real life's pauses, shortened. */
export const quick: Partial<Timings> = { retryMs: [20], deliverRetryMs: [10], keepAliveMs: 30_000, ackMs: 3000, closeMs: 2000, typingMsPerCharacter: 0, random: () => 0.5 }

export type EventOf<K extends InboundEvent['kind']> = Extract<InboundEvent, { kind: K }>

export interface Line {
  readonly bridge: Bridge
  readonly fake: FakeHost
  readonly store: MemoryStore
  readonly settings: Settings
  /** Resolves with the first event of a kind that passes, among those delivered so far and those to come. */
  event<K extends InboundEvent['kind']>(kind: K, test?: (event: EventOf<K>) => boolean): Promise<EventOf<K>>
  events<K extends InboundEvent['kind']>(kind: K): EventOf<K>[]
  status<S extends BridgeStatus['state']>(state: S, code?: string): Promise<Extract<BridgeStatus, { state: S }>>
  send(chat: string, part: Part, over?: Partial<Extract<OutboundMessage, { op: 'send' }>>): Promise<SendResult>
  do(message: Omit<OutboundMessage, 'idempotencyKey' | 'author'> & { readonly idempotencyKey?: string }): Promise<SendResult>
}

let nextKey = 1
export const newKey = (): string => `01JHKEY${String(nextKey++).padStart(19, '0')}`

export const signal = (): AbortSignal => new AbortController().signal

/** `kind code` of what a promise rejects with. */
export const fault = (work: Promise<unknown>): Promise<string> =>
  work.then(() => 'no fault', (error: unknown) => (isBridgeError(error) ? `${error.kind} ${error.code} ${error.detail.remoteCode ?? ''}`.trim() : String(error)))

export function lineOn(network: FakeWhatsApp, store = new MemoryStore(), settings: Settings = {}, over: Partial<Timings> = {}, secrets: Secrets = {}, hostOptions: Parameters<typeof fakeHost>[0] = {}): Line {
  const fake = fakeHost({ now: new Date(), ...hostOptions })
  const { url, rootKey, ca } = network.server
  const all: Settings = { serverUrl: url, serverKey: rootKey, serverAuthority: ca, replyEveryMs: 0, ...settings }
  const host = { ...fake.host, store }
  store.written = () => network.changed()
  const deliver = host.deliver
  host.deliver = async (events) => { await deliver(events); network.changed() }
  host.signal = (event) => { fake.signals.push(event); network.changed() }
  host.reportStatus = (status) => { fake.statuses.push(status); network.changed() }
  const bridge = whatsappWeb({ ...quick, ...over }).open({ id: '01JHCHANNEL000000000000000', settings: all, secrets, webhookUrl: '' }, host)
  const events = <K extends InboundEvent['kind']>(kind: K): EventOf<K>[] => fake.delivered.filter((event): event is EventOf<K> => event.kind === kind)
  return {
    bridge, fake, store, settings: all, events,
    event: (kind, test = () => true) => network.wait(`event ${kind}; had ${fake.delivered.map((one) => one.kind).join(', ')}`, () => events(kind).find(test)),
    status: <S extends BridgeStatus['state']>(state: S, code?: string) => network.wait(`status ${state} ${code ?? ''}`, () => {
      const status = bridge.status()
      return status.state === state && (code === undefined || ('code' in status && status.code === code)) ? status as Extract<BridgeStatus, { state: S }> : undefined
    }),
    send: (chat, part, over2 = {}) => bridge.send({ op: 'send', idempotencyKey: newKey(), chat, author: 'human', part, ...over2 }, signal()),
    do: (message) => bridge.send({ idempotencyKey: newKey(), author: 'human', ...message } as OutboundMessage, signal()),
  }
}

/** Links a number by QR into a scratch store, as the host does, and gives the keys. */
export async function link(line: Line, phone: Phone): Promise<Extract<LoginStep, { kind: 'done' }>> {
  const login = line.bridge.login
  if (!login) throw new Error('no login')
  const scratch = new MemoryStore()
  const shown = await login.start('qr', scratch, signal())
  if (shown.kind !== 'show') throw new Error(`not shown: ${shown.kind}`)
  phone.scan(shown.value)
  const done = await login.wait(shown.id, signal())
  if (done.kind !== 'done') throw new Error(`not done: ${done.kind}`)
  line.store.rows = scratch.rows
  return done
}

/** Linked and connected; the phone has sent its history, so nothing is held back. */
export async function online(network: FakeWhatsApp, phone: Phone, settings: Settings = {}, over: Partial<Timings> = {}): Promise<Line> {
  const line = lineOn(network, new MemoryStore(), settings, over)
  await link(line, phone)
  await line.bridge.connect(signal())
  await line.status('connected')
  await phone.sendHistory({ conversations: [] })
  // Until then the client holds every event back, for twenty seconds at most.
  await network.wait('the first synchronisation', () => Buffer.from(line.store.rows.get('creds') ?? []).includes('"accountSyncCounter":1'))
  return line
}
