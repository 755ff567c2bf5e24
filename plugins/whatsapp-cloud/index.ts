/** WhatsApp Cloud API: one phone number of a WhatsApp Business account, over Meta's Graph API. */
import { BridgeError } from '../sdk/bridge.ts'
import type { Bridge, BridgeHost, CallFacet, ChannelConfig, MediaFacet, PresenceFacet, RemoteChatId, RemoteMessageId } from '../sdk/bridge.ts'
import { defineBridge } from '../sdk/index.ts'
import { metaBridge } from '../shared/meta/bridge.ts'
import { Graph } from '../shared/meta/graph.ts'
import { str } from '../shared/meta/json.ts'
import { download } from '../shared/meta/media.ts'
import { defaultVersion } from '../shared/meta/schema.ts'
import { addressee } from './build.ts'
import { capabilities } from './capabilities.ts'
import { checkNumber } from './check.ts'
import { parse } from './convert.ts'
import { errors } from './errors.ts'
import { Sender } from './send.ts'
import { graphUrl, secretsSchema, settingsSchema } from './settings.ts'
import type { CloudSecrets, CloudSettings } from './settings.ts'
import { templateFacet } from './templateFacet.ts'

type Config = ChannelConfig<CloudSettings, CloudSecrets>

export default defineBridge<CloudSettings, CloudSecrets>({
  type: 'whatsapp-cloud',
  channelType: 'whatsapp',
  displayName: 'WhatsApp Cloud API',
  sdk: '^1.0.0',
  settingsSchema,
  secretsSchema,
  loginFlows: [],
  open,
})

function open({ settings, secrets }: Config, host: BridgeHost): Bridge {
  const baseUrl = settings.apiUrl || graphUrl
  const token = async (): Promise<string> => {
    if (!secrets.accessToken) throw new BridgeError('permanent', 'auth_failed', 'There is no access token')
    return secrets.accessToken
  }
  const graph = new Graph({ fetch: host.fetch, baseUrl, version: settings.apiVersion || defaultVersion, token, errors })
  const declared = capabilities(settings)
  const sender = new Sender(graph, host, settings, declared)
  const configured = !!(settings.phoneNumberId && settings.wabaId && settings.appId && secrets.accessToken)
  const base = metaBridge({
    host, capabilities: declared, configured, secrets, parse,
    check: signal => checkNumber(graph, settings, signal),
    send: (message, signal) => sender.send(message, signal),
  })

  return {
    ...base,
    media: media(graph, settings, token, host, baseUrl),
    templates: templateFacet(graph, settings),
    presence: presence(graph, settings),
    calls: calls(graph, settings),
  }
}

/** An id is asked for its address, which lives five minutes; a link (of an advert's picture) is public. */
function media(graph: Graph, settings: CloudSettings, token: () => Promise<string>, host: BridgeHost, baseUrl: string): MediaFacet {
  const address = async (id: string, signal: AbortSignal): Promise<{ url: string; mimeType?: string }> => {
    const found = await graph.get(encodeURIComponent(id), { phone_number_id: settings.phoneNumberId }, signal).catch((error: unknown) => {
      const gone = error instanceof BridgeError && error.code === 'bad_request'
      throw gone ? new BridgeError('permanent', 'media_unavailable', error.message, error.detail) : error
    })
    const url = str(found.url)
    if (!url) throw new BridgeError('permanent', 'media_unavailable', 'Meta gives no address for the file')
    return { url, mimeType: str(found.mime_type) }
  }
  return {
    async fetch(ref, signal) {
      if (/^https?:/.test(ref.id)) return download(ref.id, { fetch: host.fetch, baseUrl, signal })
      const open = async () => {
        const { url, mimeType } = await address(ref.id, signal)
        const file = await download(url, { fetch: host.fetch, baseUrl, bearer: await token(), signal })
        return { ...file, ...(mimeType && { mimeType }), ...(ref.fileName && { fileName: ref.fileName }) }
      }
      return open().catch((error: unknown) => {
        // The address died between the two requests: a new one is asked for, once.
        if (error instanceof BridgeError && error.detail.remoteCode === 'http_404') return open()
        throw error
      })
    },
  }
}

/** How many chats' last read message is remembered, for typing. */
const readChats = 2000

/**
 * Typing hangs on a message of the customer and marks it read, so it is only
 * shown in chats that were marked read before: an agent has opened them.
 */
function presence(graph: Graph, settings: CloudSettings): PresenceFacet {
  const read = new Map<RemoteChatId, RemoteMessageId>()
  const tell = (message: RemoteMessageId, extra: object = {}) =>
    graph.post(`${settings.phoneNumberId}/messages`, { messaging_product: 'whatsapp', status: 'read', message_id: message, ...extra })
  return {
    async markRead(chat, upTo) {
      read.delete(chat)
      read.set(chat, upTo)
      const [oldest] = read.keys()
      if (read.size > readChats && oldest !== undefined) read.delete(oldest)
      await tell(upTo)
    },
    async setTyping(chat, typing) {
      const message = read.get(chat)
      // It ends by itself with the answer or after 25 s; there is no way to end it sooner.
      if (typing && message) await tell(message, { typing_indicator: { type: 'text' } })
    },
  }
}

const calls = (graph: Graph, settings: CloudSettings): CallFacet => ({
  async reject(call) {
    const { to } = addressee({ chat: call.chat })
    await graph.post(`${settings.phoneNumberId}/calls`, { messaging_product: 'whatsapp', ...(to && { to }), call_id: call.id, action: 'reject' })
  },
})
