import { expect } from 'chai'
import type { Bridge, OutboundMessage, Part } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { hostMedia, outbound, sampleParts } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost } from '../../../plugins/sdk/testkit/index.ts'
import messenger from '../../../plugins/messenger/index.ts'
import type { MessengerSettings } from '../../../plugins/messenger/settings.ts'
import { FakeMessenger } from '../../fakes/messenger.ts'
import { bytesOf, liveHost } from '../meta/host.ts'

const never = new AbortController().signal
const chat = '4398273648291734'
const send = (part: Part): OutboundMessage => outbound(part, { chat })

describe('Messenger, with a provider that answers,', () => {
  let provider: FakeMessenger
  let fake: FakeHost
  let bridge: Bridge
  const open = (over: Partial<MessengerSettings> = {}, secrets: object = {}) => {
    const live = liveHost()
    fake = live.fake
    bridge = messenger.open({ id: '01', settings: { ...provider.settings, ...over }, secrets: { ...provider.secrets, ...secrets }, webhookUrl: '' }, live.host)
  }
  const connected = async () => {
    await bridge.connect(never)
    const status = bridge.status()
    return 'code' in status ? `${status.state} ${status.code}` : status.state
  }
  const fault = (run: Promise<unknown>) => run.then(() => 'no fault', (error: unknown) => (isBridgeError(error) ? `${error.kind} ${error.code}` : String(error)))

  beforeEach(async () => {
    provider = await new FakeMessenger().start()
    open()
  })
  afterEach(() => provider.stop())

  it('is connected as its page, with every field subscribed', async () => {
    await bridge.connect(never)
    expect(bridge.status()).to.deep.include({ state: 'connected', account: { user: provider.accountId, identifiers: [{ kind: 'psid', scope: provider.accountId, value: provider.accountId }], name: 'Turno Demo' } })
    expect(provider.subscribed.get(provider.appId)).to.include.members(['messages', 'messaging_postbacks', 'message_edits', 'message_echoes', 'standby'])
  })

  it('subscribes again what is missing, and nothing when all is there', async () => {
    provider.subscribed.set(provider.appId, ['messages'])
    await bridge.connect(never)
    await bridge.connect(never)
    expect(provider.requests.filter(request => request.method === 'POST')).to.have.length(1)
    expect(provider.subscribed.get(provider.appId)).to.include('message_reads')
  })

  const problems: { name: string; settings?: Partial<MessengerSettings>; secrets?: object; before?: () => void; status: string }[] = [
    { name: 'missing settings', settings: { pageId: '' }, status: 'unconfigured' },
    { name: 'a token that does not work', secrets: { pageToken: 'old' }, status: 'action_required auth_failed' },
    { name: 'the token of another page', settings: { pageId: '111111111' }, status: 'action_required token_of_another_page' },
    { name: 'a subscription that is refused', before: () => { provider.appSubscription = false }, status: 'action_required webhook_not_subscribed' },
    { name: 'a network that is down', before: () => { provider.fail(/./, { kind: 'drop' }) }, status: 'transient_disconnect network' },
  ]
  for (const { name, settings, secrets, before, status } of problems) {
    it(`names ${name}`, async () => {
      before?.()
      open(settings, secrets)
      expect(await connected()).to.equal(status)
    })
  }

  it('sends every part that it declares', async () => {
    const voice: Part = { kind: 'voice', media: hostMedia({ fileName: 'nota.m4a', mimeType: 'audio/mp4', bytes: 'x' }) }
    const declared = bridge.capabilities().parts
    const parts = Object.values({ ...sampleParts, voice }).filter(part => ['send', 'both'].includes(declared[part.kind]?.direction ?? 'none'))
    for (const part of parts) await bridge.send(send(part), never)
    expect(parts.map(part => part.kind)).to.deep.equal(['text', 'image', 'video', 'audio', 'voice', 'document', 'buttons'])
    expect(provider.accepted).to.have.length(parts.length)
  })

  it('does not know what became of a send whose answer was lost', async () => {
    provider.fail(/messages$/, { kind: 'lose' })
    expect(await fault(bridge.send(send(sampleParts.text), never))).to.equal('uncertain network')
    expect(provider.accepted).to.have.length(1)
  })

  it('shows the channel as broken when its token dies', async () => {
    await bridge.connect(never)
    provider.revokeToken()
    expect(await fault(bridge.send(send(sampleParts.text), never))).to.equal('permanent auth_failed')
    expect(fake.statuses.at(-1)).to.deep.include({ state: 'action_required', code: 'auth_failed', action: 'fix_settings' })
  })

  it('shows typing and marks as read', async () => {
    await bridge.presence?.setTyping?.(chat, true)
    await bridge.presence?.setTyping?.(chat, false)
    await bridge.presence?.markRead?.(chat, 'm_1')
    expect(provider.actions).to.deep.equal(['typing_on', 'typing_off', 'mark_seen'].map(action => ({ to: chat, action })))
  })

  it('asks who somebody is, and takes no answer for none', async () => {
    provider.profiles.set(chat, { name: 'Ana María Gómez' })
    expect(await bridge.directory?.profile?.(chat, never)).to.deep.equal({
      user: chat, identifiers: [{ kind: 'psid', scope: provider.accountId, value: chat }], name: 'Ana María Gómez', avatar: { at: 'remote', id: `${provider.url}/cdn/${chat}` },
    })
    expect(await bridge.directory?.profile?.('999', never)).to.equal(null)
  })

  it('fetches files without showing its token, and from the provider only', async () => {
    provider.files.set('f1', { name: 'x', type: 'image/png', bytes: Buffer.from('picture') })
    const file = await bridge.media?.fetch({ at: 'remote', id: `${provider.url}/cdn/f1` }, never)
    expect([file?.mimeType, file && await bytesOf(file.stream)]).to.deep.equal(['image/png', 'picture'])
    expect(provider.requests[0]?.headers).to.not.have.property('authorization')
    expect(await fault(bridge.media?.fetch({ at: 'remote', id: 'https://evil.example/x' }, never) ?? Promise.resolve())).to.equal('permanent media_unavailable')
  })
})
