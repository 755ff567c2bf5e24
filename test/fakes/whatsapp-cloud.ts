/** WhatsApp Cloud API on loopback: takes what the real one takes, keeps it, and lets a test write as a customer. */
import { FakeGraph, GraphRefusal, must } from './graph.ts'
import type { GraphRequest, Json, Obj, Reply, UploadedFile } from './graph.ts'
import { checkMessage, checkTemplate } from './whatsapp-cloud-shapes.ts'

export interface AcceptedMessage { readonly id: string; readonly from: string; readonly to: string; readonly body: Obj }
export interface CloudCustomer { readonly phone?: string; readonly userId?: string; readonly name?: string; readonly username?: string }
export interface FakeTemplate { readonly id: string; readonly name: string; readonly language: string; readonly category: string; components: readonly Json[]; status: string }
export interface CloudNumber { readonly id: string; readonly phone: string; readonly name: string }

const defaults = { token: 'cloud-token', appSecret: 'cloud-app-secret', appId: '555000111222', wabaId: '102290129340398', verifyToken: 'cloud-verify' }

export class FakeWhatsAppCloud extends FakeGraph {
  readonly wabaId = defaults.wabaId
  readonly verifyToken = defaults.verifyToken
  /** The first one answers for `settings`. */
  readonly numbers: CloudNumber[] = [{ id: '106540352242922', phone: '15550783881', name: 'Turno Demo' }]
  /** Numbers that the token sees, of an account that is not the configured one. */
  readonly otherNumbers: CloudNumber[] = []
  readonly accepted: AcceptedMessage[] = []
  /** Messages marked as read, and those with typing beside. */
  readonly read: { readonly id: string; readonly typing: boolean }[] = []
  readonly rejectedCalls: string[] = []
  readonly templates: FakeTemplate[] = []
  readonly subscribedApps = new Set<string>()
  /** People whose 24 hours are over: text to them is accepted, and fails later with 131047, as at Meta. */
  readonly windowClosed = new Set<string>()
  /** False: the app may not be subscribed. */
  appSubscription = true
  /** Given out for every file instead of this server's own address. */
  mediaAddress: string | null = null
  /** Seconds since the epoch; advanced by one with each webhook, so that order shows. */
  time = 1_764_000_000

  constructor() {
    super(defaults)
  }

  /** What a channel of the first number is configured with. */
  get settings() {
    return { phoneNumberId: this.numbers[0]?.id ?? '', wabaId: this.wabaId, appId: this.appId, apiUrl: this.url }
  }
  get secrets() {
    return { accessToken: this.token, appSecret: this.appSecret, verifyToken: this.verifyToken }
  }

  protected handle(request: GraphRequest): Reply | null {
    const [first = '', second] = request.path.split('/')
    const route = `${request.method} ${second ?? ''}`
    const number = [...this.numbers, ...this.otherNumbers].find(entry => entry.id === first)
    if (number && route === 'GET ') return { json: { id: number.id, display_phone_number: `+${number.phone}`, verified_name: number.name, quality_rating: 'GREEN' } }
    if (number && route === 'POST messages') return this.#message(number, request.body)
    if (number && route === 'POST media') return this.#upload(request)
    if (number && route === 'POST calls') return this.#call(request.body)
    if (first === this.wabaId && route === 'GET phone_numbers') return { json: { data: this.numbers.map(({ id, phone }) => ({ id, display_phone_number: phone })) } }
    if (first === this.wabaId && second === 'subscribed_apps') return this.#subscription(request)
    if (first === this.wabaId && second === 'message_templates') return this.#templates(request)
    if (first === this.appId && route === 'POST uploads') return this.#session(request)
    if (first.startsWith('upload:') && route === 'POST ') return this.#sample(request, first)
    if (first === 'files' && second) return this.#bytes(second)
    const template = this.templates.find(entry => entry.id === first)
    if (template && route === 'GET ') return { json: { ...template } }
    if (template && route === 'POST ') return this.#edit(template, request.body)
    if (this.files.has(first) && route === 'GET ') return this.#lookup(first)
    return null
  }

