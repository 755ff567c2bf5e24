/** The runtime of one linked number: its link, and what can be asked of it. */
import type { Bridge, BridgeHost, BridgeStatus, Capabilities, ChannelConfig, OutboundMessage, PresenceFacet, SendResult } from '../sdk/index.ts'
import { checkSendable } from '../sdk/index.ts'
import type { LineOptions } from './baileys/socket.ts'
import { capabilitiesOf } from './capabilities.ts'
import { directoryFacet } from './directory.ts'
import { notConnected } from './errors.ts'
import { groupFacet } from './groups.ts'
import { parseMessageId } from './ids.ts'
import { Link, type Timings } from './link.ts'
import { loginFacet } from './login.ts'
import { mediaFacet } from './media.ts'
import { addressOf, keyOf } from './outgoing.ts'
import { Sender } from './send.ts'
import type { Session } from './session.ts'
import { complete, type CompleteSettings, type Secrets, type Settings } from './settings.ts'

function lineOptions(settings: CompleteSettings, secrets: Readonly<Secrets>, timings: Timings): LineOptions {
  const { serverUrl, serverKey, serverAuthority } = settings
  return {
    verifySignatures: settings.verifySignatures, markOnline: settings.markOnline, keepAliveMs: timings.keepAliveMs, queryTimeoutMs: timings.queryTimeoutMs,
    ...(timings.qrMs === undefined ? {} : { qrMs: timings.qrMs }),
    ...(secrets.proxy ? { proxy: secrets.proxy } : {}),
    ...(serverUrl ? { server: { url: serverUrl, ...(serverKey ? { rootKey: serverKey } : {}), ...(serverAuthority ? { ca: serverAuthority } : {}) } } : {}),
  }
}

/** Best effort, so nothing is said when the line is down. */
function presenceFacet(link: Link): PresenceFacet {
  const open = (): Session | null => {
    try {
      return link.session
    } catch {
      return null
    }
  }
  return {
    async setTyping(chat, typing) {
      const session = open()
      if (session) await session.socket.sendPresenceUpdate(typing ? 'composing' : 'paused', await addressOf(session, chat))
    },
    async markRead(chat, upTo) {
      const session = open()
      if (!session) return
      const to = await addressOf(session, chat)
      const ids = session.unread.upTo(chat, upTo)
      const keys = await Promise.all(ids.filter((id) => parseMessageId(id)?.fromMe === false).map((id) => keyOf(session, id, to)))
      if (keys.length > 0) await session.socket.readMessages(keys)
    },
  }
}

export function openBridge(channel: ChannelConfig<Settings, Secrets>, host: BridgeHost, timings: Timings): Bridge {
  const settings = complete(channel.settings)
  const options = lineOptions(settings, channel.secrets, timings)
  const link = new Link({ host, settings, options, timings })
  const sender = new Sender({ host, link, settings, timings })
  const capabilities = capabilitiesOf(settings)
  const session = (): Session => link.session
  return {
    capabilities: (): Capabilities => capabilities,
    connect: (signal) => link.connect(signal),
    disconnect: () => link.disconnect(),
    status: (): BridgeStatus => link.status,
    async send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult> {
      checkSendable(capabilities, message)
      return sender.send(message, signal)
    },
    async lookup(idempotencyKey, sentAfter, signal) {
      if (signal.aborted) throw notConnected()
      return sender.lookup(idempotencyKey, sentAfter)
    },
    login: loginFacet({ host, options, logout: () => link.logout() }),
    media: mediaFacet({ host, options, session }),
    presence: presenceFacet(link),
    groups: groupFacet(session),
    directory: directoryFacet(session),
    calls: {
      async reject({ id, chat }) {
        const open = session()
        await open.socket.rejectCall(id, open.calls.get(id) ?? await addressOf(open, chat))
        open.calls.delete(id)
      },
    },
  }
}
