/** The web widget: a network whose far end is Turno's own page in a visitor's browser (F167). */
import type {
  Bridge, BridgeHost, BridgeStatus, Capabilities, ChannelConfig, HostedFacet, Json, OutboundMessage, PresenceFacet, RemoteChatId, SendResult,
} from '../sdk/index.ts'
import { BridgeError, checkSendable, defineBridge } from '../sdk/index.ts'
import { capabilities } from './capabilities.ts'
import { accountMessageId, fromSend, pageSpeaker, type FileUrl } from './convert.ts'
import type { Frame } from './frames.ts'
import { routes } from './routes.ts'
import { readSettings, secretsSchema, settingsSchema, type WidgetChannelSettings, type WidgetSecrets, type WidgetSettings } from './settings.ts'
import { signFile } from './token.ts'
import { visitorOf } from './visitors.ts'

const day = 86_400_000

class WidgetBridge implements Bridge {
  readonly hosted: HostedFacet
  readonly presence: PresenceFacet
  readonly #settings: WidgetSettings
  readonly #secrets: WidgetSecrets
  readonly #host: BridgeHost
  #status: BridgeStatus = { state: 'unconfigured' }

  constructor(channel: ChannelConfig<WidgetChannelSettings, WidgetSecrets>, host: BridgeHost) {
    const settings = readSettings(channel.settings)
    const secrets: WidgetSecrets = { tokenKey: channel.secrets.tokenKey ?? '', identifySecret: channel.secrets.identifySecret ?? '' }
    this.#settings = settings
    this.#secrets = secrets
    this.#host = host
    this.hosted = {
      routes: routes({ settings, secrets, host, fileUrl: (chat) => this.#fileUrl(chat) }),
      origins: () => settings.origins,
      authenticate: (credentials) => {
        const token = visitorOf(credentials, settings, secrets.tokenKey, host.clock.now().getTime())
        return token && { chat: token.visitor, user: token.visitor, expiresAt: new Date(token.expiresAt) }
      },
      attended: (chat, by) => this.#push(chat, { type: 'agent', agent: by && pageSpeaker(by, this.#fileUrl(chat)) }),
    }
    this.presence = {
      setTyping: (chat, typing) => this.#push(chat, { type: 'typing', typing }),
      markRead: (chat, upTo) => this.#push(chat, { type: 'status', upTo, status: 'read' }),
    }
  }

  capabilities(): Capabilities {
    return capabilities(this.#settings)
  }

  /** There is no line to open: a channel with its key and secrets is connected. */
  async connect(): Promise<void> {
    if (this.#status.state === 'connected') return
    const { key, name } = this.#settings
    this.#status = key && this.#secrets.tokenKey
      ? { state: 'connected', since: this.#host.clock.now(), account: { user: key, identifiers: [{ kind: 'visitor', scope: key, value: key }], name } }
      : { state: 'unconfigured' }
    this.#host.reportStatus(this.#status)
  }

  async disconnect(): Promise<void> {
    this.#status = { state: 'unconfigured' }
  }

  status(): BridgeStatus {
    return this.#status
  }

  /**
   * Accepted once the frame is on its way to whoever is there; a visitor who is not finds the message in the history.
   * The id follows from the key and the page keeps one of each id, so a repeat cannot show twice.
   */
  async send(message: OutboundMessage): Promise<SendResult> {
    checkSendable(this.capabilities(), message)
    if (message.op !== 'send') throw new BridgeError('permanent', 'not_supported', `The widget cannot ${message.op}`)
    const at = this.#host.clock.now()
    await this.#push(message.chat, { type: 'message', message: fromSend(message, at, this.#fileUrl(message.chat)) })
    return { ids: [accountMessageId(message.idempotencyKey)], at }
  }

  async #push(chat: RemoteChatId, frame: Frame): Promise<void> {
    try {
      await this.#host.push(chat, frame as unknown as Json)
    } catch (error) {
      throw new BridgeError('transient', 'network', 'The frame could not be pushed', { cause: error })
    }
  }

  /** Lives as long as a session does, to the end of the day, so that the browser's cache can keep the file. */
  #fileUrl(chat: RemoteChatId): FileUrl {
    const expiresAt = Math.ceil((this.#host.clock.now().getTime() + this.#settings.sessionMs) / day) * day
    return (fileId) => `media/${encodeURIComponent(fileId)}?t=${signFile(this.#secrets.tokenKey, this.#settings.key, chat, fileId, expiresAt)}`
  }
}

export default defineBridge<WidgetChannelSettings, WidgetSecrets>({
  type: 'widget',
  channelType: 'widget',
  displayName: 'Web widget',
  sdk: '^1.0.0',
  settingsSchema,
  secretsSchema,
  loginFlows: [],
  open: (channel, host) => new WidgetBridge(channel, host),
})
