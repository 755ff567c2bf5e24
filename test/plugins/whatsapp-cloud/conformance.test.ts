import { readdirSync, readFileSync } from 'node:fs'
import { bridgeConformance } from '../../../plugins/sdk/conformance.ts'
import { webhookRequest } from '../../../plugins/sdk/testkit/index.ts'
import { sign } from '../../../plugins/shared/meta/signature.ts'
import cloud from '../../../plugins/whatsapp-cloud/index.ts'

const folder = new URL('../../fixtures/whatsapp-cloud/', import.meta.url)
const secrets = { accessToken: 'token', appSecret: 'app-secret', verifyToken: 'verify' }
const signed = (body: string) => webhookRequest({ body, headers: { 'Content-Type': 'application/json', 'X-Hub-Signature-256': sign('app-secret', body) } })
const bodies = readdirSync(folder).filter(name => name.startsWith('in-')).map(name => readFileSync(new URL(name, folder), 'utf8'))
const text = JSON.parse(readFileSync(new URL('in-text.json', folder), 'utf8'))
text.entry[0].changes[0].value.messages[0].type = 'hologram'

describe('WhatsApp Cloud keeps the contract', () => {
  const checks = bridgeConformance(cloud, {
    settings: { phoneNumberId: '106540352242922', wabaId: '102290129340398', appId: '555000111222' },
    secrets,
    webhooks: bodies.map(signed),
    unknown: signed(JSON.stringify(text)),
  })
  for (const check of checks) it(check.name, check.run)
})
