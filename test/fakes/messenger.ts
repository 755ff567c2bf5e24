/** Facebook Messenger on loopback: one page. */
import { must } from './graph.ts'
import type { GraphRequest, Reply } from './graph.ts'
import { FakeMessaging } from './messaging.ts'
import type { AcceptedMessaging, MessagingLimits } from './messaging.ts'

const fields = [
  'messages', 'messaging_postbacks', 'message_deliveries', 'message_reads', 'message_echoes', 'message_edits', 'message_reactions',
  'messaging_referrals', 'messaging_optins', 'messaging_handovers', 'messaging_policy_enforcement', 'standby',
]

export class FakeMessenger extends FakeMessaging {
  readonly accountId = '682498302938465'
  protected readonly limits: MessagingLimits = {
    object: 'page', textFits: text => [...text].length <= 2000, attachmentTypes: ['image', 'video', 'audio', 'file'], attachmentIds: true,
  }

  constructor() {
    super({ token: 'page-token', appSecret: 'messenger-app-secret', appId: '1517776481860111' })
  }

  get settings() {
    return { pageId: this.accountId, appId: this.appId, apiUrl: this.url }
  }
  get secrets() {
    return { pageToken: this.token, appSecret: this.appSecret, verifyToken: this.verifyToken }
  }

  protected handle(request: GraphRequest): Reply | null {
    const { method, path, body } = request
    if (method === 'GET' && path === 'me') return { json: { id: this.accountId, name: 'Turno Demo' } }
    if (path === `${this.accountId}/subscribed_apps`) return this.subscription(request, fields)
    if (method === 'POST' && path === `${this.accountId}/messages`) {
      must(body.sender_action !== undefined || ['RESPONSE', 'UPDATE', 'MESSAGE_TAG'].includes(String(body.messaging_type)), 'messaging_type is required')
      return this.sendCall(body)
    }
    if (method === 'POST' && path === `${this.accountId}/message_attachments`) return this.#attachment(request)
    const profile = this.profiles.get(path)
    if (method === 'GET' && profile) {
      const [first_name = '', ...rest] = profile.name.split(' ')
      return { json: { id: path, first_name, last_name: rest.join(' '), profile_pic: `${this.url}/cdn/${path}` } }
    }
    return this.cdn(path)
  }

  #attachment(request: GraphRequest): Reply {
    const message = JSON.parse(String(request.body.message)) as { attachment?: { type?: string } }
    must(this.limits.attachmentTypes.includes(message.attachment?.type ?? ''), 'message.attachment.type is required')
    const file = request.files.filedata
    must(file !== undefined && file.bytes.length > 0, 'filedata is required')
    const id = this.nextId('18000')
    this.files.set(id, file)
    return { json: { attachment_id: id } }
  }

  /** All that was sent up to now. */
  delivered(message: AcceptedMessaging): Promise<void> {
    return this.event(message.to, { delivery: { mids: [message.id], watermark: this.time } })
  }

  read(from: string): Promise<void> {
    return this.event(from, { read: { watermark: this.time } })
  }
}
