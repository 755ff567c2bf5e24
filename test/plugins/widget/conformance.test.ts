import { bridgeConformance } from '../../../plugins/sdk/conformance.ts'
import widget from '../../../plugins/widget/index.ts'
import { key, secrets, site } from './support.ts'

describe('the widget bridge', () => {
  const settings = { key, name: 'Clínica Los Almendros', allowedOrigins: [site] }
  for (const check of bridgeConformance(widget, { settings, secrets })) it(check.name, check.run)
})
