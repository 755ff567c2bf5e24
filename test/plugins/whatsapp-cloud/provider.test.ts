import { expect } from 'chai'
import type { Bridge, OutboundMessage, Part, TemplateDraft } from '../../../plugins/sdk/index.ts'
import { isBridgeError } from '../../../plugins/sdk/index.ts'
import { hostMedia, outbound, sampleParts } from '../../../plugins/sdk/testkit/index.ts'
import type { FakeHost } from '../../../plugins/sdk/testkit/index.ts'
import cloud from '../../../plugins/whatsapp-cloud/index.ts'
import type { CloudSettings } from '../../../plugins/whatsapp-cloud/settings.ts'
import { FakeWhatsAppCloud } from '../../fakes/whatsapp-cloud.ts'
import { bytesOf, liveHost } from '../meta/host.ts'

const never = new AbortController().signal
const chat = '16505551234'
const send = (part: Part): OutboundMessage => outbound(part, { chat })
const hello = send({ kind: 'text', text: 'hola' })

describe('WhatsApp Cloud, with a provider that answers,', () => {
  let provider: FakeWhatsAppCloud
  let fake: FakeHost
  let bridge: Bridge
  const open = (over: Partial<CloudSettings> = {}, secrets: object = {}) => {
    const live = liveHost()
    fake = live.fake
    bridge = cloud.open({ id: '01', settings: { ...provider.settings, ...over }, secrets: { ...provider.secrets, ...secrets }, webhookUrl: '' }, live.host)
  }
  const connected = async () => {
    await bridge.connect(never)
    const status = bridge.status()
    return 'code' in status ? `${status.state} ${status.code}${'action' in status ? ` ${status.action}` : ''}` : status.state
  }
  const fault = (run: Promise<unknown>) => run.then(() => 'no fault', (error: unknown) => (isBridgeError(error) ? `${error.kind} ${error.code} ${error.detail.remoteCode}` : String(error)))

  beforeEach(async () => {
    provider = await new FakeWhatsAppCloud().start()
    open()
  })
  afterEach(() => provider.stop())

  describe('checks its set-up and', () => {
    it('is connected as its number, with the app subscribed', async () => {
      await bridge.connect(never)
      expect(bridge.status()).to.deep.equal({
        state: 'connected', since: fake.host.clock.now(),
        account: { user: '15550783881', identifiers: [{ kind: 'phone', scope: '', value: '15550783881' }], name: 'Turno Demo' },
      })
      expect([...provider.subscribedApps]).to.deep.equal([provider.appId])
      expect(fake.statuses.map(status => status.state)).to.deep.equal(['connecting', 'connected'])
    })

    it('subscribes once, and keeps the time it is connected since', async () => {
      await bridge.connect(never)
      const before = bridge.status()
      fake.advance(3_600_000)
      await bridge.connect(never)
      expect(bridge.status()).to.deep.equal(before)
      expect(provider.requests.filter(request => request.method === 'POST')).to.have.length(1)
      expect(fake.statuses.map(status => status.state)).to.deep.equal(['connecting', 'connected', 'connected'])
    })

    it('says that it lacks settings', async () => {
      open({ wabaId: '' })
      expect(await connected()).to.equal('unconfigured')
    })

    const problems: { name: string; settings?: Partial<CloudSettings>; secrets?: object; before?: () => void; status: string }[] = [
      { name: 'a token that does not work', secrets: { accessToken: 'old' }, status: 'action_required auth_failed fix_settings' },
      { name: 'a number that is not there', settings: { phoneNumberId: '999999' }, status: 'action_required number_not_found fix_settings' },
      { name: 'an account that is not there', settings: { wabaId: '888888' }, status: 'action_required business_account_not_found fix_settings' },
      { name: 'a subscription that is refused', before: () => { provider.appSubscription = false }, status: 'action_required webhook_not_subscribed fix_settings' },
      { name: 'an account that is blocked', before: () => { provider.fail(/^106540352242922$/, { kind: 'refuse', status: 400, code: 131031 }) }, status: 'action_required account_blocked wait' },
      { name: 'a provider that is down', before: () => { provider.fail(/./, { kind: 'refuse', status: 503, code: 2 }) }, status: 'transient_disconnect provider_error' },
      { name: 'a network that is down', before: () => { provider.fail(/./, { kind: 'drop' }) }, status: 'transient_disconnect network' },
    ]
    for (const { name, settings, secrets, before, status } of problems) {
      it(`names ${name}`, async () => {
        before?.()
        open(settings, secrets)
        expect(await connected()).to.equal(status)
      })
    }

    it('names a number of another account', async () => {
      provider.otherNumbers.push({ id: '777777777', phone: '573001112233', name: 'Otra' })
      open({ phoneNumberId: '777777777' })
      expect(await connected()).to.equal('action_required number_of_another_account fix_settings')
    })

    it('says nothing any more once it is closed', async () => {
      const running = bridge.connect(never)
      await bridge.disconnect()
      await running
      expect(bridge.status()).to.deep.include({ state: 'transient_disconnect', code: 'closed' })
      expect(fake.statuses.map(status => status.state)).to.deep.equal(['connecting'])
    })
  })

  describe('sends and', () => {
    it('hands the file over byte by byte, with its length known', async () => {
      await bridge.send(send({ kind: 'document', media: hostMedia({ fileName: 'café.pdf', mimeType: 'application/pdf', bytes: '%PDF-1.7 contenido' }) }), never)
      const [upload] = provider.requests
      expect(upload?.headers['content-length']).to.equal(String(upload?.rawBody.length))
      expect(upload?.headers).to.not.have.property('transfer-encoding')
      const file = upload?.files.file
      expect([file?.name, file?.type, Buffer.from(file?.bytes ?? []).toString()]).to.deep.equal(['café.pdf', 'application/pdf', '%PDF-1.7 contenido'])
      expect(provider.accepted[0]?.body.document).to.deep.equal({ id: '90000000000001', filename: 'café.pdf' })
    })

    it('every part that it declares is taken', async () => {
      const declared = bridge.capabilities().parts
      const kinds = Object.values(sampleParts).filter(part => ['send', 'both'].includes(declared[part.kind]?.direction ?? 'none'))
      for (const part of kinds) await bridge.send(send(part), never)
      expect(provider.accepted.map(message => message.body.type)).to.deep.equal([
        'text', 'image', 'video', 'audio', 'audio', 'document', 'sticker', 'location', 'contacts', 'interactive', 'interactive', 'template',
      ])
    })

    const faults: { name: string; fault: Parameters<FakeWhatsAppCloud['fail']>[1]; error: string; accepted?: number }[] = [
      { name: 'a lost answer leaves it uncertain', fault: { kind: 'lose' }, error: 'uncertain network', accepted: 1 },
      { name: 'a broken connection leaves it uncertain', fault: { kind: 'drop' }, error: 'uncertain network' },
      { name: 'a rate limit is waited out', fault: { kind: 'refuse', status: 429, code: 130429 }, error: 'transient rate_limited 130429' },
      { name: 'a closed window is told', fault: { kind: 'refuse', status: 400, code: 131047 }, error: 'permanent window_closed 131047' },
      { name: 'an unknown code is told and not repeated', fault: { kind: 'refuse', status: 400, code: 987654 }, error: 'permanent unknown 987654' },
    ]
    for (const { name, fault: what, error, accepted = 0 } of faults) {
      it(name, async () => {
        provider.fail(/messages$/, what)
        expect(await fault(bridge.send(hello, never))).to.match(new RegExp(`^${error}`))
        expect(provider.accepted).to.have.length(accepted)
      })
    }

    it('a broken upload is repeated: nothing was sent', async () => {
      provider.fail(/media$/, { kind: 'drop' })
      expect(await fault(bridge.send(send(sampleParts.image), never))).to.match(/^transient network/)
    })

    it('a provider that is not there was never asked', async () => {
      await provider.stop()
      expect(await fault(bridge.send(hello, never))).to.match(/^transient network ECONNREFUSED/)
      await provider.start()
    })

    it('a call that was stopped before it left did not happen', async () => {
      expect(await fault(bridge.send(hello, AbortSignal.abort()))).to.match(/^transient network/)
      expect(provider.requests).to.deep.equal([])
    })

    it('a token that died shows the channel as broken', async () => {
      await bridge.connect(never)
      provider.revokeToken()
      expect(await fault(bridge.send(hello, never))).to.equal('permanent auth_failed 190/463')
      expect(bridge.status()).to.deep.include({ state: 'action_required', code: 'auth_failed', action: 'fix_settings' })
      expect(fake.statuses.at(-1)).to.deep.equal(bridge.status())
    })

    it('never shows the token in a log', async () => {
      provider.fail(/./, { kind: 'refuse', status: 400, code: 190 })
      await bridge.connect(never)
      expect(JSON.stringify(fake.logs)).to.not.include(provider.token)
      expect(fake.logs).to.not.deep.equal([])
    })
  })

  describe('fetches files and', () => {
    const fetchMedia = (id: string) => bridge.media?.fetch({ at: 'remote', id, fileName: 'foto.jpg' }, never) ?? Promise.reject(new Error('no media facet'))
    beforeEach(() => { provider.files.set('555', { name: 'x', type: 'image/jpeg', bytes: Buffer.from('picture') }) })

    it('gives their bytes, type and size', async () => {
      const file = await fetchMedia('555')
      expect([file.mimeType, file.size, file.fileName, await bytesOf(file.stream)]).to.deep.equal(['image/jpeg', 7, 'foto.jpg', 'picture'])
      expect(provider.requests.map(request => [request.path, request.query.phone_number_id])).to.deep.equal([['555', '106540352242922'], ['files/555', undefined]])
    })

    it('asks for a new address when the first one died', async () => {
      provider.fail(/^files/, { kind: 'refuse', status: 404 })
      expect(await bytesOf((await fetchMedia('555')).stream)).to.equal('picture')
    })

    it('says that one is gone', async () => {
      expect(await fault(fetchMedia('556'))).to.match(/^permanent media_unavailable/)
    })

    for (const address of ['http://169.254.169.254/latest', 'https://fbcdn.net.evil.example/a', 'https://lookaside.fbsbx.com:8443/a', 'http://lookaside.fbsbx.com/a', 'https://user@evil.example/fbcdn.net']) {
      it(`asks nobody for ${address}`, async () => {
        provider.mediaAddress = address
        expect(await fault(fetchMedia('555'))).to.equal('permanent media_unavailable undefined')
        expect(provider.requests).to.have.length(1)
      })
    }
  })

  describe('keeps templates and', () => {
    const draft: TemplateDraft = {
      name: 'order_confirmation', language: 'en_US', category: 'utility', body: 'Thank you, {{1}}! Your order is {{2}}. Bye', examples: { 1: 'Mark', 2: '860198' }, footer: 'Turno',
      header: { kind: 'document', sample: hostMedia({ fileName: 'guía.pdf', mimeType: 'application/pdf', bytes: '%PDF sample' }) },
      buttons: [{ type: 'phone', text: 'Call', value: '16467043595' }, { type: 'url', text: 'Shop', value: 'https://a.example/{{1}}', example: 'summer' }],
    }

    it('submits one with the sample of its file', async () => {
      const template = await bridge.templates?.submit(draft, never)
      const [session, sample, created] = provider.requests
      expect([session?.path, session?.query]).to.deep.equal([`${provider.appId}/uploads`, { file_name: 'guía.pdf', file_length: '11', file_type: 'application/pdf' }])
      expect(Buffer.from(sample?.rawBody ?? []).toString()).to.equal('%PDF sample')
      expect(created?.body).to.deep.equal({
        name: 'order_confirmation', language: 'en_US', category: 'UTILITY', parameter_format: 'POSITIONAL', allow_category_change: true,
        components: [
          { type: 'HEADER', format: 'DOCUMENT', example: { header_handle: ['4::upload:S000001'] } },
          { type: 'BODY', text: draft.body, example: { body_text: [['Mark', '860198']] } },
          { type: 'FOOTER', text: 'Turno' },
          { type: 'BUTTONS', buttons: [{ type: 'PHONE_NUMBER', text: 'Call', phone_number: '16467043595' }, { type: 'URL', text: 'Shop', url: 'https://a.example/{{1}}', example: ['summer'] }] },
        ],
      })
      expect(template).to.deep.include({
        remoteId: '17000000000002', name: 'order_confirmation', language: 'en_US', category: 'utility', status: 'submitted', body: draft.body, footer: 'Turno', headerKind: 'document',
        buttons: [{ type: 'phone', text: 'Call', value: '16467043595' }, { type: 'url', text: 'Shop', value: 'https://a.example/{{1}}', example: 'summer' }],
      })
    })

    it('lists, edits and removes them', async () => {
      const { header: _header, ...plain } = draft
      const template = await bridge.templates?.submit(plain, never)
      expect((await bridge.templates?.list(never))?.map(entry => [entry.remoteId, entry.status, entry.body])).to.deep.equal([[template?.remoteId, 'submitted', draft.body]])
      if (!template) throw new Error('not submitted')
      const edited = await bridge.templates?.edit?.(template, { ...plain, body: 'Hello {{1}}, bye' }, never)
      expect([edited?.status, edited?.body, edited?.remoteId]).to.deep.equal(['submitted', 'Hello {{1}}, bye', template.remoteId])
      expect(provider.requests.at(-1)?.body).to.not.have.property('category')
      await bridge.templates?.remove(template, never)
      expect(provider.requests.at(-1)?.query).to.deep.equal({ name: 'order_confirmation', hsm_id: template.remoteId })
      expect(provider.templates).to.deep.equal([])
    })

    it('passes on why one is refused', async () => {
      const { header: _header, ...plain } = draft
      await bridge.templates?.submit(plain, never)
      expect(await fault(bridge.templates?.submit(plain, never) ?? Promise.resolve())).to.equal('permanent template_invalid 100/2388040')
    })
  })

  it('marks as read, and shows typing only where an agent has read', async () => {
    await bridge.presence?.setTyping?.(chat, true)
    expect(provider.requests).to.deep.equal([])
    await bridge.presence?.markRead?.(chat, 'wamid.IN1')
    await bridge.presence?.setTyping?.(chat, true)
    await bridge.presence?.setTyping?.(chat, false)
    await bridge.presence?.setTyping?.('other', true)
    expect(provider.read).to.deep.equal([{ id: 'wamid.IN1', typing: false }, { id: 'wamid.IN1', typing: true }])
  })

  it('rejects a call', async () => {
    await bridge.calls?.reject({ id: 'wacid.1', chat })
    expect(provider.rejectedCalls).to.deep.equal(['wacid.1'])
    expect(provider.requests[0]?.body).to.deep.equal({ messaging_product: 'whatsapp', to: '+16505551234', call_id: 'wacid.1', action: 'reject' })
  })
})
