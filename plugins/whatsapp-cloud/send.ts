/** Sending: the file first, then the message, so that a failed upload never leaves half a message behind. */
import { BridgeError } from '../sdk/bridge.ts'
import type { BridgeHost, Capabilities, HostMedia, OutboundMessage, SendResult } from '../sdk/bridge.ts'
import { sentId } from '../shared/meta/graph.ts'
import type { Graph } from '../shared/meta/graph.ts'
import { objects, str } from '../shared/meta/json.ts'
import type { Obj } from '../shared/meta/json.ts'
import { TimedCache } from '../shared/meta/timedCache.ts'
import { build, fileOf, needsDefinition } from './build.ts'
import type { MediaHandle } from './build.ts'
import { idsIn, person } from './identity.ts'
import type { CloudSettings } from './settings.ts'
import { templateFields } from './templates.ts'

const hour = 3_600_000
const minute = 60_000

export class Sender {
  readonly #graph: Graph
  readonly #host: BridgeHost
  readonly #settings: CloudSettings
  readonly #capabilities: Capabilities
  /** Uploaded ids live 30 days; a bulk send of one picture uploads it once a day. */
  readonly #uploads = new TimedCache<string>({ lifeMs: 24 * hour, capacity: 200 })
  readonly #definitions = new TimedCache<Obj>({ lifeMs: 10 * minute, capacity: 200 })

  constructor(graph: Graph, host: BridgeHost, settings: CloudSettings, capabilities: Capabilities) {
    this.#graph = graph
    this.#host = host
    this.#settings = settings
    this.#capabilities = capabilities
  }

  async send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult> {
    const file = fileOf(message, this.#capabilities)
    // Built once without the file: what is refused for another reason uploads nothing.
    build(message, { capabilities: this.#capabilities, ...(file && { media: { id: '' } }) })
    const definition = await this.#definition(message, signal)
    const media = file && await this.#hand(file, signal)
    const body = build(message, { capabilities: this.#capabilities, media, definition })
    const answer = await this.#graph.post(`${this.#settings.phoneNumberId}/messages`, body, { sending: true, signal })
    const recipient = person(idsIn(objects(answer.contacts)[0] ?? {}, 'wa_id', 'user_id', 'parent_user_id'), this.#settings.wabaId)
    return { ids: [sentId(objects(answer.messages)[0]?.id)], at: this.#host.clock.now(), ...(recipient && { recipient }) }
  }

  async #hand(file: HostMedia, signal: AbortSignal): Promise<MediaHandle> {
    if (this.#settings.mediaBy === 'link') return { link: file.publicUrl() }
    const id = await this.#uploads.get(file.fileId, this.#host.clock.now(), async () => {
      const fields = { messaging_product: 'whatsapp', type: file.mimeType }
      const uploaded = str((await this.#graph.upload(`${this.#settings.phoneNumberId}/media`, fields, 'file', file, signal)).id)
      if (!uploaded) throw new BridgeError('transient', 'provider_error', 'The upload gave no media id')
      return uploaded
    })
    return { id }
  }

  async #definition(message: OutboundMessage, signal: AbortSignal): Promise<Obj | undefined> {
    if (message.op !== 'send' || message.part.kind !== 'template' || !needsDefinition(message.part)) return undefined
    const { remoteId } = message.part
    return this.#definitions.get(remoteId, this.#host.clock.now(), () => this.#graph.get(remoteId, { fields: templateFields }, signal))
  }
}
