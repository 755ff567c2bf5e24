import { expect } from 'chai'
import type { Bridge, OutboundMessage, Part } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { hostMedia, outbound, sampleParts } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost } from '../../../plugins/sdk/testkit/index.ts'
import instagram from '../../../plugins/instagram/index.ts'
import type { InstagramSettings } from '../../../plugins/instagram/settings.ts'
import { FakeInstagram } from '../../fakes/instagram.ts'
import { liveHost } from '../meta/host.ts'
import type { LiveHost } from '../meta/host.ts'

const never = new AbortController().signal
const chat = '1784298734567123'
const send = (part: Part): OutboundMessage => outbound(part, { chat })
const week = 7 * 24 * 3_600_000

describe('Instagram, with a provider that answers,', () => {
  let provider: FakeInstagram
  let live: LiveHost
  let fake: FakeHost
  let bridge: Bridge
  const open = (settings: InstagramSettings = provider.settings, secrets: object = {}, host = liveHost()) => {
    live = host
    fake = live.fake
    bridge = instagram.open({ id: '01', settings, secrets: { ...provider.secrets, ...secrets }, webhookUrl: '' }, live.host)
  }
  const connected = async () => {
    await bridge.connect(never)
    const status = bridge.status()
    return 'code' in status ? `${status.state} ${status.code}` : status.state
  }
  const fault = (run: Promise<unknown>) => run.then(() => 'no fault', (error: unknown) => (isBridgeError(error) ? `${error.kind} ${error.code}` : String(error)))

  beforeEach(async () => {
    provider = await new FakeInstagram().start()
    open()
  })
  afterEach(() => provider.stop())

  it('is connected by Instagram login, with every field subscribed', async () => {
    expect(await connected()).to.equal('connected')
    expect(bridge.status()).to.deep.include({ account: { user: provider.accountId, identifiers: [{ kind: 'igsid', scope: provider.accountId, value: provider.accountId }], name: 'Turno Demo', username: 'turno.demo' } })
    expect(provider.subscribed.get(provider.appId)).to.include.members(['messages', 'messaging_seen', 'message_reactions', 'message_edit'])
  })

  it('is connected by page login', async () => {
    open(provider.pageSettings)
    expect(await connected()).to.equal('connected')
    expect(provider.subscribed.get(provider.appId)).to.deep.equal(['messages'])
  })

  const problems: { name: string; settings: (fake: FakeInstagram) => InstagramSettings; secrets?: object; before?: () => void; status: string }[] = [
    { name: 'missing settings of a page', settings: ({ settings }) => ({ ...settings, login: 'facebook' }), status: 'unconfigured' },
    { name: 'a token that does not work', settings: ({ settings }) => settings, secrets: { accessToken: 'old' }, status: 'action_required auth_failed' },
    { name: 'the token of another account', settings: ({ settings }) => ({ ...settings, accountId: '17840000000000000' }), status: 'action_required token_of_another_account' },
    { name: 'an account that webhooks call otherwise', settings: ({ settings, appScopedId }) => ({ ...settings, accountId: appScopedId }), status: 'action_required second_account_id_missing' },
    { name: 'the token of another page', settings: ({ pageSettings }) => ({ ...pageSettings, pageId: '111111' }), status: 'action_required token_of_another_page' },
    { name: 'an account that the page does not have', settings: ({ pageSettings }) => ({ ...pageSettings, accountId: '17840000000000000' }), status: 'action_required account_not_linked_to_page' },
    { name: 'a subscription that is refused', settings: ({ settings }) => settings, before: () => { provider.appSubscription = false }, status: 'action_required webhook_not_subscribed' },
  ]
  for (const { name, settings, secrets, before, status } of problems) {
    it(`names ${name}`, async () => {
      before?.()
      open(settings(provider), secrets)
      expect(await connected()).to.equal(status)
    })
  }

  it('tells the log by which id webhooks name the account', async () => {
    open({ ...provider.settings, accountId: provider.appScopedId })
    await bridge.connect(never)
    expect(fake.logs.at(-1)?.fields).to.deep.equal({ problem: 'second_account_id_missing', tokenOf: provider.accountId })
    open({ ...provider.settings, accountId: provider.appScopedId, appScopedId: provider.accountId })
    expect(await connected()).to.equal('connected')
  })

  it('sends every part that it declares', async () => {
    const own = {
      ...sampleParts,
      audio: { kind: 'audio', media: hostMedia({ fileName: 'a.m4a', mimeType: 'audio/mp4', bytes: 'x' }) },
      voice: { kind: 'voice', media: hostMedia({ fileName: 'a.m4a', mimeType: 'audio/mp4', bytes: 'x' }) },
    } satisfies Record<string, Part>
    const declared = bridge.capabilities().parts
    const parts = Object.values(own).filter(part => ['send', 'both'].includes(declared[part.kind]?.direction ?? 'none'))
    for (const part of parts) await bridge.send(send(part), never)
    expect(parts.map(part => part.kind)).to.deep.equal(['text', 'image', 'video', 'audio', 'voice', 'document', 'buttons'])
    expect(provider.accepted).to.have.length(parts.length)
  })

  it('asks who somebody is', async () => {
    provider.profiles.set(chat, { name: 'Ana Gómez', username: 'ana' })
    expect(await bridge.directory?.profile?.(chat, never)).to.deep.include({ name: 'Ana Gómez', username: 'ana', avatar: { at: 'remote', id: `${provider.url}/cdn/${chat}` } })
  })

  describe('renews its token and', () => {
    const used = () => provider.requests.at(-1)?.headers.authorization
    const say = () => bridge.send(send(sampleParts.text), never)

    it('keeps it for a week', async () => {
      await say()
      fake.advance(week - 1)
      await say()
      expect(provider.renewals).to.deep.equal([])
    })

    it('uses the new one from then on, also after a restart', async () => {
      await say()
      fake.advance(week)
      await say()
      const [renewed] = provider.renewals
      expect(used()).to.equal(`Bearer ${renewed}`)
      open(provider.settings, {}, live)
      await say()
      expect(used()).to.equal(`Bearer ${renewed}`)
      expect(provider.renewals).to.have.length(1)
    })

    it('renews once for many sends at a time', async () => {
      await say()
      fake.advance(week)
      await Promise.all([say(), say(), say()])
      expect(provider.renewals).to.have.length(1)
    })

    it('goes on with the old one when it fails, and tries again a day later', async () => {
      await say()
      fake.advance(week)
      provider.fail(/refresh_access_token/, { kind: 'refuse', status: 400, code: 100 })
      await say()
      await say()
      expect(used()).to.equal(`Bearer ${provider.token}`)
      expect(provider.requests.filter(request => request.path === 'refresh_access_token')).to.have.length(1)
      fake.advance(week / 7)
      await say()
      expect(provider.renewals).to.have.length(1)
      expect(JSON.stringify(fake.logs)).to.not.include(provider.token)
    })

    it('takes one that an administrator enters instead', async () => {
      await say()
      fake.advance(week)
      await say()
      open(provider.settings, { accessToken: 'entered' }, live)
      expect(await fault(say())).to.equal('permanent auth_failed')
      expect(used()).to.equal('Bearer entered')
    })

    it('leaves a page\'s token alone', async () => {
      open(provider.pageSettings)
      await say()
      fake.advance(10 * week)
      await say()
      expect(provider.requests.every(request => request.path.endsWith('/messages'))).to.equal(true)
      expect(fake.stored.size).to.equal(0)
    })
  })
})
