/**
 * WhatsApp through a linked device, as WhatsApp Web is one. The client is unofficial: it is against WhatsApp's terms, and
 * a number that uses it can be blocked. See docs/channels-whatsapp-web.md.
 */
import { defineBridge } from '../sdk/index.ts'
import { openBridge } from './bridge.ts'
import { timings, type Timings } from './link.ts'
import { loginFlows } from './login.ts'
import { secretsSchema, settingsSchema, type Secrets, type Settings } from './settings.ts'

/** `over` replaces the pauses and limits of real life, for tests. */
export const whatsappWeb = (over: Partial<Timings> = {}) => defineBridge<Settings, Secrets>({
  type: 'whatsapp-web',
  channelType: 'whatsapp',
  displayName: 'WhatsApp Web',
  sdk: '^1.0.0',
  settingsSchema,
  secretsSchema,
  loginFlows,
  open: (channel, host) => openBridge(channel, host, { ...timings, ...over }),
})

export default whatsappWeb()
