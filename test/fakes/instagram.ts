/** Instagram messaging on loopback, for both logins: one professional account, and the page it is linked to. */
import { must } from './graph.ts'
import type { GraphRequest, Reply } from './graph.ts'
import { FakeMessaging } from './messaging.ts'
import type { AcceptedMessaging, MessagingLimits } from './messaging.ts'

const fields = ['messages', 'messaging_postbacks', 'messaging_seen', 'message_reactions', 'message_edit', 'messaging_referral', 'messaging_handover', 'standby']

export class FakeInstagram extends FakeMessaging {
  readonly accountId = '17841405726653026'
  /** The id that belongs to the app; the webhooks do not name it. */
  readonly appScopedId = '9112345678901234'
  readonly pageId = '682498302938465'
  /** Tokens given out by renewals. */
  readonly renewals: string[] = []
  #currentToken: string | null = null
  protected readonly limits: MessagingLimits = {
    object: 'instagram', textFits: text => Buffer.byteLength(text) <= 1000, attachmentTypes: ['image', 'video', 'audio', 'file'], attachmentIds: false,
  }

  constructor() {
    super({ token: 'ig-token', appSecret: 'instagram-app-secret', appId: '1517776481860222' })
  }

  get settings() {
    return { accountId: this.accountId, apiUrl: this.url }
  }
  get pageSettings() {
    return { login: 'facebook' as const, accountId: this.accountId, pageId: this.pageId, appId: this.appId, apiUrl: this.url }
  }
  get secrets() {
    return { accessToken: this.token, appSecret: this.appSecret, verifyToken: this.verifyToken }
  }

  protected override takes(token: string | undefined): boolean {
    return super.takes(token) || (this.#currentToken !== null && token === this.#currentToken)
  }

  protected handle(request: GraphRequest): Reply | null {
    const { method, path, body, query } = request
    if (method === 'GET' && path === 'refresh_access_token') {
      must(query.grant_type === 'ig_refresh_token', 'grant_type')
      this.#currentToken = this.nextId('ig-token-')
      this.renewals.push(this.#currentToken)
      return { json: { access_token: this.#currentToken, token_type: 'bearer', expires_in: 5_184_000 } }
    }
    if (method === 'GET' && path === 'me') return { json: this.#me(query.fields ?? '') }
    if (path === `${this.accountId}/subscribed_apps` || path === `${this.appScopedId}/subscribed_apps`) return this.subscription(request, fields)
    if (path === `${this.pageId}/subscribed_apps`) return this.subscription(request, ['messages'])
    if (method === 'POST' && ([this.accountId, this.appScopedId].some(id => path === `${id}/messages`) || path === `${this.pageId}/messages`)) return this.sendCall(body)
    const profile = this.profiles.get(path)
    if (method === 'GET' && profile) return { json: { id: path, ...profile, profile_pic: `${this.url}/cdn/${path}` } }
    return this.cdn(path)
  }

  #me(asked: string) {
    const account = { id: this.accountId, username: 'turno.demo', name: 'Turno Demo' }
    return asked.includes('instagram_business_account')
      ? { id: this.pageId, name: 'Turno Demo', instagram_business_account: account }
      : { ...account, id: this.appScopedId, user_id: this.accountId }
  }

  /** Everything up to this message. */
  seen(message: AcceptedMessaging): Promise<void> {
    return this.event(message.to, { read: { mid: message.id } })
  }
}