  #message(number: CloudNumber, body: Obj): Reply {
    must(body.messaging_product === 'whatsapp', 'messaging_product must be whatsapp')
    if (body.status === 'read') {
      must(typeof body.message_id === 'string', 'message_id is required')
      this.read.push({ id: body.message_id, typing: body.typing_indicator !== undefined })
      return { json: { success: true } }
    }
    checkMessage(body, id => this.files.has(id))
    const to = String(body.to ?? body.recipient).replace('+', '')
    const message: AcceptedMessage = { id: this.nextId('wamid.OUT'), from: number.id, to, body }
    this.accepted.push(message)
    if (this.windowClosed.has(to) && body.type !== 'template' && this.webhookUrl) void this.failed(message, 131047)
    const named = /^\d+$/.test(to) ? { wa_id: to } : { user_id: to }
    return { json: { messaging_product: 'whatsapp', contacts: [{ input: String(body.to ?? body.recipient), ...named }], messages: [{ id: message.id }] } }
  }

  #upload(request: GraphRequest): Reply {
    must(request.body.messaging_product === 'whatsapp', 'messaging_product must be whatsapp')
    const file = request.files.file
    must(file !== undefined && file.bytes.length > 0, 'a file is required')
    const id = this.nextId('90000000')
    this.files.set(id, file)
    return { json: { id } }
  }

  #lookup(id: string): Reply {
    const file = this.files.get(id)
    return { json: { messaging_product: 'whatsapp', id, url: this.mediaAddress ?? `${this.url}/files/${id}`, mime_type: file?.type ?? '', file_size: String(file?.bytes.length ?? 0) } }
  }

  #bytes(id: string): Reply {
    const file = this.files.get(id)
    return file ? { bytes: file.bytes, headers: { 'content-type': file.type } } : { status: 404, json: {} }
  }

  #call(body: Obj): Reply {
    must(body.action === 'reject' && typeof body.call_id === 'string', 'call_id and action are required')
    this.rejectedCalls.push(body.call_id)
    return { json: { success: true } }
  }

  #subscription(request: GraphRequest): Reply {
    if (request.method === 'POST') {
      if (!this.appSubscription) throw new GraphRefusal(403, 100, 'The app may not be subscribed')
      this.subscribedApps.add(this.appId)
      return { json: { success: true } }
    }
    return { json: { data: [...this.subscribedApps].map(id => ({ whatsapp_business_api_data: { id, name: 'Turno' } })) } }
  }

  #session(request: GraphRequest): Reply {
    must(Number(request.query.file_length) > 0 && !!request.query.file_type, 'file_length and file_type are required')
    return { json: { id: `upload:${this.nextId('S')}?sig=ARexample` } }
  }

  #sample(request: GraphRequest, session: string): Reply {
    must(request.headers.authorization === `OAuth ${this.token}`, 'the upload takes the scheme OAuth')
    must(request.headers.file_offset === '0' && request.rawBody.length > 0, 'file_offset and bytes are required')
    return { json: { h: `4::${session}` } }
  }

  #templates(request: GraphRequest): Reply {
    const { method, query, body } = request
    if (method === 'GET') return { json: { data: this.templates.map(entry => ({ ...entry })) } }
    if (method === 'DELETE') {
      const gone = this.templates.filter(entry => entry.name === query.name && (!query.hsm_id || entry.id === query.hsm_id))
      must(gone.length > 0, 'no such template')
      this.templates.splice(0, this.templates.length, ...this.templates.filter(entry => !gone.includes(entry)))
      return { json: { success: true } }
    }
    checkTemplate(body)
    const { name, language, category, components } = body as unknown as FakeTemplate
    if (this.templates.some(entry => entry.name === name && entry.language === language)) throw new GraphRefusal(400, 100, 'Content in this language already exists', 2388040)
    const template: FakeTemplate = { id: this.nextId('17000000'), name, language, category, components, status: 'PENDING' }
    this.templates.push(template)
    return { json: { id: template.id, status: 'PENDING', category } }
  }

  #edit(template: FakeTemplate, body: Obj): Reply {
    must(Array.isArray(body.components), 'components are required')
    template.components = body.components as Json[]
    template.status = 'PENDING'
    return { json: { success: true } }
  }

  // ------------------------------------------------------------ the customer's side

  /** Posts one change as the webhook of a number. */
  change(field: string, value: Obj, number = this.numbers[0]): Promise<{ status: number; body: string }> {
    const metadata = { display_phone_number: number?.phone ?? '', phone_number_id: number?.id ?? '' }
    return this.post({ object: 'whatsapp_business_account', entry: [{ id: this.wabaId, changes: [{ field, value: { messaging_product: 'whatsapp', metadata, ...value } as Json }] }] })
  }

  /** `content` is the message's own part: `{ type: 'text', text: { body: 'hola' } }`. Gives its id. */
  async write(customer: CloudCustomer, content: Obj, number = this.numbers[0]): Promise<string> {
    this.time++
    const id = this.nextId('wamid.IN')
    const contact = {
      profile: { name: customer.name ?? 'Cliente', ...(customer.username && { username: customer.username }) },
      ...(customer.phone && { wa_id: customer.phone }), ...(customer.userId && { user_id: customer.userId }),
    }
    const from = { ...(customer.phone && { from: customer.phone }), ...(customer.userId && { from_user_id: customer.userId }) }
    await this.change('messages', { contacts: [contact], messages: [{ ...from, id, timestamp: String(this.time), ...content }] }, number)
    return id
  }

  text(customer: CloudCustomer, body: string): Promise<string> {
    return this.write(customer, { type: 'text', text: { body } })
  }

  press(customer: CloudCustomer, choice: { readonly id: string; readonly title: string }, via: 'button_reply' | 'list_reply' = 'button_reply'): Promise<string> {
    return this.write(customer, { type: 'interactive', interactive: { type: via, [via]: choice } })
  }

  file(customer: CloudCustomer, type: 'image' | 'video' | 'audio' | 'document' | 'sticker', file: UploadedFile, caption?: string): Promise<string> {
    const id = this.nextId('80000000')
    this.files.set(id, file)
    return this.write(customer, { type, [type]: { id, mime_type: file.type, ...(type === 'document' && { filename: file.name }), ...(caption && { caption }) } })
  }

  async status(message: AcceptedMessage, status: 'sent' | 'delivered' | 'read', extra: Obj = {}): Promise<void> {
    this.time++
    const recipient = /^\d+$/.test(message.to) ? { recipient_id: message.to } : { recipient_user_id: message.to }
    const correlation = message.body.biz_opaque_callback_data
    await this.change('messages', {
      statuses: [{ id: message.id, status, timestamp: String(this.time), ...recipient, ...(correlation !== undefined && { biz_opaque_callback_data: correlation }), ...extra }],
    }, this.numbers.find(entry => entry.id === message.from))
  }

  failed(message: AcceptedMessage, code: number): Promise<void> {
    return this.status(message, 'failed' as 'sent', { errors: [{ code, title: `Error ${code}`, message: `Error ${code}`, error_data: { details: `Error ${code}` } }] })
  }

  async templateEvent(template: FakeTemplate, event: string, reason = 'NONE'): Promise<void> {
    template.status = event
    this.time++
    const value = { event, message_template_id: Number(template.id), message_template_name: template.name, message_template_language: template.language.replace('_', '-'), reason, message_template_category: template.category }
    await this.post({ object: 'whatsapp_business_account', entry: [{ id: this.wabaId, time: this.time, changes: [{ field: 'message_template_status_update', value }] }] })
  }
}
