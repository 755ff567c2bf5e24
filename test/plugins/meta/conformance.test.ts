import { bridgeConformance } from '../../../plugins/sdk/conformance.ts'
import instagram from '../../../plugins/instagram/index.ts'
import messenger from '../../../plugins/messenger/index.ts'
import { appSecret, fixtureText, inboundNames, signed } from './samples.ts'
import type { Provider } from './samples.ts'

const requests = (provider: Provider) => inboundNames(provider).map(name => signed(fixtureText(provider, name)))
const unknown = (object: string) => signed({ object, entry: [{ id: '1', messaging: [{ sender: { id: '2' }, recipient: { id: '1' }, timestamp: 1, message: { mid: 'm', attachments: [{ type: 'hologram', payload: {} }] } }] }] })

describe('Messenger keeps the contract', () => {
  const checks = bridgeConformance(messenger, {
    settings: { pageId: '682498302938465', appId: '1517776481860111' }, secrets: { pageToken: 't', appSecret, verifyToken: 'v' },
    webhooks: requests('messenger'), unknown: unknown('page'),
  })
  for (const check of checks) it(check.name, check.run)
})

const logins = {
  'Instagram login': { accountId: '17841405726653026' },
  'page login': { login: 'facebook' as const, accountId: '17841405726653026', pageId: '682498302938465', appId: '1517776481860222' },
}
for (const [name, settings] of Object.entries(logins)) {
  describe(`Instagram by ${name} keeps the contract`, () => {
    const checks = bridgeConformance(instagram, { settings, secrets: { accessToken: 't', appSecret, verifyToken: 'v' }, webhooks: requests('instagram'), unknown: unknown('instagram') })
    for (const check of checks) it(check.name, check.run)
  })
}
