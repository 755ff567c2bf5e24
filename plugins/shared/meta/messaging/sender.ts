import type { BridgeHost, HostMedia, OutboundMessage, Part, PresenceFacet, SendResult } from '../../../sdk/bridge.ts'
import { BridgeError } from '../../../sdk/bridge.ts'
import { sentId } from '../graph.ts'
import type { Graph } from '../graph.ts'
import { str } from '../json.ts'
import { eventKey } from '../keys.ts'
import { asHumanAgent, buildMessaging, fileOf } from './build.ts'
import type { AttachmentHandle, Body, MessagingDialect } from './build.ts'

export interface SenderOptions {
  readonly graph: Graph
  readonly host: BridgeHost
  readonly dialect: MessagingDialect
  /** Page or account in whose name is sent. */
  readonly from: string
  /** The company has the feature "Human Agent". */
  readonly humanAgent: boolean
  hand(file: HostMedia, kind: Part['kind'], signal: AbortSignal): Promise<AttachmentHandle>
}

export class MessagingSender {
  readonly #options: SenderOptions
  constructor(options: SenderOptions) {
    this.#options = options
  }

  async send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult> {
    const { dialect, host } = this.#options
    const file = fileOf(dialect, message)
    // Built once without the file: what is refused for another reason uploads nothing.
    buildMessaging(dialect, message, file && { url: '' })
    const handle = file && message.op === 'send' ? await this.#options.hand(file, message.part.kind, signal) : undefined
    const body = buildMessaging(dialect, message, handle)
    const answer = await this.#post(body, signal).catch((error: unknown) => {
      // Refused, so nothing went out: a person may answer for longer than a machine.
      const late = error instanceof BridgeError && error.code === 'window_closed' && error.kind === 'permanent'
      if (!late || message.op !== 'send' || message.author !== 'human' || !this.#options.humanAgent) throw error
      return this.#post(asHumanAgent(body), signal)
    })
    // Actions are answered without a message: they have none.
    const id = message.op === 'send' ? sentId(answer.message_id) : str(answer.message_id) ?? eventKey('action', message.target, message.idempotencyKey)
    return { ids: [id], at: host.clock.now() }
  }

  #post(body: Body, signal: AbortSignal) {
    return this.#options.graph.post(`${this.#options.from}/messages`, body, { sending: true, signal })
  }

  /** Each is a call of its own; a message may not stand beside it. */
  presence(): Required<PresenceFacet> {
    const act = async (chat: string, action: string) => {
      await this.#options.graph.post(`${this.#options.from}/messages`, { recipient: { id: chat }, sender_action: action })
    }
    return {
      setTyping: (chat, typing) => act(chat, typing ? 'typing_on' : 'typing_off'),
      markRead: chat => act(chat, 'mark_seen'),
    }
  }
}
