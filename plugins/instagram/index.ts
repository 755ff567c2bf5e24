/** Instagram messaging: one professional account, by Instagram login or through its Facebook page. */
import { BridgeError } from '../sdk/bridge.ts'
import type { Bridge, BridgeHost, ChannelConfig } from '../sdk/bridge.ts'
import { defineBridge } from '../sdk/index.ts'
import { metaBridge } from '../shared/meta/bridge.ts'
import { Graph } from '../shared/meta/graph.ts'
import { str } from '../shared/meta/json.ts'
import { download } from '../shared/meta/media.ts'
import { directory } from '../shared/meta/messaging/profile.ts'
import { MessagingSender } from '../shared/meta/messaging/sender.ts'
import { defaultVersion } from '../shared/meta/schema.ts'
import { capabilities } from './capabilities.ts'
import { checkAccount } from './check.ts'
import { dialect, network, parse } from './convert.ts'
import { errors } from './errors.ts'
import { apiUrlOf, loginOf, secretsSchema, senderIdOf, settingsSchema } from './settings.ts'
import type { InstagramSecrets, InstagramSettings } from './settings.ts'
import { RenewedToken } from './token.ts'

type Config = ChannelConfig<InstagramSettings, InstagramSecrets>

export default defineBridge<InstagramSettings, InstagramSecrets>({
  type: 'instagram',
  channelType: 'instagram',
  displayName: 'Instagram',
  sdk: '^1.0.0',
  settingsSchema,
  secretsSchema,
  loginFlows: [],
  open,
})

function open({ settings, secrets }: Config, host: BridgeHost): Bridge {
  const baseUrl = apiUrlOf(settings)
  const login = loginOf(settings)
  const common = { fetch: host.fetch, baseUrl, version: settings.apiVersion || defaultVersion, errors }
  const token = login === 'instagram' ? renewing(common, secrets.accessToken, host) : async () => secrets.accessToken
  const graph = new Graph({ ...common, token })
  const declared = capabilities(settings)
  const configured = !!(settings.accountId && secrets.accessToken && (login === 'instagram' || (settings.pageId && settings.appId)))
  const sender = new MessagingSender({
    graph, host, dialect: dialect(declared, login), from: senderIdOf(settings), humanAgent: settings.humanAgent ?? false,
    // Instagram fetches every file itself, so the install must be reachable from outside.
    hand: async file => ({ url: file.publicUrl() }),
  })
  const base = metaBridge({
    host, capabilities: declared, configured, secrets, parse,
    check: signal => checkAccount(graph, settings, signal),
    send: (message, signal) => sender.send(message, signal),
  })

  return {
    ...base,
    // Attachments are public links of Meta's file servers: no token goes there.
    media: { fetch: (ref, signal) => download(ref.id, { fetch: host.fetch, baseUrl, signal }) },
    presence: sender.presence(),
    directory: directory(graph, network, settings.accountId, 'name,username,profile_pic'),
  }
}

/** The renewal asks with the token it renews. */
function renewing(options: Omit<ConstructorParameters<typeof Graph>[0], 'token'>, entered: string, host: BridgeHost): () => Promise<string> {
  const renewed = new RenewedToken(host, entered, async token => {
    const asking = new Graph({ ...options, token: async () => token })
    const answer = await asking.get('/refresh_access_token', { grant_type: 'ig_refresh_token', access_token: token })
    const next = str(answer.access_token)
    if (!next) throw new BridgeError('transient', 'provider_error', 'The renewal gave no token')
    return { token: next }
  })
  return () => renewed.current()
}
