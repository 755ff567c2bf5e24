/** Facebook Messenger: one page, over Meta's Messenger Platform. */
import { BridgeError } from '../sdk/bridge.ts'
import type { Bridge, BridgeHost, ChannelConfig, HostMedia, Part } from '../sdk/bridge.ts'
import { defineBridge } from '../sdk/index.ts'
import { metaBridge } from '../shared/meta/bridge.ts'
import { Graph } from '../shared/meta/graph.ts'
import { str } from '../shared/meta/json.ts'
import { download } from '../shared/meta/media.ts'
import { attachmentType } from '../shared/meta/messaging/build.ts'
import type { AttachmentHandle } from '../shared/meta/messaging/build.ts'
import { directory } from '../shared/meta/messaging/profile.ts'
import { MessagingSender } from '../shared/meta/messaging/sender.ts'
import { defaultVersion } from '../shared/meta/schema.ts'
import { TimedCache } from '../shared/meta/timedCache.ts'
import { capabilities } from './capabilities.ts'
import { checkPage } from './check.ts'
import { dialect, network, parse } from './convert.ts'
import { errors } from './errors.ts'
import { graphUrl, secretsSchema, settingsSchema } from './settings.ts'
import type { MessengerSecrets, MessengerSettings } from './settings.ts'

type Config = ChannelConfig<MessengerSettings, MessengerSecrets>

export default defineBridge<MessengerSettings, MessengerSecrets>({
  type: 'messenger',
  channelType: 'messenger',
  displayName: 'Facebook Messenger',
  sdk: '^1.0.0',
  settingsSchema,
  secretsSchema,
  loginFlows: [],
  open,
})

function open({ settings, secrets }: Config, host: BridgeHost): Bridge {
  const baseUrl = settings.apiUrl || graphUrl
  const token = async (): Promise<string> => secrets.pageToken
  const graph = new Graph({ fetch: host.fetch, baseUrl, version: settings.apiVersion || defaultVersion, token, errors })
  const declared = capabilities(settings)
  const configured = !!(settings.pageId && settings.appId && secrets.pageToken)
  const sender = new MessagingSender({
    graph, host, dialect: dialect(declared), from: settings.pageId, humanAgent: settings.humanAgent ?? false, hand: attachments(graph, settings, host),
  })
  const base = metaBridge({
    host, capabilities: declared, configured, secrets, parse,
    check: signal => checkPage(graph, settings, signal),
    send: (message, signal) => sender.send(message, signal),
  })

  return {
    ...base,
    // Attachments are public links of Meta's file servers: no token goes there.
    media: { fetch: (ref, signal) => download(ref.id, { fetch: host.fetch, baseUrl, signal }) },
    presence: sender.presence(),
    directory: directory(graph, network, settings.pageId, 'first_name,last_name,profile_pic'),
  }
}

const hour = 3_600_000

/** Uploaded once and reused for a day, or handed over as an address. */
function attachments(graph: Graph, settings: MessengerSettings, host: BridgeHost) {
  const uploads = new TimedCache<string>({ lifeMs: 24 * hour, capacity: 200 })
  return async (file: HostMedia, kind: Part['kind'], signal: AbortSignal): Promise<AttachmentHandle> => {
    if (settings.mediaBy === 'link') return { url: file.publicUrl(), is_reusable: true }
    const type = attachmentType(kind)
    const id = await uploads.get(`${type}:${file.fileId}`, host.clock.now(), async () => {
      const message = JSON.stringify({ attachment: { type, payload: { is_reusable: true } } })
      const uploaded = str((await graph.upload(`${settings.pageId}/message_attachments`, { message }, 'filedata', file, signal)).attachment_id)
      if (!uploaded) throw new BridgeError('transient', 'provider_error', 'The upload gave no attachment id')
      return uploaded
    })
    return { attachment_id: id }
  }
}
