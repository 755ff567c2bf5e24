/** What the fake Messenger and the fake Instagram share: one send call with its checks, and people who write. */
import { FakeGraph, GraphRefusal, invalid, must } from './graph.ts'
import type { FakeGraphOptions, GraphRequest, Json, Obj, Reply, UploadedFile } from './graph.ts'

export interface AcceptedMessaging { readonly id: string; readonly to: string; readonly body: Obj }
export interface MessagingLimits {
  readonly object: 'page' | 'instagram'
  textFits(text: string): boolean
  readonly attachmentTypes: readonly string[]
  /** Uploaded attachments may be named by id. */
  readonly attachmentIds: boolean
}
export interface Profile { readonly name: string; readonly username?: string }

const obj = (value: unknown, what: string): Obj => {
  must(typeof value === 'object' && value !== null && !Array.isArray(value), `${what} is required`)
  return value as Obj
}

export abstract class FakeMessaging extends FakeGraph {
  /** Page or professional account, as webhooks name it. */
  abstract readonly accountId: string
  protected abstract readonly limits: MessagingLimits
  readonly verifyToken = 'messaging-verify'
  readonly accepted: AcceptedMessaging[] = []
  readonly actions: { readonly to: string; readonly action: string; readonly payload?: unknown }[] = []
  readonly profiles = new Map<string, Profile>()
  readonly subscribed = new Map<string, readonly string[]>()
  /** False: the app may not be subscribed. */
  appSubscription = true
  /** People whose 24 hours are over. */
  readonly windowClosed = new Set<string>()
  /** The app has the feature "Human Agent". */
  humanAgent = false
  /** Milliseconds since the epoch; advanced by a second with each webhook, so that order shows. */
  time = 1_764_000_000_000

  constructor(options: FakeGraphOptions) {
    super(options)
  }

  protected sendCall(body: Obj): Reply {
    const to = obj(body.recipient, 'recipient').id
    must(typeof to === 'string' && /^\d+$/.test(to), 'recipient.id is required')
    if (body.sender_action !== undefined) return this.#action(to, body)
    const message = obj(body.message, 'message')
    this.#window(to, body)
    this.#content(message)
    if (body.reply_to !== undefined) must(typeof obj(body.reply_to, 'reply_to').mid === 'string', 'reply_to.mid is required')
    const accepted: AcceptedMessaging = { id: this.nextId('m_OUT'), to, body }
    this.accepted.push(accepted)
    return { json: { recipient_id: to, message_id: accepted.id } }
  }

  #action(to: string, body: Obj): Reply {
    const action = String(body.sender_action)
    must(['typing_on', 'typing_off', 'mark_seen', 'react', 'unreact'].includes(action), `sender_action ${action}`)
    must(body.message === undefined, 'an action stands alone')
    if (action.endsWith('react')) must(typeof obj(body.payload, 'payload').message_id === 'string', 'payload.message_id is required')
    this.actions.push({ to, action, ...(body.payload !== undefined && { payload: body.payload }) })
    return { json: { recipient_id: to } }
  }

  #window(to: string, body: Obj): void {
    if (body.messaging_type === 'MESSAGE_TAG') {
      must(body.tag === 'HUMAN_AGENT', `tag ${String(body.tag)} is not allowed any more`)
      if (!this.humanAgent) throw new GraphRefusal(400, 10, 'The feature Human Agent is not approved')
      return
    }
    if (this.windowClosed.has(to)) throw new GraphRefusal(400, 10, '(#10) This message is sent outside of allowed window.', 2018278)
  }

  #content(message: Obj): void {
    must((message.text === undefined) !== (message.attachment === undefined), 'either text or attachment')
    if (message.text !== undefined && !this.limits.textFits(String(message.text))) throw invalid('Length of param message[text] is too long')
    if (message.metadata !== undefined) must(String(message.metadata).length <= 1000, 'metadata is too long')
    if (message.attachment !== undefined) {
      const attachment = obj(message.attachment, 'attachment')
      must(this.limits.attachmentTypes.includes(String(attachment.type)), `attachment of type ${String(attachment.type)}`)
      const payload = obj(attachment.payload, 'payload')
      if (payload.attachment_id !== undefined) must(this.limits.attachmentIds && this.files.has(String(payload.attachment_id)), 'the attachment id is not known')
      else must(/^https?:\/\//.test(String(payload.url)), 'payload.url must be an address')
    }
    if (message.quick_replies === undefined) return
    must(Array.isArray(message.quick_replies) && message.quick_replies.length >= 1 && message.quick_replies.length <= 13, 'quick_replies: 1 to 13')
    for (const reply of message.quick_replies as Obj[]) {
      must(reply.content_type === 'text' && String(reply.title).length >= 1 && String(reply.title).length <= 20, 'quick reply title: 1 to 20')
      must(String(reply.payload).length >= 1 && String(reply.payload).length <= 1000, 'quick reply payload: 1 to 1000')
    }
  }

  protected subscription(request: GraphRequest, fieldsAllowed: readonly string[]): Reply {
    if (request.method === 'GET') return { json: { data: [...this.subscribed].map(([id, subscribed_fields]) => ({ id, name: 'Turno', subscribed_fields })) } }
    if (!this.appSubscription) throw new GraphRefusal(403, 100, 'The app may not be subscribed')
    const fields = (request.query.subscribed_fields ?? '').split(',')
    for (const name of fields) must(fieldsAllowed.includes(name), `subscribed_fields: ${name}`)
    this.subscribed.set(this.appId, fields)
    return { json: { success: true } }
  }

  /** A file that a customer sent, as a public link of the file server. */
  protected cdn(path: string): Reply | null {
    if (!path.startsWith('cdn/')) return null
    const file = this.files.get(path.slice('cdn/'.length))
    return file ? { bytes: file.bytes, headers: { 'content-type': file.type } } : { status: 404, json: {} }
  }

  // ------------------------------------------------------------ the customer's side

  /** Posts one event; `content` is its own part: `{ message: { mid, text } }`. */
  async event(from: string, content: Obj, list: 'messaging' | 'standby' = 'messaging', to = this.accountId): Promise<void> {
    this.time += 1000
    const event = { sender: { id: from }, recipient: { id: to }, timestamp: this.time, ...content }
    await this.post({ object: this.limits.object, entry: [{ id: this.accountId, time: this.time, [list]: [event] }] } as Json)
  }

  async write(from: string, message: Obj): Promise<string> {
    const mid = this.nextId('m_IN')
    await this.event(from, { message: { mid, ...message } })
    return mid
  }

  text(from: string, text: string): Promise<string> {
    return this.write(from, { text })
  }

  press(from: string, choice: { readonly id: string; readonly title: string }): Promise<string> {
    return this.write(from, { text: choice.title, quick_reply: { payload: choice.id } })
  }

  file(from: string, type: 'image' | 'video' | 'audio' | 'file', file: UploadedFile): Promise<string> {
    const id = this.nextId('f')
    this.files.set(id, file)
    return this.write(from, { attachments: [{ type, payload: { url: `${this.url}/cdn/${id}` } }] })
  }

  /** What the provider tells of our own sends, and of those from its own inbox. */
  echo(message: AcceptedMessaging, extra: Obj = {}): Promise<void> {
    const { text, metadata } = obj(message.body.message, 'message')
    const own = { mid: message.id, is_echo: true, ...(text !== undefined && { text }), ...(metadata !== undefined && { metadata }), ...extra }
    return this.event(this.accountId, { message: own }, 'messaging', message.to)
  }
}
